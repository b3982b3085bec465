"""Deletion and insertion of one photo, 50 steps each, against the bare forwards of as many photos."""

import numpy as np

from benchmarks.measure import seconds
from xailab.data import photos
from xailab.evaluate import deletion, insertion
from xailab.models import efficientnet_lite0


def rows(small=False):
    """Yield (what, ratio, largest ratio allowed or None). small: as little as shows that it runs."""
    classifier, cat, steps = efficientnet_lite0(), photos()["cat"], 2 if small else 50
    heatmap, many = np.random.default_rng(0).random(cat.shape[:2]), np.repeat(cat[None], steps + 1, axis=0)
    bare, both = seconds(
        lambda: [classifier(many) for _ in range(2)],
        lambda: [curve(classifier, cat, heatmap, target=281, steps=steps) for curve in (deletion, insertion)],
        rounds=1 if small else 7,
    )
    yield f"Deletion and insertion, EfficientNet-Lite0, {steps} steps: ours / bare forwards", both / bare, 1.1
