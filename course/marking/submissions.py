"""What students hand in: folders of notebooks, which may be anything, made ready to be run."""

import re
from collections import Counter
from functools import cache

import nbformat

from course.author import build
from course.student import quiz
from course.student.exercises import lessons

_MOST_BYTES = 50_000_000  # in one file


def students_below(submissions):
    """The students' folders below a folder, {name: folder}, in order. Raises FileNotFoundError where there is none."""
    if not submissions.is_dir():
        raise FileNotFoundError(f"{submissions} is no folder: one with a folder per student was expected.")
    found = {each.name: each for each in sorted(submissions.iterdir()) if each.is_dir() and each.name[0] != "."}
    if not found:
        raise FileNotFoundError(
            f"{submissions} holds no folder: one per student was expected, with that student's notebooks in it."
        )
    return found


def notebooks(students, full):
    """Yield ({"student", "notebook"}, lesson, notebook as text) of all notebooks; (…, None, why not) of what is none."""
    for student, folder in students.items():
        for path in sorted(folder.rglob("*.ipynb")):
            if ".ipynb_checkpoints" in path.parts:
                continue
            about = {"student": student, "notebook": str(path.relative_to(folder))}
            try:
                yield about, *prepare(path, full)
            except ValueError as error:
                yield about, None, str(error)


def prepare(path, full=False):
    """Read a student's notebook for a run. full: leave the lesson's parameters as they are, instead of making it small.

    Returns (the lesson's two digits, the notebook as text). Raises ValueError that says why it cannot be run.
    """
    if path.is_symlink() or not path.is_file():
        raise ValueError("it is a link, or no file at all: a notebook was expected")
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"it has {path.stat().st_size / 1e6:.0f} MB: at most {_MOST_BYTES / 1e6:.0f} were expected")
    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        raise ValueError(f"it is no valid notebook ({str(error).splitlines()[0]})") from error
    except (OSError, ValueError, RecursionError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"it is no valid notebook ({type(error).__name__})") from error
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    named = Counter(re.findall(r"""check\(\s*["'](\d\d)\.\d""", "\n".join(cell.source for cell in code)))
    named = Counter({lesson: count for lesson, count in named.items() if lesson in lessons()})
    if not named:
        raise ValueError("none of its cells checks an exercise of the course")
    lesson = named.most_common(1)[0][0]
    for cell in code:
        cell.outputs, cell.execution_count = [], None
    if small := {} if full else build.parameters(_source(lesson))[1]:
        tagged = [place for place, cell in enumerate(notebook.cells) if build.is_tagged(cell, "parameters")]
        values = "\n".join(f"{name} = {value!r}" for name, value in small.items())
        added = nbformat.v4.new_code_cell(f"# the lesson made small\n{values}", id="made-small")
        notebook.cells.insert(tagged[-1] + 1 if tagged else notebook.cells.index(code[0]) + 1, added)
    return lesson, nbformat.writes(notebook)


@cache
def _source(lesson):
    return build.read(build.source(lesson))


def points(lesson):
    """What each exercise of a lesson is worth: its difficulty, from 1 to 3. Returns {id: int}."""
    tagged = [cell.metadata for cell in _source(lesson).cells if build.is_tagged(cell, "exercise")]
    return {each["id"]: each["difficulty"] for each in tagged}


def quizzes(folder):
    """{lesson: (right at the first choice, asked, "" or what is wrong with the file)} of a student's answers."""
    found = {}
    for path in sorted(folder.rglob("answers/[0-9][0-9].json")):
        asked = len(quiz.questions(path.stem))
        try:
            if path.is_symlink() or path.stat().st_size > _MOST_BYTES:
                raise ValueError("no file of answers")
            right, trouble = quiz.result(path)[0], ""
        except (OSError, ValueError, RecursionError):
            right, trouble = 0, "The file of answers cannot be read."
        if asked and right >= found.get(path.stem, (0,))[0]:
            found[path.stem] = right, asked, trouble
    return found
