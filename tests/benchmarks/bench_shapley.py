"""Shapley values of a photo against the bare forward passes they are made of; accumulated local effects against PyALE."""

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from benchmarks.measure import seconds
from xailab import data, shapley
from xailab.models import efficientnet_lite0
from xailab.tabular import ale


def rows():
    """Yield (what, ratio, largest ratio allowed or None)."""
    from PyALE._src.ALE_1D import aleplot_1D_continuous

    classifier, photo = efficientnet_lite0(), data.photos()["coffee"][None]
    many = np.repeat(photo, 300, axis=0)
    forward, ours = seconds(
        lambda: classifier.logits(many), lambda: shapley.partition(classifier, photo, 0, evaluations=300), rounds=3
    )
    yield "Partition Shapley, 300 questions: ours / 300 bare forwards", ours / forward, 1.4
    table = data.cars().astype(float)
    features = table.drop(columns="mpg")
    forest = RandomForestRegressor(100, random_state=0).fit(features, table["mpg"])
    theirs, ours = seconds(
        lambda: aleplot_1D_continuous(features, forest, "weight", include_CI=False),
        lambda: ale(forest, features, "weight"),
    )
    yield "Accumulated local effects, 392 cars: ours / PyALE", ours / theirs, 1.1
