"""Numbers and claims in the text of lessons 00 to 02 that no other test computes."""

import numpy as np
import pytest

from xailab.arithmetic import conv2d, global_average_pool, receptive_field
from xailab.course.exercises import exercises
from xailab.course.exercises.lesson_02 import M1, M2, M3


@pytest.fixture(scope="module")
def classifier():
    from xailab.models import efficientnet_lite0

    return efficientnet_lite0()


def peak(classifier, photo, name):
    from xailab.cam import grad_cam

    heatmap = grad_cam(classifier, photo[None], classifier.labels.index(name))[0]
    return np.unravel_index(heatmap.argmax(), heatmap.shape)


def test_the_coffee_is_an_espresso_at_94_percent_seen_inside_the_rim(classifier):
    from xailab.data import photos

    photo = photos()["coffee"]
    name, probability = classifier.top(photo, k=1)[0]
    assert name == "espresso" and probability == pytest.approx(0.94, abs=0.005)
    row, column = peak(classifier, photo, "espresso")
    assert 55 < row < 120 and 60 < column < 165


def test_no_class_is_an_astronaut_and_her_helmet_is_a_football_helmet(classifier):
    from xailab.data import photos

    assert len(classifier.labels) == 1000 and not any("astronaut" in label for label in classifier.labels)
    photo = photos()["astronaut"]
    assert [name for name, _ in classifier.top(photo, k=2)] == ["bobsled", "football helmet"]
    row, column = peak(classifier, photo, "football helmet")
    assert row > 150 and column > 125


def test_a_photo_has_150528_numbers():
    assert exercises("00")["00.1"].reference == 150_528


def test_the_slips_of_exercise_3_are_where_the_slide_differs():
    after_relu = np.array([[2, 1, 0, 1], [3, 7, 19, 11], [0, 5, 14, 5], [0, 1, 2, 1]])
    filters = {"a": np.array([[1, 0], [0, 5]]), "b": np.array([[0, 2], [1, 1]])}
    slide = {"a": [[37, 96, 55], [28, 77, 46], [5, 15, 19]], "b": [[12, 26, 32], [19, 57, 41], [11, 31, 12]]}
    slips = {}
    for name, kernel in filters.items():
        right = conv2d(after_relu[..., None], kernel[..., None, None])[..., 0]
        for row, column in np.argwhere(right != slide[name]):
            slips[name, row, column] = (slide[name][row][column], right[row, column])
    assert slips == exercises("01")["01.3"].reference


def test_the_first_six_layers_of_vgg16_see_16_pixels():
    assert receptive_field([(3, 1), (3, 1), (2, 2)] * 2).size == 16


def test_f6_holds_nearly_all_of_lenet5_and_pooling_would_leave_one_twenty_thousandth():
    convolutions, f6, output = 456 + 2_416 + 48_120, 103 * 193 * 120 * 84 + 84, 84 * 11 + 11
    assert convolutions == 50_992
    assert f6 == 200_380_404
    assert round(100 * f6 / (convolutions + f6 + output), 2) == 99.97
    assert round(f6 / (120 * 84 + 84), -3) == 20_000


def test_an_object_in_a_picture_four_times_as_large_raises_the_mean_a_quarter_as_much():
    small = np.zeros((6, 6, 1))
    small[1:4, 2:5] = 1
    large = np.pad(small, [(0, 6), (0, 6), (0, 0)])
    assert global_average_pool(large) == pytest.approx(global_average_pool(small) / 4)


def test_the_top_right_corner_ends_at_minus_5():
    weighted = M1 - 2 * M2 + 0.5 * M3
    np.testing.assert_array_equal(weighted, [[2.5, 1.5, -5], [-4.5, -1, 5.5], [2.5, -1, 4.5]])
    assert (M1[0, 2], M2[0, 2]) == (9, 7)
