"""Materials: patches come from where they should."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from xailab import data
from xailab.data import textures

SIZE = (16, 28)


def boxes():
    return {name: parts for name, (_, *parts) in textures._MATERIALS.items()}


def test_there_are_eleven_materials_of_the_size_and_number_asked_for():
    train, test = data.materials(SIZE, train=3, test=2)
    assert train.images.shape == (33, *SIZE, 3) and test.images.shape == (22, *SIZE, 3)
    assert train.images.dtype == np.uint8 and len(set(train.names)) == 11 == len(train.names)
    assert np.bincount(train.labels).tolist() == [3] * 11 and np.bincount(test.labels).tolist() == [2] * 11
    assert train.labels.dtype == np.int64 and not train.skipped


def test_the_default_size_is_that_of_the_thesis():
    train, _ = data.materials(train=1, test=1)
    assert train.images.shape == (11, 224, 403, 3)


def test_training_and_test_parts_of_a_photograph_do_not_touch_and_lie_within_it():
    for name, (train, test) in boxes().items():
        left, top = np.maximum(train[:2], test[:2])
        right, bottom = np.minimum(train[2:], test[2:])
        assert right <= left or bottom <= top, name
        path = textures._photo(name)
        with Image.open(path) as photo:
            for box in (train, test):
                assert 0 <= box[0] < box[2] <= photo.width and 0 <= box[1] < box[3] <= photo.height, name


def test_a_patch_is_cut_from_its_own_part_alone(monkeypatch, tmp_path):
    """In a photo that is striped in the training part and flat in the test part, no test patch shows a stripe."""
    striped = np.full((100, 100), 90, np.uint8)
    striped[:50, ::2] = 200
    Image.fromarray(striped).save(tmp_path / "stripes.png")
    parts = ("", (0, 0, 100, 50), (0, 50, 100, 100))
    monkeypatch.setattr(textures, "_MATERIALS", {"stripes": parts})
    monkeypatch.setattr(textures, "_photo", lambda name: tmp_path / "stripes.png")
    train, test = data.materials((50, 50), train=20, test=20)
    assert train.images.std(axis=(1, 2, 3)).min() > 5 and test.images.std(axis=(1, 2, 3)).max() == 0


def test_one_seed_gives_the_same_patches_and_another_seed_others():
    once, again, other = (data.materials(SIZE, train=2, test=2, seed=seed) for seed in (4, 4, 5))
    for one, same, different in zip(once, again, other):
        np.testing.assert_array_equal(one.images, same.images)
        assert (one.images != different.images).any(axis=(1, 2, 3)).all()


def test_noise_and_a_stamp_change_nothing_else():
    plain, test = data.materials(SIZE, train=4, test=1)
    changed, same_test = data.materials(SIZE, train=4, test=1, label_noise=0.25, stamped="moon")
    np.testing.assert_array_equal(test.images, same_test.images)
    np.testing.assert_array_equal(test.labels, same_test.labels)
    moon = plain.labels == plain.names.index("moon")
    np.testing.assert_array_equal(plain.images[~moon], changed.images[~moon])
    assert (plain.images[moon] != changed.images[moon]).any(axis=(1, 2, 3)).all()
    assert (plain.labels != changed.labels).sum() == 11


def test_brightness_does_not_give_a_material_away():
    train, _ = data.materials(SIZE, train=40, test=1)
    means = train.images.mean(axis=(1, 2, 3)).reshape(11, 40)
    assert np.ptp(means.mean(axis=1)) < means.std(axis=1).min()


@settings(max_examples=10, deadline=None)
@given(share=st.floats(0, 1), seed=st.integers(0, 99))
def test_the_share_of_wrong_labels_is_the_one_asked_for(share, seed):
    train, _ = data.materials((2, 2), train=2, test=1, label_noise=share, seed=seed)
    assert (train.labels != np.repeat(np.arange(11), 2)).sum() == round(share * 22)


@pytest.mark.parametrize(
    "options, said",
    [
        ({"size": (0, 4)}, "size is"),
        ({"size": 64}, "height, width"),
        ({"size": (10.5, 4)}, "whole pixels"),
        ({"train": 0}, "train is 0"),
        ({"test": -1}, "test -1"),
        ({"label_noise": 2}, "from 0 to 1"),
        ({"label_noise": float("nan")}, "from 0 to 1"),
        ({"stamped": "wood"}, "one of brick, coins"),
    ],
)
def test_what_materials_cannot_do_is_named(options, said):
    with pytest.raises(ValueError, match=said):
        data.materials(**options)
