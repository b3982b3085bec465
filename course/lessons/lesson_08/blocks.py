"""What lesson 08 does with VGG16's blocks: run them once, part by part, put a head on them, and make them untrained."""

import numpy as np
from scipy.ndimage import gaussian_filter

from course.student.progress import Progress
from xailab import data
from xailab._tensorflow import keras
from xailab.models import Classifier, linear_head, vgg16_base, vgg16_preprocess


def part(base, first, last):
    """Blocks `first` to `last` of VGG16's convolutions as a network of their own; it shares the weights. Lesson 08."""
    start = base.inputs[0] if first == 1 else base.get_layer(f"block{first - 1}_pool").output
    return keras.Model(start, base.get_layer(f"block{last}_pool").output)


def maps_of(base, images, name):
    """What goes into block 1 and what comes out of each block, each run once, with a progress bar that says `name`.

    images: uint8 (N, H, W, 3). Returns {0: prepared images, 1 to 5: maps (N, h, w, channels)}. Lesson 08.
    """
    maps = {0: np.asarray(vgg16_preprocess(images))}
    for block in range(1, 6):
        network, bar = part(base, block, block), [Progress(f"{name}, block {block}")]
        maps[block] = network.predict(maps[block - 1], 22, verbose=0, callbacks=bar)
    return maps


def untrained(size, seed):
    """VGG16's convolutions with filters drawn anew, as He and others (2015) do before a training. Lesson 08."""
    network, he = vgg16_base(size, weights=None), keras.initializers.HeNormal(keras.random.SeedGenerator(seed))
    for layer in network.layers:
        if hasattr(layer, "kernel"):
            layer.kernel.assign(he(layer.kernel.shape))
    return network


def features_of(base, images):
    """Each channel's mean after the last block. uint8 (N, H, W, 3) -> (N, 512). Lesson 08."""
    bar = [Progress("features")]
    return base.predict(np.asarray(vgg16_preprocess(images)), 10, verbose=0, callbacks=bar).mean(axis=(1, 2))


def with_head(base, head, names):
    """The convolutions and a head, a layer or network on their maps or a linear_probe of the channels' means, as a Classifier of
    photos. Lesson 08."""
    if not hasattr(head, "build"):
        pool, last = keras.layers.GlobalAveragePooling2D(), linear_head(head, len(names))
        head = keras.Sequential([keras.Input(base.output_shape[1:]), pool, last])
    return Classifier(keras.Model(base.inputs, head(base.outputs[0])), vgg16_preprocess, names)


def corner_of_the_stamp(size):
    """Where `data.date_stamp` prints: the smallest rectangle around it, bool (H, W). Lesson 08."""
    printed = data.date_stamp(np.zeros((1, *size, 3), np.uint8))[0].any(axis=-1)
    rows, columns = np.nonzero(printed)
    corner = np.zeros(printed.shape, bool)
    corner[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = True
    return corner


def soften(images, sigma):
    """Photos as a softer camera takes them: blurred by a Gaussian of sigma pixels. uint8 (N, H, W, 3), a copy. Lesson 08."""
    return gaussian_filter(images.astype(float), (0, sigma, sigma, 0)).round().astype(np.uint8)


def load(size, patches, folder=None):
    """Pictures to train on and to test with, two of data.Pictures: patches of the eleven materials, (to train on, to test with) a
    class; or of a folder with one folder of pictures a class, of which every third picture is kept for the test. Lesson 08."""
    if folder is None:
        return data.materials(tuple(size), train=patches[0], test=patches[1], seed=0)
    everything = data.image_folder(folder, tuple(size))
    third = np.arange(len(everything.labels)) % 3 == 0
    return everything[~third], everything[third]
