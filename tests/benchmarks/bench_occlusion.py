"""Occlusion on VGG16, patch 32, stride 16 (169 positions): full against the bare forwards, incremental against full."""

import numpy as np

from benchmarks.measure import seconds
from xailab._tensorflow import tf
from xailab.data import photos
from xailab.models import vgg16_gap
from xailab.occlusion import occlusion


def rows(small=False):
    """Yield (what, ratio, largest ratio allowed or None). small: as little as shows that it runs."""
    patch, stride, positions = (224, 224, 1) if small else (32, 16, 169)
    vgg16, cat = vgg16_gap(), photos()["cat"][None]
    bare = tf.function(lambda images: vgg16.model(images, training=False), reduce_retracing=True)
    prepared = np.repeat(vgg16.preprocess(cat).numpy(), positions, axis=0)

    def forward():
        return [bare(tf.constant(prepared[start : start + 32])).numpy() for start in range(0, positions, 32)]

    bare_seconds, full, incremental = seconds(
        forward,
        lambda: occlusion(vgg16, cat, 1, patch=patch, stride=stride, method="full"),
        lambda: occlusion(vgg16, cat, 1, patch=patch, stride=stride, method="incremental"),
        rounds=1 if small else 3,
    )
    yield f"Occlusion, VGG16, {positions} positions: full / bare forwards", full / bare_seconds, 1.05
    yield f"Occlusion, VGG16, {positions} positions: incremental / full", incremental / full, 1 / 3.5
