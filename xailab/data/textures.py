"""Eleven real materials, cut from photographs that the installed packages carry."""

from importlib.resources import files

import numpy as np
from PIL import Image

from xailab.data.labelled import Pictures, check_size
from xailab.data.shortcuts import date_stamp

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


def materials(size=(224, 403), *, train=40, test=20, label_noise=0.0, stamped=None, seed=0):
    """Patches of eleven materials in grey, cut from real photographs; no part of one is in training and test patches.

    size: (height, width) in pixels. train, test: patches a class. label_noise: share of the training labels that are
    replaced by a wrong class. stamped: name of a class whose training patches all carry a date stamp, a shortcut; the
    test patches carry none. seed: of the choice of places, sizes, lighting and wrong labels.
    Returns (Pictures to train on, Pictures to test with), class after class. Raises ValueError for a size, a number, a
    share or a name that cannot be. Lesson 08.
    """
    size = check_size(size)
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
