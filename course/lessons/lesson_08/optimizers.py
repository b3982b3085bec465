"""The surfaces of lesson 08's appendix, and nine optimizers of Keras that walk over them."""

import numpy as np

from xailab._tensorflow import keras

SURFACES = {  # height, its slope, start, learning rate
    "long narrow valley": (lambda x, y: 0.01 * x**2 + y**2, lambda x, y: (0.02 * x, 2 * y), (-9.0, 1.5), 0.3),
    "saddle": (
        lambda x, y: x**2 - y**2 + y**4 / 2,
        lambda x, y: (2 * x, -2 * y + 2 * y**3),
        (1.2, 0.0001),
        0.05,
    ),
}


def walk(optimizer, slope, start, steps=60):
    """Let a Keras optimizer take steps downhill from a point. Returns the points it came by, float (steps + 1, 2). Lesson 08."""
    point, path = keras.Variable(start), [start]
    for _ in range(steps):
        optimizer.apply([keras.ops.convert_to_tensor(slope(*path[-1]), "float32")], [point])
        path.append(tuple(point.numpy()))
    return np.array(path)


def walk_all(surface, rate=None, *, steps=60, seed=0):
    """Nine optimizers from one start on a surface; SGD sees a noisy slope, as a random batch of pictures gives it.

    surface: a name in SURFACES. rate: learning rate, by default the surface's own; Adadelta has its own steps, and 1 is its
    paper's value. steps: of each. seed: of the noise. Returns {optimizer: float (steps + 1, 2)}. Lesson 08.
    """
    _, slope, start, own_rate = SURFACES[surface]
    rate, draw, optimizers = rate or own_rate, np.random.default_rng(seed), keras.optimizers

    def noisy(x, y):
        return slope(x, y) + draw.normal(0, 0.3, 2)

    nine = {
        "gradient descent": optimizers.SGD(rate),
        "SGD": optimizers.SGD(rate),
        "momentum": optimizers.SGD(rate, momentum=0.9),
        "NAG": optimizers.SGD(rate, momentum=0.9, nesterov=True),
        "Adagrad": optimizers.Adagrad(rate),
        "Adadelta": optimizers.Adadelta(1.0),
        "RMSprop": optimizers.RMSprop(rate),
        "Adam": optimizers.Adam(rate),
        "Nadam": optimizers.Nadam(rate),
    }
    return {name: walk(each, noisy if name == "SGD" else slope, start, steps) for name, each in nine.items()}
