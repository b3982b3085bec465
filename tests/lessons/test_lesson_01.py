"""Numbers and claims in the text of lesson 01 that no other test computes."""

import numpy as np

from course.lessons.lesson_01.exercises import FILTER, PHOTO
from course.student.exercises import exercises
from xailab.arithmetic import conv2d, output_size, receptive_field

BLOCKS = [(3, 1, 1)] * 2 + [(2, 2)], [(3, 1, 1)] * 3 + [(2, 2)]
VGG16 = BLOCKS[0] * 2 + BLOCKS[1] * 3


def test_the_lecture_example_gives_minus_25():
    channels = [int(np.sum(PHOTO[:3, :3, channel] * FILTER[..., channel, 0])) for channel in range(3)]
    assert channels == [308, -498, 164]
    assert conv2d(PHOTO, FILTER, bias=1)[0, 0, 0] == -25


def test_the_slips_of_exercise_3_are_where_the_slide_differs():
    after_relu = np.array([[2, 1, 0, 1], [3, 7, 19, 11], [0, 5, 14, 5], [0, 1, 2, 1]])
    filters = {"a": np.array([[1, 0], [0, 5]]), "b": np.array([[0, 2], [1, 1]])}
    slide = {"a": [[37, 96, 55], [28, 77, 46], [5, 15, 19]], "b": [[12, 26, 32], [19, 57, 41], [11, 31, 12]]}
    slips = {}
    for name, kernel in filters.items():
        right = conv2d(after_relu[..., None], kernel[..., None, None])[..., 0]
        for row, column in np.argwhere(right != slide[name]):
            slips[name, row, column] = (slide[name][row][column], right[row, column])
    assert slips == exercises("01")["01.3"].reference


def test_the_first_six_layers_of_vgg16_see_16_pixels():
    assert receptive_field(VGG16[:6]).size == 16


def test_a_cell_of_vgg16s_last_map_sees_212_pixels_32_apart():
    assert receptive_field(VGG16) == (212, 32, 15.5)


def test_five_poolings_turn_224_pixels_into_7_cells():
    side = 224
    for kernel, stride, *padding in VGG16:
        side = output_size(side, kernel, stride=stride, padding=padding[0] if padding else 0)
    assert side == 7
