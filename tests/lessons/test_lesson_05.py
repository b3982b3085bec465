"""Numbers and claims in the text of lesson 05 that no other test computes."""

import re

import nbformat
import pytest

from xailab.course import ROOT


@pytest.fixture(scope="module")
def printed():
    lesson = nbformat.read(ROOT / "solutions" / "05_occlusion.ipynb", as_version=4)
    return "".join(output.get("text", "") for cell in lesson.cells for output in cell.get("outputs", []))


def test_the_cup_stays_an_espresso_and_the_flower_becomes_a_clock_from_radius_40_on(printed):
    coffee, flower = printed.split("coffee  no watch")[1].split("flower  no watch")
    flower = flower.split("flower")[0]
    assert re.findall(r"radius \d+ (\w+)", coffee) == ["espresso"] * 3
    assert re.findall(r"radius \d+ (\w+)", flower) == ["daisy", "analog", "analog"]


def test_the_watch_takes_three_labels_over_and_two_of_them_come_back(printed):
    rows = [
        [re.sub(r" [\d.]+$", "", said.strip()) for said in line.split("->")]
        for line in printed.splitlines()
        if "->" in line
    ]
    first, watched, covered = zip(*([row[0][8:], *row[1:]] for row in rows))
    taken = [index for index in range(5) if watched[index] == "analog clock"]
    assert taken == [0, 1, 2] and covered[2] == "beacon"
    assert [index for index in range(5) if covered[index] == first[index]] == [0, 1, 3, 4]


def test_each_fix_mends_what_the_text_says_and_nothing_else(printed):
    rows = re.findall(r"(salad|pizza) (on a plate|no plate) +(\d+)% right", printed)
    kinds = [("salad", "no plate"), ("salad", "on a plate"), ("pizza", "no plate"), ("pizza", "on a plate")]
    assert [row[:2] for row in rows] == kinds * 3
    before, half, fixed = ([int(row[2]) for row in rows[start : start + 4]] for start in (0, 4, 8))
    assert before[0] == before[3] == 100 and before[1] < 25 and before[2] < 80
    assert half[0] == half[1] == half[3] == 100 and 75 <= half[2] <= 85  # one in five
    assert fixed == [100] * 4
