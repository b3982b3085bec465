"""Deletion and insertion of one photo, 50 steps each, against the bare forwards of as many photos."""

import numpy as np

from benchmarks.measure import seconds
from xailab.data import photos
from xailab.evaluate import deletion, insertion
from xailab.models import efficientnet_lite0


def rows():
    """Yield (what, ratio, largest ratio allowed or None)."""
    classifier, cat = efficientnet_lite0(), photos()["cat"]
    heatmap, many = np.random.default_rng(0).random(cat.shape[:2]), np.repeat(cat[None], 51, axis=0)
    bare, both = seconds(
        lambda: [classifier(many) for _ in range(2)],
        lambda: [curve(classifier, cat, heatmap, target=281) for curve in (deletion, insertion)],
    )
    yield "Deletion and insertion, EfficientNet-Lite0, 50 steps: ours / bare forwards", both / bare, 1.1
