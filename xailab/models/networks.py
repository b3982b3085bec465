"""The course's networks: two to train, two that come trained on ImageNet."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xailab._tensorflow import keras, tf
from xailab._validate import check_photo
from xailab.models.files import FetchError, fetch, say_once
from xailab.models.weight_files import read_onnx, read_torch
from xailab.network import Network

layers = keras.layers
_EPSILON = 1e-3  # of the batch normalizations


@dataclass(frozen=True, eq=False)
class Classifier:
    """A trained network with what belongs to it: how a photo is prepared, and what the outputs are called.

    model: keras.Model from prepared photos (N, H, W, 3) to logits (N, K). preprocess: function from uint8 RGB photos
    (N, H, W, 3), NumPy or TensorFlow, to the float32 tensor that the model takes. labels: the K names. Lesson 04.
    """

    model: keras.Model
    preprocess: Callable
    labels: tuple[str, ...]

    def __call__(self, photos):
        """Probabilities of the classes, the softmax of the logits.

        photos: uint8 RGB (N, H, W, 3), values 0 to 255. Returns float32 (N, K); each row adds up to 1. Raises
        ValueError for another dtype or shape. Lesson 04.
        """
        logits = self.logits(photos)
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    def logits(self, photos):
        """Scores before the softmax. photos: uint8 RGB (N, H, W, 3), values 0 to 255. Returns float32 (N, K).

        Raises ValueError for another dtype or shape. Lesson 04.
        """
        network = Network.of(self)
        return network.logits(network.check_images(photos))

    def top(self, photo, k=5):
        """The k likeliest classes of one photo.

        photo: uint8 RGB (H, W, 3). k: how many. Returns [(label, probability)], the likeliest first. Raises ValueError
        for another dtype or shape. Lesson 04.
        """
        probabilities = self(check_photo(photo)[None])[0]
        return [(self.labels[i], float(probabilities[i])) for i in np.argsort(-probabilities)[:k]]


def lenet5(input_shape=(224, 403, 3), classes=11, *, activation="tanh"):
    """Build LeNet-5 as the thesis widens it: 200 million weights, most of them in F6, behind the flattened maps.

    input_shape: (height, width, channels) of a photo. classes: number K of outputs. activation: of C1, C3, C5 and F6.
    Returns an untrained keras.Model from (N, *input_shape) to logits (N, K). Filling the weights takes 2 s and 2.5 GB;
    for their number alone, build it within keras.StatelessScope(initialize_variables=False). LeCun, Bottou, Bengio,
    Haffner (1998), section II.B. Lesson 02.
    """
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(6, 5, activation=activation, name="C1"),
            layers.AveragePooling2D(2, strides=1, name="S2"),
            layers.Conv2D(16, 5, activation=activation, name="C3"),
            layers.AveragePooling2D(2, name="S4"),
            layers.Conv2D(120, 5, activation=activation, name="C5"),
            layers.Flatten(name="flatten"),
            layers.Dense(84, activation=activation, name="F6"),
            layers.Dense(classes, name="output"),
        ],
        name="lenet5",
    )


def gap_cnn(input_shape=(28, 28, 1), classes=2):
    """Build a small network that ends in global average pooling, so that its weights tell where each class is seen.

    input_shape: (height, width, channels) of an image. classes: number K of outputs. Returns an untrained keras.Model
    from (N, *input_shape) to logits (N, K), without a bias in the output. Zhou et al. (2016), section 2. Lesson 03.
    """
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.GlobalAveragePooling2D(name="gap"),
            layers.Dense(classes, use_bias=False, name="output"),
        ],
        name="gap_cnn",
    )


def digit_network(weights="auto"):
    """Build the network that reads drawn digits: lesson 03's, with ten classes and a third layer.

    weights: "auto" for the trained ones, None for random ones. Returns a keras.Model from (N, 28, 28, 1), ink 1 on 0, to
    logits (N, 10). datasets/train_drawn_digits.py trained it. Zhou et al. (2016), section 2. Lesson 03.
    """
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv3"),
            layers.GlobalAveragePooling2D(name="gap"),
            layers.Dense(10, use_bias=False, name="output"),
        ],
        name="digit_network",
    )
    if weights == "auto":
        with np.load(Path(__file__).with_name("digits.npz")) as kept:
            network.set_weights([kept[name].astype(np.float32) for name in kept.files])
    return network


def efficientnet_lite0(weights="auto"):
    """Load EfficientNet-Lite0: 1,000 ImageNet classes at 5 ms a photo, ending in global average pooling.

    weights: "auto" for the trained ones, each batch normalization folded into the convolution before it, so that the answers
    are the same and come twice as fast; None for random ones, with the normalizations, as they are trained. Returns a
    Classifier of photos (N, 224, 224, 3) with 1,000 labels. Raises FetchError where the weights cannot be had. Tan and Le
    (2019), table 1, in the Lite variant without squeeze-and-excitation. Lesson 04.
    """
    trained = _wants_weights(weights)
    model = _efficientnet_lite0(folded=trained)
    if trained:
        # The file lists its tensors in the order in which the layers are built here, a normalization behind its convolution.
        tensors = iter([t for name, t in read_torch(fetch("efficientnet-lite0")).items() if "num_batches" not in name])
        for layer in (layer for layer in model.layers if layer.weights):
            kernel = next(tensors)
            if isinstance(layer, layers.Dense):
                layer.set_weights([kernel.T, next(tensors)])
                continue
            scale, shift, mean, variance = (next(tensors) for _ in range(4))
            scale = scale / np.sqrt(variance + _EPSILON)
            # PyTorch has the kernel's (out, in, height, width).
            depthwise = isinstance(layer, layers.DepthwiseConv2D)
            kernel = (kernel * scale[:, None, None, None]).transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
            layer.set_weights([kernel, shift - mean * scale])
    return Classifier(model, lambda photos: (tf.cast(photos, tf.float32) - 127) / 128, imagenet_labels())


def _efficientnet_lite0(folded):
    """The network untrained. folded: without normalizations, each convolution with a bias that takes the place of one."""

    def convolution(x, name, layer, *args, relu6=True, **options):
        x = layer(*args, padding="same", use_bias=folded, name=name, **options)(x)
        if not folded:
            x = layers.BatchNormalization(epsilon=_EPSILON, name=f"{name}_bn")(x)
        return layers.ReLU(6, name=f"{name}_relu6")(x) if relu6 else x

    inputs = keras.Input((224, 224, 3))
    x = convolution(inputs, "stem", layers.Conv2D, 32, 3, strides=2)
    block = 0
    for repeats, kernel, stride, expansion, channels in (
        (1, 3, 1, 1, 16),
        (2, 3, 2, 6, 24),
        (2, 5, 2, 6, 40),
        (3, 3, 2, 6, 80),
        (3, 5, 1, 6, 112),
        (4, 5, 2, 6, 192),
        (1, 3, 1, 6, 320),
    ):
        for repeat in range(repeats):
            block += 1
            y = x
            if expansion > 1:
                y = convolution(y, f"block{block}_expand", layers.Conv2D, expansion * x.shape[-1], 1)
            y = convolution(
                y, f"block{block}_depthwise", layers.DepthwiseConv2D, kernel, strides=1 if repeat else stride
            )
            y = convolution(y, f"block{block}_project", layers.Conv2D, channels, 1, relu6=False)
            x = layers.Add(name=f"block{block}_add")([x, y]) if repeat else y
    x = convolution(x, "head", layers.Conv2D, 1280, 1)
    x = layers.GlobalAveragePooling2D(name="gap")(x)
    return keras.Model(inputs, layers.Dense(1000, name="output")(x), name="efficientnet_lite0")


def vgg16(weights="auto"):
    """Load VGG16 with its 1,000 ImageNet classes, or, where they cannot be had, vgg16_gap in its place.

    weights: "auto" for the trained ones, None for random ones. Returns a Classifier of photos (N, 224, 224, 3) with
    1,000 labels; on a machine without a network and without the file of 553 MB, after a remark, one with the everyday
    classes of vgg16_gap. Simonyan and Zisserman (2015), table 1, column D. Lesson 04.
    """
    path = None
    if _wants_weights(weights):
        try:
            path = fetch("vgg16")
        except FetchError as error:
            substitute = vgg16_gap()
            classes = len(substitute.labels)
            say_once(
                f"{error} Until then: the same 13 convolutions with this course's head of {classes} everyday classes."
            )
            return substitute
    model = keras.applications.VGG16(weights=None, classifier_activation=None)
    if path:
        model.load_weights(path)
    return Classifier(model, vgg16_preprocess, imagenet_labels())


def vgg16_gap(weights="auto"):
    """Load VGG16's convolutions with global average pooling and one Dense layer behind them, for everyday classes.

    weights: "auto" for the trained ones, None for random ones. Returns a Classifier of photos (N, 224, 224, 3); its
    labels are those of vgg16_head(). Raises FetchError where the convolutions' weights cannot be had. Zhou et al.
    (2016), section 3.1; datasets/train_vgg16_head.py trained the head. Lesson 04.
    """
    base, head = vgg16_base(weights=weights), vgg16_head()
    labels = tuple(str(label) for label in head["labels"])
    pooled = layers.GlobalAveragePooling2D(name="gap")(base.output)
    output = layers.Dense(len(labels), name="output")
    model = keras.Model(base.input, output(pooled), name="vgg16_gap")
    if _wants_weights(weights):
        output.set_weights([head["kernel"], head["bias"]])
    return Classifier(model, vgg16_preprocess, labels)


def vgg16_head():
    """The head of vgg16_gap and how well it does on photos that it was not trained on.

    Returns {"labels": (K,), "kernel": float32 (512, K), "bias": float32 (K,), "accuracy": share of photos right in
    5-fold cross-validation, "confusion": counts (K, K) of true by predicted class in the same}. Lesson 04.
    """
    with np.load(Path(__file__).with_name("vgg16_head.npz")) as head:
        return dict(head)


def vgg16_base(size=(224, 224), *, weights="auto"):
    """Load VGG16's 13 convolutions and 5 poolings alone, for photos of any size from 32 x 32.

    size: (height, width) of the photos in pixels. weights: "auto" for the trained ones, None for random ones. Returns a
    keras.Model from photos (N, height, width, 3) that vgg16_preprocess has prepared to maps
    (N, height // 32, width // 32, 512). Raises FetchError where the weights cannot be had. Simonyan and Zisserman
    (2015), table 1, column D. Lesson 08.
    """
    base = keras.applications.VGG16(include_top=False, input_shape=(*size, 3), weights=None)
    if _wants_weights(weights):
        path = fetch("vgg16-base", "vgg16-base-keras")
        if path.suffix == ".h5":
            base.load_weights(path)
            return base
        tensors = read_onnx(path)
        for layer in base.layers:
            if layer.weights:
                name = f"functional_1/{layer.name}_1/"
                kernel, bias = tensors[f"{name}convolution/ReadVariableOp:0"], tensors[f"{name}Squeeze:0"]
                layer.set_weights([kernel.transpose(2, 3, 1, 0), bias])  # ONNX has (out, in, height, width)
    return base


def vgg16_preprocess(photos):
    """Prepare photos as VGG16 takes them: blue, green, red, less each channel's mean over ImageNet.

    photos: uint8 RGB (N, H, W, 3). Returns a float32 tensor of that shape. Lesson 08.
    """
    return tf.cast(photos, tf.float32)[..., ::-1] - tf.constant([103.939, 116.779, 123.68])


def linear_head(classifier, classes):
    """Build the Dense layer whose logits are the scores of a linear classifier that scikit-learn has fitted.

    classifier: fitted LogisticRegression on features (N, D), alone or in a pipeline behind a StandardScaler, which is folded
    into the weights. classes: number of logits. Of two classes scikit-learn keeps one score s, positive for the second: 1
    takes it as it is, 2 makes -s/2 and s/2 of it, whose softmax says the same.
    Returns a built keras.layers.Dense from (N, D) to (N, classes), without activation.
    Raises ValueError for a classifier with another number of classes. Lesson 05.
    """
    *scaler, line = getattr(classifier, "named_steps", {"line": classifier}).values()
    kernel, bias = line.coef_.T, line.intercept_
    if kernel.shape[1] == 1 and classes == 2:
        kernel, bias = kernel * [-0.5, 0.5], bias * [-0.5, 0.5]
    if kernel.shape[1] != classes:
        raise ValueError(
            f"the classifier has {kernel.shape[1]} score(s) per row, and classes is {classes}: both must agree."
        )
    if scaler:
        kernel = kernel / scaler[0].scale_[:, None]
        bias = bias - scaler[0].mean_ @ kernel
    head = layers.Dense(classes, name="output")
    head.build((None, len(kernel)))
    head.set_weights([kernel, bias])
    return head


def _wants_weights(weights):
    if weights not in ("auto", None):
        raise ValueError(f"weights is 'auto' (the trained ones) or None (random ones), not {weights!r}.")
    return weights == "auto"


def imagenet_labels():
    """Names of the 1,000 ImageNet classes, a tuple of str in the order of the outputs. Lesson 04."""
    lines = Path(__file__).with_name("imagenet_labels.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.partition(" ")[2] for line in lines)
