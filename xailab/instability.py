"""Does a filter stay with one part? Location instability, and the controls without which its number says little.

A filter points at the place where its map is strongest. If that is always the same part of the object, its distance to any
other part changes little from picture to picture.
"""

import numpy as np

from xailab.arithmetic import ReceptiveField


def peaks(maps, image_size, *, field=None):
    """Where in the picture each map is strongest: the centre of what that cell sees.

    maps: (N, n, n, C). image_size: (height, width) in pixels. field: arithmetic.ReceptiveField of the maps' cells; None
    spreads the cells evenly over the picture, which is right for "same" convolutions and poolings of 2 x 2.
    Returns float (N, C, 2), x and y in pixels, the centre of the first pixel at 0.
    Raises ValueError for maps that are not square or hold NaN, or another image size. Lesson 07.
    """
    maps = np.asarray(maps)
    rows, columns = _centres(maps, image_size, field)
    n = maps.shape[1]
    strongest = maps.reshape(len(maps), n * n, -1).argmax(axis=1)
    return np.stack([columns[strongest % n], rows[strongest // n]], axis=-1)


def cut_outs(pictures, maps, *, half=11, count=8, field=None):
    """What each filter looks at: the surroundings of its strongest cell, in the pictures in which it fires most.

    pictures: (N, H, W, 3), at least `count` of them. maps: (N, n, n, C) of these pictures. half: half the side of a
    cut-out, in pixels; beyond the picture, its border goes on. count: cut-outs per filter. field: as in peaks.
    Returns (C, count, 2 half, 2 half, 3), of the pictures' dtype, the strongest first.
    Raises ValueError for fewer pictures than count, another number of maps, or maps that are not square. Lesson 07.
    """
    pictures, maps = np.asarray(pictures), np.asarray(maps)
    if pictures.ndim != 4 or len(pictures) != len(maps) or len(pictures) < count:
        raise ValueError(
            f"there are pictures of shape {pictures.shape} and {len(maps)} maps: (N, H, W, 3), as many as maps and at least "
            f"{count}, were expected."
        )
    places = peaks(maps, pictures.shape[1:3], field=field)
    padded = np.pad(pictures, ((0, 0), (half, half), (half, half), (0, 0)), mode="edge")
    strongest = np.argsort(-maps.max(axis=(1, 2)), axis=0, kind="stable")[:count]  # (count, C)
    result = np.empty((maps.shape[-1], count, 2 * half, 2 * half, pictures.shape[-1]), pictures.dtype)
    for f, top in enumerate(strongest.T):
        for row, index in enumerate(top):
            x, y = places[index, f].round().astype(int)
            result[f, row] = padded[index, y : y + 2 * half, x : x + 2 * half]
    return result


def location_instability(maps, landmarks, image_size, *, top=100, field=None):
    """How much the distance between a filter's place and a part of the object varies, relative to the picture's diagonal.

    maps: (N, n, n, C), of pictures that show the object. landmarks: (N, K, 2), x and y of each part in pixels, NaN where it
    is not seen. image_size, field: as in peaks. top: as many pictures count for a filter and a part, those in which the
    part is seen and the filter fires most; all, if there are fewer.
    Returns float64 (C, K): the standard deviation (of a sample) of the distance, from 0, a filter that sits on the part or
    at a fixed distance. The paper's number is the mean of all.
    Raises ValueError for a part that is seen in fewer than two pictures, or maps and landmarks that do not fit.
    Zhang, Wu, Zhu (2018), section 5.2.2. Lesson 07.
    """
    if not isinstance(top, (int, np.integer)) or top < 2:
        raise ValueError(f"top is {top!r}: a number of pictures, at least 2, was expected.")
    return _distance_deviations(
        peaks(maps, image_size, field=field), landmarks, image_size, np.max(maps, axis=(1, 2)), top
    )


def controls(landmarks, image_size, *, seed=0):
    """What location instability says about places that no filter has found: the scale to read it on.

    landmarks, image_size: as in location_instability. seed: of the random places.
    Returns {"random place", "centre of the picture", "perfect detector"}: floats, means over all parts. The perfect detector
    of a part knows where it is in every picture; its number is above zero because the other parts move against it.
    Raises ValueError as location_instability. Lesson 07.
    """
    landmarks = np.asarray(landmarks, float)
    height, width = _size(image_size)
    anywhere = np.random.default_rng(seed).uniform((0, 0), (width - 1, height - 1), (len(landmarks), 1, 2))
    centre = np.broadcast_to([(width - 1) / 2, (height - 1) / 2], anywhere.shape)
    places = {"random place": anywhere, "centre of the picture": centre, "perfect detector": landmarks}
    return {
        name: float(np.nanmean(_distance_deviations(place, landmarks, image_size))) for name, place in places.items()
    }


def crowding(maps, landmarks, image_size, *, field=None):
    """How many filters sit on each part: those to which it is the nearest one, on average over the pictures.

    maps, landmarks, image_size, field: as in location_instability. Returns int64 (K,), C in all. Lesson 07.
    """
    offsets = peaks(maps, image_size, field=field)[:, :, None] - _check_landmarks(landmarks, len(maps))[:, None]
    nearest = np.nanmean(np.linalg.norm(offsets, axis=-1), axis=0).argmin(axis=1)
    return np.bincount(nearest, minlength=offsets.shape[2])


def part_iou(maps, parts, image_size, *, radius, share=0.005, field=None):
    """How well the region that a filter marks in each picture covers each part: intersection over union.

    maps: (N, n, n, C) behind ReLU and mask, of pictures that show the object. parts: int (N, height, width), the part that
    each pixel shows, 1 to K, and 0 for none. image_size, field: as in peaks. radius: in pixels, of the disc around each
    marked cell. share: of a filter's cells in all pictures, the strongest are marked; never one that does not fire.
    Returns float64 (N, C, K), from 0 to 1, NaN where a picture does not show the part. Raises ValueError for maps and
    parts that do not fit, parts that show nothing, a radius that is not positive, or a share outside 0 to 1.
    Zhang, Wu, Zhu (2018), section 5.2.1, after Bau and others (2017); neither text gives the disc's size. Lesson 07.
    """
    maps, parts = np.asarray(maps), np.asarray(parts)
    height, width = _size(image_size)
    rows, columns = _centres(maps, image_size, field)
    if parts.shape != (len(maps), height, width) or not np.issubdtype(parts.dtype, np.integer) or parts.max() < 1:
        raise ValueError(
            f"parts is {parts.dtype} of shape {parts.shape}, at most {parts.max(initial=0)}: whole numbers of shape "
            f"{(len(maps), height, width)} were expected, 1 to K on the parts and 0 elsewhere."
        )
    if not radius > 0 or not 0 < share < 1:
        raise ValueError(
            f"radius is {radius!r}, share {share!r}: pixels above 0 and a share from 0 to 1 were expected."
        )
    marked = maps > np.maximum(np.quantile(maps, 1 - share, axis=(0, 1, 2)), 0)
    y, x = np.arange(height), np.arange(width)
    down, across = (rows[:, None] - y) ** 2, (columns[:, None] - x) ** 2
    disc = down[:, None, :, None] + across[None, :, None, :] <= radius**2  # (n, n, height, width)
    disc = disc.reshape(-1, height * width).astype(np.float32)
    result = np.full((len(maps), maps.shape[-1], parts.max()), np.nan)
    for cells, shown, overlap in zip(marked, parts.reshape(len(parts), -1), result):
        region = cells.reshape(len(disc), -1).T.astype(np.float32) @ disc > 0
        for part in np.unique(shown[shown > 0]):
            overlap[:, part - 1] = (region & (shown == part)).sum(axis=1) / (region | (shown == part)).sum(axis=1)
    return result


def part_association(overlaps, *, least=0.2):
    """How often each filter is found on each part: the share of pictures with the part in which the overlap is enough.

    overlaps: (N, C, K) as of part_iou. least: the intersection over union that must be exceeded.
    Returns float64 (C, K), P_{f,k} of the paper. A filter's part is the one with its largest value, and the mean of these
    largest values over the filters is the paper's part interpretability.
    Raises ValueError for a part that no picture shows. Zhang, Wu, Zhu (2018), section 5.2.1. Lesson 07.
    """
    overlaps = np.asarray(overlaps, float)
    if overlaps.ndim != 3 or np.isnan(overlaps).all(axis=0).any():
        raise ValueError(
            f"the overlaps have shape {overlaps.shape}, or a part is shown nowhere: (N, filters, parts) was expected, "
            "each part in at least one picture."
        )
    return np.nanmean(np.where(np.isnan(overlaps), np.nan, overlaps > least), axis=0)


def dead_share(maps, *, least=0.05):
    """The share of filters that are dead: they fire, that is exceed zero anywhere, in fewer than `least` of the pictures.

    maps: (N, n, n, C). least: a share of the pictures. Returns a float from 0 to 1. Lesson 07.
    """
    return float((np.mean(np.max(maps, axis=(1, 2)) > 0, axis=0) < least).mean())


def _centres(maps, image_size, field):
    """The y of every row of cells and the x of every column, in pixels: (n,), (n,); raises ValueError as peaks."""
    if maps.ndim != 4 or maps.shape[1] != maps.shape[2] or 0 in maps.shape:
        raise ValueError(f"the maps have shape {maps.shape}: square maps (N, n, n, filters) were expected.")
    if not np.isfinite(maps).all():
        raise ValueError("the maps hold NaN or infinite values: look at where they were computed.")
    n = maps.shape[1]
    axes = [field or ReceptiveField(0, pixels / n, (pixels / n - 1) / 2) for pixels in _size(image_size)]
    return [axis.start + np.arange(n) * axis.stride for axis in axes]


def _distance_deviations(places, landmarks, image_size, activation=None, top=None):
    """places: (N, C, 2). Returns (C, K)."""
    landmarks = _check_landmarks(landmarks, len(places))
    distances = np.linalg.norm(places[:, :, None] - landmarks[:, None], axis=-1) / np.hypot(*_size(image_size))
    seen = ~np.isnan(landmarks).any(axis=-1)
    for part in np.flatnonzero(seen.sum(axis=0) < 2):
        raise ValueError(
            f"part {part} is seen in {seen[:, part].sum()} of {len(seen)} pictures: at least two were expected. "
            "Leave the part out, or pass more pictures."
        )
    result = np.zeros(distances.shape[1:])
    for part in range(distances.shape[2]):
        chosen = distances[seen[:, part], :, part]
        if activation is not None:
            strongest = np.argsort(-activation[seen[:, part]], axis=0, kind="stable")[:top]
            chosen = np.take_along_axis(chosen, strongest, axis=0)
        result[:, part] = np.nanstd(chosen, axis=0, ddof=1)
    return result


def _check_landmarks(landmarks, pictures):
    landmarks = np.asarray(landmarks, float)
    if landmarks.ndim != 3 or landmarks.shape[2] != 2 or 0 in landmarks.shape or len(landmarks) != pictures:
        raise ValueError(f"the landmarks have shape {landmarks.shape}: (N, parts, 2) was expected, N = {pictures}.")
    return landmarks


def _size(image_size):
    if np.shape(image_size) != (2,) or min(image_size) < 1:
        raise ValueError(f"image_size is {image_size!r}: (height, width) in pixels was expected.")
    return image_size
