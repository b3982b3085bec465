"""What the text of lesson 03 says, held against five trained networks, the executed lesson and EfficientNet-Lite0."""

import json
import re

import numpy as np
import pytest

import train_digits
from course import ROOT
from xailab._tensorflow import keras
from xailab.cam import cam
from xailab.data import photos
from xailab.models import efficientnet_lite0, gap_cnn

RESULTS = json.loads((ROOT / "datasets/cam_digits.json").read_text())
SEEDS = ["0", "1", "2", "3", "4"]


def of_seeds(case, *keys):
    """The sum of some figures, one per seed."""
    assert sorted(RESULTS[case]) == SEEDS
    return np.array([sum(RESULTS[case][seed][key] for key in keys) for seed in SEEDS])


@pytest.fixture(scope="module")
def classifier():
    return efficientnet_lite0()


def test_five_seeds_make_few_errors():
    errors = of_seeds("pair", "errors")
    assert (errors.min(), errors.max()) == (1, 5) and set(of_seeds("pair", "held out")) == {200}


def test_the_lesson_prints_what_its_seed_gave(printed):
    right = 1 - RESULTS["pair"]["2"]["errors"] / 200
    assert f"{right:.1%} of 200 held-out digits are recognised" in printed
    assert f"{RESULTS['ten, field 10']['2']['held out']:.1%} of 1000 held-out digits right" in printed


def test_every_map_sums_to_its_logit():
    images, truth = train_digits.sevens_and_nines()
    images, truth = images[::5], truth[::5]
    for seed in range(5):
        keras.utils.set_random_seed(seed)
        network = gap_cnn()
        logits = network.predict(images, verbose=0)
        sums = cam(network, images, truth).sum(axis=(1, 2))
        np.testing.assert_allclose(sums, logits[np.arange(200), truth], atol=1e-5)


def test_most_sevens_speak_at_the_top():
    upper = of_seeds("pair", "sevens strongest at the upper left", "sevens strongest at the upper right")
    assert round(upper.min(), 2) == 0.70 and round(upper.max(), 2) == 1


def test_which_end_of_the_roof_depends_on_the_seed():
    left = of_seeds("pair", "sevens strongest at the upper left")
    right = of_seeds("pair", "sevens strongest at the upper right")
    assert (round(left[2], 2), round(left[0], 2), round(right[0], 2)) == (0.71, 0.10, 0.90)


def test_most_nines_speak_at_their_loop():
    upper = of_seeds("pair", "nines strongest at the upper left", "nines strongest at the upper right")
    assert round(upper.min(), 2) == 0.78 and round(upper.max(), 2) == 0.91


def test_the_stem_counts_less_than_its_ink():
    maps, ink = of_seeds("pair", "map below"), of_seeds("pair", "ink below")
    assert (maps < ink).all() and round(maps.min(), 2) == 0.22 and round(maps.max(), 2) == 0.31
    np.testing.assert_allclose(ink, 1 / 3, atol=0.011)


def test_readings_find_the_quarter_in_which_a_map_is_strongest(monkeypatch):
    images = np.zeros((2, 28, 28, 1), np.float32)
    images[:, 4:24, 4:24] = 1

    def one_cell(network, images, target):
        maps = np.zeros((2, 28, 28))
        maps[0, 4:8, 20:24] = 1 - target  # a seven that speaks at the upper right
        maps[1, 20:24, 4:8] = target  # a nine that speaks at the lower left
        return maps

    class Network:
        def predict(self, images, verbose):
            return np.array([[1, 0], [1, 0]])

    monkeypatch.setattr(train_digits, "cam", one_cell)
    found = train_digits.readings(Network(), images, np.array([0, 1]))
    assert found["errors"] == 1 and found["map below"] == 0.5 == found["ink below"]
    assert [found[key] for key in found if "strongest" in key] == [0, 1, 0, 0]


def test_a_short_run_of_the_script_gives_the_same_kinds_of_figures():
    pair = train_digits.readings(*train_digits.train_pair(0, copies=1, epochs=1))
    assert pair.keys() == RESULTS["pair"]["0"].keys() and pair["errors"] < 150
    wide = train_digits.train_ten(0, train_digits.THIRD_LAYERS["field 18"], epochs=1)
    assert wide.keys() == RESULTS["ten, field 18"]["0"].keys() and wide["held out"] > 0.2
    assert wide["weights"] == RESULTS["ten, field 18"]["0"]["weights"] == 56_384


def test_a_wider_view_is_worth_more_than_as_many_weights():
    plain, wide, heavy = (
        of_seeds(f"ten, {name}", "held out") for name in ("field 10", "field 18", "field 10, as many weights")
    )
    assert (wide > heavy).all() and (heavy > plain).all()
    assert [round(100 * shares.mean(), 1) for shares in (plain, heavy, wide)] == [91.7, 95.2, 97.0]
    assert (of_seeds("ten, field 10, as many weights", "weights") >= of_seeds("ten, field 18", "weights")).all()


def test_the_four_wins_because_little_speaks_against_it(printed):
    rows = re.findall(r"(\d): for it +([\d.]+), against it +(-[\d.]+), sum +([+-][\d.]+)", printed)
    plus, minus, sums = np.array([[float(number) for number in row[1:]] for row in rows]).T
    assert sums.argmax() == minus.argmax() == 4 and plus.argmax() == 1


@pytest.mark.parametrize(
    "build", ["InceptionV3", "ResNet50", "DenseNet121", "MobileNetV2", "EfficientNetB0"], ids=str.lower
)
def test_well_known_families_end_in_pooling_and_one_linear_layer(build):
    with keras.StatelessScope(initialize_variables=False):
        network = getattr(keras.applications, build)(weights=None, classifier_activation=None)
    kinds = [type(layer).__name__ for layer in network.layers if not isinstance(layer, keras.layers.Dropout)]
    assert kinds[-2:] == ["GlobalAveragePooling2D", "Dense"]


def test_the_cap_speaks_for_the_uniform_and_the_chest_for_suit_and_tie(classifier):
    photo = photos()["hopper"]
    five = np.argsort(-classifier.logits(photo[None])[0])[:5]
    names = [classifier.labels[index] for index in five]
    assert names == ["military uniform", "mortarboard", "suit", "Windsor tie", "vestment"]
    maps = cam(classifier, np.repeat(photo[None], 5, axis=0), five)
    rows = dict(zip(names, maps.max(axis=2).argmax(axis=1)))
    assert max(rows["military uniform"], rows["mortarboard"]) < 64  # the cap ends at row 64 of 224
    assert min(rows["suit"], rows["Windsor tie"]) > 140  # the collar begins there


def test_the_sum_of_a_map_leaves_out_the_bias_which_is_small(classifier):
    photo, bias = photos()["hopper"][None], classifier.model.layers[-1].bias.numpy()
    logits = classifier.logits(photo)[0]
    for target in np.argsort(-logits)[:5]:
        assert cam(classifier, photo, int(target)).sum() == pytest.approx(logits[target] - bias[target], abs=1e-4)
    assert 0.3 < np.abs(bias).max() < 0.34


def test_the_clock_has_the_strongest_map_for_wall_clock(classifier):
    names, pictures = list(photos()), np.stack(list(photos().values()))
    peaks = cam(classifier, pictures, classifier.labels.index("wall clock")).max(axis=(1, 2))
    order = np.argsort(-peaks)
    assert [names[index] for index in order[:2]] == ["clock", "palace"] and 1.6 < peaks[order[0]] / peaks[order[1]] < 2
    assert [name for name, _ in classifier.top(pictures[order[0]], k=3)] == ["bubble", "spotlight", "wall clock"]
