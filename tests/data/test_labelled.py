"""Labelled pictures: the truth of a half is known, and no folder of a user is fatal."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xailab import data

SIZE = (16, 28)


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


def test_of_every_class_some_pictures_are_held_out_and_none_is_in_both():
    labels = np.array([0] * 20 + [1] * 2 + [2] * 3)
    images = np.arange(25, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    learn, test = data.hold_out(data.Pictures(images, labels, tuple("abc")))
    assert np.bincount(test.labels).tolist() == [5, 1, 1] and np.bincount(learn.labels).tolist() == [15, 1, 2]
    assert sorted([*learn.images[:, 0, 0, 0], *test.images[:, 0, 0, 0]]) == list(range(25))
    again = data.hold_out(data.Pictures(images, labels, tuple("abc")))[1]
    np.testing.assert_array_equal(again.images, test.images)


def test_a_class_with_one_picture_and_a_share_out_of_range_are_named():
    pictures = data.Pictures(np.zeros((3, 2, 2, 3), np.uint8), np.array([0, 0, 1]), ("sound", "cracked"))
    with pytest.raises(ValueError, match="class 'cracked' has 1 picture.*at least two"):
        data.hold_out(pictures)
    with pytest.raises(ValueError, match="share is 1: a part of the pictures"):
        data.hold_out(pictures, share=1)
