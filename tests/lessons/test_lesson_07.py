"""What the text of lesson 07 says, held against the file of results, the executed lesson and the talk's tables."""

import json
import re

import nbformat
import numpy as np
import pytest

from xailab.course import ROOT, build

PATH = next(path for path in build.sources() if path.stem.startswith("07"))
TEXT = "\n".join(cell.source for cell in build.read(PATH).cells if cell.cell_type == "markdown")
RESULTS = json.loads((ROOT / "datasets" / "interpretable_cnn.json").read_text())


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
        data: {net: tuple(f"{value:.3f}"[1:] for value in pair) for net, pair in nets.items()}
        for data, nets in space["paper"].items()
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


def says(sentence):
    return sentence in " ".join(TEXT.split())


def test_the_text_quotes_the_results_of_one_species():
    kinds = ("filter loss with labels", "masks only", "filter loss")
    labels, masks, printed_loss = (f"{100 * fall('one species', kind):.0f} %" for kind in kinds)
    assert says(f"With labels the instability falls by {labels}, but masks alone bring only {masks}")
    assert says(f"which knows no labels, {printed_loss}.") and says(f"our instability fell by {printed_loss} only")
    before, after = (100 * mean("one species", kind, "accuracy") for kind in ("ordinary", kinds[0]))
    assert after > before and says(f"it rises from {before:.1f} % to {after:.1f} %")
    assert says(f"with one species it rose by {after - before:.1f} points")
    seeds = [run["accuracy"] for run in RESULTS["one species"]["ordinary"].values()]
    assert max(seeds) - min(seeds) > 0.03


def test_the_text_quotes_the_results_of_three_species():
    kind = "filter loss with labels"
    assert fall("three species", kind) >= 0.3 and says(
        f"The instability falls by {100 * fall('three species', kind):.0f} %, and the accuracy rises"
    )
    before, after = (100 * mean("three species", which, "accuracy") for which in ("ordinary", kind))
    assert after >= before and says(f"from {before:.1f} % to {after:.1f} %. So here the claim holds")
    heads, *others = np.sum([run["crowding"] for run in RESULTS["three species"][kind].values()], axis=0)
    assert heads < sum(others)
    script = (ROOT / "datasets" / "train_creatures.py").read_text()
    assert "epoch >= 4 else 0" in script and '"epochs": 12' in script and '("fox", "hare", "deer")' in script


def test_all_interpretable_filters_crowd_onto_the_head_and_none_is_dead():
    for run in RESULTS["one species"]["filter loss with labels"].values():
        assert run["crowding"] == [32, 0, 0, 0] and run["dead"] == 0


def test_a_perfect_detector_is_steadier_than_the_centre_and_that_than_a_random_place():
    for kinds in RESULTS.values():
        run = kinds["ordinary"]["0"]
        assert 0 < run["perfect detector"] < run["centre of the picture"] < run["random place"]


def test_the_centre_of_the_picture_beats_ordinary_filters_but_not_interpretable_ones():
    for kinds in RESULTS.values():
        for seed, run in kinds["ordinary"].items():
            centre = run["centre of the picture"]
            assert kinds["filter loss with labels"][seed]["instability"] < centre < run["instability"]


def test_the_executed_lesson_shows_what_its_text_says():
    steady = dict(re.findall(r"^(ordinary|interpretable) +instability ([\d.]+)", printed(), re.MULTILINE))
    assert float(steady["interpretable"]) < 0.6 * float(steady["ordinary"])
    lines = re.findall(r"^(Grad-CAM of the \w+|its filters).*?([\d.]+) +(\d+)%$", printed(), re.MULTILINE)
    (_, heat, _), (_, filters, hits), (_, best, _), (_, ours, our_hits) = lines
    assert float(best) < float(ours) < float(heat) < float(filters) and int(our_hits) > int(hits)
    assert "interpretable   head 32, torso 0, tail 0, leg 0; dead filters 0%" in printed()


def test_random_maps_can_lower_the_loss_and_one_place_cannot():
    losses = dict(re.findall(r"^(ideal|noise|always the same place) +(-?[\d.]+)$", printed(), re.MULTILINE))
    assert float(losses["noise"]) < -1 and float(losses["always the same place"]) == 0
    assert float(losses["ideal"]) == pytest.approx(-np.log(17), abs=0.01)
