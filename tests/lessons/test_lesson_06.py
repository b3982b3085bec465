"""Numbers and claims in the text of lesson 06 that no other test computes."""

import re

import nbformat
import pytest

from xailab.course import ROOT


@pytest.fixture(scope="module")
def printed():
    lesson = nbformat.read(ROOT / "solutions" / "06_lime.ipynb", as_version=4)
    return "".join(output.get("text", "") for cell in lesson.cells for output in cell.get("outputs", []))


def test_proline_comes_first_for_all_models_but_the_network_and_no_line_follows_them_well(printed):
    found = re.findall(r"(tree|forest|SVM|network): R\^2 ([\d.]+)\n +\+[\d.]+  (.+)", printed)
    assert [name for name, _, first in found if "proline" in first] == ["tree", "forest", "SVM"]
    assert [first for name, _, first in found if name == "network"] == ["alcohol > 13.7"]
    assert max(float(score) for _, score, _ in found) < 0.5 and printed.count("R^2 0.38. Poor fit") == 1


def test_the_line_follows_the_espresso_well_and_the_cat_badly_or_so_so(printed):
    (espresso,) = re.findall(r"target 967.*R\^2 ([\d.]+)", printed)
    cuts = dict(re.findall(r"(quickshift|slic|grid): target 285.*?R\^2 (\d\.\d+)", printed))
    assert float(espresso) > 0.8
    assert float(cuts["quickshift"]) < 0.4 and max(float(score) for score in cuts.values()) < 0.65


def test_more_samples_bring_more_agreement_and_the_fit_stays_poor(printed):
    rows = [tuple(map(float, row)) for row in re.findall(r"^ +(\d+) +(\d\.\d+) +(\d\.\d+)$", printed, re.M)]
    assert [row[0] for row in rows] == [50, 200, 1000, 5000, 50, 200]
    for part in (rows[:4], rows[4:]):
        assert [row[1] for row in part] == sorted(row[1] for row in part)
        assert [row[2] for row in part] == sorted(row[2] for row in part)


def test_the_pick_covers_more_than_chance(printed):
    picked, chance = map(int, re.search(r"cover (\d+)%; three random ones (\d+)%", printed).groups())
    assert picked >= chance + 15
