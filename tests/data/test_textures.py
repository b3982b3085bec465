"""Pictures to train on: patches come from where they should, and no folder of a user is fatal."""

import unicodedata
from pathlib import Path

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


def test_a_stamp_is_orange_in_the_lower_right_corner_and_leaves_the_original_alone():
    photos = np.full((2, 64, 115, 3), 128, np.uint8)
    stamped = data.date_stamp(photos)
    assert (photos == 128).all()
    rows, columns = np.nonzero((stamped != photos).any(axis=(0, 3)))
    assert rows.min() > 64 * 0.8 and columns.min() > 115 * 0.5
    red, _, blue = stamped[0][rows, columns].astype(int).T
    assert (red >= blue).all() and (red - blue).max() > 100


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


def test_halves_come_from_the_class_asked_for_and_from_another_one():
    """Each class has its own grey level, so that a half tells which class it was cut from."""
    labels = np.repeat(np.arange(4), 2)
    images = np.broadcast_to(labels.astype(np.uint8)[:, None, None, None] * 50, (8, 6, 7, 3))
    photos, targets, masks = data.halves(data.Pictures(images, labels, tuple("abcd")), pairs=3)
    assert photos.shape == (12, 6, 7, 3) and targets.tolist() == np.repeat(np.arange(4), 3).tolist()
    others = []
    for photo, target, mask in zip(photos, targets, masks):
        assert (photo[mask] == target * 50).all() and len(np.unique(photo[~mask])) == 1
        others.append(photo[~mask][0, 0] // 50)
    assert all(sorted(others[3 * k : 3 * k + 3]) == sorted({0, 1, 2, 3} - {k}) for k in range(4))
    assert masks[:, :, 0].all(axis=1).sum() == 6 and (masks.any(axis=1) == masks.all(axis=1)).all()


def test_halves_follow_their_seed_and_need_other_classes():
    pictures = data.materials(SIZE, train=2, test=1)[0]
    once, again, other = (data.halves(pictures, seed=seed)[0] for seed in (1, 1, 2))
    assert (once == again).all() and (once != other).any()
    with pytest.raises(ValueError, match="pairs is 11: 1 to 10"):
        data.halves(pictures, pairs=11)


def test_a_part_of_a_set_is_chosen_by_a_mask():
    pictures = data.materials(SIZE, train=2, test=1)[0]
    part = pictures[pictures.labels == 3]
    assert part.labels.tolist() == [3, 3] and part.names == pictures.names
    assert (part.images == pictures.images[6:8]).all()


@pytest.fixture
def folder(tmp_path):
    """Two classes, one of them Korean in the taken-apart form of macOS, each with two good pictures."""
    random = np.random.default_rng(0)
    for name in ("bolt", unicodedata.normalize("NFD", "너트")):
        (tmp_path / name).mkdir()
        for number in range(2):
            Image.fromarray(random.integers(0, 256, (30, 40, 3), np.uint8)).save(tmp_path / name / f"{number}.png")
    return tmp_path


def test_a_folder_gives_its_classes_in_order(folder, capsys):
    pictures = data.image_folder(folder, SIZE)
    assert pictures.names == ("bolt", "너트") and pictures.labels.tolist() == [0, 0, 1, 1]
    assert pictures.images.shape == (4, *SIZE, 3) and pictures.images.dtype == np.uint8
    assert pictures.skipped == {} and capsys.readouterr().out == ""


def test_a_picture_is_cut_around_its_centre_and_not_stretched(folder):
    photo = np.zeros((20, 60, 3), np.uint8)
    photo[:, 20:40] = 200
    Image.fromarray(photo).save(folder / "bolt/0.png")
    assert (data.image_folder(folder, (20, 20)).images[0] == 200).all()


def test_broken_files_are_listed_and_the_rest_is_read(folder, capsys):
    (folder / "bolt/broken.jpg").write_bytes(b"no picture")
    (folder / "bolt/empty.png").write_bytes(b"")
    whole = (folder / "bolt/1.png").read_bytes()
    (folder / "bolt/cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "bolt/notes.txt").write_text("remember")
    (folder / "bolt/.DS_Store").write_bytes(b"x")
    (folder / "washer").mkdir()
    pictures = data.image_folder(folder, SIZE)
    assert len(pictures.labels) == 4 and pictures.names == ("bolt", "너트")
    assert {Path(path).name for path in pictures.skipped} == {
        "broken.jpg",
        "empty.png",
        "cut.png",
        "notes.txt",
        "washer",
    }
    said = capsys.readouterr().out
    assert "broken.jpg" in said and "washer: no readable picture in it" in said and ".DS_Store" not in said


def picture(mode):
    if mode == "16-bit":
        return Image.fromarray(np.full((8, 8), 0x8000, np.uint16))
    if mode == "float":
        return Image.fromarray(np.full((8, 8), 0.5, np.float32))
    if mode == "transparent":
        return Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    return Image.new(mode, (8, 8), {"1": 1, "P": 0, "CMYK": (0, 0, 0, 255)}.get(mode, 128))


@pytest.mark.parametrize(
    "mode, ending, value",
    [
        ("L", "png", 128),
        ("1", "png", 255),
        ("P", "gif", 0),
        ("CMYK", "tif", 0),
        ("16-bit", "png", 128),
        ("16-bit", "tif", 128),
        ("transparent", "png", 255),
    ],
)
def test_every_kind_of_picture_becomes_rgb(folder, mode, ending, value):
    (folder / "bolt/0.png").unlink()
    picture(mode).save(folder / f"bolt/0.{ending}")
    assert (data.image_folder(folder, SIZE).images[0] == value).all()


def test_a_picture_of_unknown_range_is_listed_with_the_remedy(folder):
    picture("float").save(folder / "bolt/float.tif")
    (why,) = data.image_folder(folder, SIZE).skipped.values()
    assert "8 or 16 bits" in why


def test_a_picture_taken_upright_is_shown_upright(folder):
    photo = np.zeros((20, 20, 3), np.uint8)
    photo[:10] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # the camera was upside down
    Image.fromarray(photo).save(folder / "bolt/0.png", exif=exif)
    image = data.image_folder(folder, (20, 20)).images[0]
    assert image[0].max() == 0 and image[-1].min() == 255


def test_one_class_is_refused_and_the_message_says_what_was_found(folder):
    for path in (folder / "bolt").iterdir():
        path.unlink()
    with pytest.raises(ValueError, match=r"holds 1 class folder.*\(너트; 1 skipped\).*at least two"):
        data.image_folder(folder, SIZE)


def test_a_folder_without_classes_or_none_at_all_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"holds 0 class folder.*none"):
        data.image_folder(tmp_path)
    with pytest.raises(ValueError, match="is not a folder"):
        data.image_folder(tmp_path / "nowhere")


def test_a_set_says_what_is_in_it(folder):
    assert str(data.image_folder(folder, SIZE)) == "4 pictures of 2 classes: bolt 2, 너트 2"


def test_a_plate_runs_through_every_photo_and_the_photos_stay_as_they_were():
    photos = np.full((6, 60, 80, 3), 120, np.uint8)
    plates = data.on_plate(photos)
    assert (photos == 120).all() and plates.shape == photos.shape
    shares = np.stack([(plates == value).mean(axis=(1, 2, 3)) for value in (120, 235, 60)])
    assert (shares > [[0.3], [0.02], [0.03]]).all() and np.allclose(shares.sum(axis=0), 1)
    np.testing.assert_array_equal(plates, data.on_plate(photos))
    assert not np.array_equal(plates, data.on_plate(photos, seed=1))
