"""What every lesson keeps to, whatever it teaches. That its solved edition runs is nbval's part."""

import re

import nbformat
import pytest

from course import ROOT
from course.author import build, claims

LESSONS = build.sources()
NAMES = [path.stem[:2] for path in LESSONS]
every_lesson = pytest.mark.parametrize("path", LESSONS, ids=NAMES)


def executed(path):
    return nbformat.read(path.with_suffix(".ipynb"), as_version=4)


def outputs(path):
    return [output for cell in executed(path).cells for output in cell.get("outputs", [])]


def test_both_editions_and_all_pages_are_what_the_sources_give():
    assert build.stale() == {}, "run make notebooks"


@every_lesson
def test_every_claim_names_a_test_that_exists_and_runs(path):
    assert [
        f"line {claim.line}: {claims.untried(claim)}" for claim in claims.claims(path) if claims.untried(claim)
    ] == []


@every_lesson
def test_every_claim_says_where_it_ought_to_be_false_and_what_n_counts(path):
    lacking = [claim.sentence for claim in claims.claims(path) if "none yet" in claim.control or claim.n == "-"]
    assert lacking == []


@every_lesson
def test_a_claim_quotes_a_sentence_that_says_something_by_itself(path):
    assert [claim.sentence for claim in claims.claims(path) if len(claim.sentence.split()) < 5] == []


def test_at_most_one_claim_in_ten_rests_on_a_stored_file():
    kinds = [claim.kind for path in LESSONS for claim in claims.claims(path)]
    assert kinds.count("stored") <= len(kinds) / 10


@every_lesson
def test_there_are_as_many_claims_as_points_in_the_summary(path):
    text = "\n".join(cell.source for cell in build.read(path).cells if cell.cell_type == "markdown")
    summary = re.search(r"^## Summary\n(.*?)(?=^\*\*Next|^#)", text, re.MULTILINE | re.DOTALL)[1]
    points = len(re.findall("^- ", summary, re.MULTILINE))
    assert len(claims.claims(path)) >= points > 0


@every_lesson
def test_the_executed_edition_ran_from_top_to_bottom_without_a_murmur(path, murmurs):
    counts = [cell.execution_count for cell in executed(path).cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert murmurs(executed(path)) == []
    assert "Not tried yet" not in str(outputs(path))


@every_lesson
def test_every_figure_has_alternative_text(path):
    pictures = re.findall(
        r"<img[^>]*", " ".join(output.get("data", {}).get("text/html", "") for output in outputs(path))
    )
    assert pictures and all(re.search(r'alt="[^"]{20,}"', picture) for picture in pictures)
    assert not any("image/png" in output.get("data", {}) for output in outputs(path)), "a figure drawn past xailab.plot"


@every_lesson
def test_the_student_edition_has_no_outputs_and_no_answers(path):
    student = nbformat.read(ROOT / "notebooks" / f"{path.stem}.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in student.cells)
    open_cells = [cell.source for cell in student.cells if build.is_tagged(cell, "exercise")]
    assert len(open_cells) >= 3 and all("..." in source for source in open_cells)


@every_lesson
def test_both_editions_name_the_kernel_so_that_nobody_is_asked(path):
    for folder in ("notebooks", "solutions"):
        notebook = nbformat.read(ROOT / folder / f"{path.stem}.ipynb", as_version=4)
        assert notebook.metadata.kernelspec.name == "python3"


@every_lesson
def test_the_header_says_what_the_lesson_asks_of_a_student(path):
    lesson = build.read(path)
    about = build.header(lesson)
    first = lesson.cells[0].source
    assert about["number"] == path.stem[:2] and "**You will**" in first and "**Needs**" in first
    assert about["computing"] <= 90


@every_lesson
def test_a_lesson_takes_no_longer_than_75_minutes_and_says_so(path):
    lesson = build.read(path)
    assert build.minutes(lesson) <= 75 and abs(build.minutes(lesson) - build.header(lesson)["reading"]) <= 5


@every_lesson
def test_no_cell_whose_output_is_compared_draws_a_progress_bar(path):
    """A bar comes after a second: on a slow machine it would be an output that the executed edition does not have."""
    for cell in build.read(path).cells:
        if "NBVAL_CHECK_OUTPUT" in cell.source and re.search(
            r"\b(occlusion|explain_image|explain_dataset)\(", cell.source
        ):
            assert "progress=False" in cell.source, cell.source


@every_lesson
def test_a_line_of_code_fits_into_a_notebook_column(path):
    code = [line for cell in build.read(path).cells if cell.cell_type == "code" for line in cell.source.splitlines()]
    assert [line for line in code if len(line) > 88] == []


@every_lesson
def test_a_lesson_ends_with_a_summary_and_says_what_can_go_wrong(path):
    text = "\n".join(cell.source for cell in build.read(path).cells if cell.cell_type == "markdown")
    assert "## Summary" in text and re.search("what can go wrong", text, re.IGNORECASE) and "To read on" in text


@every_lesson
def test_headings_do_not_skip_a_level(path):
    text = "\n".join(cell.source for cell in build.read(path).cells if cell.cell_type == "markdown")
    levels = [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:]))


@every_lesson
def test_a_lesson_holds_no_set_up_and_no_colours_that_mislead(path):
    for cell in build.read(path).cells:
        if cell.cell_type == "code":
            assert not re.search(
                r"sys\.path|^[!%]|pip install|['\"]jet['\"]|pyplot|warnings\.", cell.source, re.MULTILINE
            )
            assert len(cell.source.splitlines()) <= 50, "helper code belongs into xailab"


@every_lesson
def test_keras_is_imported_behind_xailab(path):
    code = "\n".join(cell.source for cell in build.read(path).cells if cell.cell_type == "code")
    for name in re.findall(r"^import (keras|tensorflow)", code, re.MULTILINE):
        assert code.index("from xailab") < code.index(f"import {name}")


@every_lesson
def test_there_are_remarks_for_teachers(path):
    assert any(build.is_tagged(cell, "teaching") for cell in build.read(path).cells)


@every_lesson
def test_links_to_files_lead_somewhere(path):
    for cell in build.read(path).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\((?!https?:|#)([^)]+)\)", cell.source):
                assert (ROOT / "notebooks" / target).exists(), target
