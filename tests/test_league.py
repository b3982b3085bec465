import numpy as np
import pytest

from xailab import league
from xailab._tensorflow import keras, tf
from xailab.cam import grad_cam
from xailab.data import beams
from xailab.evaluate import deletion, insertion, iou, mean_and_interval, randomization_check
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
    return classifier(0), drawn.photos[chosen], drawn.cracks[chosen], [1, 1]


@pytest.fixture(scope="module")
def table(given):
    return league.league(*given, steps=4, networks=3)


def test_every_method_is_judged_by_every_measure_on_every_picture(table):
    assert list(table) == list(league.METHODS) and len(table) == 10
    for measures in table.values():
        assert tuple(measures) == league.MEASURES
        for measure, values in measures.items():
            assert values.shape == ((3,) if measure in ("randomised", "empty") else (2,))
            assert (np.abs(values[~np.isnan(values)]) <= 1 + 1e-9).all()
            assert not np.isnan(values).any() or (measure == "randomised" and (measures["empty"] == 1).any())


def test_the_numbers_are_those_of_the_measures(given, table):
    model, photos, cracks, targets = given
    maps = league.METHODS["Grad-CAM"](model, photos, targets)
    np.testing.assert_allclose(table["Grad-CAM"]["IoU"], iou(maps, cracks))
    areas = [deletion(model, photo, heatmap, target=1, steps=4).auc for photo, heatmap in zip(photos, maps)]
    np.testing.assert_allclose(table["Grad-CAM"]["deletion"], areas)
    rows = [deletion(model, photo, heatmap, target=1, steps=4, ties="rows") for photo, heatmap in zip(photos, maps)]
    np.testing.assert_allclose(table["Grad-CAM"]["deletion, ties by rows"], [curve.auc for curve in rows])
    back = [insertion(model, photo, heatmap, target=1, steps=4).until(0.3) for photo, heatmap in zip(photos, maps)]
    np.testing.assert_allclose(table["Grad-CAM"]["insertion, first 30 %"], back)


def test_impostors_do_not_notice_another_network_and_the_blob_not_even_another_picture(table):
    for name in ("random map", "edge detector", "centred blob"):
        np.testing.assert_allclose(table[name]["randomised"], 1)
        assert not table[name]["empty"].any()
    np.testing.assert_allclose(table["centred blob"]["stability"], 1)
    assert (np.abs(table["random map"]["stability"]) < 0.1).all()


def test_impostors_do_not_depend_on_the_target_and_the_random_map_is_the_same_each_time(given):
    photos = given[1]
    for impostor in (league.random_map, league.edge_detector, league.centred_blob):
        maps = impostor(None, photos, [0, 1])
        assert maps.shape == (2, 32, 48)
        np.testing.assert_array_equal(maps, impostor(None, photos))
    assert (league.random_map(None, photos)[0] != league.random_map(None, photos)[1]).any()


def test_a_map_that_says_nothing_is_judged_as_a_random_one(given):
    methods = {"silent": lambda model, images, targets: np.zeros(images.shape[:3]), "random": league.random_map}
    judged = league.league(*given, methods=methods, steps=4)
    for measure in set(league.MEASURES) - {"randomised", "empty"}:
        np.testing.assert_array_equal(judged["silent"][measure], judged["random"][measure])
    assert (judged["silent"]["empty"] == 1).all() and np.isnan(judged["silent"]["randomised"]).all()
    rows = league.summary(judged)
    assert rows[(rows.method == "silent") & (rows.measure == "randomised")]["count"].item() == 0
    assert league.as_text(rows).loc["silent", "randomised"] == "–"


def test_randomised_is_the_last_step_of_the_randomisation_check(given, table):
    model, photos, _, targets = given
    last = list(randomization_check(grad_cam, model, photos, targets, seeds=3).values())[-1]
    maps = grad_cam(model, photos, targets)
    assert (np.ptp(maps, axis=(1, 2)) > 0).all()
    np.testing.assert_array_equal(table["Grad-CAM"]["empty"], np.isnan(last).mean(axis=1))
    full = ~np.isnan(last).any(axis=1)
    np.testing.assert_allclose(table["Grad-CAM"]["randomised"][full], last[full].mean(axis=1))


def test_a_summary_holds_mean_and_interval_and_is_written_with_both(table):
    rows = league.summary(table)
    assert len(rows) == 110 and set(rows["count"]) <= {0, 1, 2, 3}
    row = rows[(rows.method == "CAM") & (rows.measure == "deletion")].iloc[0]
    assert (row["mean"], row.half) == mean_and_interval(table["CAM"]["deletion"])
    text = league.as_text(rows)
    assert list(text.index) == list(league.METHODS) and tuple(text.columns) == league.MEASURES
    assert text.loc["CAM", "deletion"] == f"{row['mean']:.2f} ± {row.half:.2f}"


def test_the_long_run_holds_every_method_and_measure_of_five_networks():
    rows = league.long_run()
    measures = (*league.MEASURES, *league.FOX_MEASURES, league.TWIN)
    expected = {(method, measure, n) for method in league.METHODS for measure in measures for n in range(5)}
    assert set(zip(rows.method, rows.measure, rows.network)) == expected and len(rows) == len(expected)
    table = league.by_network(["deletion", league.TWIN])
    assert all(values.shape == (10, 5) for values in table.values())
    row = rows[(rows.method == "LIME") & (rows.measure == "deletion") & (rows.network == 3)]
    assert table["deletion"][list(league.METHODS).index("LIME"), 3] == row["mean"].item()
