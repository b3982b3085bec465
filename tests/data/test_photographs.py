import numpy as np
import pytest

from xailab import data


def test_nine_photos_are_square_and_in_colour():
    photos = data.photos(64)
    assert list(photos) == "cat coffee astronaut rocket motorcycle clock palace flower hopper".split()
    for photo in photos.values():
        assert photo.shape == (64, 64, 3) and photo.dtype == np.uint8 and photo.std() > 10


def test_a_square_is_cut_from_the_middle():
    photo = np.zeros((10, 30, 3), np.uint8)
    photo[:, 10:20] = 200
    assert (data.square(photo, 10) == 200).all()
    assert (data.square(photo.transpose(1, 0, 2), 10) == 200).all()


def test_a_square_of_the_size_wanted_is_left_alone():
    photo = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    np.testing.assert_array_equal(data.square(photo, 16), photo)


@pytest.mark.parametrize(
    "photo, said",
    [
        (np.zeros((8, 8), np.uint8), "np.stack"),
        (np.zeros((8, 8, 4), np.uint8), "alpha channel"),
        (np.zeros((1, 8, 8, 3), np.uint8), r"photos\[0\]"),
        (np.zeros((0, 8, 3), np.uint8), "one RGB picture"),
        (np.zeros((8, 8, 3)), "uint8"),
        (np.zeros((8, 8, 3), np.uint16), "uint8 values from 0 to 255"),
    ],
)
def test_what_is_no_photo_is_named(photo, said):
    with pytest.raises(ValueError, match=said):
        data.square(photo)


def test_a_size_below_one_is_refused():
    with pytest.raises(ValueError, match="size is 0"):
        data.square(np.zeros((8, 8, 3), np.uint8), 0)
