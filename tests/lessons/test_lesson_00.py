"""Numbers and claims in the text of lesson 00 that no other test computes."""

import numpy as np
import pytest

from course.student.exercises import exercises
from xailab.cam import grad_cam
from xailab.data import photos
from xailab.models import efficientnet_lite0


@pytest.fixture(scope="module")
def classifier():
    return efficientnet_lite0()


def peak(classifier, photo, name):
    heatmap = grad_cam(classifier, photo[None], classifier.labels.index(name))[0]
    return np.unravel_index(heatmap.argmax(), heatmap.shape)


def test_the_coffee_is_an_espresso_at_94_percent_seen_inside_the_rim(classifier):
    photo = photos()["coffee"]
    name, probability = classifier.top(photo, k=1)[0]
    assert name == "espresso" and probability == pytest.approx(0.94, abs=0.005)
    row, column = peak(classifier, photo, "espresso")
    assert 55 < row < 120 and 60 < column < 165


def test_no_class_is_an_astronaut_and_her_helmet_is_a_football_helmet(classifier):
    assert len(classifier.labels) == 1000 and not any("astronaut" in label for label in classifier.labels)
    photo = photos()["astronaut"]
    assert [name for name, _ in classifier.top(photo, k=2)] == ["bobsled", "football helmet"]
    row, column = peak(classifier, photo, "football helmet")
    assert row > 150 and column > 125


def test_two_classes_of_one_photo_have_different_maps(classifier):
    photo = photos()["astronaut"]
    targets = [classifier.labels.index(name) for name in ("bobsled", "football helmet")]
    bobsled, helmet = grad_cam(classifier, np.stack([photo, photo]), targets)
    assert np.corrcoef(bobsled.ravel(), helmet.ravel())[0, 1] < 0.9


def test_a_photo_has_150528_numbers():
    assert exercises("00")["00.1"].reference == 150_528
