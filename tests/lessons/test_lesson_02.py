"""Numbers and claims in the text of lesson 02 that no other test computes."""

import numpy as np
import pytest

from course.lessons.lesson_02.exercises import M1, M2, M3
from xailab.arithmetic import conv2d, global_average_pool, output_size, pool2d
from xailab.data import mnist

SOBEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
FILTERS = np.stack([SOBEL, -SOBEL, SOBEL.T, -SOBEL.T], axis=-1)[:, :, None]


@pytest.fixture(scope="module")
def digits(seed):
    """A hundred digits drawn at random with the lesson's margin, (100, 40, 40)."""
    images, _ = mnist()
    return with_margin(images[np.random.default_rng(seed).choice(len(images), 100, replace=False)])


@pytest.fixture(scope="module")
def seven():
    """The lesson's seven, (40, 40)."""
    images, labels = mnist()
    return with_margin(images[labels == 7][[3]])[0]


def with_margin(images):
    return np.pad(images / 255, [(0, 0), (6, 6), (6, 6)])


def maps_of(picture, filters=FILTERS):
    return np.maximum(conv2d(picture[..., None], filters, padding="same"), 0)


def means_of(picture, filters=FILTERS):
    return global_average_pool(maps_of(picture, filters))


def cosine(a, b):
    return a.ravel() @ b.ravel() / np.linalg.norm(a) / np.linalg.norm(b)


def weights_of_lenet5(stride_of_s2, *, pooled=False):
    """Weights of F6 and of all layers, counted layer by layer."""
    sides, channels, total = [224, 403], 3, 0
    for window, stride, filters in ((5, 1, 6), (2, stride_of_s2, None), (5, 1, 16), (2, 2, None), (5, 1, 120)):
        sides = [output_size(side, window, stride=stride) for side in sides]
        total += (window * window * channels + 1) * filters if filters else 0
        channels = filters or channels
    f6 = (channels if pooled else sides[0] * sides[1] * channels) * 84 + 84
    return f6, total + f6 + 84 * 11 + 11


def test_f6_holds_nearly_all_of_lenet5(numbers):
    f6, total = weights_of_lenet5(1)
    assert (f6, total) == (200_380_404, 200_432_331)
    assert round(100 * f6 / total, 2) == numbers[0]
    f6, total = weights_of_lenet5(1, pooled=True)
    assert round(100 * f6 / total) == 16


def test_with_stride_2_in_s2_f6_has_46_million(numbers):
    f6, total = weights_of_lenet5(2)
    assert [round(f6 / 1e6, 1), round(100 * f6 / total, 1)] == numbers[-2:]


def test_pooling_would_leave_one_twenty_thousandth(numbers):
    (pooled, _), (f6, _) = weights_of_lenet5(1, pooled=True), weights_of_lenet5(1)
    assert [pooled, f6] == numbers[:2] and round(f6 / pooled, -3) == 20_000
    assert round(weights_of_lenet5(2)[0] / pooled) == 4519


def test_the_means_of_moved_digits_are_as_predicted(digits, seed):
    mixed = np.random.default_rng(seed).normal(size=(3, 3, 1, 4))
    for digit in digits:
        means = means_of(digit)
        assert means[0] == pytest.approx(means[1]) and means[2] == pytest.approx(means[3])
        moved = {
            "shifted": (np.roll(digit, 5, axis=1), means),
            "upside down": (np.rot90(digit, 2), means),
            "quarter turn": (np.rot90(digit), means[[2, 3, 0, 1]]),
        }
        for picture, expected in moved.values():
            np.testing.assert_allclose(means_of(picture), expected, rtol=1e-9)
        assert not np.allclose(means_of(np.rot90(digit, 2), mixed), means_of(digit, mixed), rtol=1e-6)


def test_in_a_larger_picture_the_means_are_a_quarter(digits):
    for digit in digits:
        larger = np.pad(digit, 20)
        np.testing.assert_allclose(means_of(larger), means_of(digit) / 4, rtol=1e-9)
        np.testing.assert_allclose(maps_of(larger).sum(axis=(0, 1)), maps_of(digit).sum(axis=(0, 1)), rtol=1e-9)


def test_left_and_lower_edges_differ_so_that_an_exchange_is_seen(seven):
    means = means_of(seven)
    assert means[0] > 1.5 * means[2]


def test_flattened_maps_of_a_digit_shifted_by_five_pixels_have_little_in_common(digits, seven, numbers):
    of_seven, most = numbers
    assert round(cosine(maps_of(seven), maps_of(np.roll(seven, 5, axis=1))), 2) == of_seven
    for digit in digits:
        moved = np.roll(digit, 5, axis=1)
        assert cosine(maps_of(digit), maps_of(moved)) < most
        assert cosine(means_of(digit), means_of(moved)) == pytest.approx(1)


def test_means_and_largest_values_of_shifted_digits_are_the_same(digits):
    same = 0
    for digit in digits:
        before = maps_of(digit)
        for shift in range(1, 6):
            after = maps_of(np.roll(digit, shift, axis=1))
            np.testing.assert_allclose(global_average_pool(after), global_average_pool(before), rtol=1e-9)
            np.testing.assert_array_equal(after.max(axis=(0, 1)), before.max(axis=(0, 1)))
        pushed_out = np.pad(digit[:, :-20], ((0, 0), (20, 0)))
        same += np.allclose(means_of(pushed_out), means_of(digit))
    assert same <= 10


def test_shuffled_cells_have_the_same_means(digits, seed):
    draw = np.random.default_rng(seed)
    for digit in digits:
        maps = maps_of(digit)
        shuffled = draw.permutation(maps.reshape(-1, 4)).reshape(maps.shape)
        assert not np.allclose(shuffled, maps)
        np.testing.assert_allclose(global_average_pool(shuffled), global_average_pool(maps), rtol=1e-9)
        mixed = draw.permutation(maps.ravel()).reshape(maps.shape)
        assert not np.allclose(global_average_pool(mixed), global_average_pool(maps))


def test_after_a_pooling_of_stride_2_only_even_shifts_change_nothing(digits):
    for digit in digits:
        before = global_average_pool(pool2d(maps_of(digit)))
        for shift in (1, 2, 3, 4):
            after = global_average_pool(pool2d(maps_of(np.roll(digit, shift, axis=1))))
            assert np.allclose(after, before, rtol=1e-9) == (shift % 2 == 0)


def test_pool_then_weigh_is_weigh_then_pool(seed):
    draw = np.random.default_rng(seed)
    for _ in range(100):
        maps, weights = draw.normal(size=(5, 6, 7)), draw.normal(size=7)
        score = global_average_pool(maps) @ weights
        assert score == pytest.approx((maps @ weights).mean(), abs=1e-9)
        assert np.maximum(maps @ weights, 0).mean() != pytest.approx(score, abs=1e-3)


def test_the_top_right_corner_ends_at_minus_5():
    weighted = M1 - 2 * M2 + 0.5 * M3
    np.testing.assert_array_equal(weighted, [[2.5, 1.5, -5], [-4.5, -1, 5.5], [2.5, -1, 4.5]])
    assert (M1[0, 2], M2[0, 2]) == (9, 7)
