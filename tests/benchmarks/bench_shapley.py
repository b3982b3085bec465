"""Shapley values of a photo against the bare forward passes they are made of; accumulated local effects against PyALE."""

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from benchmarks.measure import seconds
from xailab import data, shapley
from xailab.models import efficientnet_lite0
from xailab.tabular import ale


def rows(small=False):
    """Yield (what, ratio, largest ratio allowed or None). small: as little as shows that it runs."""
    from PyALE._src.ALE_1D import aleplot_1D_continuous

    classifier, photo = efficientnet_lite0(), data.photos()["coffee"][None]
    questions, trees = (8, 2) if small else (300, 100)
    many = np.repeat(photo, questions, axis=0)
    forward, ours = seconds(
        lambda: classifier.logits(many),
        lambda: shapley.partition(classifier, photo, 0, evaluations=questions),
        rounds=1 if small else 3,
    )
    yield f"Partition Shapley, {questions} questions: ours / {questions} bare forwards", ours / forward, 1.4
    table = data.cars().astype(float)
    features = table.drop(columns="mpg")
    forest = RandomForestRegressor(trees, random_state=0).fit(features, table["mpg"])
    theirs, ours = seconds(
        lambda: aleplot_1D_continuous(features, forest, "weight", include_CI=False),
        lambda: ale(forest, features, "weight"),
        rounds=1 if small else 7,
    )
    yield "Accumulated local effects, 392 cars: ours / PyALE", ours / theirs, 1.1
