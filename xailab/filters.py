"""The interpretable CNN: filters that each watch one part of an object, and the measure of whether they do.

A map of n x n cells is compared with n * n + 1 templates: one for each place where its part may be, and one for a picture
without it. The filter loss is the mutual information between maps and templates, with its sign turned; the mask keeps what
a filter says near its strongest cell. Both are those of Zhang, Wu, Zhu (2018), "Interpretable convolutional neural
networks"; "the paper" below.
"""

import numpy as np

from xailab._tensorflow import keras, tf

_SOFTNESS = 0.5  # of the exponential in label_gradient, as in the authors' release
_MEMORY = 0.9  # how much of what is known of a filter's classes a batch leaves in place


def templates(n, *, tau=None, beta=4.0):
    """The ideal maps: one for each cell that a part may be in, and one for "not here".

    n: cells of a side. tau: largest value, by default 0.5 / n^2. beta: how fast a template falls off with the distance.
    Returns float64 (n * n + 1, n * n): row i * n + j has its peak tau at cell (i, j) and falls by tau * beta / n per step, down
    to -tau; the last row, T^-, is -tau everywhere.
    Raises ValueError for an n below 1, or a tau or beta that is not positive. The paper, section 3. Lesson 07.
    """
    if not isinstance(n, (int, np.integer)) or n < 1:
        raise ValueError(f"n is {n!r}: the cells of one side, a whole number of at least 1, were expected.")
    tau = 0.5 / n**2 if tau is None else tau
    for name, value in (("tau", tau), ("beta", beta)):
        if not (np.isscalar(value) and np.isfinite(value) and value > 0):
            raise ValueError(f"{name} is {value!r}: a positive number was expected.")
    cells = np.stack(np.unravel_index(np.arange(n * n), (n, n)), axis=-1)
    distance = np.abs(cells[:, None] - cells).sum(axis=-1)
    return tau * np.concatenate([np.maximum(1 - beta * distance / n, -1), np.full((1, n * n), -1.0)])


def masks(maps, *, beta=4.0):
    """The template around each map's strongest cell, with peak 1, and cut off below zero.

    maps: (N, n, n, C). beta: as in templates. Returns (N, n, n, C), 1 at the strongest cell (the first of several equal
    ones) and 0 from a distance of n / beta steps on; a tensor for a tensor. Times the maps, it is what the layer behind sees.
    Raises ValueError for maps that are not square. The paper, section 3. Lesson 07.
    """
    return _like(maps, tf.nn.relu(_nearest(_square(maps), beta)))


def _nearest(tensor, beta):
    """The template of each map's strongest cell, with peak 1: (N, n, n, C)."""
    n, channels = tensor.shape[1], tensor.shape[3]
    rows = tf.constant(templates(n, tau=1.0, beta=beta), tensor.dtype)
    strongest = tf.argmax(tf.reshape(tensor, (-1, n * n, channels)), axis=1)
    return tf.reshape(tf.transpose(tf.gather(rows, strongest), (0, 2, 1)), tf.shape(tensor))


def filter_loss(maps, *, tau=None, beta=4.0):
    """The loss of each filter: minus the mutual information between the pictures' maps and the templates.

    maps: (N, n, n, C) of one batch, behind the ReLU. tau, beta: as in templates.
    Returns (C,) in nats, from -log(min(N, n * n + 1)) to 0, differentiable and a tensor for a tensor. The N pictures are all
    there are: Z_T sums over them, so one picture alone gives 0, and so does a filter that never fires.
    Raises ValueError for maps that are not square. The paper, equations 1 and 2. Lesson 07.
    """
    tensor = _square(maps)
    n = tensor.shape[1]
    rows = tf.constant(templates(n, tau=tau, beta=beta), tensor.dtype)
    return _like(maps, _minus_information(tf.matmul(rows, tf.reshape(tensor, (-1, n * n, tensor.shape[3])))))


@tf.custom_gradient
def _minus_information(scores):
    """scores: tr(x T), (N, templates, C). Autodiff would give the same gradient, in more passes over them.

    All densities are taken relative to the uniform one, 1 / N: their logarithms then stay near zero, where float32 is fine.
    """
    scores -= tf.reduce_max(scores, axis=0, keepdims=True)  # p(x|T) stays as it is, and exp cannot overflow
    density = tf.exp(scores)
    total = tf.reduce_mean(density, axis=0, keepdims=True)
    density /= total  # N p(x|T)
    mixed = tf.reduce_mean(density, axis=1, keepdims=True)  # N p(x): all templates are equally probable beforehand
    gain = scores - tf.math.log(total) - tf.math.log(tf.maximum(mixed, np.finfo(scores.dtype.as_numpy_dtype).tiny))
    weighed = density * gain
    divergence = tf.reduce_mean(weighed, axis=0, keepdims=True)

    def gradient(upstream):
        return (density * divergence - weighed) * (upstream / tf.cast(tf.size(scores[..., 0]), scores.dtype))

    return -tf.reduce_mean(divergence, axis=(0, 1)), gradient


def approximate_gradient(maps, positive=None, *, tau=None, beta=4.0):
    """The gradient of the filter loss as the paper prints it; not the true one, which autodiff finds.

    maps: (N, n, n, C). positive: None for the whole sum over templates; or bool (N,), which pictures show the object, for the
    approximation by one template: that of the strongest cell if they do, else T^-. tau, beta: as in templates.
    Returns float64 (N, n, n, C). Z_T counts as a constant, as the paper says, and the sign is the printed one, opposite to a
    loss's gradient; 1 / Z_T, printed before the sum over templates, stands inside it.
    Raises ValueError for maps that are not square, or another number of pictures. The paper, equation 4. Lesson 07.
    """
    maps = _square(maps).numpy().astype(float)
    pictures, n, _, channels = maps.shape
    rows = templates(n, tau=tau, beta=beta)
    flat = maps.reshape(pictures, n * n, channels)
    scores = rows @ flat
    log_likelihood = scores - np.logaddexp.reduce(scores, axis=0)
    log_evidence = np.logaddexp.reduce(log_likelihood, axis=1, keepdims=True) - np.log(len(rows))
    terms = np.exp(log_likelihood) * (log_likelihood - log_evidence) / len(rows)
    if positive is not None:
        positive = np.asarray(positive, bool)
        if positive.shape != (pictures,):
            raise ValueError(
                f"positive has shape {positive.shape}: one truth value for each of {pictures} pictures was expected."
            )
        target = np.where(positive[:, None], flat.argmax(axis=1), n * n)
        terms *= np.arange(len(rows))[:, None] == target[:, None]
    return np.einsum("ntc,tp->npc", terms, rows).reshape(maps.shape)


def label_gradient(maps, positive, *, beta=4.0):
    """A direction that knows the labels, after what the authors' release trains with in place of the filter loss.

    maps: (N, n, n, C) behind the ReLU. positive: bool (N, C), whether a picture shows the class that a filter belongs to.
    beta: as in templates. Returns (N, n, n, C), to be followed downhill like a gradient: where the class is shown, a map
    grows around its strongest cell and shrinks elsewhere; where it is not, it shrinks everywhere. Both kinds of pictures
    count alike, however many there are. A tensor for a tensor.
    Raises ValueError for maps that are not square, or positive of another shape. The choice of one template by the label is
    that of the paper, section 3.1; how strongly each picture counts is the release's, which also places the template at the
    mean of the activation and learns beta (left out here). Lesson 07.
    """
    tensor = _square(maps)
    positive = tf.convert_to_tensor(positive, tf.bool)
    if not positive.shape.is_compatible_with((tensor.shape[0], tensor.shape[3])):
        raise ValueError(
            f"positive has shape {tuple(positive.shape)} for maps of shape {tuple(tensor.shape)}: one truth value for each "
            "picture and filter, (N, C), was expected."
        )
    nearest = _nearest(tensor, beta)
    inside = tf.cast(positive, tensor.dtype)
    others = tf.reduce_mean(tensor * tf.reverse(nearest, [0]), axis=(1, 2))  # each map with another picture's template
    fit, misfit = tf.reduce_mean(tensor * nearest, axis=(1, 2)), -tf.reduce_mean(tensor, axis=(1, 2))
    grow, shrink = _strength(fit, others, inside), _strength(misfit, misfit, 1 - inside)
    return _like(maps, shrink[:, None, None] - grow[:, None, None] * nearest)


def _strength(fit, compared, member):
    """How strongly each picture pulls at each filter: (N, C), zero outside the class, half the pictures' number in all."""
    largest = tf.reduce_max(compared, axis=0, keepdims=True)
    normal = largest + _SOFTNESS * tf.math.log(
        tf.reduce_mean(tf.exp((compared - largest) / _SOFTNESS), axis=0, keepdims=True)
    )
    pull = tf.exp((fit - tf.reduce_max(fit, axis=0, keepdims=True)) / _SOFTNESS) * (fit - normal + _SOFTNESS) * member
    half = 0.5 * tf.cast(tf.shape(fit)[0], fit.dtype)
    return half * tf.math.divide_no_nan(pull, tf.reduce_sum(tf.abs(pull), axis=0, keepdims=True))


@keras.saving.register_keras_serializable("xailab")
class InterpretableConv2D(keras.layers.Conv2D):
    """A convolution whose filters learn to watch one part each: convolution, ReLU, mask, and the filter loss.

    filters, kernel_size and further arguments: as in keras.layers.Conv2D, by default with padding "same" and a ReLU.
    loss_weight: factor of the filter loss; the layer's variable of this name may change while it trains. scaled: whether
    each filter's loss is multiplied as well by the mean of its maps' largest values, as in the paper's section 5. tau, beta:
    as in templates. categories: None trains with filter_loss, which knows no labels. A number K trains with label_gradient
    on labels from 0 (none of the categories) to K: call the layer as layer(maps, labels=labels) in the model that is trained,
    and without labels in one that only predicts. Each filter then belongs to the category that activates it most.
    That is learned in training alone, not while the network is evaluated or predicts.
    The loss goes to Keras through add_loss, summed over the filters. Returns (N, n, n, filters), the masked maps; their
    largest values and the places of these are those of the maps before the mask.
    Raises ValueError for maps that are not square. The paper, sections 3 and 3.1. Lesson 07.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        *,
        loss_weight=1e-3,
        scaled=False,
        categories=None,
        tau=None,
        beta=4.0,
        padding="same",
        activation="relu",
        **options,
    ):
        super().__init__(filters, kernel_size, padding=padding, activation=activation, **options)
        if categories is not None and (not isinstance(categories, int) or categories < 1):
            raise ValueError(
                f"categories is {categories!r}: None, or the number of categories, at least 1, was expected."
            )
        self.scaled, self.categories, self.tau, self.beta = scaled, categories, tau, beta
        self._initial_weight = float(loss_weight)

    def build(self, input_shape):
        super().build(input_shape)
        fixed = {"trainable": False, "dtype": "float32"}
        self.loss_weight = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(self._initial_weight), name="loss_weight", **fixed
        )
        if self.categories:  # how strongly each category has activated each filter
            self.activity = self.add_weight(
                shape=(self.categories, self.filters), initializer="zeros", name="activity", **fixed
            )

    def call(self, inputs, labels=None, training=None):
        maps = super().call(inputs)
        losses = None
        if self.categories is None:
            losses = filter_loss(maps, tau=self.tau, beta=self.beta)
        elif labels is not None:
            losses = self._label_losses(maps, labels, training)
        if losses is not None:
            scale = tf.stop_gradient(tf.reduce_mean(tf.reduce_max(maps, axis=(1, 2)), axis=0)) if self.scaled else 1.0
            self.add_loss(self.loss_weight * tf.reduce_sum(scale * losses))
        return maps * tf.stop_gradient(masks(maps, beta=self.beta))

    def _label_losses(self, maps, labels, training):
        """(filters,), whose gradient is label_gradient, averaged over the pictures; the values themselves say nothing."""
        shown = tf.one_hot(tf.cast(tf.reshape(labels, (-1,)), tf.int32) - 1, self.categories)  # label 0: all zeros
        if training:
            count = tf.reduce_sum(shown, axis=0)[:, None]
            mean = tf.math.divide_no_nan(tf.matmul(shown, tf.reduce_mean(maps, axis=(1, 2)), transpose_a=True), count)
            self.activity.assign(tf.where(count > 0, _MEMORY * self.activity + (1 - _MEMORY) * mean, self.activity))
        positive = tf.gather(shown, self.assignment(), axis=1) > 0
        direction = tf.stop_gradient(label_gradient(maps, positive, beta=self.beta))
        return tf.reduce_sum(maps * direction, axis=(0, 1, 2)) / tf.cast(tf.shape(maps)[0], maps.dtype)

    def assignment(self):
        """The category, from 0 to K - 1, that each filter belongs to: int64 (filters,)."""
        return tf.argmax(self.activity, axis=0)

    # Conv2D saves its kernel and bias alone; these save every variable.
    save_own_variables = keras.layers.Layer.save_own_variables
    load_own_variables = keras.layers.Layer.load_own_variables

    def get_config(self):
        own = {"loss_weight": self._initial_weight, "scaled": self.scaled, "categories": self.categories}
        return {**super().get_config(), **own, "tau": self.tau, "beta": self.beta}


def weight_schedule(layers, weight):
    """A Keras callback that sets the loss weight of layers at the start of each epoch.

    layers: InterpretableConv2D layers. weight: function from the epoch, counted from 0, to the weight; with
    lambda epoch: w / (epoch + 1) the filter loss fades as it does in the authors' release. Lesson 07.
    """

    def begin(epoch, logs=None):
        for layer in layers:
            layer.loss_weight.assign(weight(epoch))

    return keras.callbacks.LambdaCallback(on_epoch_begin=begin)


def _square(maps):
    """The maps as a float tensor (N, n, n, C); else raise ValueError."""
    tensor = tf.convert_to_tensor(maps)
    if not tensor.dtype.is_floating:
        tensor = tf.cast(tensor, tf.float32)
    if tensor.shape.rank != 4 or tensor.shape[1] != tensor.shape[2] or 0 in tensor.shape:
        hint = " Give a single picture its axis with maps[None]." if tensor.shape.rank == 3 else ""
        raise ValueError(
            f"the maps have shape {tuple(tensor.shape)}: square maps (N, n, n, filters) were expected.{hint}"
        )
    return tensor


def _like(given, result):
    return result if tf.is_tensor(given) else result.numpy()
