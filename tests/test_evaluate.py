import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, spearmanr
from scipy.stats import t as student

from xailab._tensorflow import keras
from xailab.cam import grad_cam
from xailab.evaluate import (
    deletion,
    insertion,
    iou,
    mean_and_interval,
    mean_difference,
    pointing_game,
    randomization_check,
    rank_correlation,
    share_and_interval,
    stability,
    top_intersection,
)

DRAW = np.random.default_rng(0)


def brightness(images):
    """One column: the share of pixels that are lit."""
    return (np.asarray(images)[..., 0] > 0.5).mean(axis=(1, 2))[:, None]


def half_lit():
    """The left half lit: its own map puts the lit half first."""
    image = np.zeros((10, 20, 1), np.float32)
    image[:, :10] = 1
    return image


def by_a_slow_loop(predict, image, ground, heatmap, target, steps):
    """One picture after the other, one pixel after the other; for maps without equal values."""
    order = sorted(np.ndindex(*heatmap.shape), key=lambda place: -heatmap[place])
    picture, scores, done = image.copy(), [], 0
    for step in range(steps + 1):
        while done < round(step / steps * heatmap.size):
            picture[order[done]] = ground[order[done]]
            done += 1
        scores.append(predict(picture[None])[0, target])
    return scores


def test_deletion_of_a_step_function_has_the_area_of_the_step():
    """The score is 1 until a tenth of the pixels is gone, and 0 from then on: with 20 steps the area is 2.5 / 20."""
    image = np.ones((10, 20, 1), np.float32)
    image[0, 0] = 0  # a picture of one colour would stay as it is

    def predict(images):
        changed = (images != image).any(axis=-1).mean(axis=(1, 2))
        return np.stack([changed < 0.14, changed >= 0.14], axis=1)

    curve = deletion(predict, image, np.arange(200.0).reshape(10, 20), target=0, steps=20)
    np.testing.assert_array_equal(curve.scores, [1, 1, 1] + [0] * 18)
    np.testing.assert_allclose(curve.fractions, np.arange(21) / 20)
    assert curve.auc == pytest.approx(2.5 / 20)


def test_the_true_map_deletes_the_lit_half_first_and_a_wrong_one_last():
    image = half_lit()
    right = deletion(brightness, image, image[..., 0], target=0, steps=10)
    np.testing.assert_allclose(right.scores, [0.5, 0.4, 0.3, 0.2, 0.1, 0, 0, 0, 0, 0, 0], atol=1e-6)
    wrong = deletion(brightness, image, -image[..., 0], target=0, steps=10)
    np.testing.assert_allclose(wrong.scores, [0.5] * 6 + [0.4, 0.3, 0.2, 0.1, 0], atol=1e-6)
    assert right.auc == pytest.approx(0.125) and wrong.auc == pytest.approx(0.375)


def test_insertion_brings_back_what_the_blur_took():
    image = half_lit()
    curve = insertion(brightness, image, image[..., 0], target=0, steps=10)
    assert curve.scores[-1] == 0.5
    checked = np.zeros((40, 40, 1), np.float32)
    checked[::2, ::2] = checked[1::2, 1::2] = 1
    assert insertion(lambda x: x.std(axis=(1, 2)), checked, DRAW.random((40, 40)), target=0).scores[0] < 0.02


@pytest.mark.parametrize("steps", [1, 7, 50])
def test_both_curves_agree_with_a_slow_loop(steps):
    photo, heatmap = DRAW.integers(0, 256, (12, 9, 3), dtype=np.uint8), DRAW.permutation(108).reshape(12, 9)
    weights = DRAW.normal(size=(12 * 9 * 3, 2))

    def predict(photos):
        assert photos.dtype == np.uint8
        return photos.reshape(len(photos), -1) @ weights

    mean = np.broadcast_to(photo.mean(axis=(0, 1)).round().astype(np.uint8), photo.shape)
    ours = deletion(predict, photo, heatmap, target=1, steps=steps).scores
    np.testing.assert_allclose(ours, by_a_slow_loop(predict, photo, mean, heatmap, 1, steps))
    seen = []
    insertion(lambda photos: seen.append(photos) or predict(photos), photo, heatmap, target=1, steps=steps)
    assert len(seen) == 1 and len(seen[0]) == steps + 1
    np.testing.assert_array_equal(seen[0][-1], photo)
    ours = insertion(predict, photo, heatmap, target=1, steps=steps).scores
    np.testing.assert_allclose(ours, by_a_slow_loop(predict, seen[0][0], photo, heatmap, 1, steps))


def test_pixels_of_equal_value_go_row_by_row_if_asked():
    seen, coarse = [], np.repeat([0.0, 1.0], 8).reshape(4, 4)
    curve = deletion(
        lambda x: seen.append(x) or np.ones((17, 1)), DRAW.random((4, 4, 1)), coarse, target=0, steps=16, ties="rows"
    )
    changed = (seen[0] != seen[0][0])[..., 0].reshape(17, 16)
    assert [np.flatnonzero(now & ~before)[0] for before, now in zip(changed, changed[1:])] == [*range(8, 16), *range(8)]
    assert len(seen) == 1 and curve.auc == 1


def test_ties_in_random_order_estimate_the_mean_over_all_orders():
    """Two of six pixels hold all of the score, and the map says nothing of five of the six: by hand, over all 120 orders."""
    image, heatmap = np.zeros((2, 3, 1)), np.zeros((2, 3))
    image[0, 0] = image[1, 2] = 1
    heatmap[0, 1] = 1
    left = [1, 1, *(1 - gone / 5 for gone in range(1, 6))]  # of two lit pixels, after one that is not lit

    def both(images):
        return (images == 1).sum(axis=(1, 2)) / 2

    many = deletion(both, image, heatmap, target=0, steps=6, orders=4000)
    np.testing.assert_allclose(many.scores, left, atol=0.03)
    assert many.auc == pytest.approx(np.trapezoid(left) / 6, abs=0.01)
    again = deletion(both, image, heatmap, target=0, steps=6, orders=4000)
    np.testing.assert_array_equal(many.scores, again.scores)


def test_without_ties_every_order_gives_the_same_curve_and_asks_once():
    photo, heatmap, asked = DRAW.random((6, 5, 3)), DRAW.permutation(30).reshape(6, 5), []

    def predict(photos):
        asked.append(len(photos))
        return photos.sum(axis=(1, 2))

    for measure in (deletion, insertion):
        one = measure(predict, photo, heatmap, target=1, steps=7)
        other = measure(predict, photo, heatmap, target=1, steps=7, ties="rows", orders=1)
        np.testing.assert_array_equal(one.scores, other.scores)
    assert asked == [8] * 4


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_the_mean_until_a_share_is_the_area_of_the_line_below_it(seed):
    draw = np.random.default_rng(seed)
    photo, heatmap, share = draw.random((6, 5, 3)), draw.random((6, 5)), draw.uniform(0.05, 0.95)
    curve = deletion(lambda photos: photos.mean(axis=(1, 2)), photo, heatmap, target=0, steps=10)
    fine = np.linspace(0, share, 20_001)
    assert curve.until(share) == pytest.approx(np.interp(fine, curve.fractions, curve.scores).mean(), rel=1e-3)
    assert curve.until(1) == pytest.approx(curve.auc)
    for wrong in (0, 1.2, float("nan")):
        with pytest.raises(ValueError, match="share is"):
            curve.until(wrong)


def drawn(*rows):
    return np.array([[cell == "#" for cell in row] for row in rows])[None]


def test_iou_of_two_drawn_masks():
    one = drawn("##..", "##..", "....")
    two = drawn(".##.", ".##.", "....")
    assert iou(one, two) == pytest.approx(2 / 6) and iou(one, one) == 1 and iou(one, drawn("...#", "....", "...#")) == 0


def test_iou_marks_as_many_of_the_highest_pixels_as_the_mask_has():
    heatmap = np.array([[[9.0, 8, 1, 0], [7, 2, 1, 0]]])
    assert iou(heatmap, drawn("##..", "##..")) == 1
    assert iou(heatmap, drawn("##..", ".#..")) == pytest.approx(2 / 4)
    assert iou(heatmap, drawn("#...", "....")) == 1
    halves = np.repeat([0.0, 1.0], 2000).reshape(1, 2, 2000)  # half of the marked row hits, whichever is marked
    assert iou(halves, np.arange(2000) % 2 * np.ones((1, 2, 1))) == pytest.approx(1 / 3, abs=0.03)


def test_the_pointing_game_on_drawn_masks():
    heatmap = np.array([[[0.0, 5, 1, 0], [0, 0, 0, 0]]])
    assert pointing_game(heatmap, drawn(".#..", "....")) == 1
    assert pointing_game(heatmap, drawn("...#", "....")) == 0
    assert pointing_game(heatmap, drawn("...#", "...."), tolerance=2) == 1
    assert pointing_game(heatmap, drawn("....", "..#."), tolerance=1) == 0  # one down and one right is 1.41 away
    assert pointing_game(np.minimum(heatmap, 1), drawn(".#..", "....")) == 0.5  # two highest pixels, one hits


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_iou_and_hits_lie_between_0_and_1_and_a_map_of_the_mask_wins(seed):
    draw = np.random.default_rng(seed)
    masks = draw.random((2, 6, 5)) < 0.3
    masks[:, 0, 0], masks[:, 1, 1] = True, False
    maps = draw.normal(size=(2, 6, 5))
    assert (0 <= iou(maps, masks)).all() and (iou(maps, masks) <= 1).all()
    assert (iou(masks + 0.5 * draw.random((2, 6, 5)), masks) == 1).all()
    assert (pointing_game(masks.astype(float), masks) == 1).all()


def test_rank_correlation_is_scipys():
    one, two = DRAW.normal(size=(2, 3, 8, 7)).round(1)  # rounded: with equal values
    expected = [spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(one, two)]
    np.testing.assert_allclose(rank_correlation(one, two), expected)
    np.testing.assert_allclose(rank_correlation(one, np.exp(one)), 1)
    assert np.isnan(rank_correlation(one, np.zeros_like(two))).all()  # no order, so neither like nor unlike


def test_the_top_intersection_by_hand():
    one = np.array([[[9, 8, 7, 1], [0, 0, 0, 0]]], float)
    other = np.array([[[9, 0, 7, 0], [0, 8, 0, 0]]], float)
    np.testing.assert_allclose(top_intersection(one, other, share=3 / 8), 2 / 3)  # 9 and 7 of 9, 8 and 7
    np.testing.assert_allclose(top_intersection(one, one, share=3 / 8), 1)
    np.testing.assert_allclose(top_intersection(one, other, share=1 / 8), 1)
    assert np.isnan(top_intersection(one, 0 * other, share=1 / 8)).all()


def test_chance_reaches_the_share_of_the_top():
    one, other = np.random.default_rng(3).random((2, 200, 20, 20))
    assert abs(top_intersection(one, other, share=0.1).mean() - 0.1) < 0.01  # 5 standard errors


def test_stability_takes_any_similarity():
    photos = DRAW.integers(0, 256, (3, 12, 12, 3), dtype=np.uint8)
    explain = {"explain": lambda x: x[..., 0].astype(float), "images": photos, "noise": 9, "copies": 2}
    both = stability(**explain, similarity=lambda *pair: np.stack([rank_correlation(*pair), top_intersection(*pair)]))
    np.testing.assert_array_equal(both, [stability(**explain), stability(**explain, similarity=top_intersection)])


def test_the_interval_is_students_and_holds_the_mean_95_times_in_100():
    values = DRAW.normal(2, 3, 12)
    mean, half = mean_and_interval(values)
    low, high = student.interval(0.95, 11, values.mean(), values.std(ddof=1) / np.sqrt(12))
    np.testing.assert_allclose([mean - half, mean + half], [low, high])
    held = [abs(mean) <= half for mean, half in map(mean_and_interval, DRAW.normal(size=(2000, 6)))]
    assert 0.93 < np.mean(held) < 0.97


def test_another_draws_mean_lies_in_the_interval_less_than_95_times_in_100():
    intervals, others = map(mean_and_interval, DRAW.normal(size=(2000, 20))), DRAW.normal(size=(2000, 20)).mean(axis=1)
    inside = np.mean([abs(other - mean) <= half for (mean, half), other in zip(intervals, others)])
    assert 0.8 < inside < 0.9


def test_the_difference_of_pairs_is_judged_by_the_differences():
    hard, gain = DRAW.normal(0, 10, 30), DRAW.normal(1, 0.1, 30)
    mean, half = mean_difference(hard + gain, hard)
    np.testing.assert_allclose((mean, half), mean_and_interval(gain))
    assert half < 0.1 < mean_and_interval(hard)[1]


@pytest.mark.parametrize("count, total", [(0, 4), (4, 4), (2, 4), (1, 208), (50, 100)])
def test_the_exact_interval_of_a_share_is_scipys(count, total):
    share, low, high = share_and_interval([1] * count + [0] * (total - count))
    exact = binomtest(count, total).proportion_ci(0.95, "exact")
    np.testing.assert_allclose((share, low, high), (count / total, exact.low, exact.high))


def test_the_interval_of_a_share_holds_it_95_times_in_100_also_for_hits_in_part():
    for truth in (0.02, 0.3, 0.97):
        hits = DRAW.random((1000, 25)) < truth
        parts = truth * (1 - 0.5 * DRAW.integers(0, 2, hits.shape)) / 0.75 if truth < 0.5 else hits
        for drawn_hits in (hits, np.minimum(parts, 1)):
            ends = [share_and_interval(each)[1:] for each in drawn_hits]
            assert np.mean([low <= truth <= high for low, high in ends]) >= 0.94


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: mean_and_interval([1.0]), "at least two"),
        (lambda: mean_and_interval([1.0, np.nan]), "NaN"),
        (lambda: mean_difference([1.0, 2], [1.0, 2, 3]), "pairs"),
        (lambda: share_and_interval([]), "at least one"),
        (lambda: share_and_interval([[1, 0]]), "shape"),
        (lambda: share_and_interval([1, 0, np.nan]), "from 0 to 1"),
        (lambda: share_and_interval([1, 2]), "from 0 to 1"),
    ],
)
def test_values_without_an_interval_are_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@pytest.fixture(scope="module")
def network():
    """Trained to tell horizontal from vertical bars, so that it has something to forget."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((16, 16, 1)),
            layers.Conv2D(6, 3, padding="same", activation="relu", name="conv1"),
            layers.Conv2D(6, 3, padding="same", activation="relu", name="conv2"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, name="output"),
        ]
    )
    images, labels = bars(200)
    network.compile(keras.optimizers.Adam(0.02), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    network.fit(images, labels, epochs=6, verbose=0)
    return network


def bars(count):
    draw = np.random.default_rng(1)
    images, labels = draw.normal(0, 0.1, (count, 16, 16, 1)), draw.integers(0, 2, count)
    for image, label, place in zip(images, labels, draw.integers(1, 14, (count, 2))):
        image[
            (slice(place[0], place[0] + 2), slice(2, 14)) if label else (slice(2, 14), slice(place[1], place[1] + 2))
        ] += 1
    return images.astype(np.float32), labels


def edges(model, images, targets=None):
    """Looks at the picture only."""
    return np.abs(images - np.roll(images, 1, axis=2))[..., 0]


@pytest.mark.parametrize("cascading", [True, False])
def test_the_randomisation_check_tells_grad_cam_from_an_edge_detector(network, cascading):
    images, _ = bars(8)
    kept = [weights.copy() for weights in network.get_weights()]
    explained = randomization_check(grad_cam, network, images, cascading=cascading)
    assert list(explained) == ["output", "conv2", "conv1"]
    lost = [np.nanmean(values) for values in explained.values()]
    assert min(lost) < 0.5 and (not cascading or lost[-1] < 0.5)
    for values in randomization_check(edges, network, images, cascading=cascading, seeds=2).values():
        assert values.shape == (2, 8)
        np.testing.assert_allclose(values, 1)
    for now, before in zip(network.get_weights(), kept):
        np.testing.assert_array_equal(now, before)


def test_a_map_that_became_empty_is_told_from_one_that_became_another(network):
    images, calls = bars(4)[0], []

    def explain(model, images, targets):  # trained, then one shuffled layer after the other
        calls.append(len(calls))
        return [edges(model, images), 0 * edges(model, images), -edges(model, images)][(0, 1, 2, 1)[calls[-1]]]

    found = randomization_check(explain, network, images, seeds=1)
    assert np.isnan(found["output"]).all() and np.isnan(found["conv1"]).all()
    assert (found["conv2"] < 0).all()


def test_each_seed_shuffles_otherwise_and_the_same_one_alike(network):
    images = bars(3)[0]
    one, again = (randomization_check(grad_cam, network, images, seeds=3)["conv1"] for _ in range(2))
    np.testing.assert_array_equal(one, again)
    weights = []
    randomization_check(
        lambda m, x, t: weights.append(m.get_weights()[0].copy()) or edges(m, x), network, images, seeds=2
    )
    assert not np.array_equal(weights[3], weights[6])  # conv1 at the end of each seed's cascade


def test_layers_are_shuffled_from_the_last_one_down_or_one_at_a_time(network):
    trained, seen = [layer.get_weights() for layer in network.layers if layer.weights][::-1], []

    def explain(model, images, targets):
        now = [layer.get_weights() for layer in model.layers if layer.weights][::-1]
        seen.append([all(np.array_equal(a, b) for a, b in zip(*pair)) for pair in zip(now, trained)])
        for pair in zip(now, trained):
            for a, b in zip(*pair):
                np.testing.assert_array_equal(np.sort(a, axis=None), np.sort(b, axis=None))
        return edges(model, images)

    randomization_check(explain, network, bars(1)[0], seeds=1)
    assert seen == [[True] * 3, [False, True, True], [False, False, True], [False] * 3]
    seen.clear()
    randomization_check(explain, network, bars(1)[0], cascading=False, seeds=1)
    assert seen == [[True] * 3, [False, True, True], [True, False, True], [True, True, False]]


def test_the_weights_are_back_after_an_error_and_the_target_stays_the_trained_networks(network):
    kept, asked = [weights.copy() for weights in network.get_weights()], []

    def explain(model, images, targets):
        asked.append(list(targets))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return edges(model, images)

    images, _ = bars(4)
    with pytest.raises(KeyboardInterrupt):
        randomization_check(explain, network, images)
    assert asked == [network.predict(images, verbose=0).argmax(axis=1).tolist()] * 3
    for now, before in zip(network.get_weights(), kept):
        np.testing.assert_array_equal(now, before)


def test_a_map_that_ignores_the_picture_is_perfectly_stable_and_noise_is_not():
    photos = DRAW.integers(0, 256, (3, 12, 12, 3), dtype=np.uint8)
    blob = np.exp(-(np.linspace(-2, 2, 12) ** 2))[:, None] * np.linspace(0, 1, 12)
    np.testing.assert_allclose(stability(lambda x: np.stack([blob] * len(x)), photos, noise=10), 1)
    noise = stability(lambda x: np.random.default_rng(int(x.sum())).random(x.shape[:3]), photos, noise=10, copies=20)
    assert (np.abs(noise) < 0.15).all()
    little, much = (stability(lambda x: x[..., 0].astype(float), photos, noise=n) for n in (2, 200))
    assert (little > 0.99).all() and (much < 0.9).all()


def test_noisy_copies_keep_the_pictures_dtype_and_range():
    photos, seen = np.full((1, 8, 8, 3), 250, np.uint8), []
    photos[0, 0, 0] = 0
    stability(lambda x: seen.append(x) or x[..., 0].astype(float), photos, noise=20, copies=2)
    assert all(copy.dtype == np.uint8 for copy in seen) and len(seen) == 3
    assert seen[1].max() == 255 and seen[1][0, 1:].min() > 100  # clipped, not wrapped around


MASK = drawn("##..", "....")
HEAT = np.arange(8.0).reshape(1, 2, 4)
IMAGE = DRAW.random((2, 4, 3))


def ones(images):
    return np.ones((len(images), 2))


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: deletion(ones, IMAGE, np.zeros((2, 4)), target=0), "0 everywhere: it puts no pixel before another"),
        (lambda: deletion(ones, IMAGE, np.full((2, 4), np.nan), target=0), "holds NaN"),
        (lambda: insertion(ones, IMAGE, np.ones((4, 2)), target=0), "both need the same height and width"),
        (lambda: insertion(ones, IMAGE, HEAT, target=0), r"shape \(1, 2, 4\).*heatmap\[0\]"),
        (lambda: insertion(ones, IMAGE[None], HEAT[0], target=0), r"one image \(height, width, channels\)"),
        (lambda: deletion(ones, IMAGE, HEAT[0], target=2, steps=4), "target 2 is out of range: predict returns 2"),
        (lambda: deletion(ones, IMAGE, HEAT[0], target=-1, steps=4), "target -1 is out of range"),
        (lambda: deletion(lambda x: 0 * ones(x), IMAGE, HEAT[0], target=1, steps=4), "target 1 is never predicted"),
        (lambda: deletion(ones, IMAGE, HEAT[0], target=0, steps=9), "steps is 9: a whole number from 1 to the 8"),
        (lambda: deletion(lambda x: ones(x)[:, 0], IMAGE, HEAT[0], target=0, steps=4), r"returned shape \(5,\) for 5"),
        (lambda: deletion(lambda x: ones(x) * np.inf, IMAGE, HEAT[0], target=0, steps=4), "finite numbers"),
        (lambda: iou(HEAT, MASK[:, :, :3]), r"shape \(1, 2, 4\) and the masks \(1, 2, 3\)"),
        (lambda: iou(HEAT[0], MASK[0]), r"pass heatmap\[None\] and mask\[None\]"),
        (lambda: iou(HEAT, 0 * MASK), "mask 0 marks no pixel"),
        (lambda: iou(HEAT, 255 * MASK), "other values than 0 and 1"),
        (lambda: pointing_game(HEAT * 0 + 3, MASK), "3 everywhere"),
        (lambda: pointing_game(HEAT * np.nan, MASK), "NaN"),
        (lambda: rank_correlation(HEAT, HEAT[0]), "twice"),
        (lambda: rank_correlation(HEAT * 0, HEAT), "0 everywhere"),
        (lambda: rank_correlation(HEAT, HEAT * np.nan), "NaN"),
        (lambda: stability(lambda x: HEAT, IMAGE[None], noise=0), "noise above 0"),
        (lambda: mean_and_interval([1.0]), "at least two numbers"),
        (lambda: top_intersection(HEAT, HEAT, share=5), "share is 5: a part of the pixels"),
        (lambda: top_intersection(HEAT, HEAT[0]), "twice"),
        (lambda: randomization_check(grad_cam, None, HEAT, seeds=0), "seeds is 0: a whole number of shuffled"),
    ],
)
def test_bad_input_is_named(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_randomisation_needs_a_target_that_the_network_has(network):
    with pytest.raises(ValueError, match="target 2 is out of range: the model has 2 classes"):
        randomization_check(grad_cam, network, bars(1)[0], 2)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int8, np.int64, np.float16, np.float64])
def test_a_map_of_any_kind_of_number_puts_its_pixels_in_one_order(dtype):
    image = DRAW.integers(0, 256, (12, 12, 3), dtype=np.uint8)
    heatmap = DRAW.permutation(144).reshape(12, 12) * 0.875  # 0 to 125, two or three pixels a whole number
    heatmap = heatmap.round()
    mask = heatmap >= np.sort(heatmap.ravel())[-30]

    def lit(images):
        return images.mean(axis=(1, 2, 3), dtype=float)[:, None]

    other, given = heatmap.T.copy(), heatmap.astype(dtype)
    for measure in (deletion, insertion):
        expected = measure(lit, image, heatmap, target=0, steps=9).scores
        np.testing.assert_array_equal(measure(lit, image, given, target=0, steps=9).scores, expected)
    assert iou(given[None], mask[None]) == iou(heatmap[None], mask[None]) > 0.9
    assert pointing_game(given[None], mask[None]) == pointing_game(heatmap[None], mask[None])
    for similarity in (rank_correlation, top_intersection):
        expected = similarity(heatmap[None], other[None])
        np.testing.assert_allclose(similarity(given[None], other[None].astype(dtype)), expected)


def test_maps_that_are_no_real_numbers_are_named():
    for heatmap in (np.full((4, 4), "a"), np.eye(4) * 1j, np.full((4, 4), None)):
        with pytest.raises(ValueError, match="the heat map has dtype .*: real numbers were expected"):
            deletion(brightness, np.zeros((4, 4, 1), np.float32), heatmap, target=0)
