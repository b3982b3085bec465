"""Numbers and claims in the text of lesson 02 that no other test computes."""

import numpy as np
import pytest

from course.lessons.lesson_02.exercises import M1, M2, M3
from xailab.arithmetic import conv2d, global_average_pool
from xailab.data import mnist

SOBEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
FILTERS = np.stack([SOBEL, -SOBEL, SOBEL.T, -SOBEL.T], axis=-1)[:, :, None]


@pytest.fixture(scope="module")
def digits():
    """Ten digits of each class with the lesson's margin, the lesson's seven last: (101, 40, 40)."""
    images, labels = mnist()
    chosen = [images[labels == digit][:10] for digit in range(10)]
    return np.pad(np.concatenate([*chosen, images[labels == 7][[3]]]) / 255, [(0, 0), (6, 6), (6, 6)])


def maps_of(picture):
    return np.maximum(conv2d(picture[..., None], FILTERS, padding="same"), 0)


def cosine(a, b):
    return a.ravel() @ b.ravel() / np.linalg.norm(a) / np.linalg.norm(b)


def test_f6_holds_nearly_all_of_lenet5_and_pooling_would_leave_one_twenty_thousandth():
    convolutions, f6, output = 456 + 2_416 + 48_120, 103 * 193 * 120 * 84 + 84, 84 * 11 + 11
    assert convolutions == 50_992
    assert f6 == 200_380_404 and convolutions + f6 + output == 200_432_331
    assert round(100 * f6 / (convolutions + f6 + output), 2) == 99.97
    assert round(f6 / (120 * 84 + 84), -3) == 20_000


def test_the_means_of_moved_digits_are_as_predicted(digits):
    for digit in digits:
        means = global_average_pool(maps_of(digit))
        assert means[0] == pytest.approx(means[1]) and means[2] == pytest.approx(means[3])
        moved = {
            "shifted": (np.roll(digit, 5, axis=1), means),
            "upside down": (np.rot90(digit, 2), means),
            "quarter turn": (np.rot90(digit), means[[2, 3, 0, 1]]),
            "larger picture": (np.pad(digit, 20), means / 4),
        }
        for picture, expected in moved.values():
            np.testing.assert_allclose(global_average_pool(maps_of(picture)), expected, rtol=1e-9)


def test_left_and_lower_edges_differ_so_that_an_exchange_is_seen(digits):
    means = global_average_pool(maps_of(digits[-1]))
    assert means[0] > 1.5 * means[2]


def test_flattened_maps_of_a_digit_shifted_by_five_pixels_have_little_in_common(digits):
    alike = [cosine(maps_of(digit), maps_of(np.roll(digit, 5, axis=1))) for digit in digits]
    assert max(alike) < 0.32 and round(alike[-1], 2) == 0.04


def test_means_and_largest_values_of_shifted_digits_are_the_same(digits):
    for digit in digits[:100]:
        before = maps_of(digit)
        for shift in range(1, 6):
            after = maps_of(np.roll(digit, shift, axis=1))
            np.testing.assert_allclose(global_average_pool(after), global_average_pool(before), rtol=1e-9)
            np.testing.assert_array_equal(after.max(axis=(0, 1)), before.max(axis=(0, 1)))


def test_shuffled_cells_have_the_same_means(digits):
    draw = np.random.default_rng(0)
    for digit in digits:
        maps = maps_of(digit)
        shuffled = draw.permutation(maps.reshape(-1, 4)).reshape(maps.shape)
        assert not np.allclose(shuffled, maps)
        np.testing.assert_allclose(global_average_pool(shuffled), global_average_pool(maps), rtol=1e-9)


def test_pool_then_weigh_is_weigh_then_pool():
    draw = np.random.default_rng(0)
    for _ in range(100):
        maps, weights = draw.normal(size=(5, 6, 7)), draw.normal(size=7)
        assert global_average_pool(maps) @ weights == pytest.approx((maps @ weights).mean(), abs=1e-9)


def test_the_top_right_corner_ends_at_minus_5():
    weighted = M1 - 2 * M2 + 0.5 * M3
    np.testing.assert_array_equal(weighted, [[2.5, 1.5, -5], [-4.5, -1, 5.5], [2.5, -1, 4.5]])
    assert (M1[0, 2], M2[0, 2]) == (9, 7)
