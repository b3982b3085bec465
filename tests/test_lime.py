import numpy as np
import pytest
from lime.lime_base import LimeBase
from lime.lime_image import LimeImageExplainer

from xailab.lime import explain_image, submodular_pick

PHOTO = np.random.default_rng(0).integers(0, 256, (24, 24, 3), dtype=np.uint8)
GRID = np.arange(24)[:, None] // 6 * 4 + np.arange(24) // 6


def predict(photos):
    """Two columns; the first rises with the top left corner, and with the product of two other squares."""
    photos = photos / 255
    first = photos[:, :6, :6, 0].std(axis=(1, 2)) + photos[:, 6:12, :6, 1].std(axis=(1, 2)) * photos[
        :, 12:, 12:, 2
    ].std(axis=(1, 2))
    return np.stack([first, 1 - first], axis=1)


def explain(**options):
    return explain_image(
        **{"predict": predict, "image": PHOTO, "segments": GRID, "progress": False, "samples": 200} | options
    )


@pytest.mark.parametrize("features", [None, 3, 8])
def test_weights_agree_with_the_lime_package(features):
    method = "none" if features is None else "lasso_path"
    peer = LimeImageExplainer(feature_selection=method, random_state=7, verbose=False).explain_instance(
        PHOTO,
        predict,
        labels=(0,),
        top_labels=None,
        num_features=features or 16,
        num_samples=200,
        segmentation_fn=lambda _: GRID,
        random_seed=0,
    )
    ours = explain(target=0, features=features, seed=7)
    theirs = np.zeros(16)
    for segment, weight in peer.local_exp[0]:
        theirs[segment] = weight
    np.testing.assert_allclose(ours.weights, theirs, atol=1e-9)
    np.testing.assert_allclose([ours.intercept, ours.score], [peer.intercept[0], peer.score], atol=1e-9)
    np.testing.assert_allclose(ours.local_prediction, peer.local_pred[0], atol=1e-9)


def test_the_batch_size_changes_nothing():
    np.testing.assert_allclose(explain(batch_size=7).weights, explain(batch_size=200).weights, atol=1e-12)


def test_predict_sees_uint8_photos_a_batch_at_a_time_and_the_unchanged_one_first():
    seen = []
    explain(predict=lambda photos: seen.append(photos) or predict(photos), batch_size=64)
    assert [len(photos) for photos in seen] == [64, 64, 64, 8]
    assert all(photos.dtype == np.uint8 for photos in seen)
    np.testing.assert_array_equal(seen[0][0], PHOTO)


def test_the_largest_column_is_explained_when_no_target_is_given():
    assert explain().target == predict(PHOTO[None])[0].argmax()


def test_the_heatmap_shows_the_segment_that_counts():
    heatmap = explain(target=0, samples=1000).heatmap()
    assert heatmap.shape == (24, 24)
    assert np.unique(GRID[heatmap == heatmap.max()]) == [0]


def test_quickshift_segments_are_the_packages():
    from skimage.data import astronaut

    photo = astronaut()[80:144, 180:244]
    peer = LimeImageExplainer().explain_instance(
        photo, lambda photos: np.ones((len(photos), 2)), num_samples=2, random_seed=42
    )
    ours = explain(image=photo, segments=None, samples=2, predict=lambda photos: np.ones((len(photos), 2)))
    assert ours.segments.max() > 1
    np.testing.assert_array_equal(ours.segments, peer.segments)


def test_a_poor_fit_says_so_in_the_text():
    noise = np.random.default_rng(1)
    assert "Poor fit" in str(explain(predict=lambda photos: noise.random((len(photos), 2)), samples=1000))
    assert "Poor fit" not in str(explain(predict=lambda photos: np.ones((len(photos), 2))))


def packages_pick(weights, budget):
    """The greedy loop of the lime package, over a plain matrix."""
    importance, left, chosen = np.abs(weights).sum(axis=0) ** 0.5, set(range(len(weights))), []
    for _ in range(budget):
        best, best_row = 0, None
        for row in left:
            covered = np.dot(np.abs(weights)[chosen + [row]].sum(axis=0) > 0, importance)
            if covered >= best:
                best, best_row = covered, row
        chosen.append(best_row)
        left -= {best_row}
    return chosen


@pytest.mark.parametrize("seed", range(20))
def test_the_pick_is_that_of_the_packages_loop(seed):
    random = np.random.default_rng(seed)
    weights = random.normal(size=(12, 9)) * (random.random((12, 9)) < 0.25)
    assert submodular_pick(weights, 6) == packages_pick(weights, 6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": np.full((24, 24, 3), 9, np.uint8), "segments": np.zeros((24, 24), int)}, "one segment only"),
        ({"segments": GRID[:5]}, r"segments have shape \(5, 24\)"),
        ({"segments": GRID.astype(float)}, "dtype float64"),
        ({"features": 17}, "features is 17, but the photo has 16 segments"),
        ({"samples": 1}, "samples is 1"),
        ({"target": 2}, "target 2 is out of range"),
        ({"image": PHOTO / 255}, "dtype float64"),
        ({"predict": lambda photos: np.ones(len(photos))}, r"returned shape \(32,\) for 32 photos"),
        ({"predict": lambda photos: np.ones((1, 2))}, r"returned shape \(1, 2\) for 32 photos"),
        ({"predict": lambda photos: np.full((len(photos), 2), np.nan)}, "NaN or infinite"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        explain(**options)


@pytest.mark.parametrize(
    ("weights", "budget", "message"),
    [
        ([1, 2], 1, "weights have shape"),
        ([[np.nan]], 1, "finite"),
        ([[1.0]], 2, "budget is 2 for 1"),
        ([[1.0]], 0, "budget is 0"),
    ],
)
def test_a_pick_that_cannot_be_made_is_named(weights, budget, message):
    with pytest.raises(ValueError, match=message):
        submodular_pick(weights, budget)


def test_the_fit_of_a_constant_model_is_exact():
    ours = explain(predict=lambda photos: np.full((len(photos), 1), 0.25))
    assert ours.score == 1 and not ours.weights.any() and ours.intercept == pytest.approx(0.25)


def test_a_table_of_weights_and_the_packages_kernel_give_the_same_fit():
    """The fit itself, fed the package's neighbourhood with a kernel of ours."""
    from xailab.lime import _fit

    random = np.random.default_rng(3)
    x, y, nearness = random.normal(size=(80, 6)), random.normal(size=80), random.random(80)
    intercept, pairs, score, local = LimeBase(lambda _: nearness).explain_instance_with_data(
        x, y[:, None], None, 0, 6, "none"
    )
    ours = _fit(x, y, nearness, None)
    np.testing.assert_allclose(ours[0][[i for i, _ in pairs]], [w for _, w in pairs], atol=1e-9)
    np.testing.assert_allclose(ours[1:], [intercept, score, local[0]], atol=1e-9)
