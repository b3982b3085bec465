"""The site of the executed lessons, by Sphinx and MyST-NB: with search and glossary, built and read without a network."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat

from course import ROOT
from course.author import build
from course.teach import javascript

_CONFIG = Path(__file__).with_name("sphinx")
_PAGES = {
    "solutions/GLOSSARY.md": "Glossary",
    "solutions/TEACHING.md": "Teaching notes",
    "solutions/CLAIMS.md": "What was tried",
    "datasets/README.md": "Data and weights",
}
_FRAME = "*The first frame of a figure to play with: it moves in the notebook, which you find at the top of this page.*"


def lay_out(folder, lessons):
    """Write what Sphinx reads into a folder: the start page, the lessons with their outputs, the other pages, the downloads.

    lessons: paths of their sources. Links to lessons that are left out become plain text.
    """
    packages = javascript.packages()
    for name in ("solutions", "notebooks", "datasets", "_static/mathjax"):
        (folder / name).mkdir(parents=True)
    shutil.copytree(packages / "mathjax" / "es5", folder / "_static" / "mathjax" / "es5")
    for name in ("solutions/why-nine-and-not-seven.png", "solutions/why-espresso.png", "LICENSE", "LICENSE-text"):
        shutil.copy(ROOT / name, folder / name)
    # The ledger links to the tests.
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for path in lessons:
        page = lesson_page(nbformat.read(path.with_suffix(".ipynb"), as_version=4), path.stem)
        nbformat.write(page, folder / "solutions" / f"{path.stem}.ipynb")
        # From the source: in notebooks/ somebody may have solved an exercise.
        student = build.text(build.student_edition(build.read(path)))
        (folder / "notebooks" / f"{path.stem}.ipynb").write_text(student, encoding="utf-8")
    out = "|".join(path.stem for path in build.sources() if path not in lessons) or "nothing"
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in _PAGES}
    texts["index.md"] = start_page((ROOT / "README.md").read_text(encoding="utf-8"), lessons)
    for name, text in texts.items():
        text = re.sub(rf"\[([^]]*)\]\((?:solutions/)?(?:{out})\.ipynb\)", r"\1", text)
        (folder / name).write_text(text, encoding="utf-8")


def lesson_page(notebook, stem):
    """A lesson as the site shows it: its student edition to download, and a remark below the figures that move. Returns it."""
    cells = []
    for cell in notebook.cells:
        cell.source = cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n")
        cells.append(cell)
        if len(cells) == 1:
            link = f"{{download}}`Download the notebook to work in <../notebooks/{stem}.ipynb>`; here it is solved."
            cells.append(nbformat.v4.new_markdown_cell(link, id="download"))
        if cell.cell_type == "code" and re.search(r"^demo\(", cell.source, re.MULTILINE):
            cells.append(nbformat.v4.new_markdown_cell(_FRAME, id=f"frame-{len(cells)}"))
    notebook.cells = cells
    return notebook


def start_page(readme, lessons):
    """The start page in markdown: the README's beginning, its lessons and licences, the downloads, and the list of all pages."""
    first, *sections = re.split(r"^(?=## )", readme, flags=re.MULTILINE)
    kept = {re.match("## (.+)", section)[1]: section for section in sections}
    downloads = ", ".join(f"{{download}}`{path.stem[:2]} <notebooks/{path.stem}.ipynb>`" for path in lessons)
    lists = [("Lessons", [f"solutions/{path.stem}" for path in lessons])]
    lists.append(("More", [f"{title} <{name.removesuffix('.md')}>" for name, title in _PAGES.items()]))
    trees = (
        f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(names) + "\n```\n" for caption, names in lists
    )
    notebooks = f"## Notebooks to work in\n\nTo download, one per lesson: {downloads}.\n\n"
    return "".join([first, kept["The lessons"], notebooks, kept["Licences"], "\n", *trees])


def site(folder=ROOT / "build" / "site", lessons=None):
    """Build the site of the lessons (paths of their sources; None: all) and follow its links; what stood there is replaced.

    Returns the path of its start page. Raises RuntimeError, with what to do, where npm, Sphinx or a page is not as it should be.
    """
    folder = Path(folder)
    work = folder.with_name(f"{folder.name}-work")
    shutil.rmtree(work, ignore_errors=True)
    lay_out(work / "source", build.sources() if lessons is None else lessons)
    options = [
        "-c",
        _CONFIG,
        "-b",
        "html",
        "-d",
        work / "doctrees",
        "-D",
        f"html_static_path={work / 'source/_static'}",
    ]
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", *options, work / "source", work / "html"]
    if subprocess.run(list(map(str, command))).returncode:
        raise RuntimeError(
            "Sphinx did not build the site: see its lines above. If it is not installed, call `make .venv/ready`, or "
            "`pip install -e .[site]` with conda."
        )
    dead = dead_links(work / "html")
    if dead:
        raise RuntimeError("these links lead nowhere:\n" + "\n".join(dead))
    shutil.rmtree(folder, ignore_errors=True)
    (work / "html").rename(folder)
    shutil.rmtree(work)
    return folder / "index.html"


def dead_links(folder):
    """The links of a built site that lead nowhere, ["page: link"]; pages and anchors are looked up, other sites are not."""
    from bs4 import BeautifulSoup  # comes with Sphinx, which may be missing

    # In _static there are templates.
    found = [path for path in sorted(Path(folder).rglob("*.html")) if "_static" not in path.parts]
    pages = {path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in found}
    anchors = {path: {tag["id"] for tag in page.select("[id]")} for path, page in pages.items()}
    dead = []
    for path, page in pages.items():
        for link in {tag.get("href") or tag.get("src") for tag in page.select("[href], [src]")} - {"", "#", None}:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            anchor = unquote(parts.fragment)
            if not target.exists() or (anchor and target in anchors and anchor not in anchors[target]):
                dead.append(f"{path.relative_to(folder)}: {link}")
    return sorted(dead)
