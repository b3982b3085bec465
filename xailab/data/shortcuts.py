"""Shortcuts to plant into photographs: a watch, a plate, a date stamp, by which a network may go instead of the thing itself."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from xailab._validate import check_photo, check_photos

_ORANGE = 255, 120, 20


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


def on_plate(photos, seed=0, rim=True, table=True):
    """Lay what each photo shows on a plate that reaches into the picture: the shortcut of lesson 05.

    photos: uint8 RGB (N, H, W, 3). seed: of the plates' places and sizes. rim, table: whether the plate's white rim is drawn,
    and whether the dark table behind it is; what is not drawn stays as it was. Returns a copy in which both run through each
    photo, at places that depend on the seed alone. Raises ValueError for another shape or dtype. Lesson 05.
    """
    photos, draw = check_photos(photos).copy(), np.random.default_rng(seed)
    middle = np.array(photos.shape[1:3])[:, None, None] / 2
    y, x = (np.indices(photos.shape[1:3]) + 0.5 - middle) / middle.min()  # the picture's shorter side goes from -1 to 1
    for photo in photos:
        angle, radius = draw.uniform(0, 2 * np.pi), draw.uniform(1.25, 1.6)
        distance = np.hypot(y - (radius - 0.45) * np.sin(angle), x - (radius - 0.45) * np.cos(angle))
        if rim:
            photo[(distance > radius - 0.09) & (distance <= radius)] = 235
        if table:
            photo[distance > radius] = 60
    return photos


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
