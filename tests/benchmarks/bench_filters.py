"""Filter loss and masks: a training step with both against the same step without, and the loss against its loops."""

import numpy as np

from benchmarks.measure import seconds
from xailab._tensorflow import keras, tf
from xailab.filters import InterpretableConv2D, filter_loss, templates

layers = keras.layers


def rows(small=False):
    """Yield (what, ratio, largest ratio allowed or None). small: as little as shows that it runs."""
    draw = np.random.default_rng(0)
    images = tf.constant(draw.normal(size=(64, 64, 64, 3)).astype(np.float32))
    labels = tf.constant(draw.integers(0, 2, 64))
    for cells, filters in ((8, 4),) if small else ((16, 32), (8, 64)):
        for kind, categories in (("filter loss", None), ("with labels", 1)):
            plain, ours = _step(cells, filters), _step(cells, filters, categories=categories, loss_weight=1e-3)
            without, with_both = seconds(
                lambda step=plain: step(images, labels),
                lambda step=ours: step(images, labels),
                rounds=1 if small else 15,
            )
            yield (
                f"Training step, 2 layers of {cells}x{cells}x{filters}: {kind} + masks / without",
                with_both / without,
                1.6,
            )
    maps = np.maximum(draw.normal(size=(64, 8, 8, 2 if small else 64)), 0) * 40
    loop, ours = seconds(lambda: _loop(maps), lambda: filter_loss(maps), rounds=1)
    yield "Filter loss, 64 pictures, maps of 8x8x64: ours / loop over templates and pictures", ours / loop, 1 / 50


def _step(cells, filters, **interpretable):
    """A compiled training step of a small network on 64 x 64 pictures; with options, its two top layers are interpretable."""
    convolution = layers.Conv2D
    if interpretable:

        def convolution(count, size, **options):
            return InterpretableConv2D(count, size, **interpretable)

    image, label = keras.Input((64, 64, 3)), keras.Input((), dtype="int32")
    maps = image
    for width in (16, 32, 48)[: 2 if cells == 16 else 3]:
        maps = layers.MaxPooling2D()(layers.Conv2D(width, 3, padding="same", activation="relu")(maps))
    for _ in range(2):
        layer = convolution(filters, 3, padding="same", activation="relu")
        maps = layer(maps, labels=label) if interpretable.get("categories") else layer(maps)
    logits = layers.Dense(2)(layers.Dense(64, activation="relu")(layers.Flatten()(layers.MaxPooling2D()(maps))))
    network = keras.Model([image, label], logits)
    optimizer = keras.optimizers.Adam(1e-4)
    optimizer.build(network.trainable_variables)

    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            answers = network([images, labels], training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, answers))
            loss += tf.add_n(network.losses) if network.losses else 0.0
        variables = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return loss

    return lambda images, labels: step(images, labels).numpy()


def _loop(maps):
    """Equations 1 and 2, one filter, template and picture after the other."""
    bank, losses = templates(maps.shape[1]).reshape(-1, *maps.shape[1:3]), []
    for one in np.moveaxis(maps, -1, 0):
        likelihood = np.array([[np.exp(np.trace(picture.T @ row)) for picture in one] for row in bank])
        likelihood /= likelihood.sum(axis=1, keepdims=True)
        evidence = likelihood.mean(axis=0)
        losses.append(-sum(share @ np.log(share / evidence) for share in likelihood) / len(bank))
    return losses
