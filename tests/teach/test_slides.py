"""Slides: what is shown and what is for the speaker, that nothing overflows, and that nothing is asked of the outside."""

import re

import nbformat
import pytest

from course.author import build
from course.student.quiz import questions
from course.teach import javascript, slides

LESSONS = {path.stem[:2]: path for path in build.sources()}


def deck(number):
    path = LESSONS[number]
    return slides.deck(build.read(path), nbformat.read(path.with_suffix(".ipynb"), as_version=4))


def of_kind(notebook, *kinds):
    return [cell for cell in notebook.cells if cell.metadata.slideshow.slide_type in kinds]


@pytest.fixture(scope="module")
def packages(lacking):
    try:
        return javascript.packages()
    except RuntimeError as error:
        lacking(str(error))


@pytest.fixture(scope="module")
def folder(packages, tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides")
    slides.slides(["03", "08"], folder)
    return folder


def test_each_heading_of_level_1_or_2_begins_a_topic():
    source = "\n".join(cell.source for cell in build.read(LESSONS["03"]).cells if cell.cell_type == "markdown")
    headings = re.findall(r"^##? .+", source, re.MULTILINE)
    topics = [cell.source for cell in of_kind(deck("03"), "slide")]
    assert topics[:-1] == headings and topics[-1] == "## Question 1 of 5"


@pytest.mark.parametrize("number", LESSONS)
def test_every_text_figure_and_remark_for_teachers_is_in_the_deck_once(number):
    lesson, notebook = build.read(LESSONS[number]), deck(number)
    notes = "\n".join(cell.source for cell in of_kind(notebook, "notes"))
    for cell in lesson.cells:
        if cell.cell_type == "markdown":
            blocks = [cell.source] if build.is_tagged(cell, "teaching") else [s for k, s in slides.blocks(cell.source)]
            for block in blocks:
                assert re.match("##? ", block) or notes.count(block) >= 1, block
    executed = nbformat.read(LESSONS[number].with_suffix(".ipynb"), as_version=4)
    outputs = [
        output.get("data", {}).get("text/html", "") for cell in executed.cells for output in cell.get("outputs", [])
    ]
    figures = [output for output in outputs if "<img" in output]
    assert [cell.source for cell in notebook.cells if "<img" in cell.source] == figures


def test_long_prose_is_for_the_speaker_and_key_sentences_are_shown():
    text = "One plain sentence. A **word** that is introduced. For $S = 3$ it holds. Another plain one."
    assert slides.key_sentences("paragraph", text) == "A **word** that is introduced. For $S = 3$ it holds."
    assert slides.key_sentences("paragraph", "**Draw one.** It is read. Then more.") == "**Draw one.** It is read."
    assert (
        slides.key_sentences("bullet_list", "- One. More of it.\n- **Two?** Then this. And that.")
        == "- One.\n- **Two?** Then this."
    )
    assert (
        slides.key_sentences("paragraph", "$$a = b$$") == "$$a = b$$"
        and slides.key_sentences("paragraph", "Nothing here.") == ""
    )


def test_a_full_stop_inside_bold_or_a_formula_ends_no_sentence():
    assert slides.sentences("**Step 1. All.** So $a. B$ is. Then it ends.") == [
        "**Step 1. All.**",
        "So $a. B$ is.",
        "Then it ends.",
    ]


def test_a_long_table_goes_on_under_its_header():
    table = "| a | b |\n|---|---|\n" + "\n".join(f"| {n} | x |" for n in range(30))
    pieces = slides._fitting("table", table)
    assert len(pieces) > 1 and all(piece.startswith("| a | b |\n|---|---|\n| ") for piece in pieces)
    assert [row for piece in pieces for row in piece.splitlines()[2:]] == table.splitlines()[2:]


def test_an_exercise_is_shown_open_first_and_its_mistakes_are_for_the_speaker():
    cells = deck("03").cells
    first = next(i for i, cell in enumerate(cells) if cell.source.startswith("## Exercise 03.1:"))
    asked, notes, title, solved = cells[first + 1 : first + 5]
    assert "return ..." in asked.source and notes.source.startswith("Common mistakes:\n\n- *")
    assert title.source == "## Exercise 03.1: what is right" and "np.stack(maps) / cells" in solved.source


def test_the_answers_of_the_quiz_are_in_the_notes_alone():
    notebook = deck("03")
    for question in questions("03"):
        shown = next(cell for cell in notebook.cells if cell.source.startswith(question["asks"]))
        notes = notebook.cells[notebook.cells.index(shown) + 1]
        assert all(f"- {choice['says']}" in shown.source for choice in question["choices"])
        assert notes.source.startswith(f"Right: **{question['choices'][0]['says']}**")
        assert question["choices"][0]["why"] not in shown.source


def test_an_unknown_lesson_is_named():
    with pytest.raises(ValueError, match="there is no lesson 99"):
        slides.slides(["99"])


def test_without_npm_one_sentence_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(javascript.shutil, "which", lambda name: None)
    with pytest.raises(RuntimeError, match="npm is missing.*install Node.js, then call this again"):
        javascript.packages(tmp_path)


def test_the_lock_pins_versions_by_their_hash_and_names_no_address():
    lock = javascript._LOCK.read_text(encoding="utf-8")
    assert "://" not in lock and lock.count('"integrity": "sha512-') == lock.count('"node_modules/') == 2


@pytest.mark.parametrize("number", ["03", "08"])
def test_no_slide_is_fuller_than_the_screen_and_notes_exist(browser, folder, number):
    page, asked, said = browser.new_page(viewport={"width": 1280, "height": 720}), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((folder / f"{number}.html").as_uri())
    page.wait_for_function("window.Reveal?.isReady() && window.MathJax?.startup?.promise")
    page.evaluate("MathJax.startup.promise")
    seen = page.evaluate(
        """() => Array.from({length: Reveal.getTotalSlides()}, () => {
            const slide = Reveal.getCurrentSlide(), top = slide.getBoundingClientRect();
            const parts = [...slide.querySelectorAll('*')].filter(part => !part.closest('aside, mjx-assistive-mml'));
            const boxes = parts.map(part => part.getBoundingClientRect());
            const fonts = parts.filter(part => part.matches('p, li, pre, td, th')).map(part => parseFloat(getComputedStyle(part).fontSize));
            const seen = [Math.max(...boxes.map(box => box.bottom)) - top.top, Math.max(...boxes.map(box => box.right)),
                          Math.min(...fonts, 99), (Reveal.getSlideNotes() || '').length, slide.innerText.length];
            Reveal.next();
            return seen; })"""
    )
    twice = page.locator("aside.notes mjx-assistive-mml").count()
    formulas = page.locator("aside.notes mjx-container svg").count()
    page.close()
    assert formulas > 0 and twice == 0, "the speaker's window would show formulas twice, or none"
    assert len(seen) > 40 and all(bottom <= 720 and right <= 1280 for bottom, right, *_ in seen)
    assert min(font for _, _, font, *_ in seen) >= 20, "readable from the last row"
    assert sum(notes > 0 for *_, notes, _ in seen) > len(seen) / 3 and all(text > 0 for *_, text in seen)
    assert said == [] and all(url.startswith(("file:", "data:")) for url in asked)
