import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.lessons.lesson_01.exercises import FILTER, PHOTO  # the talk's picture and filter, used in the lesson
from xailab.arithmetic import conv2d, global_average_pool, output_size, pool2d, receptive_field

AFTER_RELU = np.array([[2, 1, 0, 1], [3, 7, 19, 11], [0, 5, 14, 5], [0, 1, 2, 1]])[..., None]


def single(*rows):
    return np.array(rows)[..., None, None]


def test_the_lecture_example_gives_minus_25():
    assert conv2d(PHOTO, FILTER, bias=1)[0, 0, 0] == -25


def test_the_three_channels_of_the_lecture_example_add_up():
    parts = [conv2d(PHOTO[..., [c]], FILTER[:, :, [c]])[0, 0, 0] for c in range(3)]
    assert parts == [308, -498, 164]


def test_the_first_filter_of_the_slide_gives_44_not_46():
    expected = [[37, 96, 55], [28, 77, 44], [5, 15, 19]]
    np.testing.assert_array_equal(conv2d(AFTER_RELU, single([1, 0], [0, 5]))[..., 0], expected)


def test_the_second_filter_of_the_slide_gives_13_not_12():
    expected = [[12, 26, 32], [19, 57, 41], [11, 31, 13]]
    np.testing.assert_array_equal(conv2d(AFTER_RELU, single([0, 2], [1, 1]))[..., 0], expected)


def test_photos_of_small_whole_numbers_do_not_overflow():
    white = np.full((3, 3, 1), 255, np.uint8)
    assert conv2d(white, np.ones((3, 3, 1, 1), np.uint8)).item() == 9 * 255


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(5, 9),
    width=st.integers(5, 9),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    channels=st.tuples(st.integers(1, 3), st.integers(1, 2)),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    padding=st.sampled_from(["valid", "same"]),
    seed=st.integers(0, 99),
)
def test_conv2d_agrees_with_keras(height, width, kernel, channels, stride, dilation, padding, seed):
    from xailab._tensorflow import keras

    draw = np.random.default_rng(seed)
    image, weights = draw.normal(size=(height, width, channels[0])), draw.normal(size=(*kernel, *channels))
    ours = conv2d(image, weights, stride=stride, padding=padding, dilation=dilation)
    if stride > 1 and dilation > 1:  # Keras has one or the other: write the dilated kernel out with zeros
        written = np.zeros((*(dilation * (k - 1) + 1 for k in kernel), *channels))
        written[::dilation, ::dilation] = weights
        weights, dilation = written, 1
    theirs = keras.ops.conv(image[None], weights, strides=stride, padding=padding, dilation_rate=dilation)
    np.testing.assert_allclose(ours, np.asarray(theirs)[0], atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(
    size=st.tuples(st.integers(4, 9), st.integers(4, 9)),
    kernel=st.integers(1, 3),
    stride=st.integers(1, 3),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 2),
)
def test_padding_in_pixels_is_the_same_as_zeros_around_the_image(size, kernel, stride, padding, dilation):
    draw = np.random.default_rng(0)
    if min(size) + 2 * padding < dilation * (kernel - 1) + 1:
        return
    image, weights = draw.normal(size=(*size, 2)), draw.normal(size=(kernel, kernel, 2, 3))
    around = np.pad(image, [(padding, padding), (padding, padding), (0, 0)])
    ours = conv2d(image, weights, stride=stride, padding=padding, dilation=dilation)
    np.testing.assert_array_equal(ours, conv2d(around, weights, stride=stride, dilation=dilation))
    expected = tuple(output_size(n, kernel, stride=stride, padding=padding, dilation=dilation) for n in size)
    assert ours.shape == (*expected, 3)


@settings(max_examples=40, deadline=None)
@given(
    size=st.tuples(st.integers(3, 9), st.integers(3, 9)),
    window=st.integers(1, 3),
    stride=st.integers(1, 3),
    padding=st.sampled_from(["valid", "same"]),
    mode=st.sampled_from(["max", "average"]),
)
def test_pool2d_agrees_with_keras(size, window, stride, padding, mode):
    from xailab._tensorflow import keras

    maps = np.random.default_rng(0).normal(size=(*size, 2))
    pool = {"max": keras.ops.max_pool, "average": keras.ops.average_pool}[mode]
    theirs = np.asarray(pool(maps[None], window, stride, padding))[0]
    np.testing.assert_allclose(pool2d(maps, window, stride=stride, padding=padding, mode=mode), theirs, atol=1e-6)


def test_the_mean_of_each_channel_is_taken_over_all_positions():
    maps = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(global_average_pool(maps), [10, 11, 12, 13])
    np.testing.assert_array_equal(global_average_pool(maps[None])[0], [10, 11, 12, 13])


@settings(max_examples=40, deadline=None)
@given(
    layers=st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 2), st.integers(0, 1), st.integers(1, 2)), min_size=1, max_size=4
    ),
)
def test_the_receptive_field_is_where_pixels_reach_the_cell(layers):
    maps = np.eye(200)  # one image a pixel: row p has a 1 at pixel p
    for kernel, stride, padding, dilation in layers:
        padded = np.pad(maps, [(0, 0), (padding, padding)])
        reach = dilation * (kernel - 1) + 1
        windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=1)[..., ::dilation]
        maps = windows.sum(-1)[:, ::stride]
    field, whole = receptive_field(layers), 0
    for cell in range(maps.shape[1]):
        first = field.start + cell * field.stride - (field.size - 1) / 2
        last = first + field.size - 1
        if first >= 0 and last < 150:  # further left or right, padding takes the place of pixels
            seen = np.flatnonzero(maps[:, cell])
            assert (seen[0], seen[-1]) == (first, last)
            whole += 1
    assert whole


def test_the_receptive_fields_of_vgg16():
    chain, fields = [], {}
    for block, convolutions in enumerate((2, 2, 3, 3, 3), start=1):
        for number in range(1, convolutions + 1):
            chain.append((3, 1, 1))
            fields[f"block{block}_conv{number}"] = receptive_field(chain)
        chain.append((2, 2))
        fields[f"block{block}_pool"] = receptive_field(chain)
    assert [fields[f"block{b}_conv{n}"].size for b, n in ((1, 2), (2, 2), (3, 3), (4, 3), (5, 3))] == [
        5,
        14,
        40,
        92,
        196,
    ]
    assert fields["block5_conv3"] == (196, 16, 7.5)
    assert fields["block5_pool"] == (212, 32, 15.5)


def message(call, *given, **options):
    with pytest.raises(ValueError) as caught:
        call(*given, **options)
    return str(caught.value)


def test_errors_say_what_is_wrong_and_what_to_do():
    image, kernel = np.ones((4, 4, 2)), np.ones((3, 3, 2, 1))
    assert "image[..., None]" in message(conv2d, image[..., 0], kernel)
    assert "kernel[..., None]" in message(conv2d, image, kernel[..., 0])
    assert "2 channels and the kernel 1" in message(conv2d, image, kernel[:, :, :1])
    assert "NaN" in message(conv2d, np.full((4, 4, 2), np.nan), kernel)
    assert "smaller kernel" in message(conv2d, image[:2], kernel)
    assert "stride is 0" in message(conv2d, image, kernel, stride=0)
    assert "padding is 'full'" in message(conv2d, image, kernel, padding="full")
    assert "padding is -1" in message(output_size, 5, 3, padding=-1)
    assert "kernel is 2.5" in message(output_size, 5, 2.5)
    assert "mode is 'sum'" in message(pool2d, image, mode="sum")
    assert "stride is 0" in message(receptive_field, [(3, 0)])
    assert "a layer is 3" in message(receptive_field, (3, 1))
    assert "kernel or the bias" in message(conv2d, image, kernel * np.nan)
    assert "kernel or the bias" in message(conv2d, image, kernel, np.inf)
    assert "each of 1 filters" in message(conv2d, image, kernel, np.ones(3))
    assert "pooling takes" in message(pool2d, image, padding=1)
    assert "was expected" in message(global_average_pool, np.ones((3, 3)))
