import io

import numpy as np
import pytest

from xailab import models
from xailab import occlusion as occlusions
from xailab._tensorflow import keras, tf
from xailab.occlusion import occlusion

layers = keras.layers
DRAW = np.random.default_rng(0)


def chain(*stack, size=(29, 26, 3), name="chain"):
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input(size), *stack, layers.Dense(3)], name=name)


def networks():
    yield chain(
        layers.Conv2D(4, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(5, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(5, 3, padding="same"),
        layers.GlobalAveragePooling2D(),
        name="like_vgg",
    )
    yield chain(
        layers.Conv2D(4, 5, activation="tanh"),
        layers.AveragePooling2D(2, strides=1),
        layers.Conv2D(4, (3, 5)),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.AveragePooling2D(2),
        layers.Flatten(),
        layers.Dense(6, activation="relu"),
        name="like_lenet",
    )
    yield chain(
        layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False),
        layers.MaxPooling2D(3, strides=2, padding="same"),
        layers.GlobalAveragePooling2D(),
        name="strided_with_odd_padding",
    )
    inner = chain(layers.Conv2D(4, 3, padding="same", activation="relu"), layers.GlobalAveragePooling2D(), name="inner")
    yield keras.Sequential([keras.Input((29, 26, 3)), inner, layers.Dense(2)], name="nested")


NETWORKS = list(networks())


def by_a_slow_loop(network, image, target, patch, stride, value):
    """Cover, ask, uncover, one place after the other."""
    height, width = image.shape[:2]
    total, count = np.zeros((height, width)), np.zeros((height, width))
    before = network(image[None]).numpy()[0, target]
    for y in sorted({*range(0, height - patch + 1, stride), height - patch}):
        for x in sorted({*range(0, width - patch + 1, stride), width - patch}):
            covered = image.copy()
            covered[y : y + patch, x : x + patch] = value
            total[y : y + patch, x : x + patch] += before - network(covered[None]).numpy()[0, target]
            count[y : y + patch, x : x + patch] += 1
    return total / count


@pytest.mark.parametrize("method", ["full", "incremental"])
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_both_methods_agree_with_a_slow_loop(network, method):
    image = DRAW.normal(size=(29, 26, 3)).astype(np.float32)
    ours = occlusion(network, image[None], 1, patch=7, stride=5, fill=0.5, method=method)[0]
    np.testing.assert_allclose(ours, by_a_slow_loop(network, image, 1, 7, 5, 0.5), atol=1e-5)


@pytest.mark.parametrize("patch, stride", [(1, 1), (4, 3), (9, 9), (26, 10), (20, 1)])
@pytest.mark.parametrize("network", NETWORKS[:3], ids=lambda network: network.name)
def test_the_incremental_method_equals_the_full_one_for_any_patch(network, patch, stride):
    images = DRAW.normal(size=(1, 29, 26, 3)).astype(np.float32)
    full = occlusion(network, images, patch=patch, stride=stride, method="full")
    incremental = occlusion(network, images, patch=patch, stride=stride, method="incremental")
    np.testing.assert_allclose(incremental, full, atol=1e-4 * max(1, np.abs(full).max()))


@pytest.mark.parametrize("fill", ["mean", "grey", "blur", 200, (10, 20, 30)])
def test_photos_are_covered_before_they_are_prepared(fill):
    network = NETWORKS[0]
    classifier = models.Classifier(network, lambda photos: tf.cast(photos, tf.float32) / 255 - 0.5, ("a", "b", "c"))
    photo = DRAW.integers(0, 256, (29, 26, 3), dtype=np.uint8)
    full, fast = (
        occlusion(classifier, photo[None], 2, patch=8, stride=4, fill=fill, method=m)[0]
        for m in ("full", "incremental")
    )
    np.testing.assert_allclose(fast, full, atol=1e-5)
    if not isinstance(fill, str):
        scaled = np.asarray(fill) / np.float32(255) - np.float32(0.5)
        np.testing.assert_allclose(
            full, by_a_slow_loop(network, photo / np.float32(255) - np.float32(0.5), 2, 8, 4, scaled), atol=1e-5
        )


def test_a_batch_with_mixed_targets_explains_each_image_for_its_own():
    images = DRAW.normal(size=(3, 29, 26, 3)).astype(np.float32)
    together = occlusion(NETWORKS[0], images, [2, 0, 1], patch=8, stride=6)
    for index, target in enumerate([2, 0, 1]):
        np.testing.assert_allclose(
            together[index], occlusion(NETWORKS[0], images[[index]], target, patch=8, stride=6)[0], atol=1e-6
        )


def test_without_targets_the_top_class_is_explained():
    images = DRAW.normal(size=(2, 29, 26, 3)).astype(np.float32)
    top = NETWORKS[0].predict(images, verbose=0).argmax(axis=1)
    np.testing.assert_array_equal(
        occlusion(NETWORKS[0], images, patch=8, stride=8), occlusion(NETWORKS[0], images, top, patch=8, stride=8)
    )


def test_many_patch_sizes_bring_no_warning_of_tensorflow_about_tracing(monkeypatch):
    warned = []
    monkeypatch.setattr(tf.get_logger(), "handle", warned.append)
    image = DRAW.normal(size=(1, 29, 26, 3)).astype(np.float32)
    for patch in range(2, 9):
        occlusion(NETWORKS[0], image, 0, patch=patch, stride=2, method="incremental")
    assert not warned


def test_a_constant_image_that_the_patch_does_not_change_is_named_and_another_fill_serves():
    network, image = next(networks()), np.full((1, 29, 26, 3), 0.5, np.float32)
    with pytest.raises(ValueError, match="image 0 is constant.*pass another fill"):
        occlusion(network, image, 1, patch=8, stride=4)
    assert np.abs(occlusion(network, image, 1, patch=8, stride=4, fill=0)).max() > 0


def branched():
    inputs = keras.Input((29, 26, 3))
    maps = layers.Conv2D(4, 3, padding="same")(inputs)
    maps = layers.Add()([maps, layers.Conv2D(4, 3, padding="same")(maps)])
    return keras.Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling2D()(maps)), name="branched")


def test_a_network_that_is_no_chain_is_explained_by_the_full_method():
    network, images = branched(), DRAW.normal(size=(1, 29, 26, 3)).astype(np.float32)
    np.testing.assert_array_equal(
        occlusion(network, images, 0, patch=8, stride=8),
        occlusion(network, images, 0, patch=8, stride=8, method="full"),
    )
    with pytest.raises(ValueError, match="'branched' cannot be explained incrementally: layer 'add.*Use method='full'"):
        occlusion(network, images, 0, patch=8, stride=8, method="incremental")


def test_preprocessing_that_mixes_pixels_is_noticed():
    classifier = models.Classifier(
        NETWORKS[0], lambda photos: tf.image.per_image_standardization(tf.cast(photos, tf.float32)), tuple("abc")
    )
    photo = DRAW.integers(0, 256, (1, 29, 26, 3), dtype=np.uint8)
    with pytest.raises(ValueError, match="preprocessing mixes pixels"):
        occlusion(classifier, photo, 0, patch=20, stride=9, fill=255, method="incremental")


def test_on_vgg16_both_methods_agree(vgg16_gap, cat):
    full, fast = (
        occlusion(vgg16_gap, cat, 1, patch=96, stride=64, method=method) for method in ("full", "incremental")
    )
    np.testing.assert_allclose(fast, full, atol=1e-4)


@pytest.mark.parametrize(
    "options, said",
    [
        ({"patch": 27}, "patch is 27: a whole number of pixels from 1 to 26"),
        ({"patch": 0}, "patch is 0"),
        ({"patch": 8, "stride": 9}, "stride is 9: a whole number of pixels from 1 to 8"),
        ({"patch": 8, "stride": 2.5}, "stride is 2.5"),
        ({"fill": "black"}, "fill is 'black'"),
        ({"fill": (1, 2)}, "one for each of 3 channels"),
        ({"fill": float("nan")}, "a finite number"),
        ({"method": "fast"}, "method is 'fast'"),
    ],
)
def test_options_out_of_range_are_named(options, said):
    with pytest.raises(ValueError) as caught:
        occlusion(NETWORKS[0], np.zeros((1, 29, 26, 3)), 0, **{"patch": 8, "stride": 8, **options})
    assert said in str(caught.value)


def test_a_fill_that_is_no_colour_is_refused():
    classifier = models.Classifier(NETWORKS[0], lambda photos: tf.cast(photos, tf.float32), tuple("abc"))
    with pytest.raises(ValueError, match="values from 0 to 255"):
        occlusion(classifier, np.zeros((1, 29, 26, 3), np.uint8), 0, patch=8, stride=8, fill=-1)


@pytest.mark.parametrize("method", ["full", "incremental"])
def test_the_bar_counts_every_covered_picture_and_ends_full(method, monkeypatch):
    bars = []

    class Bar(occlusions.tqdm):
        def __init__(self, *given, **options):
            super().__init__(*given, **options | {"file": io.StringIO()})
            bars.append(self)

    monkeypatch.setattr(occlusions, "tqdm", Bar)
    network = chain(layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(), size=(16, 16, 1))
    images = np.random.default_rng(0).random((2, 16, 16, 1)).astype(np.float32)
    occlusion(network, images, 0, patch=4, stride=2, method=method)
    assert bars[0].total == bars[0].n == 2 * 7 * 7 and bars[0].delay == 1 and not bars[0].leave
    occlusion(network, images, 0, patch=4, stride=2, method=method, progress=False)
    assert bars[1].disable


class FirstColumnTwice(layers.Conv2D):
    """A convolution that does more than its kind: its left column counts twice."""

    def call(self, maps):
        found = super().call(maps)
        return tf.concat([2 * found[:, :, :1], found[:, :, 1:]], axis=2)


@pytest.mark.parametrize(
    "odd",
    [
        FirstColumnTwice(4, 3, padding="same"),
        layers.Conv2D(4, 3, activation=lambda maps: maps * tf.linspace(0.0, 1.0, 29)[:, None, None], padding="same"),
        layers.Conv2D(4, 3, activation=lambda maps: maps - tf.reduce_mean(maps, axis=(1, 2), keepdims=True)),
        layers.Activation(lambda maps: maps - tf.reverse(maps, [2])),
    ],
    ids=["subclass", "place", "mean", "mirror"],
)
def test_a_layer_that_only_looks_like_a_window_is_explained_in_full(odd):
    network = chain(layers.Conv2D(3, 3, padding="same"), odd, layers.Flatten())
    images = DRAW.normal(size=(2, 29, 26, 3)).astype(np.float32)
    full, auto = (occlusion(network, images, 1, patch=6, stride=4, method=method) for method in ("full", "auto"))
    np.testing.assert_array_equal(auto, full)
    with pytest.raises(ValueError, match="cannot be explained incrementally"):
        occlusion(network, images, 1, patch=6, stride=4, method="incremental")


def test_operations_behind_the_windows_are_part_of_the_head():
    inputs = keras.Input((29, 26, 3))
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="relu")(inputs))
    network = keras.Model(inputs, layers.Dense(3)(pooled * 2 + 1) - 5)
    image = DRAW.normal(size=(1, 29, 26, 3)).astype(np.float32)
    full, quick = (occlusion(network, image, 1, patch=6, stride=4, method=method) for method in ("full", "incremental"))
    np.testing.assert_allclose(quick, full, atol=1e-5)
