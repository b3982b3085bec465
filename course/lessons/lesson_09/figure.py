"""The figure of lesson 09: what a forest makes of one column."""

from functools import cache

from sklearn.ensemble import RandomForestRegressor

from course.student.controls import Interactive, choice, switch
from xailab import plot
from xailab.data import cars
from xailab.tabular import ale, ice


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
