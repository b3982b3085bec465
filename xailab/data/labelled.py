"""Labelled pictures to train on: what they are, how a folder of your own becomes them, and how two are put side by side."""

import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from tqdm.auto import tqdm

_MOST_MEGAPIXELS = 80  # what a phone may bring; more would take gigabytes to unpack


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


def image_folder(folder, size=(224, 403)):
    """Read labelled pictures from a folder that holds one folder a class, named as the class, in any script.

    folder: path. size: (height, width) that each picture is cut and scaled to around its centre. Grey pictures become
    RGB, transparent ones lie on white, 16-bit ones keep their upper 8 bits, turned ones are set upright.
    Returns Pictures, classes in alphabetical order. What cannot be read, and a class without a readable picture, is
    left out, listed in `skipped` and printed. Raises ValueError for a folder that is not there, or that holds fewer than
    two classes with pictures. Lesson 08.
    """
    folder, size = Path(folder), check_size(size)
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
            images.append(read_picture(path, size))
            owners.append(owner)
        # Broken files make Pillow raise almost anything, and one of them must not stop the rest.
        except Exception as error:
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


def read_picture(file, size):
    """Read one picture, upright and in RGB, cut and scaled around its centre.

    file: path, or open binary file. size: (height, width). Grey, transparent, CMYK, 16-bit and turned pictures as in
    image_folder; of an animation the first picture. Returns uint8 RGB (*size, 3). Raises ValueError for a picture of more
    than 80 megapixels or of unknown range, and what Pillow raises for a file that it cannot read. Lesson 04.
    """
    with Image.open(file) as picture:
        megapixels = picture.width * picture.height / 1e6
        if megapixels > _MOST_MEGAPIXELS:
            raise ValueError(f"{megapixels:.0f} megapixels; at most {_MOST_MEGAPIXELS} were expected, save it smaller")
        picture = ImageOps.exif_transpose(picture)
        if picture.mode.startswith("I;16"):
            picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
        elif picture.mode in ("I", "F"):
            raise ValueError("32-bit values, whose range is not known; save it with 8 or 16 bits")
        elif picture.has_transparency_data:
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture.convert("RGBA"))
        return np.asarray(ImageOps.fit(picture.convert("RGB"), size[::-1], Image.Resampling.BICUBIC))


def hold_out(pictures, *, share=0.25, seed=0):
    """Keep some pictures of each class, chosen at random, to test with.

    pictures: Pictures. share: of each class's pictures to keep, at least one of each and never all. seed: of the choice.
    Returns (Pictures to learn from, Pictures to test with). Raises ValueError for a share that is not between 0 and 1, and
    for a class with one picture, which cannot be in both. Lesson 12.
    """
    if not 0 < share < 1:
        raise ValueError(f"share is {share}: a part of the pictures, above 0 and below 1, was expected.")
    order = np.random.default_rng(seed).permutation(len(pictures.labels))
    kept = np.zeros(len(order), bool)
    for number, name in enumerate(pictures.names):
        own = order[pictures.labels[order] == number]
        if len(own) < 2:
            raise ValueError(
                f"class {name!r} has {len(own)} picture(s): at least two were expected, one to learn from and one to test with."
            )
        kept[own[: min(max(1, round(share * len(own))), len(own) - 1)]] = True
    return pictures[~kept], pictures[kept]


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


def check_size(size):
    if np.shape(size) != (2,) or min(size) < 1 or any(int(side) != side for side in size):
        raise ValueError(f"size is {size}: (height, width) in whole pixels was expected, such as (224, 403).")
    return tuple(map(int, size))
