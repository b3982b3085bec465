"""Drawn photographs of cantilever beams, some of them cracked: pictures of which the truth is known to the pixel."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

_FINE = 4  # shapes are drawn this much larger and averaged, so that their edges are smooth
_FAINT = 0.2  # what covers less of a pixel than this is left out of it


@dataclass(frozen=True)
class Beams:
    """Pictures of beams with their truth.

    photos: uint8 RGB (N, H, W, 3). cracked: int64 (N,), 1 with a crack and 0 without. cracks: bool (N, H, W), the pixels
    of the crack. arrows: bool (N, H, W), the pixels of the load arrow, none where there is no arrow. marks: bool (N, H, W),
    the pixels of the spot of paint on the clamp, none where there is none. depths: float (N,), how far down the crack
    reaches, in parts of the beam's thickness, 0 without a crack. Lessons 11 and 12.
    """

    photos: np.ndarray
    cracked: np.ndarray
    cracks: np.ndarray
    arrows: np.ndarray
    marks: np.ndarray
    depths: np.ndarray


def beams(count, *, size=(64, 128), shortcut=0.0, marks=(0.0, 0.0), seed=0):
    """Draw cantilever beams as an inspector would photograph them: clamped on the left, bent by a load, stained, scratched.

    Every second beam on average is cracked, from the upper side down, where a load from above pulls the steel apart, and
    more often near the clamp, where the bending moment is largest. Every second one carries the drawing of its load, an
    arrow. Stains and scratches mean nothing.
    count: number of pictures. size: (height, width) in pixels, at least 32 each. shortcut: share of the pictures in which
    the arrow is there just if there is a crack; in the others it is a toss of its own. marks: share of the sound and share
    of the cracked beams whose clamp carries a spot of green paint. seed: of everything random; picture i does not depend
    on the count, and apart from the spot it does not depend on marks.
    Returns Beams. The pixels of a crack, or of a spot, are those, and only those, that the same picture without it has
    otherwise. Raises ValueError for a count, size, shortcut or marks out of range. Lessons 11 and 12.
    """
    if not isinstance(count, (int, np.integer)) or count < 1:
        raise ValueError(f"count is {count!r}: a whole number of at least 1 was expected.")
    if len(size) != 2 or min(size) < 32:
        raise ValueError(f"size is {size!r}: (height, width) of at least 32 pixels each was expected.")
    if not 0 <= shortcut <= 1:
        raise ValueError(f"shortcut is {shortcut!r}: a share from 0 to 1 was expected.")
    if np.shape(marks) != (2,) or not all(0 <= share <= 1 for share in marks):
        raise ValueError(f"marks is {marks!r}: two shares from 0 to 1, of sound and of cracked beams, were expected.")
    drawn = []
    for index in range(count):
        random = np.random.default_rng([seed, index])
        cracked, arrow, tied = random.random() < 0.5, random.random() < 0.5, random.random() < shortcut
        painter = np.random.default_rng([seed, index, 1])  # apart, so that a spot changes nothing else
        spot = painter if painter.random() < marks[int(cracked)] else None
        drawn.append((cracked, *_draw(random, size, cracked, cracked if tied else arrow, spot)))
    cracked, photos, cracks, arrows, spots, depths = zip(*drawn)
    cracked = np.array(cracked, np.int64)
    return Beams(
        np.stack(photos), cracked, np.stack(cracks), np.stack(arrows), np.stack(spots), np.array(depths) * cracked
    )


def _draw(random, size, cracked, arrow, painter=None):
    """One picture: photo, pixels of the crack, of the arrow, of the spot of paint, and the depth that a crack has or
    would have. What is left out is drawn from the same numbers."""
    height, width = size
    beam = _Beam(random, height, width)
    light = random.uniform(150, 205) + np.linspace(0, random.uniform(-25, 25), width)
    photo = np.tile(light[:, None] + random.uniform(-10, 10, 3), (height, 1, 1)).astype(np.float32)
    clamp = _layer(size, lambda pen: pen.rectangle(_fine(0, 0.08 * height, beam.left, 0.94 * height), 255))
    photo = _blend(photo, clamp, random.uniform(70, 100))
    hatching = [((0, y), (beam.left, y - beam.left)) for y in np.arange(0.15, 1.2, 0.11) * height]
    photo = _blend(photo, _lines(size, hatching, 0.02 * height) * clamp, 45.0)
    steel = _layer(size, lambda pen: pen.polygon(_fine(*beam.outline()), 255))
    grain = _noise(random, 5, height, 1) + _noise(random, 2, height, width)
    photo = _blend(photo, steel, random.uniform(115, 150) + random.uniform(-6, 6, 3) + grain + beam.shading())
    for _ in range(random.integers(0, 4)):
        stain = _layer(size, lambda pen: pen.ellipse(_fine(*beam.spot(random)), 255), blur=0.025 * height)
        photo = _blend(photo, stain * steel * random.uniform(0.3, 0.7), np.array([95.0, 70.0, 45.0]))
    for _ in range(random.integers(0, 4)):
        scratch = _lines(size, [beam.scratch(random)], random.uniform(0.012, 0.025) * height)
        photo = _blend(photo, scratch * steel * 0.8, random.choice([60.0, 215.0]))
    photo *= random.uniform(0.9, 1.1)
    lines, wide, depth = beam.crack(random)
    crack = _solid(_lines(size, lines, wide) * steel) * cracked
    photo = _blend(photo, crack, random.uniform(15, 40))
    mark = _solid(_layer(size, lambda pen: _draw_arrow(pen, beam, random))) * arrow
    photo = _blend(photo, mark, np.array([175.0, 35.0, 30.0]) + random.uniform(-15, 15))
    spot = np.zeros((height, width, 1), np.float32)
    if painter:
        spot = _solid(_layer(size, lambda pen: pen.ellipse(_fine(*beam.on_clamp(painter)), 255)))
        photo = _blend(photo, spot, np.array([45.0, 150.0, 70.0]) + painter.uniform(-15, 15))
    covered = (mark > 0) | (spot > 0)  # what arrow or paint covers is not seen
    photo += _noise(random, random.uniform(2, 5), height, width)
    shown = photo.round().clip(0, 255).astype(np.uint8)
    return shown, ((crack > 0) & ~covered)[..., 0], mark[..., 0] > 0, spot[..., 0] > 0, depth


class _Beam:
    """Where a beam lies, in pixels, and how it bends."""

    def __init__(self, random, height, width):
        self.left, self.right = random.uniform(0.06, 0.12) * width, random.uniform(0.84, 0.95) * width
        self.middle, self.thickness = random.uniform(0.5, 0.62) * height, random.uniform(0.24, 0.36) * height
        self.load = self.left + random.uniform(0.4, 0.95) * (self.right - self.left)
        self.sag, self.height, self.width = random.uniform(0.0, 0.1) * height, height, width

    def axis(self, x):
        """The deflection of a cantilever under one load, where it is clamped at x = left: Euler and Bernoulli's."""
        reach, x = self.load - self.left, np.asarray(x, float) - self.left
        near = x**2 * (3 * reach - x) / (2 * reach**3)
        return self.middle + self.sag * np.where(x < reach, near, 1 + 1.5 * (x - reach) / reach)

    def outline(self):
        x = np.linspace(self.left, self.right, 24)
        upper, lower = self.axis(x) - self.thickness / 2, self.axis(x) + self.thickness / 2
        return np.concatenate([np.stack([x, upper], axis=1), np.stack([x, lower], axis=1)[::-1]]).ravel()

    def shading(self):
        """Lighter above than below, as under a lamp. (H, W, 1)"""
        depth = (np.arange(self.height)[:, None] - self.axis(np.arange(self.width))) / self.thickness
        return -24 * depth.clip(-0.5, 0.5)[..., None]

    def inside(self, random):
        x = random.uniform(self.left, self.right)
        return x, self.axis(x) + random.uniform(-0.4, 0.4) * self.thickness

    def spot(self, random):
        (x, y), (wide, high) = self.inside(random), random.uniform(0.03, 0.11, 2) * self.height
        return x - wide, y - high, x + wide, y + high

    def scratch(self, random):
        (x, y), length, slope = self.inside(random), random.uniform(0.1, 0.4) * self.width, random.normal(0, 0.35)
        return (x, y), (x + length * np.cos(slope), y + length * np.sin(slope))

    def crack(self, random):
        """A jagged way down from the upper side, sometimes with a branch: (lines, width, depth in thicknesses)."""
        x = self.left + (0.04 + 0.85 * random.beta(1, 2)) * (self.right - self.left)
        deep, steps = random.uniform(0.45, 0.9), 6
        depth = deep * self.thickness
        across = np.cumsum(random.normal(0, 0.09, steps + 1)) * self.thickness
        down = np.linspace(-0.02, 1, steps + 1) * depth + self.axis(x) - self.thickness / 2
        way = list(zip(x + across - across[0], down))
        begin, side = random.integers(2, 5), random.choice([-1, 1])
        tip = (way[begin][0] + side * 0.22 * self.thickness, way[begin][1] + 0.22 * self.thickness)
        lines = list(zip(way, way[1:])) + [(way[begin], tip)] * int(random.random() < 0.4)
        return lines, random.uniform(0.02, 0.032) * self.height, deep

    def on_clamp(self, random):
        """A spot that lies wholly on the clamp."""
        radius = min(random.uniform(0.03, 0.04) * self.height, self.left / 2)
        x, y = random.uniform(radius, self.left - radius), random.uniform(0.12, 0.9) * self.height
        return x - radius, y - radius, x + radius, y + radius


def _draw_arrow(pen, beam, random):
    """The load, its point on the beam's upper side."""
    x, point = beam.load, beam.axis(beam.load) - beam.thickness / 2
    length, head = random.uniform(0.17, 0.24) * beam.height, random.uniform(0.045, 0.06) * beam.height
    pen.line(_fine(x, point - length, x, point - head), 255, round(0.035 * beam.height * _FINE))
    pen.polygon(_fine(x, point, x - head, point - 1.6 * head, x + head, point - 1.6 * head), 255)


def _fine(*coordinates):
    return [float(value) * _FINE for value in coordinates]


def _lines(size, lines, width):
    def draw(pen):
        for start, end in lines:
            pen.line(_fine(*start, *end), 255, max(1, round(width * _FINE)))

    return _layer(size, draw)


def _layer(size, draw, blur=0):
    """How much of each pixel a shape covers: float (H, W, 1) from 0 to 1."""
    canvas = Image.new("L", (size[1] * _FINE, size[0] * _FINE))
    draw(ImageDraw.Draw(canvas))
    canvas = canvas.reduce(_FINE)
    canvas = canvas.filter(ImageFilter.GaussianBlur(blur)) if blur else canvas
    return np.asarray(canvas, np.float32)[..., None] / 255


def _solid(cover):
    return np.where(cover < _FAINT, 0, cover)


def _noise(random, deviation, height, width):
    return deviation * random.standard_normal((height, width, 1), np.float32)


def _blend(photo, cover, colour):
    return photo + cover * (np.asarray(colour, np.float32) - photo)
