"""The readers of marked photographs, on tiny trees written in the same formats."""

import io
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from xailab.data.marked_parts import animal_part, cub200, unpack, voc_part


def photo(path, size=(200, 100), red=(0, 0, 0, 0)):
    """A grey photo, width x height, with one red box."""
    pixels = np.full((size[1], size[0], 3), 90, np.uint8)
    pixels[red[1] : red[3], red[0] : red[2]] = 255, 0, 0
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, quality=95)


@pytest.fixture
def cub(tmp_path):
    root = tmp_path / "CUB_200_2011"
    photo(root / "images/001.Albatross/A_1.jpg", red=(58, 28, 66, 36))
    photo(root / "images/002.Wren/B_2.jpg")
    (root / "parts").mkdir()
    (root / "images.txt").write_text("1 001.Albatross/A_1.jpg\n2 002.Wren/B_2.jpg\n")
    (root / "image_class_labels.txt").write_text("1 1\n2 2\n")
    (root / "classes.txt").write_text("1 001.Albatross\n2 002.Wren\n")
    (root / "bounding_boxes.txt").write_text("1 20.0 10.0 80.0 80.0\n2 0.0 0.0 100.0 50.0\n")
    (root / "train_test_split.txt").write_text("1 1\n2 0\n")
    (root / "parts/part_locs.txt").write_text("1 1 60.0 30.0 1\n1 6 62.0 32.0 1\n1 14 0.0 0.0 0\n2 3 5.0 5.0 1\n")
    return root


def test_cub_gives_crops_labels_split_and_places_in_the_crop(cub):
    birds = cub200(cub, size=40)
    assert birds.pictures.shape == (2, 40, 40, 3) and birds.labels.tolist() == [1, 2]
    assert birds.test.tolist() == [False, True] and birds.categories == ("001.Albatross", "002.Wren")
    assert birds.parts == ("back", "forehead", "tail")
    assert np.array_equal(birds.landmarks[0], [[19.5, 9.5], [20.5, 10.5], [np.nan, np.nan]], equal_nan=True)
    assert np.isnan(birds.landmarks[1]).all()
    assert birds.pictures[0, 10, 20, 0] > 200 and birds.pictures[0, 10, 20, 1] < 60  # the red box, at the forehead


def test_the_archive_is_read_as_the_folder_is(cub):
    with tarfile.open(cub.parent / "birds.tgz", "w:gz") as packed:
        packed.add(cub, "CUB_200_2011")
    once, again = cub200(cub.parent / "birds.tgz", size=8), cub200(cub.parent / "birds.tgz", size=8)
    assert np.array_equal(once.pictures, cub200(cub, size=8).pictures) and np.array_equal(once.labels, again.labels)


def test_a_limit_draws_so_many(cub):
    assert len(cub200(cub, size=8, limit=1).pictures) == 1


@pytest.mark.parametrize(
    "missing", ["bounding_boxes.txt", "parts/part_locs.txt", "images/002.Wren/B_2.jpg", "images.txt"]
)
def test_a_missing_file_is_named_with_where_to_get_it(cub, missing):
    (cub / missing).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{missing.split('/')[-1]}.*CUB-200-2011 is at .*non-commercial"):
        cub200(cub)
    with pytest.raises(FileNotFoundError, match="CUB-200-2011 is at"):
        cub200(cub.parent / "nowhere")


@pytest.fixture
def voc(tmp_path):
    photo(tmp_path / "JPEGImages/2008_000001.jpg")
    (tmp_path / "Annotations_Part").mkdir()
    head, wing = np.zeros((100, 200), np.uint8), np.ones((100, 200), np.uint8)
    head[20:31, 40:61] = 1
    parts = np.array([{"part_name": "head", "mask": head}, {"part_name": "lwing", "mask": wing}], dtype=object)
    objects = [
        {"class": "cat", "bbox": [20, 10, 120, 90], "parts": parts},
        {"class": "car", "bbox": [0, 0, 150, 90], "parts": parts},
        {"class": "dog", "bbox": [0, 0, 20, 20], "parts": parts},  # too small
        {"class": "dog", "bbox": [0, 0, 100, 50], "parts": np.array([], dtype=object)},
    ]
    about = {"imname": "2008_000001", "objects": np.array(objects, dtype=object)}
    savemat(tmp_path / "Annotations_Part/2008_000001.mat", {"anno": about})
    return tmp_path


def test_voc_part_gives_the_animals_with_the_centres_of_their_masks(voc):
    animals = voc_part(voc, size=100)
    assert [animals.categories[label - 1] for label in animals.labels] == ["cat", "dog"]
    assert animals.landmarks[0, 0] == pytest.approx([(50 - 20) / 100 * 100 - 0.5, (25 - 10) / 80 * 100 - 0.5])
    assert np.isnan(animals.landmarks[0, 1:]).all() and np.isnan(animals.landmarks[1]).all()
    assert voc_part(voc, animals=("dog",), size=8).labels.tolist() == [1]


def test_voc_part_says_what_it_misses(voc):
    (voc / "JPEGImages/2008_000001.jpg").unlink()
    with pytest.raises(FileNotFoundError, match="2008_000001.jpg is missing.*roozbehm"):
        voc_part(voc)
    with pytest.raises(FileNotFoundError, match="no object of zebra"):
        voc_part(voc, animals=("zebra",))


def animals_tree(root, truth):
    home = root / "n01443537_obj"
    for number in (1, 2):
        photo(home / f"img/img/{number:05d}.jpg")
    boxes = [
        {"obj": {"bndbox": dict(zip(("xmin", "ymin", "xmax", "ymax"), box))}}
        for box in ([20, 10, 120, 90], [0, 0, 100, 100])
    ]
    savemat(home / "img/data.mat", {"samples": np.array(boxes, dtype=object)})
    truth(home / "truth_part01.mat")
    return root


def in_the_old_format(path):
    centres = [{"pHW_center": np.array([[112.0], [56.0]])}, {"pHW_center": np.zeros((0, 0))}]
    savemat(path, {"truth": np.array(centres, dtype=object)})


def in_the_new_format(path):
    import h5py

    with h5py.File(path, "w") as file:
        place, nothing = (
            file.create_dataset("#refs#/a", data=[[112.0, 56.0]]),
            file.create_dataset("#refs#/b", data=[0, 0]),
        )
        nothing.attrs["MATLAB_empty"] = 1
        references = np.array([[place.ref], [nothing.ref]], dtype=h5py.ref_dtype)
        file.create_group("truth").create_dataset("pHW_center", data=references, dtype=h5py.ref_dtype)
    matlab = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM".ljust(388, b"\x00")  # the 512 bytes in front
    path.write_bytes(matlab + path.read_bytes())


@pytest.mark.parametrize("truth", [in_the_old_format, in_the_new_format])
def test_animal_part_gives_heads_in_the_crop(tmp_path, truth):
    animals = animal_part(animals_tree(tmp_path, truth), size=112)
    assert animals.labels.tolist() == [1, 1] and animals.categories == ("n01443537",)
    assert animals.landmarks[0, 0] == pytest.approx([27.5, 55.5])  # a quarter of the width, half the height
    assert np.isnan(animals.landmarks[1]).all() and np.isnan(animals.landmarks[0, 1]).all()  # no legs marked


def test_animal_part_says_what_it_misses(tmp_path):
    animals_tree(tmp_path, in_the_old_format)
    (tmp_path / "n01443537_obj/truth_part01.mat").unlink()
    with pytest.raises(FileNotFoundError, match="truth_part01.mat is missing.*github.com/zqs1022"):
        animal_part(tmp_path)


@pytest.mark.parametrize("name", ["../outside.txt", "/tmp/outside.txt"])
def test_an_archive_with_a_path_that_leaves_its_folder_is_not_unpacked(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as packed:
        packed.writestr("fine.txt", "fine")
        packed.writestr(name, "bad")
    with tarfile.open(tmp_path / "worse.tar", "w") as packed:
        member = tarfile.TarInfo("link" if name[0] == "/" else name)
        if name[0] == "/":
            member.type, member.linkname = tarfile.SYMTYPE, name
        packed.addfile(member, io.BytesIO(b""))
    for archive in ("bad.zip", "worse.tar"):
        with pytest.raises(ValueError, match="leaves its folder"):
            unpack(tmp_path / archive)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.zip", "worse.tar"]


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ValueError, match="neither a folder nor"):
        unpack(tmp_path / "notes.txt")
