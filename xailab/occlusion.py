"""Occlusion sensitivity: cover a part of the picture and see how much evidence goes.

The full method shows the network every covered picture. In a chain of convolutions and poolings most of that work is
done again and again: a covered patch changes only the cells whose receptive field it touches. The incremental method
keeps the maps of the uncovered picture and computes, layer by layer, the window of cells that the patch can reach.
"""

import numpy as np
from tqdm.auto import tqdm

from xailab._tensorflow import keras, tf
from xailab.network import Network, compiled

layers = keras.layers

_BATCH = 32  # covered pictures at once
_POINTWISE = (layers.Activation, layers.ReLU, layers.Dropout, layers.BatchNormalization)


def occlusion(model, images, targets=None, *, patch=32, stride=16, fill="mean", method="auto", progress=True):
    """Occlusion map: how much the logit falls when a square patch covers the place.

    model: keras.Model or Classifier, logits out. images: float (N, H, W, C) for a keras.Model, uint8 photos (N, H, W, 3)
    for a Classifier. targets: class index, N of them, or None for each image's top class.
    patch: side of the patch in pixels. stride: its step; one more patch goes to the end of a side that it does not reach.
    fill: "mean" colour of the image, "grey" (half way between its type's or its own extremes), "blur" (the image itself,
    blurred by a quarter of the patch), or a number or one number a channel, in the images' unit.
    method: "full" runs the network on every covered image; "incremental" computes only what a patch can change, exact for
    chains of convolutions and poolings; "auto" takes the incremental one where it applies.
    progress: whether to show a bar when it takes longer than a second.
    Returns float32 (N, H, W), in units of the logit: the mean fall over all patches that cover a pixel.
    Raises ValueError for a patch, stride, fill or method out of range, for images or targets that do not fit, for an image
    that the patch does not change, and for method="incremental" on a network that is no chain. Zeiler and Fergus (2014), section 4.2. Lesson 05.
    """
    network = Network.of(model)
    images, targets = network.check(images, targets)
    size = images.shape[1:3]
    for name, value, most in (("patch", patch, min(size)), ("stride", stride, patch)):
        if not isinstance(value, (int, np.integer)) or not 1 <= value <= most:
            raise ValueError(f"{name} is {value!r}: a whole number of pixels from 1 to {most} was expected.")
    if method not in ("auto", "full", "incremental"):
        raise ValueError(f"method is {method!r}: 'auto', 'full' or 'incremental' was expected.")
    rows, columns = (_starts(pixels, patch, stride) for pixels in size)
    falls = np.zeros((len(images), len(rows), len(columns)), np.float32)
    with tqdm(total=falls.size, desc="occlusion", leave=False, delay=1, disable=not progress) as bar:
        for index, image in enumerate(images):
            filling = filling_of(image, fill, patch)
            if np.array_equal(image, filling):
                raise ValueError(
                    f"image {index} is constant, and a patch of fill={fill!r} does not change it: pass another fill, or "
                    "look at where the image comes from."
                )
            before, after = _logits(network, image, filling, rows, columns, patch, method, bar)
            target = before.argmax() if targets is None else targets[index]
            falls[index] = (before - after)[:, target].reshape(len(rows), len(columns))
    return _mean_over_patches(falls, rows, columns, patch, size)


def _starts(pixels, patch, stride):
    starts = list(range(0, pixels - patch + 1, stride))
    return np.array(starts if starts[-1] == pixels - patch else [*starts, pixels - patch], np.int32)


def filling_of(image, fill, patch):
    """A picture of the image's shape and dtype: what is seen where a patch covers it."""
    if isinstance(fill, str):
        if fill == "mean":
            values = image.mean(axis=(0, 1))
        elif fill == "grey":
            values = 128 if image.dtype == np.uint8 else (float(image.min()) + float(image.max())) / 2
        elif fill == "blur":
            from skimage.filters import gaussian

            values = gaussian(image, sigma=patch / 4, channel_axis=-1, preserve_range=True)
        else:
            raise ValueError(
                f"fill is {fill!r}: 'mean', 'grey', 'blur', a number or one number a channel was expected."
            )
    else:
        values = np.asarray(fill, float)
        if values.shape not in ((), (1,), (image.shape[-1],)) or not np.isfinite(values).all():
            raise ValueError(
                f"fill is {fill!r}: a finite number, or one for each of {image.shape[-1]} channels was expected."
            )
        if image.dtype == np.uint8 and (values.min() < 0 or values.max() > 255):
            raise ValueError(f"fill is {fill!r}: values from 0 to 255 were expected for photos.")
    values = np.broadcast_to(values, image.shape)
    return values.round().astype(np.uint8) if image.dtype == np.uint8 else values.astype(np.float32)


def _logits(network, image, filling, rows, columns, patch, method, bar):
    """Logits of the uncovered image (classes,), and of every covered one (positions, classes)."""
    full = network.kept(_compile_full, patch)
    corners = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
    if method != "full":
        trouble = _not_a_chain(network)
        if trouble is None:
            before, after = _incremental(network, image, filling, rows, columns, patch, bar)
            some = [0, len(corners) // 2, len(corners) - 1]  # a corner alone can be right by chance
            sample = full(image, filling, corners[some])
            if np.allclose(after[some], sample, atol=1e-3 * max(1.0, np.abs(sample).max())):
                return before, after
            trouble = "its layers alone do not give its logits, or its preprocessing mixes pixels"
            bar.update(-len(corners))  # all of them again, in full
        if method == "incremental":
            raise ValueError(
                f"model '{network.name}' cannot be explained incrementally: {trouble}. Use method='full', or 'auto'."
            )
    batches = []
    for start in range(0, len(corners), _BATCH):
        batches.append(full(image, filling, corners[start : start + _BATCH]))
        bar.update(len(batches[-1]))
    return full(image, image, corners[:1])[0], np.concatenate(batches)  # covered with itself


def _mean_over_patches(falls, rows, columns, patch, size):
    """Mean of all patches that cover a pixel: (N, rows, columns) -> (N, H, W)."""
    over_rows, over_columns = (
        ((np.arange(pixels) >= starts[:, None]) & (np.arange(pixels) < starts[:, None] + patch)).astype(np.float32)
        for pixels, starts in zip(size, (rows, columns))
    )
    total = np.einsum("nrc,ry,cx->nyx", falls, over_rows, over_columns)
    return total / np.outer(over_rows.sum(axis=0), over_columns.sum(axis=0))


def _compile_full(network, patch):
    shape, dtype = network.spec.shape[1:], network.spec.dtype

    def run(image, filling, corners):
        inside = [
            (tf.range(tf.shape(image)[axis]) >= corners[:, axis, None])
            & (tf.range(tf.shape(image)[axis]) < corners[:, axis, None] + patch)
            for axis in (0, 1)
        ]
        covered = tf.where((inside[0][:, :, None] & inside[1][:, None, :])[..., None], filling, image)
        return tf.cast(network.forward(network.prepare(covered)), tf.float32)

    function = compiled(run, *[tf.TensorSpec(shape, dtype)] * 2, tf.TensorSpec((None, 2), tf.int32))
    return lambda *given: function(*map(tf.constant, given)).numpy()


def _windowed(layer):
    """Whether a layer computes each cell from a window of cells, or from the cell alone.

    A subclass may do anything, and so may an activation that is not one of Keras' own.
    """
    if getattr(layer, "compute_dtype", "") != "float32" or getattr(layer, "data_format", "") == "channels_first":
        return False
    if not getattr(getattr(layer, "activation", None) or keras.activations.linear, "__module__", "").startswith(
        "keras."
    ):
        return False
    if type(layer) is layers.Conv2D:
        return tuple(layer.dilation_rate) == (1, 1) and layer.groups == 1
    if type(layer) is layers.AveragePooling2D:
        return layer.padding == "valid"  # with "same" the border counts fewer cells
    return type(layer) in (layers.MaxPooling2D, *_POINTWISE)


def _stack_and_head(network):
    """The windowed steps that the network begins with, each behind the one before, and all that come after."""
    stack = []
    for step in network.steps:
        if step.inputs != [stack[-1] if stack else None] or not _windowed(step.operation):
            break
        stack.append(step)
    return stack, network.steps[len(stack) :]


def _not_a_chain(network):
    """Why a network is no chain of windowed layers with a head behind it, or None."""
    stack, head = _stack_and_head(network)
    if not any(isinstance(step.operation, layers.Conv2D) for step in stack):
        return "it does not begin with convolutions"
    if None in network.spec.shape[1:]:
        return "its input size is not fixed"
    for step in head:
        if len(step.inputs) > 1 or not {*step.inputs} <= {stack[-1], *head}:
            return f"layer '{step.path}' joins several branches"
        if len(step.shape) == 4:
            return f"layer '{step.path}' ({type(step.operation).__name__}) has maps but no plain window"
    return None


def _incremental(network, image, filling, rows, columns, patch, bar):
    features, covered_row, head = network.kept(_compile_incremental, patch)
    maps, prepared = features(tf.constant(image), tf.constant(filling))
    logits, waiting = [], [maps[-1][None]]
    for row in rows:
        waiting.append(covered_row(maps, prepared, tf.constant(row), tf.constant(columns)))
        if len(waiting) * len(columns) >= 4 * _BATCH or row == rows[-1]:  # dense heads like large batches
            logits.append(head(tf.concat(waiting, axis=0)).numpy())
            waiting = []
        bar.update(len(columns))
    logits = np.concatenate(logits)
    return logits[0], logits[1:]


def _compile_incremental(network, patch):
    stack, rest = _stack_and_head(network)
    operations = [step.operation for step in stack]
    picture = tf.TensorSpec(network.spec.shape[1:], network.spec.dtype)

    def features(image, filling):
        """The maps before each layer of the stack and behind the last, and the prepared filling."""
        both = network.prepare(tf.stack([image, filling]))
        maps = [both[:1]]
        for layer in operations:
            maps.append(layer(maps[-1]))
        return [each[0] for each in maps], both[1]

    features = compiled(features, picture, picture)
    kept = tf.nest.map_structure(lambda each: tf.TensorSpec(each.shape, each.dtype), features.structured_outputs)

    def covered_row(maps, filling, row, columns):
        """The last maps for patches that begin in one row, at several columns: (columns, H', W', C')."""
        size, top, left = (patch, patch), row, columns
        part = tf.map_fn(lambda x: filling[row : row + patch, x : x + patch], columns, fn_output_signature=tf.float32)
        part = tf.ensure_shape(part, (None, patch, patch, filling.shape[-1]))
        for layer, before, behind in zip(operations, maps, maps[1:]):
            if isinstance(layer, _POINTWISE) or size == tuple(before.shape[:2]):
                part = layer(part)
                size = tuple(part.shape[1:3])
                continue
            part, size, top, left = _through(layer, before, behind, part, size, top, left)
        if size != tuple(maps[-1].shape[:2]):
            part = _windows(
                maps[-1], part, size, (top, left), (tf.zeros_like(top), tf.zeros_like(left)), maps[-1].shape[:2]
            )
        return part

    def head(last_maps):
        logits = network.forward(last_maps, steps=rest, results={stack[-1]: [last_maps]})
        return tf.cast(logits, tf.float32)

    return (
        features,
        compiled(covered_row, *kept, tf.TensorSpec((), tf.int32), tf.TensorSpec((None,), tf.int32)),
        compiled(head, tf.TensorSpec((None, *kept[0][-1].shape), kept[0][-1].dtype)),
    )


def _through(layer, before, behind, part, size, top, left):
    """Take the changed part of a map through one layer: the new part, its size, and where it begins."""
    kernel = layer.kernel_size if isinstance(layer, layers.Conv2D) else layer.pool_size
    padded, padding = _pad(layer, before, behind, kernel)
    reach, need, start = [], [], []
    for axis, begin in ((0, top), (1, left)):
        cells, step, width = behind.shape[axis], layer.strides[axis], kernel[axis]
        reach.append(min((size[axis] + width - 2) // step + 1, cells))  # as many windows of this width touch the part
        need.append((reach[axis] - 1) * step + width)
        first = tf.math.floordiv(begin + padding[axis] - width + step, step)
        start.append(tf.clip_by_value(first, 0, cells - reach[axis]))
    inside = (top + padding[0], left + padding[1])
    outside = (start[0] * layer.strides[0], start[1] * layer.strides[1])
    windows = _windows(padded, part, size, inside, outside, need)
    if isinstance(layer, layers.Conv2D):
        result = tf.nn.conv2d(windows, layer.kernel, layer.strides, "VALID")
        result = layer.activation(tf.nn.bias_add(result, layer.bias) if layer.use_bias else result)
    else:
        pool = tf.nn.max_pool2d if isinstance(layer, layers.MaxPooling2D) else tf.nn.avg_pool2d
        result = pool(windows, kernel, layer.strides, "VALID")
    return result, tuple(reach), start[0], start[1]


def _pad(layer, before, behind, kernel):
    """The map with the border that the layer's padding adds, and how much of it stands before the first row and column."""
    if layer.padding == "valid":
        return before, (0, 0)
    sides = []
    for axis in (0, 1):
        total = max((behind.shape[axis] - 1) * layer.strides[axis] + kernel[axis] - before.shape[axis], 0)
        sides.append((total // 2, total - total // 2))
    border = 0.0 if isinstance(layer, layers.Conv2D) else before.dtype.min  # a padded cell is never the largest
    return tf.pad(before, [*sides, (0, 0)], constant_values=border), (sides[0][0], sides[1][0])


def _windows(whole, parts, size, inside, outside, need):
    """Cut one window for each part out of the whole map and lay the part over it.

    parts (columns, *size, C) begin at row inside[0] and columns inside[1] of the whole map, the windows at row outside[0]
    and columns outside[1]; they are need = (height, width) large. What of a part lies beyond its window is left off.
    """
    strip = whole[outside[0] : outside[0] + need[0]]
    shift = inside[0] - outside[0]
    upper, lower = tf.maximum(shift, 0), tf.minimum(shift + size[0], need[0])

    def window(given):
        part, begin, cut = given
        piece, offset = strip[:, cut : cut + need[1]], begin - cut
        first, last = tf.maximum(offset, 0), tf.minimum(offset + size[1], need[1])
        changed = part[upper - shift : lower - shift, first - offset : last - offset]
        middle = tf.concat([piece[upper:lower, :first], changed, piece[upper:lower, last:]], axis=1)
        return tf.concat([piece[:upper], middle, piece[lower:]], axis=0)

    shape = tf.TensorSpec((need[0], need[1], whole.shape[-1]), whole.dtype)
    return tf.map_fn(window, (parts, inside[1], outside[1]), fn_output_signature=shape, parallel_iterations=4)
