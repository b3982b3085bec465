import numpy as np
import pytest

from xailab._tensorflow import keras, tf
from xailab.gradients import expected_gradients
from xailab.models import Classifier

DRAW = np.random.default_rng(0)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((10, 12, 3)),
            layers.Conv2D(5, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(6, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(4),
        ]
    )


@pytest.fixture(scope="module")
def classifier(network):
    return Classifier(network, lambda photos: tf.cast(photos, tf.float32) / 50 - 2, tuple("abcd"))


IMAGES, BACKGROUND = DRAW.normal(size=(12, 10, 12, 3)), DRAW.normal(size=(7, 10, 12, 3))


def by_a_slow_loop(network, images, targets, background, steps):
    """One picture, one way, one point after the other; the gradient eagerly, by Keras' own call."""
    maps = np.zeros(images.shape[:3])
    for image, target, heatmap in zip(images.astype(np.float32), targets, maps):
        for other in background.astype(np.float32):
            for step in range(steps):
                point = tf.constant(other + (step + 0.5) / steps * (image - other))
                with tf.GradientTape() as tape:
                    tape.watch(point)
                    logit = network(point[None])[0, target]
                heatmap += (tape.gradient(logit, point).numpy() * (image - other)).sum(axis=-1)
    return maps / len(background) / steps


def test_it_agrees_with_a_slow_loop(network):
    targets = [1, 3]
    expected = by_a_slow_loop(network, IMAGES[:2], targets, BACKGROUND, 3)
    found = expected_gradients(network, IMAGES[:2], targets, background=BACKGROUND, steps=3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_maps_sum_to_the_difference_of_the_logits_the_closer_the_more_steps(network):
    logits, usual = (network.predict(each, verbose=0) for each in (IMAGES, BACKGROUND))
    expected = logits.max(axis=1) - usual.mean(axis=0)[logits.argmax(axis=1)]
    few, many = (
        np.abs(expected_gradients(network, IMAGES, background=BACKGROUND, steps=steps).sum(axis=(1, 2)) - expected)
        for steps in (2, 100)
    )
    assert many.max() < 0.01 < few.max()


def test_of_a_linear_model_one_step_is_exact_weight_times_difference_to_the_mean_picture():
    model = keras.Sequential([keras.Input((4, 5, 2)), keras.layers.Flatten(), keras.layers.Dense(3)])
    images, background = DRAW.normal(size=(2, 4, 5, 2)), DRAW.normal(size=(40, 4, 5, 2))
    weights = model.layers[-1].kernel.numpy()[:, 1].reshape(4, 5, 2)
    expected = ((images - background.mean(axis=0)) * weights).sum(axis=-1)
    found = expected_gradients(model, images, 1, background=background, steps=1)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_what_every_picture_has_gets_nothing_and_what_is_missing_gets_its_share():
    model = keras.Sequential([keras.Input((3, 3, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    model.layers[-1].set_weights([np.full((9, 2), -1.0), np.zeros(2)])
    image, arrowed = np.zeros((1, 3, 3, 1)), np.zeros((2, 3, 3, 1))
    image[0, 2, 2] = arrowed[:, 2, 2] = 5
    arrowed[:, 0, 0] = 1
    found = expected_gradients(model, image, 0, background=arrowed)[0]
    assert found[0, 0] == pytest.approx(1) and np.count_nonzero(found) == 1


def test_photos_go_through_the_classifiers_preprocessing_and_nothing_is_changed(network, classifier):
    photos, others = (DRAW.integers(0, 256, (count, 10, 12, 3), dtype=np.uint8) for count in (2, 3))
    kept, before = [photos.copy(), others.copy()], [array.copy() for array in network.get_weights()]
    found = expected_gradients(classifier, photos, [0, 2], background=others, steps=4)
    ready = [each / np.float32(50) - 2 for each in (photos, others)]
    np.testing.assert_allclose(found, by_a_slow_loop(network, ready[0], [0, 2], ready[1], 4), atol=1e-5)
    np.testing.assert_array_equal(photos, kept[0])
    np.testing.assert_array_equal(others, kept[1])
    for now, then in zip(network.get_weights(), before):
        np.testing.assert_array_equal(now, then)


BROKEN = IMAGES[:2].copy()
BROKEN[1, 0, 0, 0] = np.nan


@pytest.mark.parametrize(
    "images, targets, options, said",
    [
        (IMAGES[0], None, {"background": BACKGROUND}, "For a single image pass image"),
        (IMAGES[:0], None, {"background": BACKGROUND}, "at least one image"),
        (BROKEN, None, {"background": BACKGROUND}, "image 1 of the batch holds NaN"),
        (IMAGES[:2], 4, {"background": BACKGROUND}, "target 4 is out of range"),
        (IMAGES[:2], [0], {"background": BACKGROUND}, "targets have shape"),
        (IMAGES[:2], None, {"background": BACKGROUND[0]}, "For a single image pass image"),
        (IMAGES[:2], None, {"background": BACKGROUND[:0]}, "at least one image"),
        (IMAGES[:2], None, {"background": BACKGROUND[:, :8]}, "takes"),
        (IMAGES[:2], None, {"background": BROKEN}, "holds NaN"),
        (IMAGES[:2], None, {"background": BACKGROUND, "steps": 0}, "steps is 0"),
        (IMAGES[:2], None, {"background": BACKGROUND, "steps": 2.5}, "steps is 2.5"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(network, images, targets, options, said):
    with pytest.raises(ValueError, match=said):
        expected_gradients(network, images, targets, **options)


def test_a_network_of_any_size_needs_a_background_of_the_images_size():
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((None, None, 1)), layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(), layers.Dense(2)]
    )
    with pytest.raises(ValueError, match="one size was expected"):
        expected_gradients(model, np.ones((1, 8, 8, 1)), background=np.ones((1, 9, 8, 1)))
