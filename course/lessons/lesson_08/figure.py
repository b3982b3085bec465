"""The figure of lesson 08: optimizers that race."""

import numpy as np

from course.student.controls import Interactive, Slider, choice
from xailab import plot
from xailab._tensorflow import keras

SURFACES = {  # height, its slope, start, reach
    "long narrow valley": (
        lambda x, y: 0.01 * x**2 + y**2,
        lambda x, y: (0.02 * x, 2 * y),
        (-9.0, 1.5),
        ((-10, 10), (-3, 3)),
    ),
    "saddle": (
        lambda x, y: x**2 - y**2 + y**4 / 2,
        lambda x, y: (2 * x, -2 * y + 2 * y**3),
        (1.2, 0.0001),
        ((-1.6, 1.6), (-1.6, 1.6)),
    ),
}


def paths(surface, rate, momentum, steps):
    """Where four optimizers of Keras go from the same place on a surface.

    surface: a name in SURFACES. rate: learning rate. momentum: of the second one. steps: of each.
    Returns {optimizer: float (steps + 1, 2)}; a path ends early where it leaves for good. Lesson 08.
    """
    _, slope, start, reach = SURFACES[surface]
    optimizers = keras.optimizers
    racers = {
        "gradient descent": optimizers.SGD(rate),
        f"momentum {momentum:g}": optimizers.SGD(rate, momentum=momentum),
        "RMSprop": optimizers.RMSprop(rate),
        "Adam": optimizers.Adam(rate),
    }
    found = {}
    for name, optimizer in racers.items():
        point, path = keras.Variable(start), [start]
        while len(path) <= steps and np.abs(path[-1]).max() < 10 * np.max(reach):
            optimizer.apply([keras.ops.convert_to_tensor(slope(*path[-1]), "float32")], [point])
            path.append(tuple(point.numpy()))
        found[name] = np.array(path)
    return found


def race_figure(surface, rate, momentum, steps):
    """Lesson 08's figure: the paths of four optimizers and the heights they reach. Returns a Figure."""
    height, _, _, reach = SURFACES[surface]
    found = paths(surface, rate, momentum, steps)
    return plot.descents(height, found, title=f"{surface}: height after {steps} steps at rate {rate:g}", reach=reach)


def race_the_optimizers():
    """Let four optimizers race at any rate. Returns an Interactive. Lesson 08."""
    controls = {
        "surface": choice("surface", list(SURFACES)),
        "rate": Slider("learning rate", [0.003, 0.01, 0.03, 0.1, 0.3, 0.6, 0.9, 1.1], 0.3),
        "momentum": Slider("momentum", [0.0, 0.5, 0.8, 0.9, 0.95, 0.99], 0.9),
        "steps": Slider("steps", [5, 10, 20, 40, 60], 40),
    }
    return Interactive(race_figure, "The race of the optimizers", controls)
