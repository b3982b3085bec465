"""Numbers and claims in the text of lesson 05 that no other test computes."""

import json
import re

import numpy as np
import pytest

import salad_or_pizza
from xailab.data import photos, square, with_watch
from xailab.models import efficientnet_lite0
from xailab.occlusion import occlusion
from xailab.rise import rise

SALAD, SALAD_PLATE, PIZZA, PIZZA_PLATE = range(4)


@pytest.fixture(scope="module")
def lite():
    return efficientnet_lite0()


def alike(one, other):
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


def test_another_fill_changes_a_map_less_than_another_size(lite, seed):
    draw, nine = np.random.default_rng(seed), list(photos().values())
    for photo in (nine[index] for index in draw.permutation(9)[:2]):
        side = int(draw.integers(180, 224))
        top, left = draw.integers(0, 225 - side, 2)
        image = square(photo[top : top + side, left : left + side])[None]
        ways = [(64, 32, "mean"), (64, 32, 0), (32, 32, "mean"), (64, 28, "mean")]
        base, black, half, moved = (
            occlusion(lite, image, patch=patch, stride=stride, fill=fill, progress=False)[0]
            for patch, stride, fill in ways
        )
        assert alike(base, black) > alike(base, half)
        assert alike(base, moved) > alike(base, half)  # the control: the same patch and fill at other places


def test_two_draws_of_many_masks_agree_and_two_of_few_do_not(lite, seed, numbers):
    many, bound, few = numbers[0], numbers[1], 20
    flower, daisy = photos()["flower"][None], lite.labels.index("daisy")
    agree = [
        alike(*(rise(lite, flower, daisy, masks=int(masks), seed=seed + n, progress=False) for n in (0, 1)))
        for masks in (many, few)
    ]
    assert (many, bound) == (200, 0.6) and agree[0] > bound > agree[1]


def test_the_watch_takes_three_labels_over_at_every_radius(lite, seed, numbers):
    first, last = map(int, numbers)
    radii = {first, last, *np.random.default_rng(seed).integers(first, last, 3).tolist()}
    for name in ("flower", "hopper", "palace", "cat"):
        said = {lite.top(with_watch(photos()[name], radius), 1)[0][0] for radius in radii}
        assert (said == {"analog clock"}) == (name != "cat"), name
        assert name != "cat" or "analog clock" not in said  # the control


def test_the_cup_is_a_clock_at_48_and_an_espresso_at_50(printed):
    said = dict(re.findall(r"^coffee +radius (\d+) (\w+)", printed, re.MULTILINE))
    assert said == {"30": "espresso", "40": "espresso", "48": "analog", "50": "espresso"}


def test_the_watch_is_judged_with_its_control(printed):
    judged = re.findall(r"^(\w+) +.*patch alone: ([\w ]+)\)\n +the watch did it: ([\w ]+)$", printed, re.MULTILINE)
    assert [(name, verdict) for name, _, verdict in judged] == [
        ("flower", "holds"),
        ("hopper", "holds"),
        ("palace", "no test"),
        ("astronaut", "refuted"),
        ("cat", "no symptom"),
    ]
    assert dict((name, patch) for name, patch, _ in judged)["palace"] == "monastery"


@pytest.fixture(scope="module")
def trials(seed):
    """What each set of training pictures makes of the new ones: a small trial of a new seed, and the file's five."""
    stored = json.loads(salad_or_pizza.RESULTS.read_text())["seeds"]
    assert len(stored) == 5
    return [salad_or_pizza.trial(seed, train=20, new=20), *stored.values()]


def right(trials, training):
    """Shares right, (trials, 4)."""
    return np.array([trial[training]["right"] for trial in trials])


def parts(trials, training):
    """Of salads bare, with the rim, with the table and with both: (trials, 4, share called pizza and mean logit)."""
    return np.array([[trial[training]["parts"][part] for part in salad_or_pizza.PARTS] for trial in trials])


def test_the_tables_of_the_lesson_are_those_of_the_first_seed(printed, trials):
    table = re.findall(r"^(?:salad|pizza)[ ,\w]+?(\d+)% right", printed, re.MULTILINE)
    shares = np.array(table, int)[3:].reshape(-1, 4) / 100  # before it: the two kinds as collected, and the symptom
    stages = ("as collected", "more of the same", "salads on plates", "salads on plates, pizzas without")
    np.testing.assert_allclose(shares, [trials[1][stage]["right"] for stage in stages], atol=0.006)


def test_the_rim_alone_does_not_decide(trials, numbers):
    found, fair = right(trials, "as collected"), right(trials, "fair")
    least, most = (number / 100 for number in numbers[-2:])
    assert (found[:, PIZZA] > least).all() and (found[:, PIZZA] < most).all() and (least, most) == (0.15, 0.9)
    assert (found[:, [SALAD, PIZZA_PLATE]] == 1).all() and (found[:, SALAD_PLATE] < 0.5).all()  # as it predicts
    assert (fair > 0.95).all()  # the control


def test_the_table_does_more_than_the_rim_and_neither_alone_makes_a_pizza(trials, numbers):
    table, both = (number / 100 for number in numbers)
    found, fair = parts(trials, "as collected"), parts(trials, "fair")
    called, logits = found[..., 0], found[..., 1]
    assert (called[:, 1] == 0).all() and (called[:, 2] <= table).all() and (called[:, 3] >= both).all()
    assert (table, both) == (0.2, 0.6)
    assert (logits[:, 2] > logits[:, 1]).all()  # the table alone lifts more than the rim alone
    lift = (fair[:, 3, 1] - fair[:, 0, 1]) / (logits[:, 3] - logits[:, 0])
    assert (fair[..., 0] < 0.05).all() and (lift > 0.5).all() and (lift < 0.7).all()  # the control


def test_more_of_the_same_mends_neither_salads_nor_pizzas(trials, numbers):
    gained = right(trials, "more of the same") - right(trials, "as collected")
    assert (gained[:, [SALAD_PLATE, PIZZA]] < numbers[-1] / 100).all() and numbers[-1] == 15
    assert (right(trials, "salads on plates, pizzas without") > 0.9).all()  # the control: as many of other kinds


def test_salads_on_plates_cure_the_complaint_only(trials, numbers):
    found = right(trials, "salads on plates")
    assert (found[:, SALAD_PLATE] > numbers[-1] / 100).all() and numbers[-1] == 90
    assert (found[:, PIZZA] < 1).all()  # the control: the kind that was not added


def test_both_halves_of_the_fix_together_mend_all_four_kinds(trials, numbers):
    assert (right(trials, "salads on plates, pizzas without") > numbers[-1] / 100).all() and numbers[-1] == 90
    same = right(trials, "more of the same")
    assert (same[:, [SALAD_PLATE, PIZZA]] < numbers[-1] / 100).all()  # the control: as many more
