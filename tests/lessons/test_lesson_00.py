"""Numbers and claims in the text of lesson 00 that no other test computes."""

import numpy as np
import pytest

from course import ready
from course.lessons.lesson_00.clever_hans import from_elsewhere, from_that_plant, inspector
from course.student import machine
from course.student.exercises import exercises
from xailab.cam import cam, grad_cam
from xailab.data import photos
from xailab.evaluate import pointing_game
from xailab.models import efficientnet_lite0

INSIDE, BELOW = (55, 120, 60, 165), (159, 224, 0, 105)  # boxes of the coffee: top, bottom, left, right
HELMET, OTHER_SIDE = (150, 224, 125, 200), (150, 224, 0, 75)  # boxes of the astronaut


@pytest.fixture(scope="module")
def classifier():
    return efficientnet_lite0()


@pytest.fixture(scope="module")
def hans(seed):
    """A network that learned in that plant, and new beams from there."""
    return inspector(seed), from_that_plant(200, seed + 1)


def peak(classifier, photo, name):
    heatmap = grad_cam(classifier, photo[None], classifier.labels.index(name))[0]
    return np.unravel_index(heatmap.argmax(), heatmap.shape)


def covered(classifier, photo, name, box, seed):
    """How a logit changes when a box is painted over with five greys, the mean colour and noise: (7,)."""
    top, bottom, left, right = box
    noise = np.random.default_rng(seed).integers(0, 256, (bottom - top, right - left, 3))
    fills = [0, 64, 128, 192, 255, photo.mean(axis=(0, 1)), noise]
    copies = np.repeat(photo[None], 1 + len(fills), axis=0)
    for copy, fill in zip(copies[1:], fills):
        copy[top:bottom, left:right] = fill
    logits = classifier.logits(copies)[:, classifier.labels.index(name)]
    return logits[1:] - logits[0]


def test_the_coffee_is_an_espresso_at_94_percent_seen_inside_the_rim(classifier, seed):
    photo = photos()["coffee"]
    name, probability = classifier.top(photo, k=1)[0]
    assert name == "espresso" and probability == pytest.approx(0.94, abs=0.005)
    row, column = peak(classifier, photo, "espresso")
    assert INSIDE[0] < row < INSIDE[1] and INSIDE[2] < column < INSIDE[3]
    inside, below = (covered(classifier, photo, "espresso", box, seed) for box in (INSIDE, BELOW))
    assert inside.max() < min(0, below.min())


def test_no_class_is_an_astronaut(classifier, numbers):
    assert len(classifier.labels) == numbers[0] and not any("astronaut" in label for label in classifier.labels)
    found = [sum(word in label for label in classifier.labels) for word in ("espresso", "helmet")]
    assert found == [2, 2]
    names = [name for name, _ in classifier.top(photos()["astronaut"], k=2)]
    assert names == ["bobsled", "football helmet"]


def test_without_her_helmet_it_is_no_football_helmet(classifier, numbers, seed):
    photo = photos()["astronaut"]
    row, column = peak(classifier, photo, "football helmet")
    assert row > HELMET[0] and column > HELMET[2]
    assert covered(classifier, photo, "football helmet", HELMET, seed).max() < -numbers[0]
    assert np.abs(covered(classifier, photo, "football helmet", OTHER_SIDE, seed)).max() < numbers[0] - 0.5


def test_two_classes_of_one_photo_have_different_maps(classifier):
    photo = photos()["astronaut"]
    targets = [classifier.labels.index(name) for name in ("bobsled", "football helmet")]
    bobsled, helmet = grad_cam(classifier, np.stack([photo, photo]), targets)
    assert np.corrcoef(bobsled.ravel(), helmet.ravel())[0, 1] < 0.9


def test_hans_is_right_on_the_beams_of_his_plant(hans, seed, numbers):
    network, plant = hans
    assert (network(plant.photos).argmax(axis=1) == plant.cracked).mean() > numbers[0] / 100
    elsewhere = from_elsewhere(200, seed + 2)
    assert 0.35 < (network(elsewhere.photos).argmax(axis=1) == elsewhere.cracked).mean() < 0.65


def test_the_map_of_hans_is_highest_on_the_arrow(hans):
    network, plant = hans
    cracked = plant.cracked == 1
    maps = cam(network, plant.photos[cracked], 1)
    assert pointing_game(maps, plant.arrows[cracked], tolerance=3).mean() > 0.95
    assert pointing_game(maps, plant.cracks[cracked], tolerance=3).mean() < 0.1


def test_a_photo_has_150528_numbers():
    assert exercises("00")["00.1"].reference == 150_528


def test_ready_says_in_one_line_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(machine, "report", lambda: [("Python", "3.11", True), ("keras", "3", True)])
    ready()
    assert capsys.readouterr().out == "Everything is here.\n"
    monkeypatch.setattr(machine, "report", lambda: [("Python", "3.11", True), ("keras", "missing", False)])
    ready()
    assert capsys.readouterr().out == "Missing: keras. Type `make lab` again: it takes up where it stopped.\n"
