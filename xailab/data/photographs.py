"""Photographs that the installed packages carry, so no network is needed."""

from importlib.resources import files

import numpy as np
from PIL import Image

from xailab._validate import check_photo

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
