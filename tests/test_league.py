import numpy as np
import pytest

from xailab import league
from xailab._tensorflow import keras, tf
from xailab.data import beams
from xailab.evaluate import deletion, iou, mean_and_interval
from xailab.models import Classifier


def classifier(seed):
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((32, 48, 3)),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )
    return Classifier(network, lambda photos: tf.cast(photos, tf.float32) / 255 - 0.5, ("sound", "cracked"))


@pytest.fixture(scope="module")
def given():
    drawn = beams(12, size=(32, 48), seed=2)
    chosen = np.flatnonzero(drawn.cracked == 1)[:2]
    return classifier(0), classifier(1), drawn.photos[chosen], drawn.cracks[chosen], [1, 1]


@pytest.fixture(scope="module")
def table(given):
    return league.league(*given, steps=4)


def test_every_method_is_judged_by_every_measure_on_every_picture(table):
    assert list(table) == list(league.METHODS) and len(table) == 10
    for measures in table.values():
        assert tuple(measures) == league.MEASURES
        assert all(values.shape == (2,) and np.isfinite(values).all() for values in measures.values())
        assert (np.abs(np.stack(list(measures.values()))) <= 1 + 1e-9).all()


def test_the_numbers_are_those_of_the_measures(given, table):
    model, _, photos, cracks, targets = given
    maps = league.METHODS["Grad-CAM"](model, photos, targets)
    np.testing.assert_allclose(table["Grad-CAM"]["IoU"], iou(maps, cracks))
    areas = [deletion(model, photo, heatmap, target=1, steps=4).auc for photo, heatmap in zip(photos, maps)]
    np.testing.assert_allclose(table["Grad-CAM"]["deletion"], areas)


def test_impostors_do_not_notice_another_network_and_the_blob_not_even_another_picture(table):
    for name in ("random map", "edge detector", "centred blob"):
        np.testing.assert_allclose(table[name]["randomised"], 1)
    np.testing.assert_allclose(table["centred blob"]["stability"], 1)
    assert (np.abs(table["random map"]["stability"]) < 0.1).all()


def test_impostors_do_not_depend_on_the_target_and_the_random_map_is_the_same_each_time(given):
    photos = given[2]
    for impostor in (league.random_map, league.edge_detector, league.centred_blob):
        maps = impostor(None, photos, [0, 1])
        assert maps.shape == (2, 32, 48)
        np.testing.assert_array_equal(maps, impostor(None, photos))
    assert (league.random_map(None, photos)[0] != league.random_map(None, photos)[1]).any()


def test_a_map_that_says_nothing_is_judged_as_a_random_one(given):
    methods = {"silent": lambda model, images, targets: np.zeros(images.shape[:3]), "random": league.random_map}
    judged = league.league(*given, methods=methods, steps=4)
    for measure in ("deletion", "insertion", "pointing game", "IoU", "stability"):
        np.testing.assert_array_equal(judged["silent"][measure], judged["random"][measure])
    np.testing.assert_array_equal(judged["silent"]["randomised"], 0)


def test_a_summary_holds_mean_and_interval_and_is_written_with_both(table):
    rows = league.summary(table)
    assert len(rows) == 60 and set(rows.pictures) == {2}
    row = rows[(rows.method == "CAM") & (rows.measure == "deletion")].iloc[0]
    assert (row["mean"], row.half) == mean_and_interval(table["CAM"]["deletion"])
    text = league.as_text(rows)
    assert list(text.index) == list(league.METHODS) and tuple(text.columns) == league.MEASURES
    assert text.loc["CAM", "deletion"] == f"{row['mean']:.2f} ± {row.half:.2f}"
