"""Numbers and claims in the text of lesson 01 that no other test computes."""

import numpy as np

from course.lessons.lesson_01.exercises import FILTER, PHOTO
from course.student.exercises import exercises
from xailab.arithmetic import conv2d, output_size, receptive_field

BLOCKS = [(3, 1, 1)] * 2 + [(2, 2)], [(3, 1, 1)] * 3 + [(2, 2)]
VGG16 = BLOCKS[0] * 2 + BLOCKS[1] * 3
MAP = np.array([[2, 1, 0, 1], [3, 7, 19, 11], [0, 5, 14, 5], [0, 1, 2, 1]])
FILTERS = {"a": np.array([[1, 0], [0, 5]]), "b": np.array([[0, 2], [1, 1]])}
SLIDE = {
    "a": np.array([[37, 96, 55], [28, 77, 46], [5, 15, 19]]),
    "b": np.array([[12, 26, 32], [19, 57, 41], [11, 31, 12]]),
}


def shares_seen(layers):
    """What share of a picture of 224 pixels a side each cell of the last map sees, painted layer by layer: (cells, cells)."""
    seen = np.eye(224, dtype=bool)  # for each cell along a side, the pixels that reach it
    for kernel, stride, *padding in layers:
        padded = np.pad(seen, ((padding[0] if padding else 0,) * 2, (0, 0)))
        starts = range(0, len(padded) - kernel + 1, stride)
        seen = np.array([padded[start : start + kernel].any(axis=0) for start in starts])
    along = seen.mean(axis=1)
    return np.outer(along, along)


def test_the_lecture_example_gives_minus_25(numbers):
    channels = [int(np.sum(PHOTO[:3, :3, channel] * FILTER[..., channel, 0])) for channel in range(3)]
    assert channels == numbers == [308, -498, 164]
    assert conv2d(PHOTO, FILTER, bias=1)[0, 0, 0] == -25
    turned = [int(np.sum(PHOTO[:3, :3, channel] * FILTER[::-1, ::-1, channel, 0])) for channel in range(3)]
    assert turned == [-151, 164, 323]


def test_the_slips_of_exercise_3_are_where_the_slide_differs():
    slips = {}
    for name, kernel in FILTERS.items():
        right = conv2d(MAP[..., None], kernel[..., None, None])[..., 0]
        for row, column in np.argwhere(right != SLIDE[name]):
            slips[name, row, column] = (SLIDE[name][row][column], right[row, column])
        turned = conv2d(MAP[..., None], kernel[::-1, ::-1, None, None])[..., 0]
        assert (turned != SLIDE[name]).sum() > 5
    assert slips == exercises("01")["01.3"].reference


def test_the_first_six_layers_of_vgg16_see_16_pixels():
    assert receptive_field(VGG16[:6]).size == 16


def test_a_cell_of_vgg16s_last_map_sees_212_pixels_32_apart(numbers):
    size, _, step, first = numbers
    assert receptive_field(VGG16) == (size, step, first)
    assert round(shares_seen(VGG16)[3, 3] * 224**2) == size**2  # painted


def test_the_corner_cell_sees_a_third_of_the_picture(numbers):
    seen = shares_seen(VGG16)
    assert [round(100 * seen[3, 3]), round(100 * seen[0, 0])] == numbers
    before = shares_seen(VGG16[:14])
    assert round(100 * before[7, 7]) == 20 and round(100 * before[0, 0]) == 7


def test_five_poolings_turn_224_pixels_into_7_cells(numbers):
    before, _, after = numbers
    for layers, cells in {tuple(VGG16): after, tuple(layer for layer in VGG16 if layer[0] == 3): before}.items():
        side = int(before)
        for kernel, stride, *padding in layers:
            side = output_size(side, kernel, stride=stride, padding=padding[0] if padding else 0)
        assert side == cells
