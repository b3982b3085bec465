"""The long run, short: small networks and drawn creatures in the place of VGG16 and photographs."""

import json

import numpy as np
import pytest
from PIL import Image

from course import cli
from course.lessons.lesson_07 import train_icnn
from course.lessons.lesson_07.train_icnn import vgg16_twin  # before the fixture puts a small one in its place
from xailab._tensorflow import keras
from xailab.data import PARTS, PicturesWithParts, creatures
from xailab.twins import small_base, twin


@pytest.fixture(autouse=True)
def small(monkeypatch):
    def read(path, *, limit, seed):
        found = creatures(limit or 30, ("fox", "hare"), negatives=0, seed=1)
        held_out = np.arange(len(found.labels)) % 3 == 0
        return PicturesWithParts(found.pictures, found.labels, found.landmarks, held_out, ("fox", "hare"), PARTS)

    def network(categories, kind, loss_weight):
        return twin(small_base(widths=(4, 4, 4)), categories, kind, filters=4, loss_weight=loss_weight)

    monkeypatch.setitem(train_icnn.READERS, "cub200", read)
    monkeypatch.setattr(train_icnn, "vgg16_twin", network)


@pytest.fixture
def epochs_trained(monkeypatch):
    """The epochs that each call of train ran."""
    done, train = [], train_icnn.train

    def counting(*given, **options):
        history = train(*given, **options)
        done.append(history.epoch)
        return history

    monkeypatch.setattr(train_icnn, "train", counting)
    return done


def test_both_kinds_are_trained_measured_and_printed_as_in_the_paper(tmp_path, capsys, epochs_trained):
    found = train_icnn.run("cub200", "anywhere", tmp_path / "run", epochs=1)
    assert list(found) == ["ordinary", "filter loss with labels"] and epochs_trained == [[0], [0]]
    before, after = (found[kind]["instability"] for kind in found)
    assert f"{before:.3f} -> {after:.3f}" in capsys.readouterr().out
    assert train_icnn.run("cub200", "anywhere", tmp_path / "run", epochs=1) == found and len(epochs_trained) == 2


def test_an_interrupted_run_goes_on_after_its_last_epoch(tmp_path, monkeypatch, epochs_trained):
    monkeypatch.setattr(train_icnn, "KINDS", ("ordinary", "ordinary"))  # one kind will do, and is done once
    stop = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: (_ for _ in ()).throw(KeyboardInterrupt) if epoch == 2 else None
    )
    train = train_icnn.train
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(
            train_icnn,
            "train",
            lambda *given, callbacks, **options: train(*given, callbacks=[*callbacks, stop], **options),
        )
        train_icnn.run("cub200", "anywhere", tmp_path / "run", epochs=3)
    assert "ordinary" not in json.loads((tmp_path / "run" / "results.json").read_text())
    train_icnn.run("cub200", "anywhere", tmp_path / "run", epochs=3)
    assert epochs_trained == [[2]]


def test_with_negatives_all_categories_are_one(tmp_path, epochs_trained):
    for number in range(6):
        Image.fromarray(np.full((80, 90, 3), 40 * number, np.uint8)).save(tmp_path / f"{number}.png")
    pictures, labels, landmarks, test = train_icnn._together(
        train_icnn.READERS["cub200"]("", limit=12, seed=0), tmp_path, 0
    )
    assert pictures.shape == (18, 64, 64, 3) and labels.tolist() == [1] * 12 + [0] * 6
    assert np.isnan(landmarks[12:]).all() and len(test) == 18
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="holds no .jpg or .png"):
        train_icnn.run("cub200", "anywhere", tmp_path / "run", negatives=tmp_path / "empty")


def test_a_folder_of_another_run_is_refused(tmp_path):
    (tmp_path / "results.json").write_text('{"settings": {"epochs": 3}}')
    with pytest.raises(ValueError, match="other settings"):
        train_icnn.run("cub200", "anywhere", tmp_path, epochs=3)


def test_the_command_says_what_is_missing(tmp_path, capsys):
    assert cli.main(["train-icnn", "voc_part", str(tmp_path / "nowhere"), "--folder", str(tmp_path / "run")]) == 1
    assert "nowhere is missing" in capsys.readouterr().out


def test_the_first_top_layer_starts_as_vgg16s_last_convolution(vgg16_gap, cat):
    network = vgg16_twin(1, "ordinary", 0.0)
    lower = keras.Model(network.predicts.input, network.tops[0].output)
    last = keras.Model(vgg16_gap.model.input, vgg16_gap.model.get_layer("block5_conv3").output)
    theirs = last(vgg16_gap.preprocess(cat)).numpy()
    assert theirs.shape == (1, 14, 14, 512)
    assert np.allclose(lower(cat.astype(np.float32)), theirs, atol=1e-3 * theirs.max())
