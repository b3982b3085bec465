"""The interpretable CNN's mathematics, against slow loops, finite differences and cases worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from xailab._tensorflow import keras, tf
from xailab.filters import (
    InterpretableConv2D,
    approximate_gradient,
    filter_loss,
    label_gradient,
    masks,
    templates,
    weight_schedule,
)


def some_maps(shape=(7, 4, 4, 3), scale=40.0, seed=0):
    return np.maximum(np.random.default_rng(seed).normal(size=shape), 0) * scale


def by_four_loops(maps, tau=None, beta=4.0):
    """Equations 1 and 2 as they stand, one filter, template and picture after the other."""
    pictures, n, _, filters = maps.shape
    rows = templates(n, tau=tau, beta=beta)
    losses = np.zeros(filters)
    for f in range(filters):
        likelihood = np.zeros((len(rows), pictures))
        for t, row in enumerate(rows):
            for x in range(pictures):
                likelihood[t, x] = np.exp(np.trace(maps[x, :, :, f].T @ row.reshape(n, n)))
            likelihood[t] /= likelihood[t].sum()
        evidence = likelihood.mean(axis=0)
        for t in range(len(rows)):
            for x in range(pictures):
                losses[f] -= likelihood[t, x] * np.log(likelihood[t, x] / evidence[x]) / len(rows)
    return losses


def autodiff(maps, **options):
    tensor = tf.constant(maps)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        total = tf.reduce_sum(filter_loss(tensor, **options))
    return tape.gradient(total, tensor).numpy()


def test_a_template_falls_off_by_four_nths_a_step_down_to_minus_tau():
    rows = templates(4) * 32  # tau is 1/32
    expected = [[0, 1, 0, -1], [-1, 0, -1, -1], [-1, -1, -1, -1], [-1, -1, -1, -1]]
    assert rows.shape == (17, 16) and np.array_equal(rows[1].reshape(4, 4), expected)
    assert np.array_equal(rows[16], -np.ones(16)) and rows.max() == 1


def test_the_template_of_the_paper_at_14_cells_is_positive_within_three_steps():
    peak = templates(14, tau=1.0)[14 * 7 + 7].reshape(14, 14)
    assert peak[7, 7] == 1 and peak[7, 10] == pytest.approx(1 / 7) and peak[7, 11] == pytest.approx(-1 / 7)
    assert peak[9, 8] == peak[7, 10] and peak[7, 0] == -1


@pytest.mark.parametrize(
    "wrong", [{"n": 0}, {"n": 2.5}, {"n": 4, "tau": 0}, {"n": 4, "beta": -1}, {"n": 4, "beta": np.nan}]
)
def test_templates_say_what_is_wrong(wrong):
    with pytest.raises(ValueError, match="was expected|were expected"):
        templates(**wrong)


def test_the_loss_is_that_of_four_loops():
    for seed, scale in ((0, 0.5), (1, 40.0), (2, 400.0)):
        maps = some_maps(scale=scale, seed=seed)
        assert np.abs(filter_loss(maps) - by_four_loops(maps)).max() < 1e-10
    maps = some_maps((5, 3, 3, 2), 3.0)
    assert np.abs(filter_loss(maps, tau=0.3, beta=2.0) - by_four_loops(maps, 0.3, 2.0)).max() < 1e-10


@settings(max_examples=25, deadline=None)
@given(arrays(np.float64, (4, 3, 3, 2), elements=st.floats(0, 200)))
def test_the_loss_is_that_of_four_loops_for_any_maps(maps):
    assert np.abs(filter_loss(maps) - by_four_loops(maps)).max() < 1e-10


def test_the_gradient_is_that_of_finite_differences():
    maps, step = some_maps((5, 3, 3, 2), 20.0), 1e-5
    found, numeric = autodiff(maps), np.zeros(maps.shape)
    for place in np.ndindex(maps.shape):
        above, below = maps.copy(), maps.copy()
        above[place] += step
        below[place] -= step
        numeric[place] = (filter_loss(above).sum() - filter_loss(below).sum()) / (2 * step)
    assert np.abs(found - numeric).max() < 1e-7 * np.abs(found).max() + 1e-10


def test_the_gradient_of_each_filter_follows_what_is_asked_of_it():
    tensor = tf.constant(some_maps())
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        weighted = tf.reduce_sum(filter_loss(tensor) * [2.0, 0.0, -1.0])
    assert np.allclose(tape.gradient(weighted, tensor), autodiff(tensor) * [2.0, 0.0, -1.0], atol=1e-14)


def test_the_loss_splits_into_three_entropies():
    """Equations 5 to 7: -H(T) + H(T' | X) + sum_x p(T+, x) H(T+ | X = x), T' being "there" or "not there"."""
    maps = some_maps((9, 5, 5, 1), 60.0)
    rows = templates(5)
    likelihood = np.exp(rows @ maps.reshape(9, 25).T)
    likelihood /= likelihood.sum(axis=1, keepdims=True)
    joint = likelihood / len(rows)  # p(T, x)
    evidence = joint.sum(axis=0)
    posterior = joint / evidence

    def entropy(p):
        return -(p * np.log(p)).sum(axis=0)

    there = posterior[:-1].sum(axis=0)
    between = (evidence * entropy(np.stack([posterior[-1], there]))).sum()
    where = (evidence * there * entropy(posterior[:-1] / there)).sum()
    assert abs(-np.log(26) + between + where - filter_loss(maps)[0]) < 1e-10


def test_nothing_overflows_up_to_ten_thousand_in_either_precision():
    for dtype in (np.float32, np.float64):
        maps = some_maps((6, 8, 8, 4), 1e4).astype(dtype)
        loss, gradient = filter_loss(maps), autodiff(maps)
        assert loss.dtype == dtype and np.isfinite(loss).all() and np.isfinite(gradient).all()
        assert (loss >= -np.log(6) - 1e-5).all() and (loss <= 0).all()
        assert np.isfinite(filter_loss(maps, tau=1.0)).all() and np.isfinite(autodiff(maps, tau=1.0)).all()
    single, double = (filter_loss(some_maps((6, 8, 8, 4), 1e4).astype(dtype)) for dtype in (np.float32, np.float64))
    assert np.allclose(single, double, rtol=1e-4)


def test_weak_maps_keep_their_digits_in_single_precision():
    maps = some_maps((20, 8, 8, 4), 1.0)
    assert np.allclose(filter_loss(maps.astype(np.float32)), filter_loss(maps), rtol=0, atol=2e-7)


def test_one_picture_alone_and_a_filter_that_never_fires_give_zero():
    assert np.array_equal(filter_loss(some_maps((1, 4, 4, 3))), np.zeros(3))
    silent = some_maps()
    silent[..., 1] = 0
    loss, gradient = filter_loss(silent), autodiff(silent)
    assert loss[1] == 0 and (loss[[0, 2]] < 0).all() and np.isfinite(gradient).all()


@pytest.mark.parametrize("shape", [(3, 4, 5, 2), (4, 4, 2), (0, 4, 4, 2)])
@pytest.mark.parametrize("function", [filter_loss, masks, approximate_gradient])
def test_maps_that_are_not_square_are_refused(function, shape):
    with pytest.raises(ValueError, match="square maps"):
        function(np.zeros(shape))


def test_the_printed_gradient_has_the_wrong_sign_and_misses_a_term():
    def cosine(a, b):
        return (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())

    for seed in range(12):
        maps = some_maps((40, 6, 6, 1), seed=seed)
        true, one_template = autodiff(maps), approximate_gradient(maps, np.ones(40, bool))
        assert -0.7 < cosine(true, approximate_gradient(maps)) < -0.3
        assert 0.1 < cosine(true, -one_template) < 0.5
    # What is missing: Z_T depends on x. With the divergence D_T of each template put back, the signs turned, all is well.
    rows, flat = templates(6), maps.reshape(40, 36)
    scores = flat @ rows.T
    likelihood = np.exp(scores - np.logaddexp.reduce(scores, axis=0))
    gain = np.log(likelihood) - np.log(likelihood.mean(axis=1, keepdims=True))
    divergence = (likelihood * gain).sum(axis=0)
    whole = -(likelihood * (gain - divergence)) @ rows / len(rows)
    assert np.abs(whole.reshape(maps.shape) - true).max() < 1e-12


def test_the_one_template_of_a_picture_without_the_object_is_the_negative_one():
    gradient = approximate_gradient(some_maps(), np.arange(7) < 3)
    assert all(np.ptp(gradient[picture, ..., 0]) == 0 for picture in range(3, 7))
    assert all(np.ptp(gradient[picture, ..., 0]) > 0 for picture in range(3))
    with pytest.raises(ValueError, match="one truth value"):
        approximate_gradient(some_maps(), [True])


def test_a_mask_is_the_template_of_the_first_strongest_cell_without_what_is_below_zero():
    maps = some_maps((4, 6, 6, 3))
    maps[0, 1, 4, 0] = maps[0, 3, 2, 0] = maps.max() + 1  # two equally strong: the first in reading order
    found = masks(maps)
    for x in range(4):
        for f in range(3):
            strongest = maps[x, :, :, f].argmax()
            assert np.allclose(found[x, :, :, f].ravel(), np.maximum(templates(6, tau=1.0)[strongest], 0))
    assert found[0, 1, 4, 0] == 1


def test_a_masked_map_has_its_peak_where_it_was():
    maps = some_maps((4, 6, 6, 3))
    masked = maps * masks(maps)
    assert np.array_equal(masked.max(axis=(1, 2)), maps.max(axis=(1, 2)))
    assert np.array_equal(masked.reshape(4, 36, 3).argmax(axis=1), maps.reshape(4, 36, 3).argmax(axis=1))


def test_tensors_give_tensors_and_arrays_give_arrays():
    maps = some_maps()
    for function in (filter_loss, masks):
        assert isinstance(function(maps), np.ndarray) and tf.is_tensor(function(tf.constant(maps)))
    assert np.array_equal(filter_loss(maps), filter_loss(tf.constant(maps)))
    assert filter_loss(maps.astype(int)).dtype == np.float32


def test_with_labels_maps_grow_at_their_peak_where_the_class_is_shown_and_shrink_elsewhere():
    maps, positive = some_maps((8, 6, 6, 2), 2.0), np.arange(8)[:, None] % 2 == [0, 1]
    gradient = label_gradient(maps, positive)
    for x, f in np.ndindex(8, 2):
        peak = np.unravel_index(maps[x, :, :, f].argmax(), (6, 6))
        if positive[x, f]:
            assert gradient[x, *peak, f] < 0 and gradient[x, ..., f].max() > 0
        else:
            assert np.ptp(gradient[x, ..., f]) == 0


def test_both_kinds_of_pictures_pull_alike_however_many_there_are():
    maps = some_maps((8, 6, 6, 1), 2.0)
    for count in (1, 4, 7):
        positive = (np.arange(8) < count)[:, None]
        strongest = np.abs(label_gradient(maps, positive)).max(axis=(1, 2))[:, 0]
        assert strongest[:count].sum() == pytest.approx(4) and strongest[count:].sum() == pytest.approx(4)


def test_with_labels_silent_filters_one_picture_and_strong_ones_stay_finite():
    for maps in (np.zeros((4, 6, 6, 2)), some_maps((1, 6, 6, 2)), some_maps((4, 6, 6, 2), 1e4)):
        for positive in (np.ones, np.zeros):
            assert np.isfinite(label_gradient(maps.astype(np.float32), positive((len(maps), 2), bool))).all()
    with pytest.raises(ValueError, match="one truth value"):
        label_gradient(np.zeros((4, 6, 6, 2)), np.ones((4, 3), bool))


def network(**options):
    """The model that is trained, the one that predicts, and the layer that they share."""
    keras.utils.set_random_seed(0)
    layer, head = InterpretableConv2D(6, 3, **options), keras.layers.Dense(2)
    image, label = keras.Input((8, 8, 3)), keras.Input((), dtype="int32")
    pool = keras.layers.GlobalMaxPooling2D()
    trained = keras.Model([image, label], head(pool(layer(image, labels=label))))
    return trained, keras.Model(image, head(pool(layer(image)))), layer


def pictures(count=12):
    draw = np.random.default_rng(3)
    return draw.normal(size=(count, 8, 8, 3)).astype(np.float32), draw.integers(0, 3, count)


def test_the_layer_is_a_convolution_a_relu_and_a_mask():
    layer = InterpretableConv2D(6, 3)
    images, _ = pictures()
    layer(images)
    plain = tf.nn.relu(tf.nn.conv2d(images, layer.kernel, 1, "SAME") + layer.bias).numpy()
    assert np.allclose(layer(images), plain * masks(plain), atol=1e-6)


def test_the_layer_adds_the_filter_loss_times_its_weight():
    layer = InterpretableConv2D(6, 3, loss_weight=0.25)
    images, _ = pictures()
    layer(images)
    plain = tf.nn.relu(tf.nn.conv2d(images, layer.kernel, 1, "SAME") + layer.bias)
    assert float(layer.losses[0]) == pytest.approx(0.25 * filter_loss(plain).numpy().sum(), rel=1e-5)


def test_a_scaled_loss_counts_each_filter_by_the_mean_of_its_maxima_as_a_constant():
    layer = InterpretableConv2D(6, 3, loss_weight=0.25, scaled=True)
    images, _ = pictures()
    with tf.GradientTape() as tape:
        layer(images)
        added = layer.losses[0]
    found = tape.gradient(added, layer.kernel)
    with tf.GradientTape() as tape:
        plain = tf.nn.relu(tf.nn.conv2d(images, layer.kernel, 1, "SAME") + layer.bias)
        maxima = plain.numpy().max(axis=(1, 2)).mean(axis=0)
        expected = 0.25 * tf.reduce_sum(maxima * filter_loss(plain))
    assert float(added) == pytest.approx(float(expected), rel=1e-5) and np.ptp(maxima) > 0
    assert np.allclose(found, tape.gradient(expected, layer.kernel), rtol=1e-4, atol=1e-12)


def test_the_mask_is_constant_in_the_backward_pass():
    layer = InterpretableConv2D(2, 1, loss_weight=0.0)
    images = tf.constant(np.abs(pictures()[0]))
    layer(images)
    layer.set_weights([np.ones((1, 1, 3, 2)), np.zeros(2), *layer.get_weights()[2:]])
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(layer(images)[..., 0])
    assert np.allclose(tape.gradient(total, images)[..., 0], masks(tf.reduce_sum(images, -1)[..., None])[..., 0])


@pytest.mark.parametrize(
    "options", [{}, {"categories": 1}, {"categories": 2, "beta": 3.0, "tau": 0.01, "strides": 2, "scaled": True}]
)
def test_a_layer_saved_and_loaded_gives_the_same_outputs_and_losses(options, tmp_path):
    trained, _, _ = network(loss_weight=0.1, **options)
    images, labels = pictures()
    trained.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    trained.fit([images, labels], labels % 2, epochs=2, batch_size=5, verbose=0)  # the last batch has two pictures
    trained.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    before = trained([images, labels]).numpy()
    losses = np.array(trained.losses)
    assert np.array_equal(before, again([images, labels])) and np.array_equal(losses, np.array(again.losses))
    assert len(losses) == 1 and np.isfinite(losses).all()


def test_labels_are_needed_for_training_only():
    trained, predicts, _ = network(categories=2)
    images, labels = pictures()
    answers = trained([images, labels])
    assert len(trained.losses) == 1
    assert np.array_equal(answers, predicts(images)) and not predicts.losses


def test_a_filter_belongs_to_the_category_that_activates_it_most():
    layer = InterpretableConv2D(2, 1, categories=2, use_bias=False)
    images = np.zeros((6, 4, 4, 2), np.float32)
    labels = np.array([1, 1, 2, 2, 0, 0])
    images[labels == 1, ..., 0], images[labels == 2, ..., 1], images[labels == 0] = 1.0, 1.0, 5.0
    layer(images)
    layer.set_weights([np.array([[[[0.0, 1.0], [1.0, 0.0]]]]), *layer.get_weights()[1:]])
    layer(images, labels=labels, training=True)
    assert layer.assignment().numpy().tolist() == [1, 0]


def test_training_with_labels_makes_maps_follow_the_label():
    layer = InterpretableConv2D(4, 3, categories=1, loss_weight=0.02)
    images, label = keras.Input((8, 8, 1)), keras.Input((), dtype="int32")
    model = keras.Model([images, label], keras.layers.GlobalMaxPooling2D()(layer(images, labels=label)))
    draw = np.random.default_rng(0)
    shown, noise = draw.integers(0, 2, 256), draw.normal(0, 0.2, (256, 8, 8, 1))
    for picture in np.flatnonzero(shown):
        row, column = draw.integers(1, 7, 2)
        noise[picture, row - 1 : row + 2, column - 1 : column + 2, 0] += 1
    keras.utils.set_random_seed(0)
    model.compile(keras.optimizers.Adam(0.01), loss=lambda truth, answer: 0.0 * tf.reduce_sum(answer))
    model.fit([noise, shown], shown, epochs=8, batch_size=32, verbose=0)
    strength = model.predict([noise, shown], verbose=0)
    assert (strength[shown == 1].mean(axis=0) > 3 * strength[shown == 0].mean(axis=0)).all()


@pytest.mark.parametrize("wrong", [0, 1.5, "two"])
def test_the_number_of_categories_is_checked(wrong):
    with pytest.raises(ValueError, match="categories"):
        InterpretableConv2D(4, 3, categories=wrong)


def test_the_schedule_sets_the_weight_before_each_epoch():
    trained, _, layer = network(categories=2)
    images, labels = pictures()
    seen = []
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(float(layer.loss_weight)))
    trained.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    schedule = weight_schedule([layer], lambda epoch: 0.5 / (epoch + 1))
    trained.fit([images, labels], labels % 2, epochs=3, verbose=0, callbacks=[schedule, watch])
    assert np.allclose(seen, [0.5, 0.25, 0.5 / 3])
