import numpy as np
import pytest

from xailab import data


def test_there_are_500_digits_of_each_class():
    images, labels = data.mnist()
    assert images.shape == (5000, 28, 28) and images.dtype == np.uint8 and images.max() == 255
    assert np.bincount(labels).tolist() == [500] * 10


def test_digits_are_white_on_black_and_upright():
    images, labels = data.mnist()
    assert images[:, 0].mean() < 1  # the upper border is black
    sevens = images[labels == 7].mean(axis=0)
    assert sevens[5:10, 5:23].mean() > 1.5 * sevens[20:25, 5:23].mean()  # a seven has its roof at the top


def test_the_full_set_that_cannot_be_had_is_said_so(monkeypatch):
    from xailab._tensorflow import keras

    def refuse():
        raise OSError("connection refused")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", refuse)
    with pytest.raises(OSError, match=r"could not be downloaded \(connection refused\).*use mnist\(\)"):
        data.mnist(full=True)


def test_the_full_set_is_training_and_test_digits_together(monkeypatch):
    from xailab._tensorflow import keras

    parts = (
        (np.zeros((6, 28, 28), np.uint8), np.arange(6, dtype=np.uint8)),
        (np.ones((2, 28, 28), np.uint8), np.array([7, 8], np.uint8)),
    )
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: parts)
    images, labels = data.mnist(full=True)
    assert images.shape == (8, 28, 28) and labels.tolist() == [0, 1, 2, 3, 4, 5, 7, 8] and labels.dtype == np.int64


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


def test_a_watch_is_drawn_beside_the_photo_and_the_photo_stays_as_it_was():
    photo = np.full((224, 224, 3), 99, np.uint8)
    watched = data.with_watch(photo, 40)
    assert (photo == 99).all() and watched.dtype == np.uint8
    assert (watched[:, 81:] == 99).all() and (watched[112, 20:35] == [250, 250, 245]).all()
    with pytest.raises(ValueError, match="radius is 0"):
        data.with_watch(photo, 0)
