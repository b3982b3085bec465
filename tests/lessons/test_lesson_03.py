"""What the text of lesson 03 says, tried with networks that are trained here, the executed lesson and EfficientNet-Lite0."""

import json
import re

import numpy as np
import pytest

import train_digits
from course import ROOT
from course.author import build
from course.lessons.lesson_03.exercises import class_maps, cover_test
from xailab._tensorflow import keras
from xailab.cam import cam
from xailab.data import photos
from xailab.models import efficientnet_lite0, gap_cnn

RESULTS = json.loads((ROOT / "datasets/cam_digits.json").read_text())
CAP, CHEST, BESIDE = (
    (0, 65, 60, 171),
    (140, 224, 60, 171),
    (0, 65, 171, 224),
)  # boxes of the lesson: top, bottom, left, right


@pytest.fixture(scope="module")
def pair(seed):
    """A network of sevens and nines after a short training, held-out digits and their classes."""
    return train_digits.train_pair(seed, copies=3, epochs=5)


@pytest.fixture(scope="module")
def of_pair(pair):
    """What the lesson says of it, and of every network whose results are stored."""
    return [train_digits.readings(*pair), *RESULTS["pair"].values()]


@pytest.fixture(scope="module")
def of_ten(seed):
    """What the lesson says of a network of ten classes and the cells that see no ink: after its whole training, and stored."""
    return [train_digits.empty_readings(*train_digits.train_ten(seed)), *RESULTS["ten, field 10"].values()]


@pytest.fixture(scope="module")
def classifier():
    return efficientnet_lite0()


@pytest.mark.long
def test_another_seed_makes_few_errors(seed, numbers):
    held_out, least, most = numbers
    found = train_digits.readings(*train_digits.train_pair(seed))
    assert found["held out"] == held_out and least <= found["errors"] <= most
    untrained = train_digits.readings(gap_cnn(), *train_digits.sevens_and_nines())
    assert untrained["errors"] / untrained["held out"] > 0.2


def test_the_lesson_prints_what_its_seed_gave(printed):
    right = 1 - RESULTS["pair"]["2"]["errors"] / 200
    assert f"{right:.1%} of 200 held-out digits are recognised" in printed
    assert f"{RESULTS['ten, field 10']['2']['held out']:.1%} of 1000 held-out digits right" in printed


def test_every_map_sums_to_its_logit(pair, numbers):
    network, images, truth = pair
    assert len(images) == numbers[0]
    features = keras.Model(network.inputs[0], network.get_layer("pool2").output).predict(images, verbose=0)
    logits, rows = network.predict(images, verbose=0), np.arange(len(images))
    for maps in (
        class_maps(features, network.layers[-1].kernel.numpy(), truth),
        cam(network, images, truth),
    ):
        sums = maps.sum(axis=(1, 2))
        np.testing.assert_allclose(sums, logits[rows, truth], atol=2e-5)
        assert np.abs(sums - logits[rows, 1 - truth]).min() > 1e-3


def test_red_at_the_top_says_nothing_of_the_loop(of_pair, numbers):
    *_, least = numbers
    for found in of_pair:
        assert found["nines at the top"] > least / 100 and found["sevens at the top"] > least / 100


def test_the_closing_stroke_speaks_for_nine(of_pair, numbers):
    in_nines, in_sevens = numbers
    for found in of_pair:
        assert found["nines, loop"] > in_nines and found["sevens, loop"] < in_sevens


def test_the_roof_speaks_against_nine_in_both(of_pair):
    assert sum(found["nines, roof"] < 0 for found in of_pair) > len(of_pair) / 2
    for found in of_pair:
        assert found["nines, roof"] < found["nines, loop"] / 10 and found["sevens, roof"] < 0 < found["nines, loop"]


def test_readings_find_the_cells_that_the_lesson_names(monkeypatch):
    images = np.zeros((2, 28, 28, 1), np.float32)
    images[:, 4:24, 4:24] = 1
    maps = np.zeros((2, 2, 7, 7))
    maps[1, 0, 1, 2] = 3  # the seven: red on its roof
    maps[1, 1, 4, 3] = 2  # the nine: red inside the loop, in the lower half

    class Network:
        def predict(self, images, verbose):
            return np.array([[1, 0], [1, 0]])

    monkeypatch.setattr(train_digits, "cell_maps", lambda network, images: maps)
    found = train_digits.readings(Network(), images, np.array([0, 1]))
    assert found["errors"] == 1 and (found["sevens, roof"], found["sevens, loop"]) == (3, 0)
    assert (found["nines, roof"], found["nines, loop"]) == (0, 2)
    assert (found["sevens at the top"], found["nines at the top"]) == (1, 0)


def test_a_third_layer_is_what_the_table_says():
    two = gap_cnn(classes=10).count_params() - 640  # the last layer's
    for name, (filters, window) in train_digits.THIRD_LAYERS.items():
        weights = two + (window * window * 64 + 1) * filters + filters * 10
        assert {entry["weights"] for entry in RESULTS[f"ten, {name}"].values()} == {weights}


def test_a_wider_view_is_worth_more_than_as_many_weights():
    plain, wide, heavy = (
        np.array([RESULTS[f"ten, {name}"][str(seed)]["held out"] for seed in range(5)])
        for name in ("field 10", "field 18", "field 10, as many weights")
    )
    assert (wide > heavy).all() and (heavy > plain).all()
    lesson = build.source("03").read_text(encoding="utf-8")
    means = [float(row) for row in re.findall(r"\| [\d,]+ \| (\d\d\.\d) % \|", lesson)]
    assert means == [round(100 * shares.mean(), 1) for shares in (plain, heavy, wide)]


def test_an_empty_picture_is_a_one(seed):
    network, *held_out = train_digits.train_ten(seed, epochs=2)
    for found in [train_digits.empty_readings(network, *held_out), *RESULTS["ten, field 10"].values()]:
        assert found["answer"] == 1 and found["probability"] > 0.5
    for name in ("conv1", "conv2"):
        kernel, bias = network.get_layer(name).get_weights()
        network.get_layer(name).set_weights([kernel, 0 * bias])
    assert np.abs(network(np.zeros((1, 28, 28, 1)))).max() == 0


@pytest.mark.long
def test_a_part_of_the_red_for_a_one_is_said_where_there_is_no_ink(of_ten, numbers):
    least, most = numbers[1:3]
    for found in of_ten:
        assert least <= 100 * found["blank red of 1"] <= most and found["blank red of 4"] < 0.02


@pytest.mark.long
def test_without_the_empty_cells_the_one_leads_in_few_fours(of_ten, numbers):
    for found in of_ten:
        assert 100 * found["1 leads with ink"] <= numbers[-1]
    assert RESULTS["ten, field 10"]["2"]["1 leads"] > 0.4  # the lesson's own network, with all cells


@pytest.mark.parametrize(
    "build, ends_so",
    [
        *((name, True) for name in ["InceptionV3", "ResNet50", "DenseNet121", "MobileNetV2", "EfficientNetB0"]),
        *((name, False) for name in ["VGG16", "MobileNetV3Small", "ConvNeXtTiny"]),
    ],
)
def test_well_known_families_end_in_pooling_and_one_linear_layer(build, ends_so):
    with keras.StatelessScope(initialize_variables=False):
        network = getattr(keras.applications, build)(weights=None, classifier_activation=None)
    kinds = [type(layer).__name__ for layer in network.layers if not isinstance(layer, keras.layers.Dropout)]
    assert (kinds[-2:] == ["GlobalAveragePooling2D", "Dense"]) == ends_so


def test_the_sum_of_a_map_leaves_out_the_bias_which_is_small(classifier):
    pictures, bias = np.stack(list(photos().values())), classifier.model.layers[-1].bias.numpy()
    logits = classifier.logits(pictures)
    top = logits.argmax(axis=1)
    sums = cam(classifier, pictures, top).sum(axis=(1, 2))
    np.testing.assert_allclose(sums, logits.max(axis=1) - bias[top], atol=1e-4)
    off = np.abs(sums - logits.max(axis=1))
    assert (off > 1e-4).all() and off.max() < np.abs(bias).max() < 0.34


def test_the_maps_of_uniform_and_mortarboard_are_brightest_at_the_cap(classifier):
    photo, labels = photos()["hopper"], classifier.labels
    names = ["military uniform", "mortarboard", "suit", "Windsor tie", "vestment"]
    assert [labels[index] for index in np.argsort(-classifier.logits(photo[None])[0])[:5]] == names
    maps = cam(classifier, np.repeat(photo[None], 5, axis=0), [labels.index(name) for name in names])
    rows = dict(zip(names, maps.max(axis=2).argmax(axis=1)))
    assert max(rows["military uniform"], rows["mortarboard"], rows["vestment"]) < CAP[1]
    assert min(rows["suit"], rows["Windsor tie"]) > 140  # the collar begins there


def test_without_the_cap_the_uniform_falls(classifier, numbers, seed):
    photo = photos()["hopper"]
    fills = [0, 64, 128, 192, 255, photo.mean(axis=(0, 1))]
    noise = np.random.default_rng(seed).integers(0, 256, (65, 111, 3))  # a fill that the lesson does not have

    def changes(name, box, fills):
        index = classifier.labels.index(name)
        return cover_test(lambda covered: classifier.logits(covered[None])[0, index], photo, box, fills)

    least, most = numbers
    uniform = changes("military uniform", CAP, fills)
    assert (-uniform).min() > least - 0.05 and (-uniform).max() < most + 0.05
    assert changes("military uniform", CAP, [noise])[0] < -0.5
    assert np.abs(changes("military uniform", BESIDE, fills)).max() < 0.2


def test_without_the_cap_the_mortarboard_rises(classifier):
    photo = photos()["hopper"]
    fills = [0, 64, 128, 192, 255, photo.mean(axis=(0, 1))]
    index = classifier.labels.index("mortarboard")

    def score(covered):
        return classifier.logits(covered[None])[0, index]

    assert (cover_test(score, photo, CAP, fills) > 0).sum() == 5
    assert (cover_test(score, photo, CHEST, fills) > 0).all()
    assert np.abs(cover_test(score, photo, BESIDE, fills)).max() < 0.25
    top, bottom, left, right = CAP
    first = []
    for fill in fills:
        covered = photo.copy()
        covered[top:bottom, left:right] = fill
        first.append(classifier.top(covered, k=1)[0][0])
    assert first.count("mortarboard") == 4
