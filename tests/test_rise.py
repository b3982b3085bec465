from itertools import product

import numpy as np
import pytest
from skimage.transform import resize

from xailab._tensorflow import keras, tf
from xailab.models import Classifier
from xailab.rise import masks_of, rise

layers = keras.layers
DRAW = np.random.default_rng(0)


def network(size=(4, 4, 2), seed=1):
    keras.utils.set_random_seed(seed)
    stack = [layers.Conv2D(5, 3, activation="relu", bias_initializer="normal"), layers.Flatten(), layers.Dense(3)]
    return keras.Sequential([keras.Input(size), *stack])


def over_all_masks(model, image, target, keep, fill):
    """The expectation of RISE on a grid of 4 x 4, from all 65,536 masks, each as probable as it is."""
    grids = np.array(list(product((0, 1), repeat=16)), bool).reshape(-1, 4, 4)
    probable = keep ** grids.sum(axis=(1, 2)) * (1 - keep) ** (16 - grids.sum(axis=(1, 2)))
    one_by_one = np.eye(16).reshape(16, 4, 4)  # a mask is the sum of its cells, each scaled up alone
    bumps = [resize(cell, (5, 5), order=1, mode="edge", anti_aliasing=False)[:4, :4] for cell in one_by_one]
    visible = np.tensordot(grids.reshape(-1, 16), bumps, 1)
    masked = visible[..., None] * image + (1 - visible[..., None]) * fill
    answers = model.predict(masked.astype(np.float32), batch_size=4096, verbose=0)[:, target]
    return np.tensordot(probable * answers, visible, 1) / keep


@pytest.mark.parametrize("keep", [0.5, 0.3])
def test_random_masks_come_ever_nearer_to_the_average_over_all_masks(keep):
    model, image = network(), DRAW.normal(size=(4, 4, 2)).astype(np.float32)
    exact = over_all_masks(model, image, 2, keep, 0.25)
    errors = [
        np.abs(rise(model, image[None], 2, masks=masks, cells=4, keep=keep, fill=0.25)[0] - exact).max()
        for masks in (100, 40_000)
    ]
    assert errors[1] < 0.02 * np.ptp(exact) + 0.01 and errors[1] < errors[0] / 4


def by_a_slow_loop(model, image, target, masks, cells, keep, fill, seed):
    """The paper's recipe, mask after mask, with another library's interpolation."""
    draw, (height, width) = np.random.default_rng(seed), image.shape[:2]
    side = -(-height // cells), -(-width // cells)
    total, shown, left = np.zeros((height, width)), np.zeros((height, width)), masks
    while left:
        count = min(32, left)
        grids, shifts = draw.random((count, cells, cells)) < keep, draw.random((count, 2))
        for grid, shift in zip(grids, shifts):
            large = resize(
                grid.astype(float), [s * (cells + 1) for s in side], order=1, mode="edge", anti_aliasing=False
            )
            y, x = int(shift[0] * side[0]), int(shift[1] * side[1])
            mask = large[y : y + height, x : x + width]
            masked = mask[..., None] * image + (1 - mask[..., None]) * fill
            total += float(model(masked[None].astype(np.float32))[0, target]) * mask
            shown += mask
        left -= count
    return total / shown


def test_it_agrees_with_the_papers_recipe_in_a_slow_loop():
    model, image = network((13, 10, 2)), DRAW.normal(size=(13, 10, 2)).astype(np.float32)
    ours = rise(model, image[None], 1, masks=40, cells=3, keep=0.4, fill=-0.5, seed=4)[0]
    np.testing.assert_allclose(ours, by_a_slow_loop(model, image, 1, 40, 3, 0.4, -0.5, 4), atol=1e-5)


def test_a_pixel_that_does_not_matter_holds_the_mean_and_one_that_does_holds_more():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(2, use_bias=False)])
    weights = np.zeros((64, 2), np.float32)
    weights[0, 1] = 1  # the upper left pixel speaks for class 1
    model.layers[-1].set_weights([weights])
    heatmap = rise(model, np.ones((1, 8, 8, 1)), 1, masks=5000, cells=4, fill=0)[0]
    assert np.unravel_index(heatmap.argmax(), heatmap.shape) == (0, 0)
    np.testing.assert_allclose(heatmap[4:, 4:], 0.5, atol=0.03)


def test_masks_lie_between_hidden_and_visible_and_a_shift_moves_them():
    grids = DRAW.random((6, 3, 3)) < 0.5
    still, moved = (masks_of(grids, (12, 12), np.full((6, 2), shift)) for shift in (0, 0.5))
    assert still.shape == (6, 12, 12) and still.min() >= 0 and still.max() <= 1
    np.testing.assert_array_equal(still[:, 2:, 2:], moved[:, :10, :10])
    assert (masks_of(np.ones((1, 3, 3)), (12, 11), [[0.9, 0.9]]) == 1).all()


def test_a_batch_with_mixed_targets_explains_each_image_for_its_own_and_changes_nothing():
    model, images = network((8, 8, 2)), DRAW.normal(size=(3, 8, 8, 2)).astype(np.float32)
    given, options = images.copy(), {"masks": 40, "cells": 4}
    together = rise(model, images, [2, 0, 1], **options)
    for index, target in enumerate([2, 0, 1]):
        np.testing.assert_allclose(together[index], rise(model, images[[index]], target, **options)[0], atol=1e-5)
    top = model.predict(images, verbose=0).argmax(axis=1)
    np.testing.assert_array_equal(rise(model, images, **options), rise(model, images, top, **options))
    np.testing.assert_array_equal(images, given)
    assert together.dtype == np.float32 and together.shape == (3, 8, 8)


def test_photos_are_masked_before_they_are_prepared():
    classifier = Classifier(network((12, 12, 3)), lambda photos: tf.cast(photos, tf.float32) / 255, ("a", "b", "c"))
    photos = DRAW.integers(0, 256, (2, 12, 12, 3), dtype=np.uint8)
    for fill in ("mean", "grey", "blur", 7, (1, 2, 3)):
        assert np.isfinite(rise(classifier, photos, 1, masks=5, cells=3, fill=fill)).all()


@pytest.mark.parametrize(
    "options, said",
    [
        ({"masks": 0}, "masks is 0: a whole number from 1"),
        ({"masks": 2.5}, "masks is 2.5"),
        ({"cells": 9}, "cells is 9: a whole number from 1 to 8"),
        ({"keep": 0}, "keep is 0: a probability between 0 and 1"),
        ({"keep": 1.0}, "keep is 1.0"),
        ({"keep": float("nan")}, "keep is nan"),
        ({"fill": "black"}, "fill is 'black'"),
        ({"targets": 3}, "target 3 is out of range"),
        ({"images": np.zeros((8, 8, 2))}, "pass image[None]"),
        ({"images": np.zeros((0, 8, 8, 2))}, "at least one image"),
        ({"images": np.full((1, 8, 8, 2), np.nan)}, "NaN or infinite"),
        ({"images": np.zeros((1, 8, 7, 2))}, "takes (N, 8, 8, 2)"),
    ],
)
def test_what_does_not_fit_is_named(options, said):
    given = {"images": np.zeros((1, 8, 8, 2)), "targets": 0} | options
    with pytest.raises(ValueError) as caught:
        rise(network((8, 8, 2)), given.pop("images"), given.pop("targets"), **given)
    assert said in str(caught.value)
