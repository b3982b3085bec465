"""Slides of the executed lessons, by nbconvert and reveal.js: what a class looks at on the slide, the rest for the speaker.

A slide shows headings, key sentences, lists, formulas, tables, code and figures. Its notes hold the whole text, the remarks
for teachers, the known mistakes of an exercise, and the answers of the quiz. Press S for the speaker's window.
"""

import ast
import html
import math
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from markdown_it import MarkdownIt
from nbconvert import SlidesExporter
from tqdm import tqdm

from course import ROOT
from course.author import build
from course.student.exercises import exercises
from course.student.quiz import questions, shuffled
from course.teach import javascript
from xailab._files import write_text

_TEMPLATES = Path(__file__).with_name("templates")
_HEIGHT = 14  # lines of text that a slide holds below its heading
_WIDTH = 78  # letters per line of text
_CODE_HEIGHT, _CODE_WIDTH = 0.73, 84  # a line of code, in lines of text; letters per line of code
_FIGURE = 9  # lines of text that a figure takes at least; it grows into what is left of the slide
_markdown = nbformat.v4.new_markdown_cell
_listing = nbformat.v4.new_code_cell


@dataclass
class Slide:
    """One slide while it is filled: whether a topic begins, its heading, what it shows, its notes, how full it is in lines."""

    topic: bool
    heading: str = ""
    shown: list = field(default_factory=list)  # cells
    notes: list = field(default_factory=list)  # markdown
    lines: float = 0


def deck(lesson, executed):
    """A notebook of slides for nbconvert.

    lesson: the source, as build.read gives it. executed: its solved edition with outputs, nbformat 4. Returns a notebook.
    """
    about, slides = build.header(lesson), []
    cells = iter(executed.cells)
    for cell in lesson.cells:
        if build.is_tagged(cell, "teaching"):
            slides[-1].notes.append(cell.source)
            continue
        run = next(cells)
        if run.cell_type == "markdown":
            _text(run.source, slides)
        elif build.is_tagged(cell, "exercise"):
            _exercise(cell, run, slides)
        else:
            _code(run.source, run.outputs, slides)
    _quiz(about["number"], slides)
    notebook = nbformat.v4.new_notebook(metadata={"title": f"{about['number']} · {about['title']}"})
    for before, slide in zip(slides, slides[1:]):
        if not (slide.shown or slide.topic):  # one that was begun behind an exercise, and is not needed
            before.notes += slide.notes
    for slide in (slide for slide in slides if slide.shown or slide.topic):
        cells = [_markdown(slide.heading), *slide.shown]
        kinds = ["slide" if slide.topic else "subslide"] + ["-"] * len(slide.shown)
        if slide.notes:
            cells.append(_markdown("\n\n".join(slide.notes)))
            kinds.append("notes")
        for cell, kind in zip(cells, kinds):
            cell.metadata["slideshow"] = {"slide_type": kind}
        notebook.cells += cells
    return notebook


def blocks(markdown):
    """The blocks of a text in order, [(kind, source)]; kind as markdown-it names it: "heading", "paragraph", "bullet_list" ..."""
    lines = markdown.splitlines()
    tokens = MarkdownIt().enable("table").parse(markdown)
    return [
        (token.type.removesuffix("_open"), "\n".join(lines[slice(*token.map)]).strip())
        for token in tokens
        if token.level == 0 and token.map
    ]


def key_sentences(kind, source):
    """What of a block a slide shows, in markdown; "" for a block that is for the notes alone.

    Of a paragraph the sentences with something bold, or with an equation; what is bold as a whole brings the next one along.
    Of a list the first sentence of each item.
    """
    if kind in ("bullet_list", "ordered_list"):
        items = map(sentences, filter(str.strip, re.split(r"^(?=(?:-|\d+\.) )", source, flags=re.MULTILINE)))
        return "\n".join(" ".join(item[: 2 if _is_bold(item[0]) else 1]) for item in items)
    if kind != "paragraph" or source.startswith("$$"):
        return source
    if source.startswith("**To read on"):
        return ""
    parts = sentences(source)
    return " ".join(
        part
        for before, part in zip(["", *parts], parts)
        if "**" in part or _is_bold(before) or re.search(r"\$[^$]*=[^$]*\$", part)
    )


def _is_bold(sentence):
    return re.fullmatch(r"(- )?\*\*[^*]+\*\*", sentence) is not None


def sentences(text):
    """A text in its sentences; a full stop inside bold or a formula ends none."""
    text = " ".join(text.split())
    ends = [match.end() for match in re.finditer(r"(?<!^\d)[.?!]\*{0,2}\)?(?= [^a-z])", text)]
    whole = [end for end in ends if text[:end].count("$") % 2 == 0 and text[:end].count("**") % 2 == 0]
    return [part.strip() for part in (text[i:j] for i, j in zip([0, *whole], [*whole, None])) if part.strip()]


def _height(kind, source):
    """About how many lines of text a block takes on a slide."""
    if source.startswith("$$"):
        return 3 * (1 + source.count(r"\\"))
    if kind == "table":
        return sum(_row_height(row) for row in source.splitlines())
    if kind in ("fence", "code_block"):
        return _code_height(source)
    plain = re.sub(r"\\[a-zA-Z]+|\]\([^)]*\)|[{}$*`^_]", "", source)
    return sum(math.ceil(len(line) / _WIDTH) + 0.4 for line in plain.splitlines())


def _row_height(row):
    cells = row.strip("|").split("|")
    return 0.4 + 0.8 * max(math.ceil(len(cell.strip()) * len(cells) / 100) for cell in cells)


def _fitting(kind, source):
    """A block in pieces that fit on a slide: a long table in several, each under its header; formulas side by side in lines."""
    if kind == "table" and _height(kind, source) > _HEIGHT:
        *head, row = source.splitlines()[:3]
        pieces = [[*head, row]]
        for row in source.splitlines()[3:]:
            full = sum(map(_row_height, [*pieces[-1], row])) > _HEIGHT
            pieces[-1:] = [pieces[-1], [*head, row]] if full else [[*pieces[-1], row]]
        return ["\n".join(piece) for piece in pieces]
    if source.startswith("$$") and r"\qquad" in source and len(source) > _WIDTH:
        lines = re.sub(r"\\qquad(?!\s*\\text\{\()", r" \\\\[2ex] ", source.strip("$"))
        return [rf"$$\begin{{gathered}}{lines}\end{{gathered}}$$"]
    return [source]


def _code_height(text):
    return 0.8 + _CODE_HEIGHT * sum(math.ceil((len(line) or 1) / _CODE_WIDTH) for line in text.splitlines())


def _place(cell, height, slides):
    """Put a cell on the last slide, or, if there is no room, on a new one under the same heading."""
    if slides[-1].lines + height > _HEIGHT:
        slides.append(Slide(False, slides[-1].heading))
    slides[-1].shown.append(cell)
    slides[-1].lines += height


def _text(markdown, slides):
    """Put a text on slides; a heading of level 1 or 2 begins a topic."""
    for kind, source in blocks(markdown):
        if kind == "heading" and re.match("##? ", source):
            slides.append(Slide(True, source))
            continue
        shown = key_sentences(kind, source)
        if not shown and slides[-1].topic and not slides[-1].shown:
            shown = " ".join(sentences(source)[:2])  # no slide is a heading alone
        for piece in _fitting(kind, shown) if shown else []:
            _place(_markdown(piece), _height(kind, piece), slides)
        slides[-1].notes.append(source)


def _code(code, outputs, slides):
    """Put code and its outputs on slides; a figure takes what is left of one."""
    for part in _pieces(code):
        _place(_listing(part), _code_height(part), slides)
    for output in outputs:
        data = output.get("data", {})
        shown = data.get("text/html")
        if shown is None:
            text = (output.get("text") or data.get("text/plain", "")).rstrip()
            _place(_markdown(f'<pre class="output">{html.escape(text)}</pre>'), _code_height(text), slides)
        elif "<img" in shown:
            _place(_markdown(shown), _FIGURE, slides)
            slides[-1].lines = _HEIGHT
        else:
            _place(_markdown(shown), 3 + shown.count("<tr"), slides)


def _exercise(cell, run, slides):
    """An exercise takes two slides or more: what is asked, with the known mistakes in its notes, and what is right."""
    about, heading = cell.metadata, slides[-1].heading
    exercise = exercises(about["id"][:2])[about["id"]]
    slides.append(Slide(False, f"## Exercise {exercise.id}: {exercise.title} · {about['minutes']} minutes"))
    if exercise.mistakes:
        mistakes = "\n".join(f"- *{mistake.name}*: {mistake.message}" for mistake in exercise.mistakes)
        slides[-1].notes.append(f"Common mistakes:\n\n{mistakes}")
    _code(build.open_exercise(cell.source), [], slides)
    slides.append(Slide(False, f"## Exercise {exercise.id}: what is right"))
    _code(cell.source, run.outputs, slides)
    slides.append(Slide(False, heading))


def _quiz(number, slides):
    """One slide per question, the choices in the order in which readers see them; the answer is in its notes."""
    for count, question in enumerate(questions(number), 1):
        slide = Slide(count == 1, f"## Question {count} of {len(questions(number))}")
        slide.shown = [
            _markdown("\n".join([question["asks"] + "\n", *(f"- {each['says']}" for each in shuffled(question))]))
        ]
        right, *wrong = (f"**{choice['says']}** {choice['why']}" for choice in question["choices"])
        slide.notes = [f"Right: {right}", *(f"Wrong: {each}" for each in wrong)]
        slides.append(slide)


def _pieces(code):
    """Code in pieces that fit on a slide, cut between statements where that is possible.

    Left out: imports, lines for tests, and a call that only draws the figure which the slide shows.
    """
    lines, statements = code.splitlines(), ast.parse(code).body
    starts = [min(each.lineno for each in [node, *getattr(node, "decorator_list", [])]) for node in statements]
    pieces = [""]
    for node, start, end in zip(statements, starts, [*(start - 1 for start in starts[1:]), len(lines)]):
        drawn = isinstance(node, ast.Expr) and ast.unparse(node).startswith(("plot.", "demo(", "quiz("))
        if drawn or isinstance(node, ast.Import | ast.ImportFrom):
            continue
        rows = "\n".join(lines[start - 1 : end]).rstrip().splitlines()
        gap = "\n\n" if isinstance(node, ast.FunctionDef) else "\n"
        most = int((_HEIGHT - 1) / _CODE_HEIGHT)
        for part in ("\n".join(rows[i : i + most]) for i in range(0, len(rows), most)):
            joined = f"{pieces[-1]}{gap}{part}".lstrip("\n")
            pieces[-1:] = [joined] if _code_height(joined) <= _HEIGHT else [pieces[-1], part]
    return [piece for piece in pieces if piece]


def slides(numbers=(), folder=ROOT / "build" / "slides"):
    """Write folder/NN.html for the lessons of these numbers, or for all; what they show in a browser lies beside them.

    numbers: two digits each. Returns the pages' paths. Raises RuntimeError without npm, ValueError for an unknown lesson.
    """
    paths = build.chosen(numbers)
    packages = javascript.packages()
    for part in ("reveal.js/dist", "reveal.js/plugin/notes", "mathjax/es5"):
        shutil.copytree(packages / part, folder / part, dirs_exist_ok=True)
    shutil.copy(_TEMPLATES / "lecture" / "lecture.css", folder)
    exporter = SlidesExporter(
        extra_template_basedirs=[str(_TEMPLATES)], template_name="lecture", reveal_url_prefix="reveal.js"
    )
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = exporter.exclude_anchor_links = True
    pages = []
    for path in tqdm(paths, desc="slides", unit="lesson"):
        executed = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
        page, _ = exporter.from_notebook_node(deck(build.read(path), executed))
        pages.append(folder / f"{path.stem[:2]}.html")
        write_text(pages[-1], page)
    return pages
