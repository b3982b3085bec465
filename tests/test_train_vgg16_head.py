"""The script that trains the head: its classes are disjoint, its folded weights exact, and it writes all or nothing."""

import numpy as np
import pytest
from PIL import Image

import train_vgg16_head


def test_no_imagenet_class_belongs_to_two_everyday_classes(monkeypatch):
    together, alone = len(train_vgg16_head.class_of_identifier()), 0
    for name, members in list(train_vgg16_head.CLASSES.items()):
        monkeypatch.setattr(train_vgg16_head, "CLASSES", {name: members})
        alone += len(train_vgg16_head.class_of_identifier())
    assert together == alone


@pytest.mark.parametrize(
    "identifier, name",
    [("n02123045", "cat"), ("n02086240", "dog"), ("n07920052", "food or drink"), ("n03785016", "land vehicle")],
)
def test_tabby_shih_tzu_espresso_and_moped_are_where_they_belong(identifier, name):
    assert list(train_vgg16_head.CLASSES)[train_vgg16_head.class_of_identifier()[identifier]] == name


def test_views_are_three_squares_and_their_mirror_images(tmp_path):
    photo = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    views = train_vgg16_head.views(tmp_path / "photo.png")
    assert views.shape == (6, 224, 224, 3)
    assert np.array_equal(views[3:], views[:3, :, ::-1])
    assert len({view.tobytes() for view in views}) == 6


def test_a_folder_without_photos_of_a_class_is_named(tmp_path):
    with pytest.raises(SystemExit, match="has fewer than five photos for: dog, cat, bird"):
        train_vgg16_head.list_photos(tmp_path)


def test_a_head_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "head.npz"
    train_vgg16_head.save(path, bias=np.ones(3))

    def full(*_, **__):
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        train_vgg16_head.save(path, bias=np.zeros(3))
    assert np.array_equal(np.load(path)["bias"], np.ones(3))
    assert [entry.name for entry in tmp_path.iterdir()] == ["head.npz"]
