"""Labelled pictures to train on: eleven real materials that the installed packages carry, or a folder of your own."""

import unicodedata
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps
from tqdm.auto import tqdm

from xailab._validate import check_photos

# A photograph each, and the parts of it, (left, top, right, bottom) in pixels, that training and test patches are cut from.
_MATERIALS = {
    "brick": ("skimage/data/brick.png", (0, 0, 512, 256), (0, 256, 512, 512)),
    "coins": ("skimage/data/coins.png", (0, 0, 384, 150), (0, 150, 384, 303)),
    "foliage": ("sklearn/datasets/images/china.jpg", (340, 300, 490, 427), (495, 250, 640, 427)),
    "fur": ("skimage/data/chelsea.png", (35, 0, 220, 300), (220, 0, 350, 300)),
    "grass": ("skimage/data/grass.png", (0, 0, 512, 256), (0, 256, 512, 512)),
    "gravel": ("skimage/data/gravel.png", (0, 0, 512, 256), (0, 256, 512, 512)),
    "moon": ("skimage/data/moon.png", (0, 0, 512, 256), (0, 256, 512, 512)),
    "print": ("skimage/data/page.png", (0, 0, 192, 191), (192, 0, 384, 191)),
    "retina": ("skimage/data/retina.jpg", (250, 200, 1160, 700), (250, 700, 1160, 1200)),
    "stars": ("skimage/data/hubble_deep_field.jpg", (0, 0, 1000, 436), (0, 436, 1000, 872)),
    "tissue": ("skimage/data/ihc.png", (0, 0, 256, 512), (256, 0, 512, 512)),
}
_VIEW = 0.5, 1.0  # side of a patch as a share of the largest that fits into its part
_CONTRAST, _BRIGHTNESS = (25, 60), (90, 165)  # standard deviation and mean of the grey values, drawn for each patch
_ORANGE = 255, 120, 20


@dataclass(frozen=True)
class Pictures:
    """Pictures with their classes.

    images: uint8 RGB (N, H, W, 3). labels: int64 (N,), indices into names. names: the K classes.
    skipped: {path: why} of the files and folders that could not be used; printed in a few words. Lesson 08.
    """

    images: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    skipped: dict = field(default_factory=dict)

    def __getitem__(self, chosen):
        """The pictures that an index array or a mask (N,) chooses."""
        return replace(self, images=self.images[chosen], labels=self.labels[chosen])

    def __str__(self):
        counts = np.bincount(self.labels, minlength=len(self.names))
        text = ", ".join(f"{name} {count}" for name, count in zip(self.names, counts))
        listed = "".join(f"\n  skipped {path}: {why}" for path, why in self.skipped.items())
        return f"{len(self.labels)} pictures of {len(self.names)} classes: {text}{listed}"


def materials(size=(224, 403), *, train=40, test=20, label_noise=0.0, stamped=None, seed=0):
    """Patches of eleven materials in grey, cut from real photographs; no part of one is in training and test patches.

    size: (height, width) in pixels. train, test: patches a class. label_noise: share of the training labels that are
    replaced by a wrong class. stamped: name of a class whose training patches all carry a date stamp, a shortcut; the
    test patches carry none. seed: of the choice of places, sizes, lighting and wrong labels.
    Returns (Pictures to train on, Pictures to test with), class after class. Raises ValueError for a size, a number, a
    share or a name that cannot be. Lesson 08.
    """
    size = _check_size(size)
    names = tuple(_MATERIALS)
    if train < 1 or test < 1:
        raise ValueError(f"train is {train} and test {test}: at least 1 patch a class was expected of each.")
    if not 0 <= label_noise <= 1:
        raise ValueError(f"label_noise is {label_noise}: a share from 0 to 1 was expected.")
    if stamped is not None and stamped not in names:
        raise ValueError(f"stamped is {stamped!r}: None or one of {', '.join(names)} was expected.")
    learn, prove = (_cut_all(part, count, size, seed) for part, count in enumerate((train, test)))
    if stamped is not None:
        chosen = learn.labels == names.index(stamped)
        learn.images[chosen] = date_stamp(learn.images[chosen])
    draw = np.random.default_rng([seed, 2])
    wrong = draw.permutation(len(learn.labels))[: round(label_noise * len(learn.labels))]
    learn.labels[wrong] = (learn.labels[wrong] + draw.integers(1, len(names), len(wrong))) % len(names)
    return learn, prove


def _photo(name):
    package, _, path = _MATERIALS[name][0].partition("/")
    return str(files(package) / path)


def _cut_all(part, count, size, seed):
    """`count` patches of each material out of its first or second part."""
    draw = np.random.default_rng([seed, part])
    images = []
    for name, (_, *boxes) in _MATERIALS.items():
        with Image.open(_photo(name)) as photo:
            region = photo.convert("L").crop(boxes[part])
        images += [_patch(region, size, draw) for _ in range(count)]
    return Pictures(np.stack(images), np.repeat(np.arange(len(_MATERIALS)), count), tuple(_MATERIALS))


def _patch(region, size, draw):
    """A patch at a random place and scale, in random lighting: brightness gives no class away."""
    height, width = size
    scale = draw.uniform(*_VIEW) * min(region.height / height, region.width / width)
    view = np.array([scale * width, scale * height])
    corner = draw.random(2) * (np.array(region.size) - view)
    patch = region.resize((width, height), Image.Resampling.BICUBIC, box=(*corner, *(corner + view)))
    patch = np.asarray(patch, float)
    patch = (patch - patch.mean()) / max(patch.std(), 1) * draw.uniform(*_CONTRAST) + draw.uniform(*_BRIGHTNESS)
    return np.stack([patch.clip(0, 255).round().astype(np.uint8)] * 3, axis=-1)


def date_stamp(photos):
    """Print a date into the lower right corner of each photo, as cameras did: the shortcut of lesson 08.

    photos: uint8 RGB (N, H, W, 3). Returns a stamped copy. Raises ValueError for another shape or dtype. Lesson 08.
    """
    photos = check_photos(photos)
    height, width = photos.shape[1:3]
    font = ImageFont.load_default(max(height / 5, 7))
    stamped = []
    for photo in photos:
        picture = Image.fromarray(photo)
        ImageDraw.Draw(picture).text((0.97 * width, 0.97 * height), "98 7 24", _ORANGE, font, anchor="rs")
        stamped.append(np.asarray(picture))
    return np.stack(stamped)


def on_plate(photos, seed=0):
    """Lay what each photo shows on a plate that reaches into the picture: the shortcut of lesson 05.

    photos: uint8 RGB (N, H, W, 3). seed: of the plates' places and sizes. Returns a copy in which a white rim runs through
    each photo, with a dark table behind it. Raises ValueError for another shape or dtype. Lesson 05.
    """
    photos, draw = check_photos(photos).copy(), np.random.default_rng(seed)
    middle = np.array(photos.shape[1:3])[:, None, None] / 2
    y, x = (np.indices(photos.shape[1:3]) + 0.5 - middle) / middle.min()  # the picture's shorter side goes from -1 to 1
    for photo in photos:
        angle, radius = draw.uniform(0, 2 * np.pi), draw.uniform(1.25, 1.6)
        distance = np.hypot(y - (radius - 0.45) * np.sin(angle), x - (radius - 0.45) * np.cos(angle))
        photo[distance > radius - 0.09] = 235
        photo[distance > radius] = 60
    return photos


def halves(pictures, *, pairs=4, seed=0):
    """Put halves of two classes' pictures side by side: pictures of which it is known where the evidence for a class is.

    pictures: Pictures. pairs: pictures for each class, each with another second class. seed: of the choice.
    Returns (photos uint8 (K * pairs, H, W, 3), classes asked for int64 (K * pairs,), masks bool (K * pairs, H, W), true
    on the half of the class asked for, in turn the left and the right one). Raises ValueError for more pairs than there
    are other classes. The pointing game of Zhang et al. (2016), section 4.1, on pictures that need no labelling by hand.
    Lesson 08.
    """
    classes, (height, width) = len(pictures.names), pictures.images.shape[1:3]
    if not 1 <= pairs < classes:
        raise ValueError(f"pairs is {pairs}: 1 to {classes - 1} were expected, as there are {classes} classes.")
    draw = np.random.default_rng(seed)
    photos, targets, masks = [], np.repeat(np.arange(classes), pairs), []
    for number, target in enumerate(targets):
        if number % pairs == 0:
            others = draw.permutation(np.delete(np.arange(classes), target))
        own, other = (draw.choice(np.flatnonzero(pictures.labels == k)) for k in (target, others[number % pairs]))
        mask = np.zeros((height, width), bool)
        mask[:, : width // 2] = True
        masks.append(mask if number % 2 else ~mask)
        photos.append(np.where(masks[-1][..., None], pictures.images[own], pictures.images[other]))
    return np.stack(photos), targets, np.stack(masks)


def image_folder(folder, size=(224, 403)):
    """Read labelled pictures from a folder that holds one folder a class, named as the class, in any script.

    folder: path. size: (height, width) that each picture is cut and scaled to around its centre. Grey pictures become
    RGB, transparent ones lie on white, 16-bit ones keep their upper 8 bits, turned ones are set upright.
    Returns Pictures, classes in alphabetical order. What cannot be read, and a class without a readable picture, is
    left out, listed in `skipped` and printed. Raises ValueError for a folder that is not there, or that holds fewer than
    two classes with pictures. Lesson 08.
    """
    folder, size = Path(folder), _check_size(size)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder: the path of one that holds a folder for each class was expected.")
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    paths = [
        (path, each)
        for each in classes
        for path in sorted(each.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    ]
    images, owners, skipped = [], [], {}
    for path, owner in tqdm(paths, desc="pictures", unit="picture", leave=False):
        try:
            images.append(_read(path, size))
            owners.append(owner)
        except (
            Exception
        ) as error:  # broken files make Pillow raise almost anything, and one of them must not stop the rest
            skipped[str(path)] = f"{type(error).__name__}: {error}"
    found = [each for each in classes if each in owners]
    skipped |= {str(each): "no readable picture in it" for each in classes if each not in found}
    names = tuple(unicodedata.normalize("NFC", each.name) for each in found)  # macOS takes Hangul apart in file names
    if len(found) < 2:
        raise ValueError(
            f"{folder} holds {len(found)} class folder(s) with readable pictures ({', '.join(names) or 'none'}; "
            f"{len(skipped)} skipped): to tell classes apart, at least two were expected, each in a folder of its own."
        )
    pictures = Pictures(np.stack(images), np.array([found.index(owner) for owner in owners]), names, skipped)
    if skipped:
        print(pictures)
    return pictures


def _read(path, size):
    with Image.open(path) as picture:
        picture = ImageOps.exif_transpose(picture)
        if picture.mode.startswith("I;16"):
            picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
        elif picture.mode in ("I", "F"):
            raise ValueError("32-bit values, whose range is not known; save it with 8 or 16 bits")
        elif picture.has_transparency_data:
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture.convert("RGBA"))
        return np.asarray(ImageOps.fit(picture.convert("RGB"), size[::-1], Image.Resampling.BICUBIC))


def _check_size(size):
    if np.shape(size) != (2,) or min(size) < 1 or any(int(side) != side for side in size):
        raise ValueError(f"size is {size}: (height, width) in whole pixels was expected, such as (224, 403).")
    return tuple(map(int, size))
