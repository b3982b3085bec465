"""What is known of a network: shared by threads, interrupted, changed between two calls, dropped, and never changed itself."""

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from xailab._tensorflow import keras, tf
from xailab.cam import cam, grad_cam, grad_cam_layers, grad_cam_plus_plus, guided_backprop, hires_cam
from xailab.evaluate import randomization_check
from xailab.filters import InterpretableConv2D
from xailab.models import Classifier
from xailab.network import Network, copy_of
from xailab.occlusion import occlusion
from xailab.shapley import partition

layers = keras.layers
METHODS = (cam, grad_cam, hires_cam, grad_cam_plus_plus, guided_backprop)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).normal(size=(3, 12, 12, 3)).astype(np.float32)


def small(seed=0, classes=4):
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Conv2D(5, 3, padding="same", activation="relu", name="conv"),
            layers.Conv2D(6, 3, activation="relu", name="last"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(classes, bias_initializer="normal", name="head"),
        ]
    )


def functional(end):
    """conv, global average pooling, and what `end` makes of it."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((12, 12, 3))
    maps = layers.Conv2D(6, 3, activation="relu", name="conv")(inputs)
    return keras.Model(inputs, end(layers.GlobalAveragePooling2D()(maps)))


def said(call, *given, **options):
    with pytest.raises((ValueError, TypeError)) as caught:
        call(*given, **options)
    return str(caught.value)


def insides(model):
    """All that one can see of a model's layers: attributes, and the weights."""
    seen = [(layer, dict(vars(layer))) for layer in model.layers]
    return seen, [array.copy() for array in model.get_weights()]


def assert_as_before(model, before):
    for layer, attributes in before[0]:
        now = vars(layer)
        assert now.keys() == attributes.keys()
        assert [key for key in now if now[key] is not attributes[key] and now[key] != attributes[key]] == []
    for array, kept in zip(model.get_weights(), before[1], strict=True):
        np.testing.assert_array_equal(array, kept)


def test_no_method_changes_the_model(images):
    model = small()
    before = insides(model)
    for method in METHODS:
        method(model, images)
    occlusion(model, images, patch=4, stride=4, progress=False)
    partition(model, images[:1], evaluations=20)
    randomization_check(grad_cam, model, images, seeds=2)
    assert_as_before(model, before)


def test_a_model_is_the_same_also_while_it_is_traced(images):
    model, seen = small(), []

    class Looking(layers.Layer):
        def call(self, maps):
            seen.append([vars(layer).get("call") for layer in model.layers] + [model.layers[0].activation])
            return maps

    model = keras.Sequential([*model.layers[:2], Looking(), *model.layers[2:]])
    model.build((None, 12, 12, 3))
    seen.clear()
    for method in METHODS:
        method(model, images)
    assert len(seen) == len(METHODS)
    assert all(each == [None] * 5 + [keras.activations.relu] for each in seen)


def test_eight_threads_share_a_model_that_was_never_traced(images):
    for _ in range(3):
        model = small()
        before = insides(model)
        with ThreadPoolExecutor(8) as pool:
            calls = [(method, index) for index in range(3) for method in METHODS]
            waiting = [pool.submit(method, model, images[index][None], 1) for method, index in calls]
            found = [future.result()[0] for future in waiting]
        assert_as_before(model, before)
        for (method, index), heatmap in zip(calls, found):
            np.testing.assert_allclose(heatmap, method(model, images[index][None], 1)[0], atol=1e-6)


def test_ctrl_c_in_the_middle_of_a_trace_leaves_model_and_lock_as_they_were(images):
    interrupted = []

    class Interrupting(layers.Layer):
        def call(self, maps):
            if armed and not interrupted:
                interrupted.append(True)
                raise KeyboardInterrupt
            return maps

    armed, model = False, small()
    model = keras.Sequential([keras.Input((12, 12, 3)), *model.layers[:2], Interrupting(), *model.layers[2:]])
    before, armed = insides(model), True
    with pytest.raises(KeyboardInterrupt):
        guided_backprop(model, images)
    assert_as_before(model, before)
    found = []
    other = threading.Thread(target=lambda: found.append(guided_backprop(model, images)))
    other.start()
    other.join()
    np.testing.assert_allclose(found[0], guided_backprop(model, images))


@pytest.mark.parametrize("method", METHODS)
def test_a_model_that_got_another_head_is_asked_anew(images, method):
    model = small()
    method(model, images, 1)
    model.pop()
    model.add(layers.Dense(5, kernel_initializer="ones"))
    fresh = keras.Sequential([keras.Input((12, 12, 3)), *model.layers])
    np.testing.assert_allclose(method(model, images, 4), method(fresh, images, 4), atol=1e-6)


def test_an_activation_that_was_set_since_the_last_call_counts(images):
    model = small()
    before = grad_cam(model, images, 1, layer="conv")
    model.get_layer("last").activation = keras.activations.linear
    assert not np.allclose(grad_cam(model, images, 1, layer="conv"), before)
    model.get_layer("head").activation = keras.activations.softmax
    assert "ends in softmax (layer 'head')" in said(grad_cam, model, images)


def test_new_weights_count_without_a_new_trace(images):
    model = small()
    cam(model, images, 1)
    model.set_weights(small(seed=5).get_weights())
    np.testing.assert_allclose(cam(model, images, 1), cam(small(seed=5), images, 1), atol=1e-6)


@pytest.mark.parametrize("wrap", [lambda model: model, lambda model: Classifier(model, as_float, tuple("abcd"))])
def test_a_model_that_is_no_longer_used_is_dropped(images, wrap):
    model = small()
    owner = wrap(model)
    given = images if owner is model else (images * 50 + 100).clip(0, 255).astype(np.uint8)
    for method in METHODS:
        method(owner, given)
    occlusion(owner, given, patch=4, stride=4, progress=False)
    gone = [weakref.ref(model), weakref.ref(owner), weakref.ref(model.get_layer("conv"))]
    del model, owner
    keras.backend.clear_session()  # Keras itself remembers the last graph
    gc.collect()
    assert [each() for each in gone] == [None] * 3


def as_float(photos):
    return tf.cast(photos, tf.float32)


@pytest.mark.parametrize(
    "end",
    [
        lambda pooled: layers.Dense(4)(pooled * 2 + 1),
        lambda pooled: layers.Dense(4)(pooled) * 2 + 1,
        lambda pooled: layers.Dense(4)(layers.BatchNormalization()(pooled)),
        lambda pooled: layers.Dense(4)(layers.LayerNormalization()(pooled)),
        lambda pooled: layers.Dense(4, activation="tanh")(pooled),
    ],
)
def test_where_something_stands_between_pooling_and_logits_cam_refuses_and_grad_cam_works(images, end):
    model = functional(end)
    assert "does not end in GlobalAveragePooling2D and one Dense layer" in said(cam, model, images)
    assert grad_cam(model, images).shape == (3, 12, 12)


def test_what_passes_the_pooled_values_on_is_no_hindrance(images):
    model = functional(lambda pooled: layers.Dense(4)(layers.Identity()(layers.Dropout(0.5)(pooled))))
    logits = model.predict(images, verbose=0)[:, 2]
    np.testing.assert_allclose(cam(model, images, 2).sum(axis=(1, 2)), logits, atol=1e-5)


def test_a_dense_layer_that_does_more_than_its_kind_says_gets_no_map(images):
    model = functional(lambda pooled: layers.Dense(4, name="head")(pooled))
    head = model.get_layer("head")
    plain = head.call
    head.call = lambda values, training=None: plain(values) + 1.0  # what a monkey patch of the user's may do
    assert "sums to" in said(cam, model, images)


@pytest.mark.parametrize(
    "end, name",
    [
        (lambda pooled: keras.ops.softmax(layers.Dense(4)(pooled)), "softmax"),
        (lambda pooled: keras.ops.log_softmax(layers.Dense(4)(pooled)), "log_softmax"),
        (lambda pooled: keras.ops.sigmoid(layers.Dense(4)(pooled)), "sigmoid"),
        (lambda pooled: layers.Lambda(tf.nn.softmax)(layers.Dense(4)(pooled)), "softmax"),
        (lambda pooled: layers.Reshape((4,))(layers.Softmax()(layers.Dense(4)(pooled))), "softmax"),
        (lambda pooled: layers.Activation("linear")(layers.Dense(4, activation="softmax")(pooled)), "softmax"),
        (lambda pooled: layers.Dense(4, activation=layers.Softmax())(pooled), "softmax"),
    ],
)
def test_probabilities_are_refused_however_they_are_made(images, end, name):
    model = functional(end)
    nested = keras.Sequential([keras.Input((12, 12, 3)), model])
    for each in (model, nested):
        assert f"ends in {name} (layer '" in said(grad_cam, each, images)


def block(name):
    return keras.Sequential([keras.Input((12, 12, 3)), layers.Conv2D(3, 3, padding="same", name="conv")], name=name)


@pytest.fixture
def twice():
    """Two nested models with a layer of one name each."""
    keras.utils.set_random_seed(2)
    inputs = keras.Input((12, 12, 3))
    maps = block("second")(layers.ReLU()(block("first")(inputs)))
    return keras.Model(inputs, layers.Dense(4, name="head")(layers.GlobalAveragePooling2D()(maps)))


def test_layers_of_one_name_in_nested_models_are_told_apart_by_their_path(twice, images):
    maps = grad_cam_layers(twice, images, 1)
    assert list(maps) == ["first/conv", "second/conv"]
    assert not np.allclose(maps["first/conv"], maps["second/conv"])
    np.testing.assert_allclose(grad_cam(twice, images, 1, layer="first/conv"), maps["first/conv"], atol=1e-6)
    assert "has 2 layers 'conv': name one by its full path, 'first/conv' or 'second/conv'" in said(
        grad_cam, twice, images, layer="conv"
    )
    np.testing.assert_allclose(grad_cam(twice, images, 1, layer="second"), maps["second/conv"], atol=1e-6)


def test_the_randomisation_check_counts_each_of_them(twice, images):
    found = randomization_check(grad_cam, twice, images, seeds=3)
    assert {path: values.shape for path, values in found.items()} == {
        path: (3, 3) for path in ("head", "second/conv", "first/conv")
    }


def test_a_layer_that_is_called_twice_is_two_steps(images):
    keras.utils.set_random_seed(3)
    inputs, shared = keras.Input((12, 12, 3)), layers.Conv2D(3, 3, padding="same", name="shared")
    maps = shared(layers.ReLU()(shared(inputs)))
    model = keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(maps)))
    assert [step.path for step in Network.of(model).steps if step.operation is shared] == ["shared", "shared:2"]
    first, second = (grad_cam(model, images, 1, layer=layer) for layer in ("shared", "shared:2"))
    np.testing.assert_allclose(grad_cam(model, images, 1), second, atol=1e-6)
    assert not np.allclose(first, second)


def test_operations_with_several_results_and_branches_are_followed(images):
    keras.utils.set_random_seed(4)
    inputs = keras.Input((12, 12, 3))
    left, right = keras.ops.split(layers.Conv2D(6, 3, name="conv")(inputs), 2, axis=-1)
    maps = layers.Concatenate(name="join")([keras.ops.relu(left), layers.Conv2D(3, 1)(right) * 2])
    model = keras.Model(inputs, layers.Dense(4)(layers.GlobalAveragePooling2D()(maps)))
    np.testing.assert_allclose(Network.of(model).logits(images), model(images), atol=1e-6)
    logits, bias = model(images).numpy()[:, 1], model.layers[-1].bias.numpy()[1]
    np.testing.assert_allclose(cam(model, images, 1).sum(axis=(1, 2)), logits - bias, atol=1e-5)
    assert grad_cam(model, images, layer="conv").any()
    assert guided_backprop(model, images).any()  # the ReLU is an operation


@pytest.fixture
def half_precision():
    keras.mixed_precision.set_global_policy("mixed_float16")
    yield
    keras.mixed_precision.set_global_policy("float32")


def test_in_half_precision_the_maps_are_those_of_single_precision(half_precision, images):
    half = small()
    keras.mixed_precision.set_global_policy("float32")
    single = small()
    single.set_weights(half.get_weights())
    for method in METHODS:
        expected = method(single, images, 1)
        found = method(half, images, 1)
        assert found.dtype == np.float32
        # a half float has 11 bits: each of some 50 products is right to 1 in 2,000
        np.testing.assert_allclose(found, expected, atol=0.02 * np.abs(expected).max())
    covered = [occlusion(each, images, 1, patch=4, stride=4, progress=False) for each in (half, single)]
    np.testing.assert_allclose(*covered, atol=0.02)


def test_a_model_with_code_of_its_own_is_asked_but_not_looked_into(images):
    class Own(keras.Model):
        def call(self, inputs, training=None):
            return super().call(inputs, training=training) * 2

    inner = small()
    own = Own(inner.inputs, inner.outputs)
    np.testing.assert_allclose(Network.of(own).logits(images), 2 * inner(images), atol=1e-5)
    assert "seen from outside" in said(grad_cam, own, images)
    assert "it ends in code of its own" in said(cam, own, images)
    shuffled = randomization_check(
        lambda model, images, targets: occlusion(model, images, targets, patch=4, stride=4, progress=False),
        own,
        images,
        seeds=2,
    )
    assert list(shuffled) == [own.name] and np.abs(shuffled[own.name]).max() < 0.99  # all its weights, as one layer
    falls = [occlusion(each, images, 1, patch=4, stride=4, progress=False) for each in (own, inner)]
    np.testing.assert_allclose(falls[0], 2 * falls[1], atol=1e-5)


def test_a_subclass_of_its_own_is_told_what_to_pass(images):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.head = layers.Dense(4)

        def call(self, inputs):
            return self.head(tf.reduce_mean(inputs, axis=(1, 2)))

    own = Own()
    assert "not built yet" in said(occlusion, own, images)
    expected = own(images)
    assert "pass keras.Model(x, model(x))" in said(occlusion, own, images)
    inputs = keras.Input((12, 12, 3))
    wrapped = keras.Model(inputs, own(inputs))
    np.testing.assert_allclose(Network.of(wrapped).logits(images), expected, atol=1e-6)
    assert occlusion(wrapped, images, 1, patch=4, stride=4, progress=False).any()
    assert "no layer with a spatial map" in said(grad_cam, wrapped, images)


def test_neither_losses_nor_variables_move_while_a_model_is_explained(images):
    class Counting(layers.Layer):
        def build(self, shape):
            self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

        def call(self, maps):
            self.calls.assign_add(1.0)
            self.add_loss(tf.reduce_sum(maps) * 0 + 3.0)
            return maps

    base = small()
    counting = Counting()
    model = keras.Sequential([keras.Input((12, 12, 3)), *base.layers[:2], counting, *base.layers[2:]])
    model(images)
    calls, losses = float(counting.calls), [float(loss) for loss in model.losses]
    assert losses == [3.0] and calls > 0
    for method in METHODS:
        method(model, images)
    assert [float(loss) for loss in model.losses] == losses and float(counting.calls) == calls


def test_an_interpretable_layer_learns_in_training_alone(images):
    pictures, label = keras.Input((12, 12, 3)), keras.Input((), dtype="int32")
    layer = InterpretableConv2D(4, 3, categories=2)
    pooled = layers.GlobalAveragePooling2D()(layer(pictures, labels=label))
    model = keras.Model([pictures, label], layers.Dense(3)(pooled))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    data, labels = [images, np.array([0, 1, 2])], np.array([0, 1, 2])
    model.evaluate(data, labels, verbose=0)
    model.predict(data, verbose=0)
    assert not layer.activity.numpy().any()
    model.fit(data, labels, verbose=0)
    assert layer.activity.numpy().any()


def test_a_copy_shares_nothing_with_its_model(images):
    model = functional(lambda pooled: layers.Dense(4)(pooled * 2))  # with an operation that is no layer
    nodes = [len(layer._inbound_nodes) + len(layer._outbound_nodes) for layer in model.operations]
    before = insides(model)
    twin = copy_of(model)
    np.testing.assert_array_equal(twin(images), model(images))
    twin.set_weights([array * 0 for array in twin.get_weights()])
    assert_as_before(model, before)
    assert nodes == [len(layer._inbound_nodes) + len(layer._outbound_nodes) for layer in model.operations]
    assert not set(map(id, twin.operations)) & set(map(id, model.operations))


def test_a_model_that_cannot_be_copied_is_named(images):
    class Picky(layers.Layer):
        def __init__(self, needed):
            super().__init__()

        def call(self, values):
            return values

        def get_config(self):
            raise NotImplementedError("no settings")

    model = functional(lambda pooled: layers.Dense(4)(Picky(3)(pooled)))
    assert "cannot be copied (NotImplementedError: no settings): its layers need get_config" in said(
        randomization_check, grad_cam, model, images
    )


def test_a_model_of_two_inputs_is_named(images):
    one, two = keras.Input((12, 12, 3)), keras.Input((12, 12, 3))
    model = keras.Model([one, two], layers.Dense(2)(layers.GlobalAveragePooling2D()(one + two)))
    assert "takes 2 inputs: a model of one, the images, was expected" in said(grad_cam, model, images)
