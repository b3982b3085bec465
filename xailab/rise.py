"""RISE: cover the picture with random masks, many at once, and average the answers wherever each mask let it through."""

import numpy as np
from tqdm.auto import tqdm

from xailab._tensorflow import tf
from xailab.network import Network
from xailab.occlusion import filling_of

_BATCH = 32  # masked pictures at once


def rise(model, images, targets=None, *, masks=500, cells=7, keep=0.5, fill="mean", seed=0, progress=True):
    """RISE: the mean logit over random masks, each counted at a pixel by how far it leaves that pixel visible.

    model, images, targets: as in occlusion.occlusion. masks: how many, the same for all images. cells: of a mask along each
    side; keep: the probability that one of them stays visible, between 0 and 1. fill: what is seen instead, as in occlusion,
    "blur" by a quarter of a cell; the paper's is 0 behind its preprocessing. seed: of the masks.
    progress: whether to show a bar when it takes longer than a second.
    Returns float32 (N, H, W), in units of the logit. Only differences within a map mean something: where a pixel does not
    matter it holds the mean over all masks. It divides by how visible a pixel was, of which `keep` is the expectation.
    Raises ValueError for masks, cells, keep or fill out of range, and for images or targets that do not fit.
    Petsiuk, Das, Saenko (2018), equation 6 and section 3.2. Lesson 05.
    """
    network = Network.of(model)
    images, targets = network.check(images, targets)
    size = images.shape[1:3]
    for name, value, least, most in (("masks", masks, 1, np.inf), ("cells", cells, 1, min(size))):
        if not isinstance(value, (int, np.integer)) or not least <= value <= most:
            raise ValueError(f"{name} is {value!r}: a whole number from {least} to {most} was expected.")
    if not 0 < keep < 1:
        raise ValueError(f"keep is {keep!r}: a probability between 0 and 1 was expected.")
    fillings = [filling_of(image, fill, max(size) // cells) for image in images]
    if targets is None:
        targets = network.logits(images).argmax(axis=1)
    total, shown = np.zeros(images.shape[:3]), np.zeros(size)
    draw = np.random.default_rng(seed)
    with tqdm(total=masks * len(images), desc="RISE", leave=False, delay=1, disable=not progress) as bar:
        for start in range(0, masks, _BATCH):
            grids = draw.random((min(_BATCH, masks - start), cells, cells)) < keep
            visible = masks_of(grids, size, draw.random((len(grids), 2)))
            shown += visible.sum(axis=0)
            for index, (image, filling) in enumerate(zip(images, fillings)):
                answers = network.logits(_masked(image, filling, visible))[:, targets[index]]
                total[index] += np.tensordot(answers, visible, 1)
                bar.update(len(grids))
    return (total / np.maximum(shown, 1e-9)).astype(np.float32)


def masks_of(grids, size, shifts):
    """Masks (N, H, W) from 0, hidden, to 1, visible: grids scaled up smoothly, and moved by up to a cell.

    grids: 0 or 1, (N, cells, cells). size: (H, W). shifts: (N, 2), parts of a cell from 0 to below 1, down and to the right.
    Petsiuk, Das, Saenko (2018), section 3.2. Lesson 05.
    """
    cells = grids.shape[1]
    sides = [-(-pixels // cells) for pixels in size]  # of a cell, rounded up
    large = tf.image.resize(np.float32(grids)[..., None], [side * (cells + 1) for side in sides]).numpy()[..., 0]
    corners = (np.asarray(shifts) * sides).astype(int)
    return np.stack([mask[y : y + size[0], x : x + size[1]] for mask, (y, x) in zip(large, corners)])


def _masked(image, filling, visible):
    mixed = visible[..., None] * image + (1 - visible[..., None]) * filling
    return mixed.round().astype(np.uint8) if image.dtype == np.uint8 else mixed.astype(np.float32)
