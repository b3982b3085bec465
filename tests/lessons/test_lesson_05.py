"""Numbers and claims in the text of lesson 05 that no other test computes."""

import json
import re

import numpy as np
import pytest
from PIL import Image

import salad_or_pizza
from course.author import build
from xailab.cam import grad_cam
from xailab.data import photos, square
from xailab.models import efficientnet_lite0
from xailab.occlusion import occlusion

SEEDS = json.loads(salad_or_pizza.RESULTS.read_text())["seeds"]


def each_seed(training, what="right"):
    """(5, 4): of every seed the four kinds, salads without and with a plate, pizzas without and with one."""
    assert len(SEEDS) >= 5
    return np.array([seed[training][what] for seed in SEEDS.values()])


def test_the_cup_stays_an_espresso_and_the_flower_becomes_a_clock_from_radius_40_on(printed):
    said = {name: re.findall(rf"^{name} +radius \d+ (\w+)", printed, re.MULTILINE) for name in ("coffee", "flower")}
    assert said == {"coffee": ["espresso"] * 3, "flower": ["daisy", "analog", "analog"]}


def test_the_watch_takes_three_labels_over_and_two_of_them_come_back(printed):
    rows = [
        [re.sub(r" [\d.]+$", "", said.strip()) for said in line.split("->")]
        for line in printed.splitlines()
        if "->" in line
    ]
    first, watched, covered = zip(*([row[0][8:], *row[1:]] for row in rows))
    taken = [index for index in range(5) if watched[index] == "analog clock"]
    assert taken == [0, 1, 2] and covered[2] == "beacon"
    assert [index for index in range(5) if covered[index] == first[index]] == [0, 1, 3, 4]


def test_another_fill_changes_a_map_less_than_another_size():
    lite, nine = efficientnet_lite0(), list(photos().values())
    pictures = np.stack([*nine, *(square(photo[20:200, 30:210])[:, ::-1] for photo in nine[:3])])
    ways = ({"patch": 64, "stride": 64}, {"patch": 64, "stride": 64, "fill": 0}, {"patch": 32, "stride": 32})
    maps = [occlusion(lite, pictures, lite.logits(pictures).argmax(axis=1), progress=False, **way) for way in ways]
    fill, size = (
        np.array([np.corrcoef(one.ravel(), two.ravel())[0, 1] for one, two in zip(maps[0], others)])
        for others in maps[1:]
    )
    assert (fill > size).all() and (fill > 0.7).all()


def test_the_tables_of_the_lesson_are_those_of_the_first_seed(printed):
    table = re.findall(r"^(?:salad|pizza)[ ,\w]+?(\d+)% right", printed, re.MULTILINE)
    shares = np.array(table, int)[3:].reshape(-1, 4) / 100  # before it: the two kinds as collected, and the symptom
    stages = ("as collected", "more of the same", "salads on plates", "salads on plates, pizzas without")
    np.testing.assert_allclose(shares, [SEEDS["0"][stage]["right"] for stage in stages], atol=0.006)


def test_the_short_trial_finds_what_the_long_one_did():
    short = {name: result["right"] for name, result in salad_or_pizza.trial(0, train=20, new=16).items()}
    assert short["as collected"][1] < 0.5 < short["as collected"][2]
    assert short["salads on plates, pizzas without"] == [1, 1, 1, 1]


def test_the_rim_alone_does_not_decide_in_any_seed():
    salad, salad_plate, pizza, pizza_plate = each_seed("as collected").T
    assert (salad == 1).all() and (pizza_plate == 1).all()  # as the hypothesis predicts
    assert (salad_plate <= 0.25).all()  # nearly as it predicts
    np.testing.assert_allclose(pizza, [0.78, 0.45, 0.62, 0.60, 0.50], atol=0.006)  # it forbids all of them


def test_a_plate_counts_about_as_much_as_what_lies_on_it():
    salad, salad_plate, pizza, pizza_plate = each_seed("as collected", "logit").T
    plate, gravel = salad_plate - salad + pizza_plate - pizza, pizza - salad + pizza_plate - salad_plate
    assert (plate / gravel > 0.6).all() and (plate / gravel < 1.6).all()


def test_more_of_the_same_mends_neither_salads_nor_pizzas():
    gained = each_seed("more of the same") - each_seed("as collected")
    assert (gained[:, 1:3] < 0.1).all()


def test_salads_on_plates_cure_the_complaint_only():
    right = each_seed("salads on plates")
    assert (right[:, 1] > 0.95).all() and (right[:, 2] < 1).all()


def test_both_halves_of_the_fix_together_mend_all_four_kinds():
    assert (each_seed("salads on plates, pizzas without") > 0.95).all()


@pytest.fixture(scope="module")
def lesson_space():
    """What lesson 05 has at hand before its own case, with few pictures: names to objects."""
    path = build.source("05")
    cells = [cell.source for cell in build.read(path).cells if cell.cell_type == "code"]
    space = {"NEW": 12}
    exec(cells[0], space)
    space["lite"] = efficientnet_lite0()
    for cell in cells:
        if cell.startswith(("learn, prove", "features =", "plated", "bare")):
            exec(cell, space)
    space["own case"] = [cell for cell in cells if "FOLDER:" in cell or "inspector.logits(shown" in cell]
    return space


def test_after_the_fix_grad_cam_is_faint_beside_the_map_before(lesson_space):
    salads = lesson_space["unseen"]["salad on a plate"]
    assert len(salads) >= 12
    before, after = (grad_cam(lesson_space[network], salads, 0).max(axis=(1, 2)) for network in ("first_try", "fixed"))
    assert (after < before / 2).all()


def test_the_case_of_the_parts_runs_on_a_folder_of_your_own(lesson_space, tmp_path):
    for name in ("cat", "coffee"):
        (tmp_path / name).mkdir()
        for number in range(6):
            photo = photos(300)[name][number * 10 :, number * 20 :]
            Image.fromarray(photo).save(tmp_path / name / f"{number}.png")
    space = lesson_space | {"FOLDER": tmp_path}
    for cell in lesson_space["own case"]:
        exec(cell, space)
    assert space["inspector"].labels == ("cat", "coffee") and space["heats"].shape == (3, 224, 224)
