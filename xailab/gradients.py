"""Gradients against a reference: what of the answer comes from where this picture differs from others?"""

import numpy as np

from xailab._tensorflow import tf
from xailab.network import Network, compiled

_BATCH = 32  # pictures between two at once


def expected_gradients(model, images, targets=None, *, background, steps=20):
    """Expected gradients: the gradient of the logit on the way from other pictures to this one, times the difference.

    model: keras.Model or Classifier, logits out. images: float (N, H, W, C) for a keras.Model, uint8 photos (N, H, W, 3)
    for a Classifier. targets: class index, N of them, or None for each image's top class. background: pictures (B, H, W, C)
    like the images, what "usual" means. steps: points on each straight way, of equal distance, at the middles of its parts.
    Returns float32 (N, H, W), in units of the logit and signed, summed over the channels. An image's map sums to its logit
    minus the mean logit of the background, the closer the more steps: nothing is drawn, so nothing is left to chance.
    What is missing has pixels here: where the background has something that the image lacks.
    Raises ValueError for images, targets or a background that do not fit, for fewer than one step, and for a network that
    has no gradient at its input. Erion, Janizek, Sturmfels, Lundberg, Lee (2021), equation 4, the integral by the midpoint
    rule as in Sundararajan, Taly, Yan (2017). Lesson 11.
    """
    if not isinstance(steps, (int, np.integer)) or steps < 1:
        raise ValueError(f"steps is {steps!r}: a whole number of points on each way, at least 1, was expected.")
    network = Network.of(model)
    images, targets = network.check(images, targets)
    background = network.check_images(background)
    if background.shape[1:] != images.shape[1:]:
        raise ValueError(
            f"the background has shape {background.shape} and the images {images.shape}: one size was expected."
        )
    targets = network.logits(images).argmax(axis=1).astype(np.int32) if targets is None else targets
    function, ways = network.kept(_compile_way), (np.arange(steps, dtype=np.float32) + 0.5) / steps
    pairs = [(each, way) for each in range(len(background)) for way in ways]
    maps = np.zeros(images.shape[:3])
    for image, target, heatmap in zip(images, targets, maps):
        for start in range(0, len(pairs), _BATCH):
            chosen, shares = zip(*pairs[start : start + _BATCH])
            given = image[None], background[list(chosen)], shares, target
            heatmap += function(*map(tf.constant, given)).numpy()
    return (maps / len(pairs)).astype(np.float32)


def _compile_way(network):
    """Function of one image, others, how far from each of them to the image (0 to 1), a class: the sum of their maps."""

    def gradients(image, others, shares, target):
        image, others = (tf.cast(network.prepare(each), tf.float32) for each in (image, others))
        between = others + shares[:, None, None, None] * (image - others)
        with tf.GradientTape() as tape:
            tape.watch(between)
            score = tf.reduce_sum(tf.cast(network.forward(between), tf.float32)[:, target])
        slopes = tape.gradient(score, between)
        if slopes is None:
            raise ValueError(f"model '{network.name}' has no gradient of its logits at its input.")
        return tf.reduce_sum((image - others) * tf.cast(slopes, tf.float32), axis=(0, 3))

    return compiled(
        gradients, network.spec, network.spec, tf.TensorSpec((None,), tf.float32), tf.TensorSpec((), tf.int32)
    )
