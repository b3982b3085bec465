"""Every architecture has the shapes and parameters that the course states; the trained ones know what photos show."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from xailab import data, models
from xailab._tensorflow import keras, tf
from xailab.models import networks
from xailab.models.files import FetchError, fetch
from xailab.models.weight_files import read_torch


@pytest.fixture(scope="module")
def lenet5():
    with keras.StatelessScope(initialize_variables=False):  # shapes without values: 0.01 s in place of 2 s and 2.5 GB
        return models.lenet5()


@pytest.fixture(scope="module")
def photos():
    return data.photos()


def shape_and_parameters(model, name):
    layer = model.get_layer(name)
    return layer.output.shape[1:], layer.count_params()


# --- LeNet-5


@pytest.mark.parametrize(
    "name, shape, parameters",
    [
        ("C1", (220, 399, 6), 456),
        ("S2", (219, 398, 6), 0),
        ("C3", (215, 394, 16), 2_416),
        ("S4", (107, 197, 16), 0),
        ("C5", (103, 193, 120), 48_120),
        ("flatten", (2_385_480,), 0),
        ("F6", (84,), 200_380_404),
        ("output", (11,), 935),
    ],
)
def test_a_layer_of_lenet5_has_the_shape_and_parameters_of_the_thesis(lenet5, name, shape, parameters):
    assert shape_and_parameters(lenet5, name) == (shape, parameters)


def test_lenet5_has_200_432_331_parameters_all_trainable(lenet5):
    assert lenet5.count_params() == 200_432_331
    assert sum(int(np.prod(weight.shape)) for weight in lenet5.trainable_weights) == 200_432_331


def test_lenet5_has_no_other_layers(lenet5):
    assert [layer.name for layer in lenet5.layers] == ["C1", "S2", "C3", "S4", "C5", "flatten", "F6", "output"]


def test_with_gap_in_place_of_flatten_f6_needs_10_164_parameters(lenet5):
    pooled = keras.layers.GlobalAveragePooling2D()(lenet5.get_layer("C5").output)
    f6 = keras.layers.Dense(84)
    f6(pooled)
    assert f6.count_params() == 120 * 84 + 84 == 10_164


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_lenet5_takes_its_activation_and_ends_in_logits(activation):
    small = models.lenet5((32, 32, 1), 10, activation=activation)
    used = {layer.name: layer.activation.__name__ for layer in small.layers if hasattr(layer, "activation")}
    assert used == {"C1": activation, "C3": activation, "C5": activation, "F6": activation, "output": "linear"}
    assert small.output_shape == (None, 10)


# --- the lecture's GAP network


@pytest.mark.parametrize(
    "name, shape, parameters",
    [
        ("conv1", (28, 28, 32), 320),
        ("pool1", (14, 14, 32), 0),
        ("conv2", (14, 14, 64), 18_496),
        ("pool2", (7, 7, 64), 0),
        ("gap", (64,), 0),
        ("output", (2,), 128),
    ],
)
def test_a_layer_of_the_gap_network_has_the_shape_and_parameters_of_the_lecture(name, shape, parameters):
    assert shape_and_parameters(models.gap_cnn(), name) == (shape, parameters)


def test_the_gap_network_ends_in_logits_without_a_bias():
    output = models.gap_cnn(classes=10).get_layer("output")
    assert output.activation.__name__ == "linear" and not output.use_bias
    assert output.count_params() == 640


# --- VGG16


def test_vgg16_has_13_convolutions_of_3x3_and_three_dense_layers_that_hold_most_parameters():
    with keras.StatelessScope(initialize_variables=False):
        classifier = models.vgg16(weights=None)
    convolutions = [layer for layer in classifier.model.layers if isinstance(layer, keras.layers.Conv2D)]
    dense = [layer for layer in classifier.model.layers if isinstance(layer, keras.layers.Dense)]
    assert len(convolutions) == 13 and {layer.kernel_size for layer in convolutions} == {(3, 3)}
    assert sum(layer.count_params() for layer in convolutions) == 14_714_688
    assert [layer.count_params() for layer in dense] == [102_764_544, 16_781_312, 4_097_000]
    assert classifier.model.count_params() == 138_357_544
    assert classifier.model.layers[-1].activation.__name__ == "linear"
    assert len(classifier.labels) == 1000


def test_the_layers_of_vgg16_have_their_usual_names(vgg16_gap):
    names = [layer.name for layer in vgg16_gap.model.layers[1:]]
    blocks = [(1, 2), (2, 2), (3, 3), (4, 3), (5, 3)]
    usual = [f"block{b}_{part}" for b, n in blocks for part in [*(f"conv{i + 1}" for i in range(n)), "pool"]]
    assert names == [*usual, "gap", "output"]


def test_vgg16_takes_blue_green_red_less_the_means_of_imagenet(vgg16_gap):
    photo = np.array([[[[10, 20, 30]]]], np.uint8)
    expected = [30 - 103.939, 20 - 116.779, 10 - 123.68]
    assert np.allclose(vgg16_gap.preprocess(photo), expected, atol=1e-5)
    assert np.allclose(tf.function(vgg16_gap.preprocess)(photo), expected, atol=1e-5)
    assert np.allclose(keras.applications.vgg16.preprocess_input(photo.astype("float32")), expected, atol=1e-5)


def test_the_convolutions_take_photos_of_another_size_with_the_same_weights(vgg16_gap):
    small = models.vgg16_base((64, 115))
    assert small.input_shape == (None, 64, 115, 3) and small.output_shape == (None, 2, 3, 512)
    for layer in small.layers[1:]:
        for one, other in zip(layer.weights, vgg16_gap.model.get_layer(layer.name).weights, strict=True):
            assert np.array_equal(one, other)


def test_the_convolutions_come_from_keras_file_just_as_well(monkeypatch, tmp_path):
    import h5py
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    path, source = tmp_path / "base.h5", models.vgg16_base(weights=None)
    with h5py.File(path, "w") as file:  # the layout of the files that keras.applications downloads
        save_weights_to_hdf5_group(file, source)
    monkeypatch.setattr(networks, "fetch", lambda *_: path)
    loaded = models.vgg16_base()
    for one, other in zip(source.weights, loaded.weights, strict=True):
        assert np.array_equal(one, other)


def test_without_the_1000_classes_vgg16_says_so_and_brings_the_everyday_ones(monkeypatch, capsys, vgg16_gap):
    fetch = models.fetch

    def offline(*names):
        if names == ("vgg16",):
            raise FetchError("VGG16, 1,000 ImageNet classes: no connection.")
        return fetch(*names)

    monkeypatch.setattr(networks, "fetch", offline)
    assert models.vgg16().labels == vgg16_gap.labels
    expected = f"no connection. Until then: the same 13 convolutions with this course's head of {len(vgg16_gap.labels)}"
    assert expected in capsys.readouterr().out


# --- the head of everyday classes


def test_the_head_reaches_its_accuracy_on_photos_that_it_was_not_trained_on():
    head = models.vgg16_head()
    classes = len(head["labels"])
    assert 8 <= classes <= 12
    assert head["accuracy"] >= 0.8
    assert head["confusion"].shape == (classes, classes)
    assert np.trace(head["confusion"]) / head["confusion"].sum() == pytest.approx(head["accuracy"])


def test_the_head_is_a_dense_layer_on_512_channels(vgg16_gap):
    assert vgg16_gap.model.get_layer("output").count_params() == 513 * len(vgg16_gap.labels)
    assert vgg16_gap.model.get_layer("output").activation.__name__ == "linear"


# --- EfficientNet-Lite0


@pytest.fixture(scope="module")
def untrained_efficientnet():
    return models.efficientnet_lite0(weights=None)


def test_efficientnet_lite0_has_4_65_million_weights_and_ends_in_gap_and_dense(efficientnet, untrained_efficientnet):
    weights = untrained_efficientnet.model.trainable_weights
    assert sum(int(np.prod(weight.shape)) for weight in weights) == 4_652_008
    for model in efficientnet.model, untrained_efficientnet.model:
        assert [layer.name for layer in model.layers[-2:]] == ["gap", "output"]
        assert model.get_layer("head_relu6").output.shape == (None, 7, 7, 1280)
        assert model.layers[-1].activation.__name__ == "linear"


def test_with_its_normalizations_folded_in_efficientnet_lite0_answers_as_with_them(
    efficientnet, untrained_efficientnet, photos
):
    whole = untrained_efficientnet.model
    tensors = [tensor for name, tensor in read_torch(fetch("efficientnet-lite0")).items() if "num_batches" not in name]
    for weight, tensor in zip(whole.weights, tensors, strict=True):
        order = {2: (1, 0), 4: (2, 3, 0, 1) if "depthwise" in weight.path else (2, 3, 1, 0)}
        weight.assign(tensor.transpose(order[tensor.ndim]) if tensor.ndim > 1 else tensor)
    batch = np.stack(list(photos.values()))
    expected = untrained_efficientnet.logits(batch)
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in efficientnet.model.layers)
    assert np.allclose(efficientnet.logits(batch), expected, rtol=0, atol=5e-5)


@pytest.mark.parametrize(
    "name, seen",
    [
        ("cat", {"tabby", "tiger cat", "Egyptian cat"}),
        ("coffee", {"espresso"}),
        ("motorcycle", {"moped", "motor scooter"}),
        ("palace", {"palace"}),
        ("hopper", {"military uniform"}),
    ],
)
def test_efficientnet_lite0_knows_what_a_photo_shows(efficientnet, photos, name, seen):
    assert efficientnet.top(photos[name])[0][0] in seen


def test_efficientnet_lite0_takes_values_about_127():
    preprocess = models.efficientnet_lite0(weights=None).preprocess
    assert np.array_equal(preprocess(np.array([[[[127, 0, 255]]]], np.uint8)), np.float32([[[[0, -127 / 128, 1]]]]))


def test_the_labels_are_those_of_keras_all_1000_in_order():
    lines = Path(models.__file__).with_name("imagenet_labels.txt").read_text().splitlines()
    pairs = [line.split(" ", 1) for line in lines]
    # Two pairs of classes share a word; the course adds in brackets which is which.
    index = {str(i): [wnid, name.partition(" (")[0].replace(" ", "_")] for i, (wnid, name) in enumerate(pairs)}
    assert hashlib.md5(json.dumps(index).encode()).hexdigest() == "c2c37ea517e94d9795004a39431a14cb"
    assert len(set(models.imagenet_labels())) == 1000
    assert models.imagenet_labels()[281] == "tabby"


# --- Classifier


def test_probabilities_are_the_softmax_of_the_logits(efficientnet, photos):
    batch = np.stack(list(photos.values()))
    probabilities, logits = efficientnet(batch), efficientnet.logits(batch)
    assert probabilities.shape == logits.shape == (9, 1000) and probabilities.dtype == logits.dtype == np.float32
    assert np.allclose(probabilities, tf.nn.softmax(logits), atol=1e-6)
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_top_lists_the_likeliest_first_with_their_probabilities(efficientnet, photos):
    top = efficientnet.top(photos["coffee"], k=3)
    probabilities = efficientnet(photos["coffee"][None])[0]
    best = np.argsort(probabilities)[::-1][:3]
    assert [label for label, _ in top] == [efficientnet.labels[i] for i in best]
    assert [p for _, p in top] == pytest.approx(probabilities[best])


def test_a_batch_of_any_size_gives_what_single_photos_give(efficientnet, photos):
    batch = np.stack(list(photos.values()) * 4)[:35]
    together = efficientnet.logits(batch)
    assert together.shape == (35, 1000)
    assert np.allclose(together[:2], [efficientnet.logits(batch[i : i + 1])[0] for i in range(2)], atol=1e-3)
    assert np.allclose(together[27:], together[:8], atol=1e-3)  # nine photos repeat; these lie in another batch of 32


def test_a_batch_of_another_size_costs_no_second_compilation():
    compiled = []

    def preprocess(photos):  # runs as Python while the network is compiled, and then no more
        compiled.append(photos.shape)
        return tf.cast(photos, tf.float32)

    network = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
    classifier = models.Classifier(network, preprocess, ("a", "b"))
    for count in (1, 35, 2):
        classifier.logits(np.zeros((count, 4, 4, 3), np.uint8))
    assert len(compiled) == 1


def test_logits_are_those_of_the_model_on_prepared_photos(efficientnet, photos):
    batch = np.stack([photos["cat"], photos["palace"]])
    assert np.allclose(efficientnet.logits(batch), efficientnet.model(efficientnet.preprocess(batch)), atol=1e-3)


PHOTO = np.zeros((224, 224, 3), np.uint8)


@pytest.mark.parametrize(
    "photos, said",
    [
        (PHOTO, r"shape \(224, 224, 3\).*pass photo\[None\]"),
        (
            PHOTO[None, :100],
            r"shape \(1, 100, 224, 3\): model 'efficientnet_lite0' takes \(N, 224, 224, 3\).*data.square",
        ),
        (PHOTO[None][:0], "at least one RGB picture"),
        (PHOTO[None, ..., :1], "RGB picture"),
        (PHOTO[None].astype("float32"), "dtype float32: uint8 values from 0 to 255 were expected"),
        (np.full((1, 224, 224, 3), np.nan), "dtype float64: uint8 values"),
        (np.full((1, 224, 224, 3), "?"), "dtype <U1: uint8 values"),
    ],
)
def test_photos_of_the_wrong_kind_are_named(efficientnet, photos, said):
    for call in efficientnet, efficientnet.logits:
        with pytest.raises(ValueError, match=said):
            call(photos)


def test_top_takes_one_photo(efficientnet):
    with pytest.raises(ValueError, match=r"Take the picture out of its batch with photos\[0\]"):
        efficientnet.top(PHOTO[None])


@pytest.mark.parametrize("load", [models.vgg16, models.vgg16_gap, models.efficientnet_lite0])
def test_weights_are_trained_or_random_and_nothing_else(load):
    with pytest.raises(ValueError, match="weights is 'auto' .* or None .*, not 'imagenet'"):
        load(weights="imagenet")


@pytest.mark.parametrize("names", [2, 3])
@pytest.mark.parametrize("scaled", [False, True])
def test_a_linear_head_has_the_probabilities_of_scikit_learns_classifier(names, scaled):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    random = np.random.default_rng(0)
    labels = np.arange(60) % names
    features = random.gamma(1, 3, (60, 20)) + 2 * np.eye(20)[labels]
    line = make_pipeline(StandardScaler(), LogisticRegression()) if scaled else LogisticRegression(max_iter=1000)
    line.fit(features, labels)
    logits = models.linear_head(line, names)(features.astype(np.float32)).numpy()
    assert np.allclose(keras.ops.softmax(logits), line.predict_proba(features), atol=1e-5)  # float32
    if names == 2:
        score = models.linear_head(line, 1)(features.astype(np.float32)).numpy()[:, 0]
        assert np.allclose(score, line.decision_function(features), atol=1e-4)
    with pytest.raises(ValueError, match="classes is 7: both must agree"):
        models.linear_head(line, 7)
