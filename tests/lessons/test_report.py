import re

import numpy as np
import pytest

from course.lessons.lesson_12 import report
from course.lessons.lesson_12.report import FACTS, PAGES, errors_and_costs, write_page
from xailab import plot
from xailab.evaluate import share_and_interval

TEXTS = {"parts": "drawn beams", "verdict": "Do not use it yet.", "classes": "sound, cracked", "fault": "cracked"}
EVERYTHING = {name: TEXTS.get(name, 0.25 if "{" + name + ":" in str(report.PAGES) else 12) for name in FACTS}
PICTURE = plot.grid([np.eye(4)], title="A diagonal", alt="A white diagonal on black, four cells long.")


@pytest.mark.parametrize("reader", PAGES)
def test_a_page_opens_alone_and_says_everything_that_was_measured(reader, tmp_path, read_page):
    page = write_page(tmp_path / "new" / "page.html", reader, EVERYTHING, [PICTURE]).read_text(encoding="utf-8")
    read = read_page(page)
    assert not re.search(r"https?:|url\(|<script|<link|@import", page)
    images = [attributes for tag, attributes in read.tags if tag == "img"]
    assert [each["alt"] for each in images] == [PICTURE.alt] and images[0]["src"].startswith("data:image/png;base64,")
    assert "Not measured" not in page and "{" not in read.text and TEXTS["verdict"] in read.text
    assert 60 < len(read.text.split()) < 260, "a page, not a book"
    assert {"html", "title", "main", "h1", "h2", "table", "th", "td"} <= {tag for tag, _ in read.tags}


def test_the_three_pages_use_every_fact_and_differ(tmp_path):
    used = set().union(
        *(report._names(s) for _, parts in report.PAGES.values() for each in parts.values() for s in each)
    )
    assert used | {"verdict"} == set(FACTS) | {"version", "command"}
    pages = {reader: write_page(tmp_path / reader, reader, EVERYTHING).read_text() for reader in PAGES}
    assert len(set(pages.values())) == 3
    assert "at least 0.25" in pages["engineer"] and "at least 0.25" in pages["regulator"], "one rule on all pages"
    assert "xailab run 12" in pages["engineer"] and "Who answers for it" in pages["regulator"]
    assert "per 1,000" in pages["manager"] and "per 1,000" not in pages["engineer"] + pages["regulator"]


def test_what_was_not_measured_is_left_out_and_listed(tmp_path, read_page):
    few = {"parts": "bolts", "verdict": "Wait.", "learned": 30, "tested": 10, "skipped": 0}
    text = read_page(write_page(tmp_path / "page.html", "engineer", few).read_text()).text
    assert "bolts: 30 to learn from, 10 others" in text and "What it looks at" not in text
    assert FACTS["turned"] in text.split("Not measured")[1] and FACTS["learned"] not in text


def test_a_verdict_that_nobody_has_written_is_missed_on_the_page(tmp_path):
    page = write_page(tmp_path / "page.html", "manager", {**TEXTS, "verdict": ...}).read_text()
    assert "one sentence is missing here" in page and "Ellipsis" not in page


def test_names_of_folders_are_text_and_no_tags(tmp_path):
    facts = {**TEXTS, "parts": "<script>alert(1)</script> & 부품"}
    page = write_page(tmp_path / "page.html", "regulator", facts).read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page and "&amp; 부품" in page


def test_an_old_page_is_replaced_and_nothing_else_is_left(tmp_path):
    for verdict in ("first", "second"):
        write_page(tmp_path / "page.html", "manager", {**TEXTS, "verdict": verdict})
    assert "second" in (tmp_path / "page.html").read_text() and [p.name for p in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize(
    "reader, facts, figures, said",
    [
        ("customer", TEXTS, (), "reader is 'customer': one of engineer, manager, regulator"),
        ("manager", {**TEXTS, "colour": 1}, (), "no fact 'colour'"),
        ("manager", {**TEXTS, "cost_often": float("nan")}, (), "cost_often .* is nan: leave out"),
        ("manager", {"parts": "bolts"}, (), "'verdict' is missing: your own sentence"),
        ("manager", {**TEXTS, "parts": " "}, (), "'parts' is missing"),
        ("manager", TEXTS, [object()], "no alternative text"),
    ],
)
def test_what_does_not_fit_is_named(reader, facts, figures, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        write_page(tmp_path / "page.html", reader, facts, figures)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named_and_the_old_file_stays(tmp_path):
    (tmp_path / "file").write_text("old")
    for path in (tmp_path / "file" / "page.html", tmp_path):
        with pytest.raises(OSError, match=f"{path} cannot be written .*name a file in a folder"):
            write_page(path, "manager", TEXTS)
    assert (tmp_path / "file").read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["file"]
    assert not tmp_path.with_name(tmp_path.name + ".part").exists()


def test_errors_and_costs_by_hand():
    faulty, sure = np.array([1, 1, 1, 1, 0, 0, 0, 0]), np.array([0.9, 0.5, 0.3, 0.8, 0.1, 0.5, 0.2, 0.4])
    facts = errors_and_costs(sure, faulty, 0.5, miss=100, alarm=2)
    assert (facts["missed"], facts["alarms"], facts["cracked"], facts["sound"], facts["right"]) == (1, 1, 4, 4, 0.75)
    assert facts["cost_often"] == pytest.approx(1000 * (0.5 * 0.25 * 100 + 0.5 * 0.25 * 2))
    assert facts["cost_rarely"] == pytest.approx(1000 * (0.001 * 0.25 * 100 + 0.999 * 0.25 * 2))
    assert facts["missed_high"] == share_and_interval([1, 0, 0, 0])[2] and set(facts) <= set(FACTS)
    with pytest.raises(ValueError, match="one kind"):
        errors_and_costs(sure, np.ones(8), 0.5, miss=1, alarm=1)
