import numpy as np
import pytest

from xailab._tensorflow import keras, tf
from xailab.cam import cam, grad_cam, grad_cam_layers, grad_cam_plus_plus, guided_backprop, hires_cam
from xailab.models import Classifier

layers = keras.layers


def small_network(*, name="small", size=(30, 28), bias=True):
    """Convolutions with maps of 15x14 and 7x7, then pooling and a linear layer: 30 pixels and 7 cells do not divide."""
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [
            keras.Input((*size, 3)),
            layers.Conv2D(6, 3, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(name="pool1"),
            layers.Conv2D(8, 3, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(name="pool2"),
            layers.GlobalAveragePooling2D(name="gap"),
            layers.Dense(4, use_bias=bias, name="logits"),
        ],
        name=name,
    )
    if bias:
        network.get_layer("logits").bias.assign([0.5, -1.0, 2.0, 0.25])
    return network


@pytest.fixture(scope="module")
def network():
    return small_network()


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).normal(size=(5, 30, 28, 3)).astype(np.float32)


def as_functional(network):
    tensor = network.inputs[0]
    for layer in network.layers:
        tensor = layer(tensor)
    return keras.Model(network.inputs, tensor)


def as_nested(network):
    base = keras.Model(network.inputs, network.get_layer("pool2").output, name="base")
    return keras.Sequential([keras.Input((30, 28, 3)), base, network.get_layer("gap"), network.get_layer("logits")])


def test_the_sum_of_a_cam_is_the_logit_minus_the_bias(network, images):
    targets = [0, 1, 2, 3, 1]
    logits = network.predict(images, verbose=0)[np.arange(5), targets]
    bias = network.get_layer("logits").bias.numpy()[targets]
    np.testing.assert_allclose(cam(network, images, targets).sum(axis=(1, 2)), logits - bias, atol=1e-5)


def test_the_sum_of_a_cam_is_the_logit_when_there_is_no_bias(images):
    network = small_network(bias=False)
    np.testing.assert_allclose(
        cam(network, images).sum(axis=(1, 2)), network.predict(images, verbose=0).max(axis=1), atol=1e-5
    )


def test_cam_weighs_the_maps_as_equation_2_says(network, images):
    maps = keras.Model(network.inputs, network.get_layer("pool2").output).predict(images, verbose=0)
    weights = network.get_layer("logits").kernel.numpy()[:, 2]
    by_hand = (maps * weights).sum(axis=-1)
    ours = cam(network, images, 2)
    cells = by_hand[:, 3, 3] / (7 * 7) / (30 / 7 * 28 / 7)  # the centre cell, far from the border, over its pixels
    np.testing.assert_allclose(ours[:, 15, 13:15].mean(axis=1), cells, rtol=0.3)
    assert np.corrcoef(tf.image.resize(by_hand[..., None], (30, 28)).numpy().ravel(), ours.ravel())[0, 1] > 0.99


def test_cam_and_grad_cam_agree_up_to_the_number_of_pixels_of_a_cell(images):
    network = small_network(size=(28, 28))  # 28 / 7 is whole: both scale up alike
    images = images[:, :28]
    class_maps, gradient_maps = cam(network, images, 1), grad_cam(network, images, 1, layer="pool2")
    inside = (gradient_maps > 0) & (class_maps > 0)
    keeps_its_sign = keras.Model(network.inputs, network.get_layer("pool2").output).predict(images, verbose=0)
    grid = np.maximum(keeps_its_sign @ network.get_layer("logits").kernel.numpy()[:, 1], 0)
    np.testing.assert_allclose(
        gradient_maps, tf.image.resize(grid[..., None], (28, 28)).numpy()[..., 0] / 49, atol=1e-6
    )
    # away from clipped cells the two differ by the 4 x 4 pixels that share a cell
    unclipped = tf.image.resize((grid > 0).astype("float32")[..., None], (28, 28)).numpy()[..., 0] == 1
    assert (inside & unclipped).any()
    np.testing.assert_allclose(gradient_maps[unclipped], 16 * class_maps[unclipped], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("rebuild", [as_functional, as_nested])
@pytest.mark.parametrize("explain", [cam, lambda *given: grad_cam(*given, layer="conv2"), guided_backprop])
def test_functional_and_nested_models_give_the_same_maps_as_sequential(network, images, rebuild, explain):
    np.testing.assert_allclose(explain(rebuild(network), images, 1), explain(network, images, 1), atol=1e-6)


def test_grad_cam_agrees_with_tf_keras_vis(network, images):
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.scores import CategoricalScore

    targets = [3, 0, 1, 2, 2]
    peer = Gradcam(network, clone=True)
    maps = peer(CategoricalScore(targets), images, penultimate_layer="conv2", expand_cam=False, normalize_cam=False)
    expected = tf.image.resize(np.asarray(maps)[..., None], (30, 28)).numpy()[..., 0]
    np.testing.assert_allclose(grad_cam(network, images, targets, layer="conv2"), expected, atol=1e-4 * expected.max())


def test_grad_cam_agrees_with_finite_differences(network, images):
    head = keras.Sequential(network.layers[network.layers.index(network.get_layer("conv2")) + 1 :])
    maps = keras.Model(network.inputs, network.get_layer("conv2").output).predict(images[:1], verbose=0)
    step, weights = 1e-2, np.zeros(8)
    for channel in range(8):  # the mean gradient of a channel is the slope when all its cells move together
        shift = np.zeros_like(maps)
        shift[..., channel] = step
        up, down = head(maps + shift).numpy()[0, 1], head(maps - shift).numpy()[0, 1]
        weights[channel] = (up - down) / (2 * step) / maps[0, ..., 0].size
    expected = np.maximum(maps[0] @ weights, 0)
    ours = grad_cam(network, images[:1], 1, layer="conv2")[0]
    resized = tf.image.resize(expected[..., None], (30, 28)).numpy()[..., 0]
    np.testing.assert_allclose(ours, resized, atol=1e-4 * resized.max())


def test_hires_cam_is_gradient_times_activation_by_finite_differences(network, images):
    maps = keras.Model(network.inputs, network.get_layer("conv2").output).predict(images[:1], verbose=0)[0]
    kernel, bias = (values.astype(np.float64) for values in network.get_layer("logits").get_weights())

    def logit(maps):  # what follows conv2, in float64: pooling, the mean, one linear layer
        return maps[:14].reshape(7, 2, 7, 2, 8).max(axis=(1, 3)).mean(axis=(0, 1)) @ kernel[:, 1] + bias[1]

    maps, step, by_hand = maps.astype(np.float64), 1e-7, np.zeros((15, 14))
    for place in zip(*np.nonzero(maps)):  # an activation of zero adds zero
        up, down = maps.copy(), maps.copy()
        up[place] += step
        down[place] -= step
        by_hand[place[:2]] += (logit(up) - logit(down)) / (2 * step) * maps[place]
    rows, columns = (tf.image.resize(np.eye(n)[..., None], (2 * n, n)).numpy()[..., 0] for n in (15, 14))
    expected = (rows / rows.sum(axis=0)) @ by_hand @ (columns / columns.sum(axis=0)).T
    ours = hires_cam(network, images[:1], 1, layer="conv2")[0]
    np.testing.assert_allclose(ours, expected, atol=1e-5 * np.abs(expected).max())  # ours is computed in float32


def test_behind_global_average_pooling_hires_cam_is_cam(network, images):
    np.testing.assert_allclose(hires_cam(network, images, 2, layer="pool2"), cam(network, images, 2), atol=1e-6)


def test_where_one_linear_layer_follows_the_flattened_maps_hires_cam_sums_to_the_logit_minus_the_bias(images):
    keras.utils.set_random_seed(3)
    network = keras.Sequential(
        [
            keras.Input((30, 28, 3)),
            layers.Conv2D(5, 3, activation="relu"),
            layers.MaxPooling2D(3, name="pool"),
            layers.Flatten(),
            layers.Dense(3, name="logits", bias_initializer="normal"),
        ]
    )
    logits, bias = network.predict(images, verbose=0)[:, 2], network.get_layer("logits").bias.numpy()[2]
    for layer in ("pool", None):  # a pooling passes on its largest cells, so the sum is that of the convolution, too
        sums = hires_cam(network, images, 2, layer=layer).sum(axis=(1, 2))
        np.testing.assert_allclose(sums, logits - bias, atol=1e-5)
    assert not np.allclose(grad_cam(network, images, 2, layer="pool").sum(axis=(1, 2)), logits - bias, atol=0.1)


def test_grad_cam_plus_plus_weighs_by_the_closed_form(network, images):
    part = keras.Model(network.inputs[0], [network.get_layer("conv2").output, network.outputs[0]])
    with tf.GradientTape() as tape:
        maps, logits = part(images)
        score = tf.reduce_sum(logits[:, 0])
    gradient, maps = tape.gradient(score, maps).numpy(), maps.numpy()
    expected = np.zeros(maps.shape[:3])
    for image, channel in np.ndindex(len(maps), maps.shape[-1]):
        g, a = gradient[image, ..., channel].astype(float), maps[image, ..., channel].astype(float)
        below = 2 * g**2 + a.sum() * g**3
        alpha = np.divide(g**2, below, out=np.zeros_like(g), where=below != 0)
        expected[image] += (alpha * np.maximum(g, 0)).sum() * a
    resized = tf.image.resize(np.maximum(expected, 0)[..., None], (30, 28)).numpy()[..., 0]
    ours = grad_cam_plus_plus(network, images, 0, layer="conv2")
    np.testing.assert_allclose(ours, resized, atol=1e-4 * resized.max())


def test_guided_backprop_equals_a_network_rebuilt_with_guided_relus(network, images):
    @tf.custom_gradient
    def guided_relu(values):
        return tf.nn.relu(values), lambda upstream: upstream * tf.cast((values > 0) & (upstream > 0), tf.float32)

    clone = keras.models.clone_model(network)
    clone.set_weights(network.get_weights())
    for layer in clone.layers:
        if getattr(layer, "activation", None) is keras.activations.relu:
            layer.activation = guided_relu
    inputs = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        score = tf.reduce_sum(clone(inputs)[:, 3])
    expected = np.abs(tape.gradient(score, inputs).numpy()).max(axis=-1)
    np.testing.assert_allclose(guided_backprop(network, images, 3), expected, atol=1e-6)


def test_guided_backprop_hardly_asks_for_the_class_and_the_plain_gradient_does(vgg16_gap, cat):
    """The control of guided backpropagation: the same gradient without guidance, 'cat' against 'building'."""
    network, classes = vgg16_gap.model, [vgg16_gap.labels.index(name) for name in ("cat", "building")]
    photos = np.concatenate([cat, cat[:, ::-1, ::-1]])
    inputs, plain = tf.constant(vgg16_gap.preprocess(photos)), []
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(inputs)
        logits = network(inputs)
        scores = [tf.reduce_sum(logits[:, target]) for target in classes]
    plain = [np.abs(tape.gradient(score, inputs).numpy()).max(axis=-1) for score in scores]
    guided = [guided_backprop(vgg16_gap, photos, target) for target in classes]
    alike = [[np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in zip(*both)] for both in (plain, guided)]
    assert max(alike[0]) < 0.6 and min(alike[1]) > 0.8


def test_guided_backprop_leaves_the_network_as_it_was(network, images):
    before = network.predict(images, verbose=0)
    guided_backprop(network, images)
    assert network.get_layer("conv1").activation is keras.activations.relu
    np.testing.assert_array_equal(network.predict(images, verbose=0), before)


def test_guided_backprop_reaches_relu_layers(images):
    keras.utils.set_random_seed(1)
    network = keras.Sequential(
        [
            keras.Input((30, 28, 3)),
            layers.Conv2D(4, 3),
            layers.ReLU(6.0),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )
    inputs = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        score = tf.reduce_sum(network(inputs)[:, 0])
    plain = np.abs(tape.gradient(score, inputs).numpy()).max(axis=-1)
    assert not np.allclose(guided_backprop(network, images, 0), plain)


def test_all_layers_at_once_equal_each_layer_alone(network, images):
    together = grad_cam_layers(network, images, 1)
    assert list(together) == ["conv1", "conv2"]
    for name, maps in together.items():
        np.testing.assert_allclose(maps, grad_cam(network, images, 1, layer=name), atol=1e-6)


def test_mixed_targets_explain_each_image_for_its_own(network, images):
    mixed = grad_cam(network, images, [0, 1, 2, 3, 0])
    for index, target in enumerate([0, 1, 2, 3, 0]):
        np.testing.assert_allclose(mixed[index], grad_cam(network, images[index : index + 1], target)[0], atol=1e-6)


def test_without_targets_each_image_is_explained_for_its_top_class(network, images):
    top = network.predict(images, verbose=0).argmax(axis=1)
    np.testing.assert_array_equal(grad_cam(network, images), grad_cam(network, images, top))


def test_many_images_are_explained_in_batches_in_their_order(network, images):
    many = np.concatenate([images] * 4)[:19]
    np.testing.assert_allclose(
        grad_cam(network, many, 1), np.concatenate([grad_cam(network, images, 1)] * 4)[:19], atol=1e-6
    )


def test_frozen_layers_are_explained_too(images):
    network = small_network(name="frozen")
    free = grad_cam(network, images, 1, layer="conv1")
    frozen = small_network(name="frozen_too")
    frozen.trainable = False
    np.testing.assert_allclose(grad_cam(frozen, images, 1, layer="conv1"), free, atol=1e-7)


def test_a_second_call_traces_nothing(images, monkeypatch):
    network, traces = small_network(name="traced"), []
    call = network.get_layer("conv1").call
    monkeypatch.setattr(network.get_layer("conv1"), "call", lambda *given: traces.append("traced") or call(*given))
    for explain in (grad_cam, hires_cam, grad_cam_plus_plus, cam, guided_backprop, grad_cam_layers):
        explain(network, images)
        first = len(traces)
        explain(network, images[:3], [1, 2, 3])
        assert len(traces) == first > 0


def test_maps_follow_when_the_weights_change(images):
    network = small_network(name="changing")
    before = grad_cam(network, images, 1)
    network.get_layer("logits").kernel.assign(-network.get_layer("logits").kernel)
    assert not np.allclose(grad_cam(network, images, 1), before)


def test_the_layer_explained_by_default_is_the_last_that_is_not_pooling(network, images):
    np.testing.assert_array_equal(grad_cam(network, images, 1), grad_cam(network, images, 1, layer="conv2"))


def test_a_classifier_takes_photos_and_gives_the_maps_of_its_network():
    network = small_network(name="classified", size=(32, 32))
    classifier = Classifier(network, lambda photos: tf.cast(photos, tf.float32) / 255, ("a", "b", "c", "d"))
    photos = np.random.default_rng(1).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    for explain in (cam, grad_cam, hires_cam, grad_cam_plus_plus, guided_backprop):
        ours = explain(classifier, photos, [0, 1])
        assert ours.shape == (2, 32, 32) and ours.dtype == np.float32
        np.testing.assert_allclose(ours, explain(network, photos / 255.0, [0, 1]), atol=1e-5)


@pytest.mark.parametrize("name", ["vgg16_gap", "efficientnet"])
def test_on_the_trained_networks_the_sum_of_a_cam_is_the_logit_minus_the_bias(name, cat, request):
    classifier = request.getfixturevalue(name)
    logits, bias = classifier.logits(cat)[0], classifier.model.get_layer("output").bias.numpy()
    for target in (0, 1, 5):
        total = cam(classifier, cat, target).sum(dtype=float)
        assert total == pytest.approx(logits[target] - bias[target], abs=1e-5)


def test_on_vgg16_grad_cam_agrees_with_tf_keras_vis(vgg16_gap, cat):
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.scores import CategoricalScore

    peer, prepared = Gradcam(vgg16_gap.model, clone=True), vgg16_gap.preprocess(cat).numpy()
    for layer in ("block5_conv3", "block3_conv1"):
        theirs = peer(CategoricalScore(1), prepared, penultimate_layer=layer, expand_cam=False, normalize_cam=False)
        expected = tf.image.resize(np.asarray(theirs)[..., None], (224, 224)).numpy()[..., 0]
        np.testing.assert_allclose(grad_cam(vgg16_gap, cat, 1, layer=layer), expected, atol=1e-4 * expected.max())


def message(explain, *given, **options):
    with pytest.raises((ValueError, TypeError)) as caught:
        explain(*given, **options)
    return str(caught.value)


def test_a_layer_without_a_spatial_map_is_named_with_the_one_to_take(network, images):
    said = message(grad_cam, network, images, layer="gap")
    assert "layer 'gap' of 'small' has output shape (None, 8)" in said and "pass layer='conv2'" in said


def test_a_layer_that_does_not_exist_is_answered_with_those_that_do(network, images):
    said = message(grad_cam, network, images, layer="conv3")
    assert "no layer 'conv3'" in said and "conv1, pool1, conv2, pool2" in said
    assert "no layer 'conv9'" in message(grad_cam_layers, network, images, layers=["conv1", "conv9"])


def test_a_layer_whose_gradient_is_cut_off_is_refused(images):
    class Cut(layers.Layer):
        def call(self, values):
            return tf.stop_gradient(values)

    network = keras.Sequential(
        [
            keras.Input((30, 28, 3)),
            layers.Conv2D(3, 3, name="before"),
            Cut(),
            layers.Conv2D(3, 3, name="behind"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ]
    )
    assert "layer 'before' has no path to the logits" in message(grad_cam, network, images, 0, layer="before")


def test_a_model_that_ends_in_softmax_is_refused(images):
    network = keras.Sequential(
        [
            keras.Input((30, 28, 3)),
            layers.Conv2D(2, 3),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax", name="out"),
        ]
    )
    for explain in (cam, grad_cam, hires_cam, grad_cam_plus_plus, guided_backprop, grad_cam_layers):
        said = message(explain, network, images)
        assert "ends in softmax (layer 'out')" in said and "activation=None" in said
    network.pop()
    network.add(layers.Dense(3))
    network.add(layers.Softmax(name="soft"))
    assert "ends in softmax (layer 'soft')" in message(grad_cam, network, images)


def test_a_model_without_pooling_before_its_last_layer_has_no_cam(images):
    flat = keras.Sequential([keras.Input((30, 28, 3)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(3)])
    assert "GlobalAveragePooling2D and one Dense layer" in message(cam, flat, images)


def test_a_model_without_relu_has_no_guided_backprop(images):
    tanh = keras.Sequential(
        [
            keras.Input((30, 28, 3)),
            layers.Conv2D(2, 3, activation="tanh"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3),
        ]
    )
    assert "has no ReLU" in message(guided_backprop, tanh, images)


def test_a_model_without_spatial_maps_has_no_grad_cam(images):
    dense = keras.Sequential([keras.Input((30, 28, 3)), layers.Flatten(), layers.Dense(3)])
    assert "no layer with a spatial map" in message(grad_cam, dense, images)


def test_an_unbuilt_model_is_refused(images):
    assert "not built yet" in message(
        grad_cam, keras.Sequential([layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2)]), images
    )


def test_what_is_no_model_is_refused(images):
    assert "keras.Model or an xailab.models.Classifier was expected" in message(grad_cam, "vgg16", images)


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda images: images[0], "pass image[None]"),
        (lambda images: images[:0], "at least one image"),
        (lambda images: images[:, :20], "takes (N, 30, 28, 3)"),
        (lambda images: images[..., :1], "takes (N, 30, 28, 3)"),
        (lambda images: np.where(images > 2, np.nan, images), "NaN or infinite"),
        (lambda images: images.astype(str), "numbers were expected"),
    ],
)
def test_images_that_do_not_fit_are_named(network, images, change, said):
    for explain in (cam, grad_cam, guided_backprop):
        assert said in message(explain, network, change(images))


@pytest.mark.parametrize(
    "targets, said",
    [
        (4, "target 4 is out of range: the model has 4 classes, numbered 0 to 3"),
        (-1, "target -1 is out of range"),
        ([0, 1], "shape (2,) for 5 image(s)"),
        (1.5, "class indices"),
        ("cat", "labels.index"),
    ],
)
def test_targets_that_do_not_fit_are_named(network, images, targets, said):
    assert said in message(grad_cam, network, images, targets)


def test_photos_of_a_wrong_kind_are_named():
    classifier = Classifier(
        small_network(name="sized", size=(32, 32)), lambda photos: tf.cast(photos, tf.float32), tuple("abcd")
    )
    photo = np.zeros((32, 32, 3), np.uint8)
    assert "pass photo[None]" in message(grad_cam, classifier, photo)
    assert "uint8 values from 0 to 255" in message(grad_cam, classifier, photo[None] / 255)
    assert "data.square(photo, 32)" in message(grad_cam, classifier, np.zeros((1, 40, 32, 3), np.uint8))
    assert "alpha channel" in message(grad_cam, classifier, np.zeros((1, 32, 32, 4), np.uint8))
