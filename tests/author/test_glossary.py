"""The glossary: it is complete, and each word that a lesson sets in bold is in it."""

import re

import pytest

from course import ROOT
from course.author import build, glossary

# What lessons set in bold for other reasons than to introduce a word.
HEADINGS = {"You will", "Needs", "Reading", "Computing", "Next", "Fix", "Who reads it?", "Predict it first"}
STRESSED = set(
    "all channels|cell by cell|check whether the answer is true|coin|empty|falls|features|first train the head|left|lottery"
    "|many values|once|one|one car|pool, then weigh|question|refuted|small rate|the maps are still there|there"
    "|they are general|this class|weigh, then pool|year a car was built|Nines|Sevens|The stem"
    "|a|b|c|d|engineer|manager|regulator|honest line|take new pictures|paint the mark over|All other inputs held still|Predict before you look|What can go wrong|Tuning helps in every seed".lower().split(
        "|"
    )
)


def test_every_word_has_its_korean_name_its_lesson_and_a_sentence():
    lessons = {path.stem[:2] for path in build.sources()}
    for term, entry in glossary.terms().items():
        assert entry["lesson"] in lessons and entry["korean"] and entry["means"].endswith("."), term
        assert "|" not in entry["means"] and set(entry) <= {"also", "korean", "lesson", "means"}, term
    assert sum(bool(re.search("[가-힣]", entry["korean"])) for entry in glossary.terms().values()) > 80


def test_no_word_stands_twice_and_all_are_in_order():
    names = [name.lower() for term, entry in glossary.terms().items() for name in [term, *entry.get("also", [])]]
    assert len(names) == len(set(names))
    assert list(glossary.terms()) == sorted(glossary.terms(), key=str.lower)


def test_the_links_of_the_page_lead_to_the_lessons():
    for target in re.findall(r"\]\((.+?)\)", glossary.page(build.sources())):
        assert (ROOT / "solutions" / target).exists(), target


@pytest.mark.parametrize("path", build.sources(), ids=lambda path: path.stem[:2])
def test_each_bold_word_is_in_the_glossary(path):
    for cell in build.read(path).cells:
        if cell.cell_type == "markdown" and not build.is_tagged(cell, "teaching"):
            for words in glossary.bold(cell.source):
                sentence = words[-1] in ".:,?" or len(words.split()) > 5
                if not sentence and words not in HEADINGS and words.lower() not in STRESSED:
                    assert words.lower() in glossary.known(), words


@pytest.mark.parametrize("path", build.sources(), ids=lambda path: path.stem[:2])
def test_each_word_is_used_in_the_lesson_that_it_names(path):
    text = " ".join(" ".join(cell.source.split()) for cell in build.read(path).cells).lower()
    for term, entry in glossary.terms().items():
        if entry["lesson"] == path.stem[:2]:
            names = [term, *entry.get("also", [])]
            assert any(name.lower().split()[0][:6] in text for name in names), term
