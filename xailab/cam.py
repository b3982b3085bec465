"""Class activation maps: where in the picture is the evidence for a class?

CAM reads the answer off the weights of a network that ends in global average pooling and one linear layer. Grad-CAM finds
it for any network with one backward pass. Each function runs the network once forward, and back only as far as the layer
it explains, in a compiled function that is kept for the next call.
"""

from contextlib import ExitStack, contextmanager
from functools import lru_cache
from unittest.mock import patch

import numpy as np

from xailab._tensorflow import keras, tf
from xailab._validate import all_layers, check_explainable, leaf_layers

_BATCH = 8  # images at once: on a CPU as fast as more, and all layers of VGG16 with their gradients stay under 2 GB
_TOP_CLASS = -1


def cam(model, images, targets=None):
    """Class activation map: each pixel's share of the logit, read off the weights of the last layer.

    model: keras.Model or Classifier ending in global average pooling and one Dense layer, logits out.
    images: float (N, H, W, C) for a keras.Model, uint8 photos (N, H, W, 3) for a Classifier.
    targets: class index, N of them, or None for each image's top class.
    Returns float32 (N, H, W), in units of the logit and signed; an image's map sums to its logit minus the bias.
    Raises ValueError for a model of another form, and for images or targets that do not fit the model.
    Zhou, Khosla, Lapedriza, Oliva, Torralba (2016), equation 2. Lesson 03.
    """
    network, preprocess, images, targets = check_explainable(model, images, targets)
    return _in_batches(_compiled_cam(network, preprocess), images, targets)[0]


def grad_cam(model, images, targets=None, *, layer=None):
    """Grad-CAM: the maps of one layer, each weighted by the mean gradient of the logit with respect to it.

    model, images, targets: as in cam, but for any network that ends in logits.
    layer: name of a layer with a spatial map, also inside a nested model; None takes the last one that is not pooling.
    Returns float32 (N, H, W), not negative: ReLU(sum_k alpha_k A_k), scaled up bilinearly from the layer's size.
    Raises ValueError for a layer that does not exist or has no spatial map, for images or targets that do not fit.
    Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra (2017), equations 1 and 2. Lesson 04.
    """
    return _gradient_maps(_grad_cam_map, model, images, targets, [layer])[0]


def hires_cam(model, images, targets=None, *, layer=None):
    """HiResCAM: the maps of one layer times the gradient of the logit, cell by cell, added over the channels.

    model, images, targets, layer: as in grad_cam.
    Returns float32 (N, H, W), in units of the logit and signed: sum_k dS/dA_k * A_k, each cell's value spread over its
    pixels, so that a map keeps its sum. That sum is the logit minus the bias where one linear layer follows, pooled or
    flattened; behind global average pooling the map is CAM. Raises ValueError as grad_cam.
    Draelos and Carin (2020), section 3, the definition of HiResCAM. Lesson 04.
    """
    return _gradient_maps(_hires_cam_map, model, images, targets, [layer], enlarge=_spread_out)[0]


def grad_cam_plus_plus(model, images, targets=None, *, layer=None):
    """Grad-CAM++: like Grad-CAM, with the positive gradients weighted position by position.

    Arguments, result and errors as in grad_cam. The factor exp(logit) of the paper scales a whole map and is left out;
    the division of the alphas by their sum, found in several implementations, is not in the paper and not done.
    Chattopadhay, Sarkar, Howlader, Balasubramanian (2018), equations 8, 13 and 19. Lesson 04.
    """
    return _gradient_maps(_grad_cam_plus_plus_map, model, images, targets, [layer])[0]


def grad_cam_layers(model, images, targets=None, *, layers=None):
    """Grad-CAM at many layers, from one forward and one backward pass.

    model, images, targets: as in grad_cam. layers: names; None takes every Conv2D layer.
    Returns {layer name: float32 (N, H, W)}, in the order of the network or of `layers`.
    Raises ValueError as grad_cam. Lesson 04.
    """
    if layers is None:
        network = getattr(model, "model", model)
        layers = [layer.name for layer in leaf_layers(network) if isinstance(layer, keras.layers.Conv2D)]
    return dict(zip(layers, _gradient_maps(_grad_cam_map, model, images, targets, layers)))


def guided_backprop(model, images, targets=None):
    """Guided backpropagation: the gradient of the logit at the pixels, where every ReLU passes only positive gradients.

    model, images, targets: as in grad_cam; the network's activations must be ReLUs.
    Returns float32 (N, H, W): the largest absolute value over the colour channels, per unit of the network's input.
    Raises ValueError for a network without ReLU, and for images or targets that do not fit.
    Springenberg, Dosovitskiy, Brox, Riedmiller (2015), section 3.4. Lesson 04.
    """
    network, preprocess, images, targets = check_explainable(model, images, targets)
    return _in_batches(_compiled_guided_backprop(network, preprocess), images, targets)[0]


def _grad_cam_map(maps, gradients):
    weights = tf.reduce_mean(gradients, axis=(1, 2))
    return tf.nn.relu(tf.einsum("nhwk,nk->nhw", maps, weights))


def _hires_cam_map(maps, gradients):
    return tf.reduce_sum(maps * gradients, axis=-1)


def _grad_cam_plus_plus_map(maps, gradients):
    total = tf.reduce_sum(maps, axis=(1, 2), keepdims=True)
    alphas = tf.math.divide_no_nan(gradients**2, 2 * gradients**2 + total * gradients**3)
    weights = tf.reduce_sum(alphas * tf.nn.relu(gradients), axis=(1, 2))
    return tf.nn.relu(tf.einsum("nhwk,nk->nhw", maps, weights))


def _scale_up(heatmaps, size):
    """Bilinear values between the cells: (N, h, w) -> (N, *size)."""
    return tf.image.resize(heatmaps[..., None], size)[..., 0]


def _spread_out(heatmaps, size):
    """Each cell's value shared out among its pixels, so that a map keeps its sum: (N, h, w) -> (N, *size)."""
    rows, columns = (_spread(tf.shape(heatmaps)[axis + 1], size[axis]) for axis in (0, 1))
    return tf.einsum("yh,nhw,xw->nyx", rows, heatmaps, columns)


def _gradient_maps(weigh, model, images, targets, names, enlarge=_scale_up):
    network, preprocess, images, targets = check_explainable(model, images, targets)
    layers = tuple(_spatial_layer(network, name) for name in names)
    return _in_batches(_compiled_gradient_maps(weigh, enlarge, network, preprocess, layers), images, targets)


def _in_batches(function, images, targets):
    """Run a compiled function over all images; a list of arrays, each with one row an image."""
    targets = np.full(len(images), _TOP_CLASS, np.int32) if targets is None else targets
    starts = range(0, len(images), _BATCH)
    batches = [
        function(tf.constant(images[start : start + _BATCH]), tf.constant(targets[start : start + _BATCH]))
        for start in starts
    ]
    return [np.concatenate(parts) for parts in zip(*batches)]


def _compiled(network, preprocess, explain):
    """Trace explain(network input, targets) once, for batches of any length."""
    shape, dtype = (None, *network.input_shape[1:]), tf.uint8 if preprocess else tf.float32

    @tf.function(input_signature=(tf.TensorSpec(shape, dtype), tf.TensorSpec((None,), tf.int32)))
    def run(images, targets):
        return explain(preprocess(images) if preprocess else images, targets)

    return run.get_concrete_function()


@lru_cache(maxsize=16)
def _compiled_gradient_maps(weigh, enlarge, network, preprocess, layers):
    def explain(inputs, targets):
        with tf.GradientTape() as tape:
            tape.watch(inputs)  # frozen layers are recorded, too
            with _recording(layers) as outputs:
                logits = network(inputs, training=False)
            score = _score(logits, targets)
        gradients = tape.gradient(score, outputs)
        for layer, gradient in zip(layers, gradients):
            if gradient is None:
                raise ValueError(
                    f"layer '{layer.name}' has no path to the logits of '{network.name}': choose another layer."
                )
        maps = [weigh(output, gradient) for output, gradient in zip(outputs, gradients)]
        return [enlarge(heatmaps, tf.shape(inputs)[1:3]) for heatmaps in maps]

    return _compiled(network, preprocess, explain)


@lru_cache(maxsize=16)
def _compiled_cam(network, preprocess):
    before_pooling, head = _before_pooling_and_head(network)

    def explain(inputs, targets):
        with _recording([before_pooling]) as outputs:
            logits = network(inputs, training=False)
        maps, targets = outputs[0], _or_top_class(targets, logits)
        height, width = tf.shape(maps)[1], tf.shape(maps)[2]
        weights = tf.gather(tf.transpose(head.kernel), targets)
        shares = tf.einsum("nhwk,nk->nhw", maps, weights) / tf.cast(height * width, maps.dtype)
        return [_spread_out(shares, tf.shape(inputs)[1:3])]

    return _compiled(network, preprocess, explain)


@lru_cache(maxsize=16)
def _compiled_guided_backprop(network, preprocess):
    relus = [layer for layer in leaf_layers(network) if _is_relu(layer)]
    if not relus:
        raise ValueError(
            f"model '{network.name}' has no ReLU: guided backpropagation changes how a ReLU passes gradients back, "
            "so here it would be the plain gradient. Use grad_cam."
        )

    def explain(inputs, targets):
        with tf.GradientTape() as tape, ExitStack() as guided:
            tape.watch(inputs)
            for layer in relus:
                name = "call" if isinstance(layer, keras.layers.ReLU) else "activation"
                guided.enter_context(patch.object(layer, name, _guided(getattr(layer, name))))
            score = _score(network(inputs, training=False), targets)
        return [tf.reduce_max(tf.abs(tape.gradient(score, inputs)), axis=-1)]

    return _compiled(network, preprocess, explain)


def _score(logits, targets):
    """Sum of the targets' logits: images do not touch each other, so its gradient holds each image's own."""
    chosen = tf.one_hot(_or_top_class(targets, logits), tf.shape(logits)[1], dtype=logits.dtype)
    return tf.reduce_sum(chosen * logits)


def _or_top_class(targets, logits):
    return tf.where(targets == _TOP_CLASS, tf.argmax(logits, axis=1, output_type=tf.int32), targets)


@contextmanager
def _recording(layers):
    """A list that holds what each layer returned once the network has run, wherever the layer is nested."""
    outputs = [None] * len(layers)

    def recorded(index, call):
        def call_and_keep(*args, **options):
            outputs[index] = call(*args, **options)
            return outputs[index]

        return call_and_keep

    with ExitStack() as patches:
        for index, layer in enumerate(layers):
            patches.enter_context(patch.object(layer, "call", recorded(index, layer.call)))
        yield outputs


def _is_relu(layer):
    return isinstance(layer, keras.layers.ReLU) or getattr(layer, "activation", None) is keras.activations.relu


def _guided(relu):
    @tf.custom_gradient
    def pass_positive_gradients(values):
        return tf.identity(values), tf.nn.relu

    return lambda values: pass_positive_gradients(relu(values))


def _spread(cells, pixels):
    """Matrix (pixels, cells) that spreads each cell's value over the pixels bilinearly and keeps its sum."""
    matrix = tf.image.resize(tf.eye(cells)[..., None], (pixels, cells))[..., 0]
    return matrix / tf.reduce_sum(matrix, axis=0)


_PASSING_ON = (
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
)


def _spatial_layer(network, name):
    """The layer of that name, if it has a spatial map; for None the last one that computes something."""
    leaves = leaf_layers(network)
    spatial = [layer for layer in leaves if _is_spatial(layer)]
    last = [layer for layer in spatial if not isinstance(layer, (*_PASSING_ON, keras.layers.InputLayer))]
    if not last:
        raise ValueError(
            f"model '{network.name}' has no layer with a spatial map (batch, height, width, channels): nothing to explain."
        )
    if name is None:
        return last[-1]
    found = [layer for layer in all_layers(network) if layer.name == name]
    if not found:
        raise ValueError(
            f"model '{network.name}' has no layer '{name}'. Those with a spatial map are {', '.join(layer.name for layer in spatial)}."
        )
    if not _is_spatial(found[0]):
        raise ValueError(
            f"layer '{name}' of '{network.name}' has output shape {found[0].output.shape}: Grad-CAM needs a layer with a spatial "
            f"map (batch, height, width, channels).\nThe last one is '{last[-1].name}'; pass layer='{last[-1].name}'."
        )
    return found[0]


def _is_spatial(layer):
    shape = getattr(layer.output, "shape", ())
    return len(shape) == 4 and tuple(shape[1:3]) != (1, 1)


def _before_pooling_and_head(network):
    """The layer whose maps are averaged, and the linear layer behind: the form that CAM needs."""
    *leaves, head = leaf_layers(network)
    while leaves and isinstance(leaves[-1], keras.layers.Dropout):
        leaves.pop()
    linear = isinstance(head, keras.layers.Dense) and head.activation is keras.activations.linear
    if not linear or len(leaves) < 2 or not isinstance(leaves[-1], keras.layers.GlobalAveragePooling2D):
        raise ValueError(
            f"model '{network.name}' does not end in GlobalAveragePooling2D and one Dense layer without activation, the form that "
            "CAM reads the weights of. Use grad_cam, which works for any network, or models.gap_cnn or models.vgg16_gap."
        )
    return leaves[-2], head
