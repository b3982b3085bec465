"""Make from solutions/NN_topic.py the two editions of each lesson, the teacher's page, the ledger of claims and the glossary.

python -m course.author.build            every lesson that changed
python -m course.author.build 03 --force lesson 03, executed again
python -m course.author.build --check    what no longer follows from its source; nothing is written or executed
"""

import argparse
import ast
import hashlib
import os
import re
import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from tqdm import tqdm

from course import ROOT, is_checkout, without_lessons
from course.author import claims, glossary, plans
from course.student.exercises import exercises
from course.student.quiz import questions
from xailab._files import write_text

CELL_SECONDS = 900  # catches what hangs; nothing passes or fails by the clock
_QUIZ = (
    "## Five questions\n\nAfter the lesson, five minutes. Choose, and read why; your first choice counts. "
    "The course's words are in the [glossary](../solutions/GLOSSARY.md), in English and Korean."
)
_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}


def sources(root=ROOT):
    """The paths of all lessons, solutions/NN_topic.py, in order."""
    return sorted((Path(root) / "solutions").glob("[0-9][0-9]_*.py"))


def chosen(numbers):
    """The paths of some lessons, in order. numbers: two digits each; none means all. Raises ValueError for one that there is not."""
    paths = {path.stem[:2]: path for path in sources()}
    if unknown := set(numbers) - paths.keys():
        raise ValueError(f"there is no lesson {', '.join(sorted(unknown))}: there are {', '.join(paths)}.")
    return [paths[number] for number in sorted(numbers or paths)]


def source(number):
    """The path of one lesson. number: its two digits. Raises ValueError for a lesson that there is not."""
    return chosen([number])[0]


def read(path):
    """Read a lesson in jupytext's percent format, without the comments of its claims.

    Returns a notebook (nbformat 4) with cell ids derived from their content.
    """
    cells, seen = [], set()
    for cell in jupytext.read(path, fmt="py:percent").cells:
        if cell.cell_type == "markdown":
            cell.source = claims.without_comments(cell.source)
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        number = next(n for n in range(len(seen) + 1) if f"{digest}-{n}" not in seen)
        seen.add(f"{digest}-{number}")
        make = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
        cells.append(make(cell.source, id=f"{digest}-{number}", metadata=dict(cell.metadata)))
    return nbformat.v4.new_notebook(cells=cells, metadata=_METADATA)


def is_tagged(cell, tag):
    """Whether a cell carries a tag: "exercise", "parameters" or "teaching"."""
    return tag in cell.metadata.get("tags", [])


def parameters(lesson):
    """What a lesson's cell of parameters says: (its code, {name: the value that makes the lesson small}), ("", {}) without one."""
    cell = next((cell for cell in lesson.cells if is_tagged(cell, "parameters")), None)
    return (cell.source, dict(cell.metadata.get("small", {}))) if cell else ("", {})


def functions(number):
    """A lesson's functions as it defines them, for a script or a test that goes on from there.

    number: the lesson's two digits. Returns the names that they see, {name: value}: all of them, the lesson's imports and its
    parameters. Raises ValueError for a lesson that there is not.
    """
    path, space = source(number), {}
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef
    body = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, kinds)]
    exec(compile(ast.Module(body, []), path, "exec"), space)
    exec(parameters(read(path))[0], space)
    return space


def solved_edition(lesson):
    """The lesson as it is read and taught from, not yet executed: everything but the remarks for teachers, and its quiz.

    Each exercise says in its first line how long it takes and how hard it is.
    """
    cells = [nbformat.from_dict(cell) for cell in lesson.cells if not is_tagged(cell, "teaching")]
    for cell in cells:
        if is_tagged(cell, "exercise"):
            about = cell.metadata
            first = f"# Exercise {about['id']} · {about['minutes']} minutes · difficulty {about['difficulty']} of 3"
            cell.source = f"{first}\n{cell.source}"
    number = cells[0].source[2:4] if cells else ""
    if questions(number):
        cells.append(nbformat.v4.new_markdown_cell(_QUIZ, id=f"quiz-{number}-text"))
        cells.append(nbformat.v4.new_code_cell(f'from course import quiz\n\nquiz("{number}")', id=f"quiz-{number}"))
    return nbformat.v4.new_notebook(cells=cells, metadata=_METADATA)


def student_edition(lesson):
    """The lesson with its exercises open and without the lines that ask for a comparison of outputs."""
    notebook = solved_edition(lesson)
    for cell in notebook.cells:
        if is_tagged(cell, "exercise"):
            cell.source = open_exercise(cell.source)
        cell.source = cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n")
    return notebook


def open_exercise(code):
    """Take the answers out of an exercise's code.

    Function bodies become `return ...` behind their docstring, and what is assigned to a lower-case name becomes `...`,
    but for the line that calls check. Imports and upper-case constants stay.
    """
    lines = code.splitlines()
    for part, opened in answers(code):
        lines[part] = [opened]
    return "\n".join(lines)


def answers(code):
    """Where an exercise's code has its answers, from the last to the first: [(slice of its lines, line of the open edition)]."""
    found = []
    for node in reversed(ast.parse(code).body):
        if isinstance(node, ast.FunctionDef):
            described = ast.get_docstring(node) is not None
            first = node.body[0].end_lineno if described else node.body[0].lineno - 1
            found.append((slice(first, node.end_lineno), "    return ..."))
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).islower() and not _calls_check(node.value):
            found.append((slice(node.lineno - 1, node.end_lineno), f"{ast.unparse(node.targets[0])} = ..."))
    return found


def _calls_check(value):
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "check"


def execute(notebook, folder):
    """Run a solved edition in a fresh kernel under XAILAB_STRICT=1; its cells then hold their outputs. Raises CellExecutionError."""
    environment = {**os.environ, "XAILAB_STRICT": "1"}
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        startup_timeout=CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    client.record_timing = False
    client.execute(env=environment)
    notebook.metadata = nbformat.from_dict(_METADATA)  # the kernel adds its own version
    return tidy(notebook)


def tidy(notebook):
    """The notebook with one output for what a cell printed, however many pieces it came in, and no progress bars."""
    for cell in notebook.cells:
        joined = []
        for output in cell.get("outputs", []):
            if _is_bar(output):
                continue
            if "text/html" in output.get("data", {}):  # a widget ends with its kernel; what stands in its place stays
                output.data.pop("application/vnd.jupyter.widget-view+json", None)
            if joined and output.output_type == "stream" == joined[-1].output_type and output.name == joined[-1].name:
                joined[-1].text += output.text
            else:
                joined.append(output)
        if cell.cell_type == "code":
            cell.outputs = joined
    return notebook


def _is_bar(output):
    """Whether an output is tqdm's bar: the widget ends with its kernel, and would leave a line that says 0 %."""
    data = output.get("data", {})
    return "application/vnd.jupyter.widget-view+json" in data and "%|" in data.get("text/plain", "")


def same_cells(notebook, other):
    """Whether two notebooks have the same cells, outputs aside."""
    return [(cell.id, cell.cell_type, cell.source, cell.metadata) for cell in notebook.cells] == [
        (cell.id, cell.cell_type, cell.source, cell.metadata) for cell in other.cells
    ]


def text(notebook):
    """A notebook as the text of its file."""
    return nbformat.writes(notebook, version=4) + "\n"


def header(lesson):
    """What a lesson's first cell says: {"title", "question", "reading" (minutes), "computing" (seconds)}."""
    first = lesson.cells[0].source
    title = re.match(r"# (\d\d) · (.+)", first)
    reading, computing = re.search(r"\*\*Reading\*\* (\d+) min", first), re.search(r"\*\*Computing\*\* (\d+) s", first)
    if not (title and reading and computing):
        raise ValueError(
            f"the first cell begins {first[:60]!r}: '# NN · Title', then **You will**, **Needs**, **Reading** NN min and "
            "**Computing** NN s were expected."
        )
    return {"number": title[1], "title": title[2], "reading": int(reading[1]), "computing": int(computing[1])}


def teaching_page(root=ROOT):
    """The teacher's page: plans, of each lesson the minutes, questions to ask and exercises, and behind all the common mistakes."""
    lessons = [(path, read(path)) for path in sources(root)]
    abouts = {path: header(lesson) for path, lesson in lessons}
    taken = {
        abouts[path]["number"]: {**abouts[path], "exercises": exercise_minutes(lesson)} for path, lesson in lessons
    }
    parts = [
        "# Teaching notes\n",
        "Generated from the lessons by `make notebooks`; edit `solutions/*.py` and `course/author/plans.toml` instead.\n",
        "## Plans\n",
        "Three ways through the course. The spine is lessons 01 to 04, 06 and 07; the rest hangs on it. Minutes are those of "
        "the lessons' first lines, exercises and computing included; questions and breaks come on top.\n",
        plans.page(taken),
    ]
    for path, lesson in lessons:
        about = abouts[path]
        parts.append(f"## {about['number']} · {about['title']}\n")
        parts.append(
            f"Reading {about['reading']} min, computing {about['computing']} s. [Executed lesson]({path.stem}.ipynb)\n"
        )
        for cell in lesson.cells:
            if is_tagged(cell, "teaching"):
                parts.append(cell.source + "\n")
        tagged = {cell.metadata["id"]: cell.metadata for cell in lesson.cells if is_tagged(cell, "exercise")}
        parts.append("| exercise | minutes | difficulty, of 3 |\n|---|---|---|")
        for exercise in exercises(about["number"]).values():
            cell = tagged.get(exercise.id, {})
            parts[-1] += (
                f"\n| {exercise.id} {exercise.title} | {cell.get('minutes', '?')} | {cell.get('difficulty', '?')} |"
            )
        parts[-1] += "\n"
    parts.append("## Common mistakes, and what check says to them\n")
    parts.append("| exercise | mistake | what the student reads |\n|---|---|---|")
    for about in abouts.values():
        for exercise in exercises(about["number"]).values():
            for mistake in exercise.mistakes:
                words = " ".join(mistake.message.split()).replace("|", "\\|")
                parts[-1] += f"\n| {exercise.id} | {mistake.name} | {words} |"
    return "\n".join(parts) + "\n"


def claims_page(root=ROOT):
    """The ledger: of each lesson the sentences that say what was seen, how each was tried, and with what result."""
    parts = [
        "# What was tried\n",
        "A sentence that says what a figure or a number shows was tried by a test. Generated from the lessons by "
        "`make notebooks`; edit the comments in `solutions/*.py` instead.\n",
    ]
    for path in sources(root):
        about = header(read(path))
        parts.append(f"## {about['number']} · {about['title']}\n")
        parts.append(claims.table(claims.claims(path)))
    return "\n".join(parts)


def pages(root=ROOT):
    """The pages that are written from all lessons: {name in solutions/: text}."""
    return {
        "TEACHING.md": teaching_page(root),
        "CLAIMS.md": claims_page(root),
        "GLOSSARY.md": glossary.page(sources(root)),
    }


def stale(root=ROOT):
    """What does not follow from the lessons' sources: {path seen from root: what is wrong with it}; nothing is executed."""
    root, found = Path(root), {}
    for path in sources(root):
        lesson = read(path)
        student, executed = root / "notebooks" / f"{path.stem}.ipynb", path.with_suffix(".ipynb")
        found[student] = _student_trouble(student, student_edition(lesson), path.name)
        found[executed] = _solved_trouble(executed, solved_edition(lesson), path.name)
    for folder in ("notebooks", "solutions"):
        for path in sorted((root / folder).glob("*.ipynb")):
            found.setdefault(path, f"has no source: there is no solutions/{path.stem}.py")
    for name, page in pages(root).items():
        path = root / "solutions" / name
        if not path.exists() or path.read_text(encoding="utf-8") != page:
            found[path] = "is not what the lessons give"
    return {str(path.relative_to(root)): trouble for path, trouble in found.items() if trouble}


def _student_trouble(path, student, source):
    notebook = _notebook(path)
    if notebook is None:
        return "is missing, or is no notebook"
    if any(cell.get("outputs") for cell in notebook.cells):
        return "holds outputs: a student starts without any"
    return None if path.read_text(encoding="utf-8") == text(student) else f"is not what {source} gives"


def _solved_trouble(path, solved, source):
    notebook = _notebook(path)
    if notebook is None:
        return "is missing, or is no notebook"
    if not same_cells(notebook, solved):
        return f"was executed from another {source}, or edited by hand"
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    return None if counts == list(range(1, len(counts) + 1)) else "was not executed from top to bottom"


def _notebook(path):
    """The notebook in a file, or None."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError):
        return None


def minutes(lesson):
    """What a lesson asks of a student who does everything: 200 words and 8 lines of code per minute, and the exercises.

    Its list of papers to read on and the quiz behind it do not count.
    """
    cells = [cell for cell in student_edition(lesson).cells if not cell.id.startswith("quiz")]
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    words = sum(len(re.sub(r"\*\*To read on.*?(\n\n|\Z)", "", text, flags=re.DOTALL).split()) for text in texts)
    lines = sum(bool(line.strip()) for cell in cells if cell.cell_type == "code" for line in cell.source.splitlines())
    return words / 200 + lines / 8 + exercise_minutes(lesson)


def exercise_minutes(lesson):
    """What a lesson's exercises take together, minutes."""
    return sum(cell.metadata["minutes"] for cell in lesson.cells if is_tagged(cell, "exercise"))


def build(path, root=ROOT, force=False):
    """Write both editions of one lesson; the solved one is executed again only if its cells changed, or by force."""
    lesson = read(path)
    write_text(Path(root) / "notebooks" / f"{path.stem}.ipynb", text(student_edition(lesson)))
    target, solved = path.with_suffix(".ipynb"), solved_edition(lesson)
    if force or not target.exists() or not same_cells(nbformat.read(target, as_version=4), solved):
        write_text(target, text(execute(solved, path.parent)))


def main(arguments=None):
    """Build the lessons named on the command line, or all; or say what is stale. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m course.author.build", description="make both editions of the lessons"
    )
    parser.add_argument("lessons", nargs="*", help="their two digits; none means all")
    parser.add_argument("--force", action="store_true", help="execute again even if the cells did not change")
    parser.add_argument("--check", action="store_true", help="say what is stale, and write nothing")
    options = parser.parse_args(arguments)
    if not is_checkout():
        print(without_lessons(parser.prog))
        return 1
    if options.check:
        troubles = stale()
        for path, trouble in troubles.items():
            print(f"{path} {trouble}.")
        if troubles:
            print("Edit solutions/*.py or the file's own source, never what is generated; then call make notebooks.")
        return int(bool(troubles))
    try:
        paths = chosen(options.lessons)
    except ValueError as error:
        parser.error(str(error))
    for path in tqdm(paths, desc="lessons", unit="lesson"):
        build(path, force=options.force)
    for name, page in pages().items():
        write_text(ROOT / "solutions" / name, page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
