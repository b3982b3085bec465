"""The site: built from two lessons without a warning, every link leads somewhere, and it reads without a network."""

import html
import re
import shutil
import subprocess
import sys
from urllib.parse import urlsplit

import nbformat
import pytest

from course import ROOT
from course.author import build
from course.teach import javascript, site

LESSONS = [path for path in build.sources() if path.stem[:2] in ("01", "03")]
TEXTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "solutions/TEACHING.md", "solutions/GLOSSARY.md")]


@pytest.fixture(scope="module")
def built(tmp_path_factory, lacking):
    try:
        javascript.packages()
    except RuntimeError as error:
        lacking(str(error))
    return site.site(tmp_path_factory.mktemp("web") / "site", LESSONS).parent


def test_the_site_has_the_lessons_the_glossary_the_notes_the_ledger_and_the_downloads(built):
    pages = {str(path.relative_to(built)) for path in built.rglob("*.html")}
    assert {"index.html", "search.html", "solutions/GLOSSARY.html", "solutions/TEACHING.html"} <= pages
    assert {
        "solutions/CLAIMS.html",
        "datasets/README.html",
        *(f"solutions/{path.stem}.html" for path in LESSONS),
    } <= pages
    student = [build.text(build.student_edition(build.read(path))).encode() for path in LESSONS]
    assert all(file in [path.read_bytes() for path in (built / "_downloads").rglob("*.ipynb")] for file in student)
    assert not (built.parent / "site-work").exists()


def test_an_exercise_solved_in_the_working_folder_is_not_published(tmp_path, monkeypatch):
    """The course as an instructor leaves it who has worked in notebooks/ with the solutions."""
    course = tmp_path / "course"
    course.mkdir()
    for path in ROOT.iterdir():
        if path.name != "notebooks":
            (course / path.name).symlink_to(path)
    (course / "notebooks").mkdir()
    name = f"{LESSONS[1].stem}.ipynb"
    shutil.copy(LESSONS[1].with_suffix(".ipynb"), course / "notebooks" / name)
    (tmp_path / "npm" / "mathjax" / "es5").mkdir(parents=True)
    monkeypatch.setattr(site, "ROOT", course)
    monkeypatch.setattr(javascript, "packages", lambda: tmp_path / "npm")
    site.lay_out(tmp_path / "laid", [LESSONS[1]])
    published = nbformat.read(tmp_path / "laid" / "notebooks" / name, as_version=4)
    answers = [code for code in _exercises(build.read(LESSONS[1])) if build.open_exercise(code) != code]
    assert len(answers) > 2
    opened = [code.split("\n", 1)[1] for code in _exercises(published)]  # behind the line with minutes and difficulty
    assert opened == [build.open_exercise(code) for code in _exercises(build.read(LESSONS[1]))]
    assert not any(cell.get("outputs") for cell in published.cells)


def _exercises(notebook):
    return [cell.source for cell in notebook.cells if build.is_tagged(cell, "exercise")]


def test_without_sphinx_and_what_comes_with_it_one_sentence_says_what_to_do(tmp_path, monkeypatch):
    code = "import sys; sys.modules['bs4'] = None; import course.teach.site"
    subprocess.run([sys.executable, "-c", code], check=True)
    monkeypatch.setattr(site, "lay_out", lambda folder, lessons: None)
    monkeypatch.setattr(site.subprocess, "run", lambda command: subprocess.CompletedProcess(command, 1))
    with pytest.raises(RuntimeError, match="If it is not installed, call `make .venv/ready`"):
        site.site(tmp_path / "site")


def test_no_page_says_that_something_of_it_is_not_set(built):
    pages = [path.read_text(encoding="utf-8") for path in built.rglob("*.html") if "_static" not in path.parts]
    assert len(pages) > 6 and not any("not set" in re.search("<footer.*</body>", page, re.DOTALL)[0] for page in pages)
    assert all("the course's authors" in html.unescape(page) for page in pages)


def test_no_link_of_the_site_leads_nowhere_and_one_that_does_is_found(built, tmp_path):
    assert site.dead_links(built) == []
    (tmp_path / "there.html").write_text('<p id="here">')
    (tmp_path / "page.html").write_text(
        '<a href="there.html#here"><a href="there.html#gone"><a href="gone.html"><img src="gone.png"><a href="#top">'
    )
    gone = ["#top", "gone.html", "gone.png", "there.html#gone"]
    assert site.dead_links(tmp_path) == [f"page.html: {link}" for link in gone]


def test_lessons_that_are_left_out_are_named_without_a_link(built):
    page = (built / "index.html").read_text(encoding="utf-8")
    assert 'href="solutions/03_cam_mnist.html"' in page and "04_gradcam" not in page


def test_a_figure_that_moves_says_where_it_does():
    executed = nbformat.read(LESSONS[1].with_suffix(".ipynb"), as_version=4)
    cells = site.lesson_page(executed, LESSONS[1].stem).cells
    moving = next(i for i, cell in enumerate(cells) if cell.cell_type == "code" and 'demo("03")' in cell.source)
    assert "it moves in the notebook" in cells[moving + 1].source
    assert "<../notebooks/03_cam_mnist.ipynb>" in cells[1].source
    assert not any(cell.source.startswith("# NBVAL") for cell in cells)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_site_reads_without_a_network(browser, built, width):
    page, asked, said = browser.new_page(viewport={"width": width, "height": 900}), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: message.type in ("error", "warning") and said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(request.url))
    address = built.as_uri()
    for name in ("index", "solutions/03_cam_mnist", "solutions/GLOSSARY", "solutions/TEACHING", "search"):
        page.goto(f"{address}/{name}.html" + ("?q=receptive" if name == "search" else ""))
        if name == "solutions/03_cam_mnist":
            page.locator("mjx-container").first.wait_for()
            assert page.locator("mjx-merror").count() == 0 and page.locator("mjx-container[display=true]").count() >= 1
            pictures = page.locator(".cell_output img").evaluate_all(
                "all => all.map(one => [one.naturalWidth, one.alt])"
            )
            assert len(pictures) >= 8 and all(natural > 0 and len(alt) >= 20 for natural, alt in pictures)
        if name == "search":
            page.locator("#search-results a", has_text="01 · What does a filter compute?").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
    assert said == [] and all(url.startswith(("file:", "data:")) for url in asked)


@pytest.mark.parametrize("path", [path for path in TEXTS if path.exists()], ids=lambda path: path.stem)
def test_no_link_of_a_text_leads_nowhere(path):
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for link in re.findall(r"\]\(([^)\s]*)\)", text):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme in ("http", "https", "mailto") and (parts.netloc or parts.path), link
        elif parts.path:
            assert (path.parent / parts.path).exists(), link
        else:
            assert parts.fragment in anchors, link
