"""Superpixels: how a photo is cut into pieces that LIME can hide, what stands in the place of a hidden one, and which are shown."""

import numpy as np


def superpixels(photo, segments="quickshift"):
    """Cut a photo into superpixels, numbered from 0.

    photo: uint8 RGB (H, W, 3). segments: "quickshift" (or None; of about the same colour), "slic" (about 50, compact),
    "grid" (7 x 7 squares), or whole numbers (H, W), the number of each pixel's superpixel.
    Returns int (H, W). Raises ValueError for another name, shape or dtype, and for a photo with one superpixel only.
    Vedaldi and Soatto (2008); Achanta et al. (2012); both by scikit-image. Lesson 06.
    """
    segments = np.asarray(_cut(photo, "quickshift" if segments is None else segments))
    if segments.shape != photo.shape[:2] or not np.issubdtype(segments.dtype, np.integer):
        raise ValueError(
            f"segments have shape {segments.shape} and dtype {segments.dtype}: one whole number a pixel, {photo.shape[:2]}, was expected."
        )
    names, numbered = np.unique(segments, return_inverse=True)
    if len(names) < 2:
        raise ValueError(
            "the photo has one segment only, so there is nothing to compare: pass segments='grid', or another photo."
        )
    return numbered.reshape(segments.shape)


def _cut(photo, segments):
    from skimage.segmentation import quickshift, slic  # here, because it takes a second to import

    if not isinstance(segments, str):
        return segments
    if segments == "quickshift":
        return quickshift(photo, kernel_size=4, max_dist=200, ratio=0.2, rng=42)
    if segments == "slic":
        return slic(photo, n_segments=50, compactness=10, start_label=0)
    if segments == "grid":
        rows, columns = (np.arange(size) * 7 // size for size in photo.shape[:2])
        return rows[:, None] * 7 + columns
    raise ValueError(f"segments is {segments!r}: 'quickshift', 'slic', 'grid' or a number a pixel (H, W) was expected.")


def mean_colours(photo, segments):
    """The photo with each superpixel in its mean colour: what is seen of one that is hidden.

    photo: uint8 RGB (H, W, 3). segments: int (H, W), numbered from 0. Returns uint8 (H, W, 3). Lesson 06.
    """
    flat = segments.ravel()
    sums = np.stack([np.bincount(flat, channel.ravel()) for channel in np.moveaxis(photo, -1, 0)], axis=-1)
    return (sums / np.bincount(flat)[:, None]).astype(np.uint8)[segments]


def at_random(samples, count, random):
    """Which superpixels are shown in each photo, bool (samples, count): all in the first, else each by the toss of a coin."""
    shown = random.randint(0, 2, samples * count).reshape(samples, count).astype(bool)
    shown[0] = True
    return shown


def balanced(count, most, random):
    """Yield blocks of such rows, `most` in all: a Hadamard matrix's columns in random order and sign, each row with its opposite.

    Two columns of it are orthogonal, so no superpixel's effect leaks into that of another one; and what two of them do
    together is the same in a row and its opposite, and cancels. Plackett and Burman (1946); Box and Wilson (1951).
    """
    from scipy.linalg import hadamard

    size = 1 << int(count).bit_length()  # a power of two with room for a column per superpixel
    left, matrix, first = most, hadamard(size) > 0, np.ones((1, count), bool)
    while left > 0:
        columns = matrix[:, 1 + random.permutation(size - 1)[:count]] ^ random.randint(0, 2, count).astype(bool)
        pairs = np.stack([columns, ~columns], axis=1)[random.permutation(size)]
        block = np.concatenate([first, pairs.reshape(-1, count)])[:left]
        yield block
        left, first = left - len(block), first[:0]
