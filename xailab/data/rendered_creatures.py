"""Rendered animals whose parts have known places: pictures to train on in a minute and to measure explanations against."""

from dataclasses import dataclass

import numpy as np

PARTS = ("head", "torso", "tail", "leg")  # the leg is the foremost one
SIZE = 64  # pixels of a side


@dataclass(frozen=True)
class _Plan:
    """What makes a species, in pixels at scale 1: strokes of the ears and the tail as (x, y, x, y, radius), and proportions."""

    ears: tuple
    tail: tuple
    torso: tuple  # half length, half height
    leg: tuple  # length, radius
    snout: float  # length


SPECIES = {
    "fox": _Plan(
        ((-4, -4, -5, -10, 1.6), (3, -4, 3, -10, 1.6)),
        ((0, 0, -8, 0, 2.4), (-8, 0, -16, -3, 2.0)),
        (14, 7),
        (12, 1.8),
        8,
    ),
    "hare": _Plan(((-3, -4, -7, -16, 1.7), (1, -4, -1, -17, 1.7)), ((0, 0, -3, -1, 3.2),), (12, 8.5), (8, 2.0), 3),
    "deer": _Plan(
        ((-2, -4, -5, -13, 1.0), (-4, -9, -9, -12, 0.9), (2, -4, 5, -13, 1.0), (4, -9, 9, -12, 0.9)),
        ((0, 0, -3, 4, 1.6),),
        (13, 6),
        (16, 1.2),
        6,
    ),
    "bear": _Plan(((-4, -5, -4, -6, 2.3), (4, -5, 4, -6, 2.3)), ((0, 0, -2, 1, 1.5),), (15, 9.5), (9, 3.0), 5),
}


@dataclass(frozen=True)
class Creatures:
    """Pictures uint8 (N, 64, 64, 3); labels int (N,), 0 for no creature and 1, 2 … for the species in the order asked for;
    landmarks float (N, 4, 2): x and y in pixels of head, torso, tail and foremost leg, NaN without a creature; parts uint8
    (N, 64, 64): the part of the creature that a pixel shows, wholly or in part, 1 for the head, then torso, tail and all
    legs, 0 for none. outlines bool (N, 64, 64): the pixels of any part. Lessons 07 and 10."""

    pictures: np.ndarray
    labels: np.ndarray
    landmarks: np.ndarray
    parts: np.ndarray

    @property
    def outlines(self):
        return self.parts > 0


def creatures(count, species=("fox",), *, negatives=0.5, heads=False, seed=0):
    """Draw pictures of animals in any pose, place, size and colour, and as many without one.

    count: pictures. species: names of SPECIES: fox, hare, deer, bear. negatives: share of pictures without a creature; half of
    these show other things, half the parts of a creature, shuffled. heads: whether the head is one of these parts; without
    it, a head alone tells the two apart. seed: of everything random.
    Returns Creatures, in random order. The same arguments give the same pictures.
    Raises ValueError for unknown species, a count below 1 or a share outside 0 to 1. Lesson 07.
    """
    if not isinstance(count, (int, np.integer)) or count < 1:
        raise ValueError(f"count is {count!r}: a number of pictures, at least 1, was expected.")
    unknown = [name for name in species if name not in SPECIES] if not isinstance(species, str) else [species]
    if unknown or not species:
        raise ValueError(f"species is {species!r}: a sequence of names out of {', '.join(SPECIES)} was expected.")
    if not 0 <= negatives <= 1:
        raise ValueError(f"negatives is {negatives!r}: a share from 0 to 1 was expected.")
    draw = np.random.default_rng(seed)
    without = round(count * negatives)
    labels = draw.permutation(np.concatenate([np.zeros(without, int), np.arange(count - without) % len(species) + 1]))
    pictures, landmarks = np.zeros((count, SIZE, SIZE, 3), np.uint8), np.full((count, len(PARTS), 2), np.nan)
    parts = np.zeros((count, SIZE, SIZE), np.uint8)
    for index, label in enumerate(labels):
        shuffled = label == 0 and draw.random() < 0.5
        things = draw.integers(0, 5) if label else draw.integers(2, 6) if shuffled else draw.integers(5, 12)
        picture = _scene(draw, things)
        if label or shuffled:
            plan = SPECIES[species[label - 1 if label else draw.integers(len(species))]]
            places, shown = _creature(picture, draw, plan, shuffled, heads or not shuffled)
            if label:
                landmarks[index], parts[index] = places, shown
        noisy = picture + draw.normal(0, 0.02, picture.shape)
        pictures[index] = (255 * noisy.clip(0, 1)).round()
    return Creatures(pictures, labels, landmarks, parts)


def _scene(draw, things):
    """A slope of two colours with things on it: float (64, 64, 3) from 0 to 1."""
    first, second, angle = draw.uniform(0.1, 0.9, 3), draw.uniform(0.1, 0.9, 3), draw.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE - 0.5
    picture = first + (second - first) * (0.5 + 0.7 * (x * np.cos(angle) + y * np.sin(angle)))[..., None]
    for _ in range(things):
        place, colour = draw.uniform(0, SIZE, 2), draw.uniform(0.05, 0.95, 3)
        if draw.random() < 0.5:
            _ellipse(picture, place, draw.uniform(2, 10, 2), draw.uniform(0, np.pi), colour)
        else:
            _stroke(picture, place, place + draw.normal(0, 9, 2), draw.uniform(1, 2.5), colour)
    return picture


def _creature(picture, draw, plan, shuffled, headed):
    """Draw one creature into the picture, or its parts each in a place of its own; the landmarks (4, 2) and parts (64, 64)."""
    parts, before = np.zeros((SIZE, SIZE), np.uint8), picture.copy()
    scale, flip = draw.uniform(0.55, 0.8), draw.choice([-1, 1])
    colour = draw.uniform(0.15, 0.95, 3)
    if abs(colour.mean() - picture[20:44, 20:44].mean()) < 0.15:  # it should stand out
        colour = np.clip(1.15 - colour, 0.05, 0.95)
    dark, ink = 0.55 * colour, np.full(3, 0.04)
    own = _frame(SIZE / 2 + draw.uniform(-12, 12, 2), np.deg2rad(draw.uniform(-20, 20)), scale, flip)

    def frame():
        return _frame(draw.uniform(10, 54, 2), draw.uniform(0, 2 * np.pi), scale, flip) if shuffled else own

    def stroke(at, x0, y0, x1, y1, radius, colour):
        _stroke(picture, at(x0, y0), at(x1, y1), radius * scale, colour)

    def drawn(part):
        nonlocal before
        parts[(picture != before).any(axis=-1)] = PARTS.index(part) + 1
        before = picture.copy()

    half_length, half_height = plan.torso
    at, wag = frame(), np.deg2rad(draw.uniform(-35, 35))
    turn = np.array([[np.cos(wag), -np.sin(wag)], [np.sin(wag), np.cos(wag)]])
    for x0, y0, x1, y1, radius in plan.tail:
        begin, end = turn @ (x0, y0) - (half_length - 2, 2), turn @ (x1, y1) - (half_length - 2, 2)
        stroke(at, *begin, *end, radius, dark)
    x, y = np.mean([part[2:4] for part in plan.tail], axis=0) * (0.6 if len(plan.tail) > 1 else 1)
    tail = at(*(turn @ (x, y) - (half_length - 2, 2)))
    drawn("tail")

    length, radius = plan.leg
    for place in (-0.65, -0.3, 0.35, 0.7):
        at, swing = frame(), draw.uniform(-4, 4)
        hip, top = place * half_length, half_height - 3
        stroke(at, hip, top, hip + swing, top + length, radius, dark)
    leg = at(hip + swing / 2, top + length / 2)
    drawn("leg")

    at = frame()
    torso = at(0, 0)
    _ellipse(picture, torso, np.multiply(plan.torso, scale), at.angle, colour)
    drawn("torso")

    at, nod = frame(), np.deg2rad(draw.uniform(-25, 25))
    x, y = half_length + 5 * np.cos(nod), -half_height - 2 + 6 * np.sin(nod)
    head = at(x, y)
    if headed:
        stroke(at, half_length - 4, -3, x, y, 3, colour)
        for x0, y0, x1, y1, radius in plan.ears:
            stroke(at, x + x0, y + y0, x + x1, y + y1, radius, dark)
        stroke(at, x, y + 2, x + plan.snout, y + 3, 2.4, colour)
        _ellipse(picture, head, (6.6 * scale, 6 * scale), 0, colour)
        for eye in (-2, 3.2):
            _ellipse(picture, at(x + eye, y - 1), (1.3 * scale, 1.3 * scale), 0, ink)
        stroke(at, x + plan.snout - 1, y + 2.5, x + plan.snout, y + 2.5, 0.9, ink)
    drawn("head")
    return np.array([head, torso, tail, leg]), parts


def _frame(origin, angle, scale, flip):
    """A function from the body's coordinates (x forward, y down) to the picture's."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale

    def at(x, y):
        return origin + turn @ (x * flip, y)

    at.angle = angle
    return at


def _ellipse(picture, centre, axes, angle, colour):
    window, x, y = _window(centre, max(axes))
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    distance = (np.hypot(along / axes[0], across / axes[1]) - 1) * min(axes)
    _blend(picture, window, distance, colour)


def _stroke(picture, start, end, radius, colour):
    """A line with round ends."""
    way = end - start
    window, x, y = _window((start + end) / 2, np.abs(way).max() / 2 + radius)
    x, y = x + way[0] / 2, y + way[1] / 2  # seen from the start
    share = np.clip((x * way[0] + y * way[1]) / (way @ way + 1e-9), 0, 1)
    _blend(picture, window, np.hypot(x - share * way[0], y - share * way[1]) - radius, colour)


def _window(centre, reach):
    """The part of the picture that a shape can touch, and the x and y of its pixels as seen from the centre."""
    low = np.clip(np.floor(centre - reach).astype(int) - 1, 0, SIZE)
    high = np.clip(np.ceil(centre + reach).astype(int) + 2, 0, SIZE)
    x, y = np.arange(low[0], high[0]) - centre[0], np.arange(low[1], high[1])[:, None] - centre[1]
    return (slice(low[1], high[1]), slice(low[0], high[0])), x, y


def _blend(picture, window, distance, colour):
    """Colour what is inside, distance < 0; the border is half a pixel soft on each side."""
    part = picture[window]
    part += np.clip(0.5 - distance, 0, 1)[..., None] * (colour - part)
