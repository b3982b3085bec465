"""Class activation maps: where in the picture is the evidence for a class?

CAM reads the answer off the weights of a network that ends in global average pooling and one linear layer. Grad-CAM finds
it for any network with one backward pass. Each function runs the network once forward, and back only as far as the layer
it explains, in a compiled function that is kept for the next call.
"""

import numpy as np

from xailab._tensorflow import keras, tf
from xailab.network import TOP_CLASS, Network


def cam(model, images, targets=None):
    """Class activation map: each pixel's share of the logit, read off the weights of the last layer.

    model: keras.Model or Classifier ending in global average pooling and one Dense layer, logits out.
    images: float (N, H, W, C) for a keras.Model, uint8 photos (N, H, W, 3) for a Classifier.
    targets: class index, N of them, or None for each image's top class.
    Returns float32 (N, H, W), in units of the logit and signed; an image's map sums to its logit minus the bias.
    Raises ValueError for a model of another form, one whose maps do not add up, and for images or targets that do not fit.
    Zhou, Khosla, Lapedriza, Oliva, Torralba (2016), equation 2. Lesson 03.
    """
    network = Network.of(model)
    images, targets = network.check(images, targets)
    _pooled_and_head(network)
    maps, expected = network.explain(_cam, images, targets)
    found = maps.sum(axis=(1, 2))
    close = np.isclose(found, expected, rtol=0, atol=_precision(network) * np.maximum(1, np.abs(expected)))
    if not close.all():
        wrong = np.flatnonzero(~close)[0]
        raise ValueError(
            f"the map of image {wrong} sums to {found[wrong]:.4g}, but its logit minus the bias is {expected[wrong]:.4g}: some "
            f"layer of model '{network.name}' does more than its kind says, so CAM cannot be read off its weights. Use grad_cam."
        )
    return maps


def grad_cam(model, images, targets=None, *, layer=None):
    """Grad-CAM: the maps of one layer, each weighted by the mean gradient of the logit with respect to it.

    model, images, targets: as in cam, but for any network that ends in logits.
    layer: name of a layer or operation with a spatial map; inside a nested model its full path, "base/conv", or its own
    name if there is one of it. None takes the last one that is not pooling.
    Returns float32 (N, H, W), not negative: ReLU(sum_k alpha_k A_k), scaled up bilinearly from the layer's size.
    Raises ValueError for a layer that does not exist or has no spatial map, for images or targets that do not fit.
    Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra (2017), equations 1 and 2. Lesson 04.
    """
    return _gradient_maps(_grad_cam_map, model, images, targets, [layer])[0]


def hires_cam(model, images, targets=None, *, layer=None):
    """HiResCAM: the maps of one layer times the gradient of the logit, cell by cell, added over the channels.

    model, images, targets, layer: as in grad_cam.
    Returns float32 (N, H, W), in units of the logit and signed: sum_k dS/dA_k * A_k, each cell's value spread over its
    pixels, so that a map keeps its sum. That sum is the logit minus the bias wherever what follows is piecewise linear and
    adds no other constant: pooling, ReLU, dense layers without bias and one with; behind global average pooling the map is CAM.
    Raises ValueError as grad_cam.
    Draelos and Carin (2020), section 3, the definition of HiResCAM. Lesson 04.
    """
    return _gradient_maps(_hires_cam_map, model, images, targets, [layer], enlarge=_share_out)[0]


def grad_cam_plus_plus(model, images, targets=None, *, layer=None):
    """Grad-CAM++: like Grad-CAM, with the positive gradients weighted position by position.

    Arguments, result and errors as in grad_cam. The factor exp(logit) of the paper scales a whole map and is left out;
    the division of the alphas by their sum, found in several implementations, is not in the paper and not done.
    In practice the map is close to Grad-CAM's on positive gradients alone: Lerma and Lucas (2022).
    Chattopadhay, Sarkar, Howlader, Balasubramanian (2018), equations 8, 13 and 19. Lesson 04.
    """
    return _gradient_maps(_grad_cam_plus_plus_map, model, images, targets, [layer])[0]


def grad_cam_layers(model, images, targets=None, *, layers=None):
    """Grad-CAM at many layers, from one forward and one backward pass.

    model, images, targets: as in grad_cam. layers: names as in grad_cam; None takes every Conv2D layer.
    Returns {name: float32 (N, H, W)}, in the order of `layers`, or in that of the network and by full path, "base/conv".
    Raises ValueError as grad_cam. Lesson 04.
    """
    if layers is None:
        steps = Network.of(model).steps
        layers = [step.path for step in steps if isinstance(step.operation, keras.layers.Conv2D)]
    return dict(zip(layers, _gradient_maps(_grad_cam_map, model, images, targets, layers)))


def guided_backprop(model, images, targets=None):
    """Guided backpropagation: the gradient of the logit at the pixels, where every ReLU passes only positive gradients.

    model, images, targets: as in grad_cam; the network's activations must be ReLUs.
    Returns float32 (N, H, W): the largest absolute value over the colour channels, per unit of the network's input.
    Raises ValueError for a network without ReLU, and for images or targets that do not fit.
    Springenberg, Dosovitskiy, Brox, Riedmiller (2015), section 3.4; Nie, Zhang, Patel (2018) on why it hardly depends on the
    class. Lesson 11.
    """
    network = Network.of(model)
    images, targets = network.check(images, targets)
    if not any(map(_ends_in_relu, network.steps)):
        raise ValueError(
            f"model '{network.name}' has no ReLU: guided backpropagation changes how a ReLU passes gradients back, "
            "so here it would be the plain gradient. Use grad_cam."
        )
    return network.explain(_guided_backprop, images, targets)[0]


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


def _share_out(heatmaps, size):
    """Each cell's value shared out among its pixels, so that a map keeps its sum: (N, h, w) -> (N, *size)."""
    rows, columns = (_shares(tf.shape(heatmaps)[axis + 1], size[axis]) for axis in (0, 1))
    return tf.einsum("yh,nhw,xw->nyx", rows, heatmaps, columns)


def _shares(cells, pixels):
    """Matrix (pixels, cells): each cell's value shared out bilinearly among the pixels; a column adds up to 1."""
    matrix = tf.image.resize(tf.eye(cells)[..., None], (pixels, cells))[..., 0]
    return matrix / tf.reduce_sum(matrix, axis=0)


def _gradient_maps(weigh, model, images, targets, names, enlarge=_scale_up):
    network = Network.of(model)
    images, targets = network.check(images, targets)
    paths = tuple(_spatial_step(network, name).path for name in names)
    return network.explain(_weighed_maps, images, targets, weigh, enlarge, paths)


def _weighed_maps(network, inputs, targets, weigh, enlarge, paths):
    """Maps of the layers with these paths, each weighed with the gradient of the target's logit."""
    outputs = {}

    def keep(step, output):
        if step.path in paths:
            outputs[step.path] = output
        return output

    with tf.GradientTape() as tape:
        tape.watch(inputs)  # frozen layers are recorded, too
        score = _score(network.forward(inputs, keep), targets)
    gradients = tape.gradient(score, outputs)
    for path, gradient in gradients.items():
        if gradient is None:
            raise ValueError(f"layer '{path}' has no path to the logits of '{network.name}': choose another layer.")
    maps = [weigh(tf.cast(outputs[path], tf.float32), tf.cast(gradients[path], tf.float32)) for path in paths]
    return [enlarge(heatmaps, tf.shape(inputs)[1:3]) for heatmaps in maps]


def _cam(network, inputs, targets):
    """Class activation maps, and what each must sum to."""
    pooled, head = _pooled_and_head(network)
    outputs = {None: inputs}

    def keep(step, output):
        outputs[step] = output
        return output

    logits = tf.cast(network.forward(inputs, keep), tf.float32)
    maps, targets = tf.cast(outputs[pooled.inputs[0]], tf.float32), _or_top_class(targets, logits)
    cells = tf.cast(tf.shape(maps)[1] * tf.shape(maps)[2], tf.float32)
    weights = tf.gather(tf.transpose(tf.cast(head.kernel, tf.float32)), targets)
    expected = tf.gather(logits, targets, batch_dims=1)
    if head.use_bias:
        expected -= tf.gather(tf.cast(head.bias, tf.float32), targets)
    return [_share_out(tf.einsum("nhwk,nk->nhw", maps, weights) / cells, tf.shape(inputs)[1:3]), expected]


def _guided_backprop(network, inputs, targets):
    def guide(step, output):
        return _pass_positive_gradients(output) if _ends_in_relu(step) else output

    with tf.GradientTape() as tape:
        tape.watch(inputs)
        score = _score(network.forward(inputs, guide), targets)
    return [tf.reduce_max(tf.abs(tape.gradient(score, inputs)), axis=-1)]


def _score(logits, targets):
    """Sum of the targets' logits: images do not touch each other, so its gradient holds each image's own."""
    chosen = tf.one_hot(_or_top_class(targets, logits), tf.shape(logits)[1], dtype=logits.dtype)
    return tf.reduce_sum(chosen * logits)


def _or_top_class(targets, logits):
    return tf.where(targets == TOP_CLASS, tf.argmax(logits, axis=1, output_type=tf.int32), targets)


_RELUS = (keras.activations.relu, keras.activations.relu6)


def _ends_in_relu(step):
    """Whether the last thing that a step does is a ReLU: of a layer, as a layer, or as an operation."""
    operation = step.operation
    return (
        isinstance(operation, keras.layers.ReLU)
        or type(operation).__name__ in ("Relu", "Relu6")
        or getattr(operation, "activation", None) in _RELUS
    )


@tf.custom_gradient
def _pass_positive_gradients(values):
    """The values as they are; on the way back negative gradients stop. The ReLU before it then stops the others."""
    return tf.identity(values), tf.nn.relu


_POOLING = (
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
)


def _spatial_step(network, name):
    """The step of that name, if it has a spatial map; for None the last one that computes something."""
    spatial = [step for step in network.steps if _is_spatial(step)]
    last = [step for step in spatial if not isinstance(step.operation, _POOLING)]
    if not last:
        raise ValueError(
            f"model '{network.name}' has no layer with a spatial map (batch, height, width, channels) that can be seen from "
            "outside: nothing to explain."
        )
    if name is None:
        return last[-1]
    found = network.find(name)
    if not found:
        raise ValueError(
            f"model '{network.name}' has no layer '{name}'. Those with a spatial map are {', '.join(step.path for step in spatial)}."
        )
    if len(found) > 1:
        raise ValueError(
            f"model '{network.name}' has {len(found)} layers '{name}': name one by its full path, "
            f"{' or '.join(repr(step.path) for step in found)}."
        )
    if not _is_spatial(found[0]):
        raise ValueError(
            f"layer '{name}' of '{network.name}' has output shape {found[0].shape}: Grad-CAM needs a layer with a spatial "
            f"map (batch, height, width, channels).\nThe last one is '{last[-1].path}'; pass layer='{last[-1].path}'."
        )
    return found[0]


def _is_spatial(step):
    return len(step.shape) == 4 and step.shape[1:3] != (1, 1)


def _pooled_and_head(network):
    """The step that averages the maps, and the Dense layer behind it: the form that CAM needs. Else raises ValueError."""
    head = network.output
    pooled = head.inputs[0] if head is not None and type(head.operation) is keras.layers.Dense else None
    while pooled is not None and type(pooled.operation) in (keras.layers.Dropout, keras.layers.Identity):
        pooled = pooled.inputs[0]
    if (
        pooled is None
        or type(pooled.operation) is not keras.layers.GlobalAveragePooling2D
        or pooled.operation.data_format != "channels_last"
        or head.operation.activation is not keras.activations.linear
    ):
        ending = " → ".join(step.path for step in network.steps[-3:])
        raise ValueError(
            f"model '{network.name}' does not end in GlobalAveragePooling2D and one Dense layer without activation, the form that "
            f"CAM reads the weights of; it ends in {ending or 'code of its own'}. Use grad_cam, which works for any network, or "
            "models.gap_cnn or models.vgg16_gap."
        )
    return pooled, head.operation


def _precision(network):
    """How far a sum may be from the logit, as a share of it: what float32 leaves over thousands of cells, or a half float."""
    half = any("16" in str(getattr(step.operation, "compute_dtype", "")) for step in network.steps)
    return 0.02 if half else 1e-3
