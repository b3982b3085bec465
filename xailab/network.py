"""What is known of a network: its model, how pictures are prepared for it, what it does step by step, and what was compiled.

Every method asks here. The steps are all operations of the model, layers or not, those of nested models in their place and
under their full path, such as "block/conv". Running them one by one shows what each returns, so nothing of the user's model
is ever replaced, not even for a moment. What was compiled is kept as long as the model is, and made anew when its layers
are others than before.
"""

import dataclasses
import re
import threading
from collections import Counter
from weakref import WeakKeyDictionary, ref

import numpy as np

from xailab._tensorflow import keras, tf
from xailab._validate import check_inputs, check_photos, check_targets

TOP_CLASS = -1  # among targets: the class with the highest logit
_BATCH = 8  # images at once: on a CPU as fast as more, and all layers of VGG16 with their gradients stay under 2 GB
_NO_LOGITS = ("softmax", "log_softmax", "sigmoid", "hard_sigmoid", "log_sigmoid", "sparsemax")
_LOCK = threading.RLock()  # of all that is kept: one thread at a time looks at a model or compiles
_kept = WeakKeyDictionary()


@dataclasses.dataclass(eq=False)
class Step:
    """One operation where a model calls it.

    path: its full name, such as "block/conv"; called a second time, "block/conv:2". operation: the keras.Operation, most
    often a layer. args, kwargs: what goes in, with a Result in the place of each tensor.
    """

    path: str
    operation: keras.Operation
    args: tuple
    kwargs: dict

    @property
    def inputs(self):
        """The steps, or None for the picture, whose results go in."""
        given = keras.tree.flatten((self.args, self.kwargs))
        return [each.step for each in given if isinstance(each, Result)]

    @property
    def shape(self):
        """The shape of what comes out, with the batch, as a tuple; () for several tensors or none."""
        return tuple(getattr(self.operation.output, "shape", ()))

    def run(self, results):
        """What the operation returns. results: {step: [tensors]} of the steps before."""

        def fill(given):
            return results[given.step][given.index] if isinstance(given, Result) else given

        args, kwargs = keras.tree.map_structure(fill, (self.args, self.kwargs))
        return self.operation(*args, **kwargs)


@dataclasses.dataclass(eq=False, frozen=True)
class Result:
    """A tensor that a step returns, None standing for the picture; index: which of its tensors."""

    step: Step | None
    index: int = 0


class Network:
    """A network that is explained: a keras.Model, or a Classifier with its preprocessing. Taken from Network.of(model).

    steps: what the model does, in order; empty for a model whose call is its own Python code. output: the last step, whose
    result are the logits, or None.
    """

    def __init__(self, owner):
        self._owner = ref(owner)  # what is kept for a model must not keep the model
        self._compiled = {}
        self._seen = _state_of(self.model)
        self.steps, self._aliases = [], {}
        self.output = None
        if _is_graph(self.model) and len(self.model.inputs) == 1:
            self.output = _follow(self.model, Result(None), self.steps, self._aliases).step

    @staticmethod
    def of(model):
        """What is known of a model.

        model: keras.Model or models.Classifier. Returns the Network that was kept for it, or a new one if the model has
        other layers than before. Raises TypeError for anything else, ValueError for a model that is not built.
        """
        network = getattr(model, "model", model)
        if not isinstance(network, keras.Model):
            raise TypeError(
                f"the model is a {type(model).__name__}: a keras.Model or an xailab.models.Classifier was expected."
            )
        if not network.built:
            raise ValueError(
                f"model '{network.name}' is not built yet: give it a keras.Input first, or call it once on a batch."
            )
        if not hasattr(network, "output_shape"):
            raise ValueError(
                f"model '{network.name}' is a subclass whose shapes Keras does not know: with x = keras.Input(shape of an image), "
                "pass keras.Model(x, model(x))."
            )
        with _LOCK:
            known = _kept.get(model)
            if known is None or not _same(known._seen, _state_of(network)):
                known = _kept[model] = Network(model)
            return known

    @property
    def model(self):
        """The keras.Model."""
        owner = self._owner()
        return getattr(owner, "model", owner)

    @property
    def preprocess(self):
        """The function from uint8 photos to what the model takes, or None."""
        return getattr(self._owner(), "preprocess", None)

    @property
    def name(self):
        """The model's name."""
        return self.model.name

    @property
    def spec(self):
        """What images it takes: tf.TensorSpec of a batch of any length."""
        return tf.TensorSpec((None, *self.model.input_shape[1:]), tf.uint8 if self.preprocess else tf.float32)

    def check(self, images, targets):
        """Check what an attribution function was called with.

        images: float (N, H, W, C) for a keras.Model, uint8 photos (N, H, W, 3) for a Classifier. targets: class index, N
        of them, or None. Returns (images, targets): arrays, targets int32 (N,) or None. Raises TypeError or ValueError
        for a model that does not end in logits, and for images or targets that do not fit.
        """
        self._check_logits()
        images = self.check_images(images)
        return images, check_targets(targets, len(images), self.model.output_shape[-1])

    def check_images(self, images):
        """Return images as an array if the network takes them; else raise ValueError. images: as in check."""
        images = check_photos(images) if self.preprocess else check_inputs(images)
        shape = self.model.input_shape
        if isinstance(shape, (list, dict)):
            raise ValueError(
                f"model '{self.name}' takes {len(shape)} inputs: a model of one, the images, was expected."
            )
        expected = shape[1:]
        if len(expected) != 3 or any(size not in (None, given) for size, given in zip(expected, images.shape[1:])):
            hint = f" Cut each photo with data.square(photo, {expected[0]})." if images.dtype == np.uint8 else ""
            raise ValueError(
                f"the images have shape {images.shape}: model '{self.name}' takes (N, {str(expected)[1:]}.{hint}"
            )
        return images

    def _check_logits(self):
        shape = self.model.output_shape
        if isinstance(shape, (list, dict)) or len(shape) != 2:
            raise ValueError(
                f"model '{self.name}' returns shape {shape}: one row of logits an image, (batch, classes), was expected."
            )
        activation, step = _final_activation(self.output)
        if activation in _NO_LOGITS:
            raise ValueError(
                f"model '{self.name}' ends in {activation} (layer '{step.path}'): logits were expected, because a "
                "probability also moves when other classes do. Build the last layer with activation=None, or take "
                "models.{vgg16, efficientnet_lite0}."
            )

    def find(self, name):
        """The steps that a name stands for: a full path, or a layer's own name, also that of a nested model."""
        exact = [step for step in self.steps if step.path == name] or self._aliases.get(name, [])
        if exact:
            return exact[:1]
        nested = [step for path, found in self._aliases.items() if path.endswith(f"/{name}") for step in found]
        return nested or [step for step in self.steps if step.path.endswith(f"/{name}")]

    def forward(self, inputs, visit=None, *, steps=None, results=None):
        """Run the steps and return the result of the last one.

        inputs: tensor (N, H, W, C), prepared. visit: function of a step and what it returned that looks at it and returns
        what is to go on in its place. steps: which to run, by default all. results: {step: [tensors]} of those before.
        """
        if not self.steps:
            return self.model(inputs, training=False)
        results = {None: [inputs], **(results or {})}
        outcome = inputs
        for step in self.steps if steps is None else steps:
            outcome = step.run(results)
            outcome = outcome if visit is None else visit(step, outcome)
            results[step] = keras.tree.flatten(outcome)
        return outcome

    def kept(self, make, *options):
        """What make(network, *options) returns, made once for these options and kept. make: a function of a module."""
        with _LOCK:
            if (make, options) not in self._compiled:
                self._compiled[make, options] = make(self, *options)
            return self._compiled[make, options]

    def explain(self, method, images, targets, *options):
        """Run a method over all images, in a compiled function that is kept for the next call.

        method: function (network, inputs, targets, *options) -> list of tensors with a row per image; inputs are prepared,
        targets int32 (n,) with TOP_CLASS for the top one. images, targets: as check returns them. options: hashable.
        Returns a list of arrays with N rows each.
        """
        function = self.kept(_compile_method, method, *options)
        targets = np.full(len(images), TOP_CLASS, np.int32) if targets is None else targets
        spans = [slice(start, start + _BATCH) for start in range(0, len(images), _BATCH)]
        batches = [function(tf.constant(images[span]), tf.constant(targets[span])) for span in spans]
        return [np.concatenate(parts) for parts in zip(*batches)]

    def logits(self, images):
        """The network's answers. images: as in check_images, any number. Returns float32 (N, K)."""
        function = self.kept(_compile_logits)
        spans = [slice(start, start + 4 * _BATCH) for start in range(0, len(images), 4 * _BATCH)]
        return np.concatenate([function(tf.constant(images[span], self.spec.dtype)).numpy() for span in spans])

    def prepare(self, images):
        """Images, a tensor as `spec` says, as the model takes them."""
        return self.preprocess(images) if self.preprocess else images


def compiled(function, *signature):
    """Trace a function of tensors once, apart from the user's model. signature: tf.TensorSpec of each. Returns a function."""
    apart = _Apart(function)
    function = tf.function(lambda *tensors: apart(list(tensors)), input_signature=signature, autograph=False)
    return function.get_concrete_function()


class _Apart(keras.layers.Layer):
    """Calls a function in a context of its own: no layer's losses are cleared or added to, no variable is assigned."""

    def __init__(self, function):
        super().__init__(name="apart", dtype="float32", autocast=False)
        self._function = function

    def call(self, tensors, training=False):
        with keras.StatelessScope():
            return self._function(*tensors)


def _compile_method(network, method, *options):
    return compiled(
        lambda images, targets: method(network, network.prepare(images), targets, *options),
        network.spec,
        tf.TensorSpec((None,), tf.int32),
    )


def _compile_logits(network):
    return compiled(lambda images: tf.cast(network.forward(network.prepare(images)), tf.float32), network.spec)


def copy_of(model):
    """A model of its own with the same layers and weights, so that these may be changed.

    model: keras.Model, or models.Classifier, of which the keras.Model is copied. Returns the same kind. Raises ValueError
    for a model that Keras cannot copy. Lesson 11.
    """
    network = getattr(model, "model", model)
    try:
        twin = keras.models.clone_model(network)
        twin.set_weights(network.get_weights())
    except Exception as error:  # whatever a layer's own code raises while it is built again
        raise ValueError(
            f"model '{network.name}' cannot be copied ({type(error).__name__}: {error}): its layers need get_config and a "
            "constructor that takes what it returns."
        ) from error
    return twin if network is model else dataclasses.replace(model, model=twin)


def _is_graph(operation):
    """Whether an operation is a model whose steps can be followed: functional or sequential, its call not its own code."""
    if not isinstance(operation, (keras.Function, keras.Sequential)):
        return False
    of_keras = next(kind for kind in type(operation).__mro__ if kind.__module__.startswith("keras."))
    return type(operation).call is of_keras.call


def _follow(model, given, steps, aliases, prefix="", counts=None):
    """Walk through a model once, without computing: add its steps, and return the Result that it ends with."""
    counts = Counter() if counts is None else counts

    def name(path):
        counts[path] += 1
        return path if counts[path] == 1 else f"{path}:{counts[path]}"

    def enter(operation):
        def call(*args, **kwargs):
            path = name(prefix + operation.name)
            if _is_graph(operation) and len(operation.inputs) == 1:
                last = _follow(operation, args[0], steps, aliases, f"{path}/", counts)
                aliases[path] = [] if last.step is None else [last.step]
                return last
            step = Step(path, operation, args, kwargs)
            steps.append(step)
            outputs = keras.tree.flatten(operation.output)
            results = [Result(step, index) for index in range(len(outputs))]
            return results[0] if len(results) == 1 else results

        return call

    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            given = enter(layer)(given)
        return given
    return keras.tree.flatten(model._run_through_graph(given, operation_fn=enter))[0]


def _operations(model):
    """Every operation of a model, those of nested models in their place."""
    for operation in model.layers if isinstance(model, keras.Sequential) else model.operations:
        if _is_graph(operation):
            yield from _operations(operation)
        else:
            yield operation


def _state_of(model):
    """What a compiled function has fixed of a model, beside its weights: its operations, and what may be set on each."""
    operations = _operations(model) if _is_graph(model) else model.layers
    return [
        each
        for operation in operations
        for each in (operation, getattr(operation, "activation", None), getattr(operation, "dtype_policy", None))
    ]


def _same(state, other):
    return len(state) == len(other) and all(one is two for one, two in zip(state, other))


_PASSING_ON = {
    "linear",
    "dropout",
    "flatten",
    "reshape",
    "identity",
    "cast",
    "squeeze",
}  # what leaves the values as they are


def _final_activation(step):
    """What the logits went through last, such as "softmax" or "dense", and the step that does it; ("", None) if not known."""
    while step is not None:
        operation = step.operation
        done = getattr(operation, "activation", None) or getattr(operation, "function", operation)
        name = getattr(done, "__name__", None) or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(done).__name__).lower()
        name = name.removesuffix("_v2")  # as TensorFlow calls some of its functions
        if name not in _PASSING_ON or isinstance(operation, keras.layers.Dense):
            return name, step
        step = step.inputs[0] if len(step.inputs) == 1 else None
    return "", None
