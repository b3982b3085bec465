"""What the text of lesson 07 says, held against the file of results, the executed lesson and the talk's tables."""

import json
import re

import nbformat
import numpy as np
import pytest

from xailab import build

PATH = next(path for path in build.sources() if path.stem.startswith("07"))
TEXT = "\n".join(cell.source for cell in build.read(PATH).cells if cell.cell_type == "markdown")
RESULTS = json.loads((build.ROOT / "datasets" / "interpretable_cnn.json").read_text())


def printed():
    cells = nbformat.read(PATH.with_suffix(".ipynb"), as_version=4).cells
    return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))


def mean(case, kind, key):
    runs = RESULTS[case][kind]
    assert sorted(runs) == ["0", "1", "2"], "three seeds"
    return np.mean([run[key] for run in runs.values()])


def fall(case, kind):
    return 1 - mean(case, kind, "instability") / mean(case, "ordinary", "instability")


def test_the_tables_of_the_talk_are_as_in_the_talk():
    code = next(cell.source for cell in build.read(PATH).cells if cell.source.startswith("# NBVAL_CHECK_OUTPUT\npaper"))
    space = {}
    exec(code.split("for data, nets")[0], space)
    numbers = {
        data: {net: tuple(f"{value:.3f}"[1:] for value in pair) for net, pair in nets.items()} for data, nets in space["paper"].items()
    }
    assert numbers == {
        "Animal-Part, 30 animals": {"AlexNet": (".146", ".091"), "VGG-16": (".144", ".085"), "VGG-M": (".147", ".090")},
        "Pascal VOC Part, 6 animals": {
            "AlexNet": (".140", ".088"), "VGG-16": (".139", ".096"), "VGG-M": (".141", ".088"), "VGG-S": (".139", ".089"),
        },
        "CUB200-2011": {
            "AlexNet": (".150", ".070"), "VGG-16": (".137", ".076"), "VGG-M": (".148", ".065"), "VGG-S": (".148", ".073"),
        },
        "ILSVRC Part, multi-category": {"VGG-M": (".167", ".096"), "VGG-S": (".131", ".083")},
    }  # fmt: skip


def test_with_one_species_the_instability_falls_by_forty_percent_and_the_accuracy_does_not_suffer():
    kind = "filter loss with labels"
    assert fall("one species", kind) >= 0.4
    assert mean("one species", kind, "accuracy") >= mean("one species", "ordinary", "accuracy") - 0.015
