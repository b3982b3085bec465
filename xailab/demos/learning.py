"""Figures of lessons 08 and 09: optimizers that race, and what a forest makes of a column."""

from functools import cache

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from xailab import plot
from xailab._tensorflow import keras
from xailab.data import cars
from xailab.demos.controls import Interactive, Slider, choice, switch
from xailab.tabular import ale, ice

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


@cache
def _forest():
    table = cars()
    inputs, mpg = table.drop(columns="mpg"), table["mpg"]
    return RandomForestRegressor(50, random_state=0).fit(inputs, mpg), inputs


@cache
def effects(column):
    """What a forest makes of one column of the cars.

    Returns (values (P,), ICE curves (N, P), edges (K + 1,), ALE (K + 1,)), answers in miles per gallon. Lesson 09.
    """
    forest, inputs = _forest()
    return *ice(forest, inputs, column, points=20), *ale(forest, inputs, column, bins=20)


def effect_figure(column, each_car, accumulated):
    """Lesson 09's figure: partial dependence of one column, with ICE behind it and ALE beside it. Returns a Figure."""
    values, answers, edges, local = effects(column)
    mean = answers.mean(axis=0)
    series = {"partial dependence": (values, mean)}
    if accumulated:  # ALE knows differences only: it is lifted to the height of the partial dependence
        series["accumulated local effects, lifted"] = edges, local + mean.mean()
    behind = {"behind": (values, answers)} if each_car else {}
    return plot.lines(
        series, title=f"What the forest makes of {column}", xlabel=column, ylabel="miles per gallon", **behind
    )


def look_at_a_column():
    """Partial dependence, ICE and ALE of any column of the cars. Returns an Interactive. Lesson 09."""
    _, inputs = _forest()
    controls = {
        "column": choice("column", list(inputs.columns), "weight"),
        "each_car": switch("one curve per car (ICE)"),
        "accumulated": switch("ALE"),
    }
    return Interactive(effect_figure, "One column at a time", controls)
