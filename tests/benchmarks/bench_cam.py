"""Grad-CAM on VGG16 against the bare forward pass of the same photos, and against tf-keras-vis; 1,000 photos classified."""

import numpy as np

from benchmarks.measure import seconds
from xailab._tensorflow import keras, tf
from xailab.cam import grad_cam, grad_cam_layers
from xailab.models import efficientnet_lite0


def rows(small=False):
    """Yield (what, ratio, largest ratio allowed or None). small: as little as shows that it runs."""
    shape, rounds = ((32, 32, 3), 1) if small else ((224, 224, 3), 7)
    vgg16 = keras.applications.VGG16(  # speed does not depend on the weights
        weights=None, classifier_activation=None, input_shape=shape
    )
    bare = tf.function(lambda images: vgg16(images, training=False), reduce_retracing=True)
    draw = np.random.default_rng(0)
    for count, allowed in ((1, 1.2), (2 if small else 16, 1.1)):
        images = draw.normal(size=(count, *shape)).astype(np.float32)
        forward, one, strip = seconds(
            lambda images=images: bare(tf.constant(images)),
            lambda images=images: grad_cam(vgg16, images, 281),
            lambda images=images: grad_cam_layers(vgg16, images, 281),
            rounds=rounds,
        )
        yield f"Grad-CAM, VGG16, {count} photo(s): ours / bare forward", one / forward, allowed
        yield f"Grad-CAM, 13 layers, {count} photo(s): ours / bare forward", strip / forward, 3.5
        yield (
            f"Grad-CAM, VGG16, {count} photo(s): tf-keras-vis / bare forward",
            _peer(vgg16, images, bare, rounds),
            None,
        )
    count = 40 if small else 1000
    yield f"EfficientNet-Lite0, {count:,} photos: Classifier / bare tf.function", _classifier(count), 1.05


def _peer(vgg16, images, bare, rounds):
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.scores import CategoricalScore

    peer, score = Gradcam(vgg16, clone=True), CategoricalScore([281] * len(images))
    forward, theirs = seconds(
        lambda: bare(tf.constant(images)), lambda: peer(score, images, penultimate_layer=-1), rounds=min(rounds, 3)
    )
    return theirs / forward


def _classifier(count):
    classifier = efficientnet_lite0()
    bare = tf.function(lambda images: classifier.model(images, training=False), reduce_retracing=True)
    photos = np.random.default_rng(0).integers(0, 256, (count, 224, 224, 3), dtype=np.uint8)
    prepared = (photos.astype(np.float32) - 127) / 128

    def forward():
        return [bare(tf.constant(prepared[start : start + 32])).numpy() for start in range(0, count, 32)]

    forward_seconds, ours = seconds(forward, lambda: classifier.logits(photos), rounds=3 if count > 40 else 1)
    return ours / forward_seconds
