"""The cards that people read and the manifest that the program reads say the same, and the files are as both say."""

import re
from pathlib import Path

import numpy as np
import pytest

from xailab.data import photographs, textures
from xailab.models import files

README = (Path(__file__).parents[1] / "datasets/README.md").read_text(encoding="utf-8")
CARDS = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", README, re.MULTILINE | re.DOTALL))
OURS = {"vgg16-head", "imagenet-labels"}  # these lie in the repository, so they are not looked for


def test_every_file_of_the_manifest_has_a_card_and_every_card_a_file():
    assert set(CARDS) == set(files.manifest()) | OURS


@pytest.mark.parametrize("name", files.manifest())
def test_a_card_says_what_the_manifest_says(name):
    entry, card = files.manifest()[name], " ".join(CARDS[name].split())
    assert card.startswith(f"{entry['title']}: ")
    assert f"**File** `{entry['file']}`, {entry['size']:,} bytes." in card
    assert f"**Checksum** `{entry['checksum']}`" in card
    assert f"**Licence** {entry['licence']}" in card
    assert (
        f"the package `{entry['package']}`" in card if "package" in entry else f"**Found at** <{entry['url']}>" in card
    )


@pytest.mark.parametrize("name", [name for name, entry in files.manifest().items() if "package" in entry])
def test_what_the_packages_carry_is_what_the_cards_describe(name, monkeypatch, tmp_path):
    monkeypatch.setenv("XAILAB_CACHE", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert files.fetch(name).is_file()


def test_the_photos_of_the_lessons_have_cards():
    for name, (package, path) in photographs._PHOTO_FILES.items():
        assert files.manifest()[f"photo-{name}"]["inside"] == f"{package}/{path}"


def test_the_photos_of_the_materials_have_cards():
    inside = {entry.get("inside") for entry in files.manifest().values()}
    assert {source for source, *_ in textures._MATERIALS.values()} <= inside


def test_the_card_of_the_head_states_its_classes_and_its_accuracy():
    with np.load(Path(files.__file__).with_name("vgg16_head.npz")) as head:
        card = " ".join(CARDS["vgg16-head"].split())
        assert f"{100 * head['accuracy']:.1f} % of photos right in 5-fold cross-validation" in card
        assert f"{head['confusion'].sum()} ImageNet photos" in card
        assert ", ".join(head["labels"]) in card
