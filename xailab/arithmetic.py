"""The arithmetic of convolutional networks in plain NumPy: slow enough to follow, exact enough to check a network by."""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def conv2d(image, kernel, bias=0, *, stride=1, padding="valid", dilation=1):
    """Slide filters over an image: multiply, add over the window and over all channels, add the bias.

    image: (H, W, Cin). kernel: (kh, kw, Cin, Cout). bias: a number, or one for each filter (Cout,).
    stride: step of the window in pixels. padding: "valid" (none), "same" (output ceil(H / stride), the odd row of zeros
    at the bottom and right, as TensorFlow has it), or the rows of zeros on every side. dilation: step inside the window.
    Returns (H', W', Cout). The kernel is not flipped: networks call this convolution, mathematics cross-correlation.
    Raises ValueError for wrong axes, channels that differ, NaN, or a window larger than the padded image.
    Dumoulin and Visin (2016), relationship 6. Lesson 01.
    """
    image, kernel = _finite(image, "image", "(height, width, channels)"), np.asarray(kernel)
    if kernel.ndim != 4:
        raise ValueError(
            f"the kernel has shape {kernel.shape}: (kernel height, kernel width, channels in, filters) was expected. "
            "Give a single filter its last axis with kernel[..., None]."
        )
    if kernel.shape[2] != image.shape[2]:
        raise ValueError(
            f"the image has {image.shape[2]} channels and the kernel {kernel.shape[2]}: a filter needs one slice a channel."
        )
    if not np.isfinite(kernel).all() or not np.isfinite(bias).all():
        raise ValueError("the kernel or the bias holds NaN or infinite values: one of them would spoil the whole map.")
    if np.shape(bias) not in ((), (kernel.shape[3],)):
        raise ValueError(
            f"the bias has shape {np.shape(bias)}: a number or one for each of {kernel.shape[3]} filters was expected."
        )
    windows = _windows(image, kernel.shape[:2], stride, padding, dilation, fill=0)
    wide = np.result_type(image, kernel, int)  # the products of two uint8 arrays do not fit into uint8
    return np.einsum("yxcij,ijco->yxo", windows, kernel, dtype=wide) + bias


def pool2d(maps, size=2, *, stride=None, padding="valid", mode="max"):
    """Shrink each channel: keep the largest value, or the mean, of every window.

    maps: (H, W, C). size: side of the window. stride: its step, by default its size. padding: "valid" or "same"; padded
    cells are never the largest and do not count in a mean. mode: "max" or "average".
    Returns (H', W', C). Raises ValueError as conv2d, and for another mode.
    LeCun, Bottou, Bengio, Haffner (1998), section II.A. Lesson 01.
    """
    if mode not in ("max", "average"):
        raise ValueError(f"mode is {mode!r}: 'max' or 'average' was expected.")
    if padding not in ("valid", "same"):
        raise ValueError(f"padding is {padding!r}: pooling takes 'valid' or 'same'.")
    maps = _finite(maps, "maps", "(height, width, channels)")
    windows = _windows(maps.astype(float), (size, size), size if stride is None else stride, padding, 1, fill=np.nan)
    pooled = np.nanmax(windows, axis=(-2, -1)) if mode == "max" else np.nanmean(windows, axis=(-2, -1))
    return pooled.astype(maps.dtype) if mode == "max" else pooled


def global_average_pool(maps):
    """Mean of each channel over all positions.

    maps: (..., H, W, C). Returns (..., C). Raises ValueError for fewer than three axes.
    Lin, Chen, Yan (2014), section 3.2. Lesson 02.
    """
    maps = np.asarray(maps)
    if maps.ndim < 3:
        raise ValueError(f"the maps have shape {maps.shape}: (..., height, width, channels) was expected.")
    return maps.mean(axis=(-3, -2))


def output_size(n, kernel, *, stride=1, padding=0, dilation=1):
    """How many positions a window takes along one side.

    n: pixels of the side. kernel: cells of the window. stride: its step. padding: zeros added at each end, or "valid" or
    "same" as in conv2d. dilation: step inside the window.
    Returns floor((n + 2 padding - dilation (kernel - 1) - 1) / stride) + 1.
    Raises ValueError for sizes that are not whole numbers in range, or a window larger than the padded side.
    Dumoulin and Visin (2016), relationship 14. Lesson 01.
    """
    for name, value, least in (("n", n, 1), ("kernel", kernel, 1), ("stride", stride, 1), ("dilation", dilation, 1)):
        _whole(name, value, least)
    before, after = _padding(n, kernel, stride, padding, dilation)
    reach = dilation * (kernel - 1) + 1
    if reach > n + before + after:
        raise ValueError(
            f"the window reaches over {reach} pixels, but the side has {n + before + after} with its padding: "
            "take a smaller kernel or dilation, or more padding."
        )
    return (n + before + after - reach) // stride + 1


class ReceptiveField(NamedTuple):
    """What one cell of a map sees: the cell number i is centred on pixel start + i * stride, `size` pixels wide."""

    size: int
    stride: int
    start: float


def receptive_field(layers):
    """What one cell sees of the image after a chain of convolutions and poolings, along one side.

    layers: (kernel, stride), (kernel, stride, padding) or (kernel, stride, padding, dilation) of each layer in order, the
    padding in pixels at the start of the side (1 for a 3-wide "same" convolution). No layer at all sees one pixel.
    Returns ReceptiveField(size, stride, start), in pixels; start is the centre of the first cell, which padding may put
    outside the image. Raises ValueError for numbers out of range.
    Araujo, Norris, Sim (2019), section 2. Lesson 01.
    """
    size, step, start = 1, 1, 0.0
    for layer in layers:
        if np.ndim(layer) != 1 or not 2 <= len(layer) <= 4:
            raise ValueError(
                f"a layer is {layer!r}: (kernel, stride), with padding and dilation behind if any, was expected."
            )
        kernel, stride, padding, dilation = (*layer, *(0, 1)[len(layer) - 2 :])
        numbers = ("kernel", kernel, 1), ("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1)
        for name, value, least in numbers:
            _whole(name, value, least)
        reach = dilation * (kernel - 1)
        size += reach * step
        start += (reach / 2 - padding) * step
        step *= stride
    return ReceptiveField(size, step, start)


def _windows(image, size, stride, padding, dilation, fill):
    """All windows of an image (H, W, C) as a view (H', W', C, kh, kw)."""
    for pixels, cells in zip(image.shape, size):
        output_size(pixels, cells, stride=stride, padding=padding, dilation=dilation)  # says what does not fit
    sides = [_padding(pixels, cells, stride, padding, dilation) for pixels, cells in zip(image.shape, size)]
    padded = np.pad(image, [*sides, (0, 0)], constant_values=fill) if np.any(sides) else image
    reach = [dilation * (cells - 1) + 1 for cells in size]
    windows = sliding_window_view(padded, reach, axis=(0, 1))
    return windows[::stride, ::stride, :, ::dilation, ::dilation]


def _padding(n, kernel, stride, padding, dilation):
    """Zeros before and after one side."""
    if padding == "valid":
        return 0, 0
    if padding == "same":
        total = max((-(-n // stride) - 1) * stride + dilation * (kernel - 1) + 1 - n, 0)
        return total // 2, total - total // 2
    if isinstance(padding, str):
        raise ValueError(f"padding is {padding!r}: 'valid', 'same' or a whole number of pixels was expected.")
    return (_whole("padding", padding, 0),) * 2


def _whole(name, value, least):
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} is {value!r}: a whole number of at least {least} was expected.")
    return value


def _finite(array, name, axes):
    array = np.asarray(array)
    if array.ndim != 3 or 0 in array.shape:
        hint = " Give a single channel its axis with image[..., None]." if array.ndim == 2 else ""
        raise ValueError(f"{name} has shape {array.shape}: {axes} was expected.{hint}")
    if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinite values: one of them would spoil every window it falls into.")
    return array
