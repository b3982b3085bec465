"""Hand the lessons over to nbgrader and to otter-grader: instructor's notebooks that they release to students and mark.

Each exercise becomes three cells: the function, with its solution between delimiters; the call of check, which keeps the
student's own answer under a name of its own before the lesson may go on with the reference; and the tests of that answer.
"""

import ast
import copy
import re
from pathlib import Path

import nbformat
from tqdm import tqdm

from course import ROOT
from course.author import build
from course.marking.seed import NAME, hidden_seed
from course.student.check import NotRight, attempt, cases_of, judge
from course.student.exercises import exercises
from xailab._files import write_text

CONFIG = f'''"""How nbgrader releases and marks the lessons. Written once by `xailab export-nbgrader`; yours to change."""

from pathlib import Path

c = get_config()  # noqa: F821, nbgrader gives it
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "xailab"
c.ClearSolutions.code_stub = {{"python": "# YOUR CODE HERE"}}  # what it stands beside returns ..., so a lesson runs untouched
c.Execute.timeout = {build.CELL_SECONDS}  # seconds per cell
c.Execute.startup_timeout = {build.CELL_SECONDS}  # seconds for the kernel
'''

_FILE = re.compile(r"\.\./((?:datasets|solutions)/([\w.-]+))")


def require_right(id, answer, seed=None):
    """Say nothing if an answer is right.

    id: the exercise, such as "03.2". answer: the student's own function or value. seed: None tries the lesson's cases, a
    whole number also the hidden ones that it draws. Raises NotRight, which says what was found.
    """
    exercise = exercises(id[:2])[id]
    if callable(answer) and answer is exercise.reference:
        raise NotRight("This is the course's reference, not your own: run the cell with your function, then check it.")
    cases = cases_of(exercise, seed)
    trouble, _ = judge(exercise, attempt(exercise, answer, cases), cases)
    if trouble:
        raise NotRight(trouble)


def export(lessons, folder):
    """Write a course of nbgrader, folder/source/NN_topic/NN_topic.ipynb, and the same for otter, folder/otter/NN_topic/.

    lessons: their two digits; none means all. Returns the paths written, those that lay there unchanged included. A file
    of the same name with other content is somebody's work: raises FileExistsError before anything is written; an
    nbgrader_config.py that is there stays. Raises ValueError for a lesson that there is not.
    """
    paths, folder = build.chosen(lessons), Path(folder)
    seed = hidden_seed(folder)
    files = {folder / NAME: f"{seed}\n"}
    for path in tqdm(paths, desc="lessons", unit="lesson"):
        lesson = build.read(path)
        for made, place in ((nbgrader_notebook(lesson, seed), "source"), (otter_notebook(lesson, seed), "otter")):
            files[folder / place / path.stem / path.with_suffix(".ipynb").name] = build.text(made)
            for name in _read_files(lesson):
                files[folder / place / path.stem / Path(name).name] = (ROOT / name).read_text(encoding="utf-8")
    changed = [path for path, text in files.items() if path.exists() and path.read_text(encoding="utf-8") != text]
    if changed:
        raise FileExistsError(
            f"{', '.join(map(str, changed))}: there already, with other content. Nothing was written; "
            "choose another folder, or move these away."
        )
    if not (folder / "nbgrader_config.py").exists():
        files[folder / "nbgrader_config.py"] = CONFIG
    for path, text in files.items():
        write_text(path, text)
    return list(files)


def nbgrader_notebook(lesson, seed):
    """A lesson as nbgrader's instructor version. lesson: as build.read returns it. seed: int of the hidden cases.

    Returns a notebook (nbformat 4).
    """

    def cells(about, answer, checked, visible, hidden):
        key = about.id.replace(".", "_")
        answer.metadata["nbgrader"] = _role(f"exercise_{key}", solution=True)
        checked.metadata["nbgrader"] = _role(f"check_{key}", locked=True)
        tests = f"from course.marking.handover import require_right\n\n{visible}"
        if hidden:
            tests += f"\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"
        role = _role(f"test_{key}", grade=True, locked=True, points=about.difficulty)
        # Jupyter goes on behind a cell with this tag, so that a lesson runs to its end; to nbgrader the error counts.
        given = {"nbgrader": role, "tags": ["raises-exception"]}
        return [answer, checked, nbformat.v4.new_code_cell(tests, id=f"test-{key}", metadata=given)]

    return _with_exercises(lesson, seed, cells)


def otter_notebook(lesson, seed):
    """A lesson as otter-grader's source notebook. lesson: as build.read returns it. seed: int of the hidden cases.

    Returns a notebook (nbformat 4). What it releases asks for no package of otter-grader: the kernel is the course's own.
    """

    def cells(about, answer, checked, visible, hidden):
        key = about.id.replace(".", "_")

        def fence(name, text):
            return nbformat.v4.new_raw_cell(text, id=f"{name}-{key}")

        def test(name, text):
            return nbformat.v4.new_code_cell(text, id=f"{name}-{key}")

        imported = "from course.marking.handover import require_right\n"
        question = f"name: q{key}\npoints: {about.difficulty}\nall_or_nothing: true\ncheck_cell: false"
        tests = [test("visible", imported + visible)]
        tests += [test("hidden", f"# HIDDEN\n{imported}{hidden}")] if hidden else []
        return [
            fence("begin-question", f"# BEGIN QUESTION\n{question}"),
            fence("begin-solution", "# BEGIN SOLUTION"),
            answer,
            fence("end-solution", "# END SOLUTION"),
            checked,
            fence("begin-tests", "# BEGIN TESTS"),
            *tests,
            fence("end-tests", "# END TESTS"),
            fence("end-question", "# END QUESTION"),
        ]

    notebook = _with_exercises(lesson, seed, cells)
    listed = "".join(f"\n  - {Path(name).name}" for name in _read_files(lesson))
    settings = f"# ASSIGNMENT CONFIG\ninit_cell: false\nexport_cell: false\nfiles:{listed}"
    notebook.cells.insert(0, nbformat.v4.new_raw_cell(settings, id="assignment"))
    return notebook


def _role(grade_id, grade=False, solution=False, locked=False, **points):
    """What nbgrader's schema 3 wants to know of a cell."""
    return {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": grade,
        "solution": solution,
        "locked": locked,
        "task": False,
        **points,
    }


def _read_files(lesson):
    """The files of the course that a lesson reads or links to, which graders have to lay beside it: "datasets/x.json"."""
    found = {match[1] for cell in build.solved_edition(lesson).cells for match in _FILE.finditer(cell.source)}
    return sorted(found)


def _with_exercises(lesson, seed, cells):
    """The solved edition, with each exercise's cell replaced by what cells(metadata, answer, checked, visible, hidden) makes."""
    notebook = build.solved_edition(lesson)
    made = []
    for cell in notebook.cells:
        cell.source = _FILE.sub(r"\2", cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n"))
        made += cells(cell.metadata, *_parts(cell, seed)) if build.is_tagged(cell, "exercise") else [cell]
    notebook.cells = made
    return notebook


def _parts(cell, seed):
    """An exercise's cell as (answer between delimiters, call of check, a line of visible tests, one of hidden ones or "")."""
    id, name = cell.metadata.id, ast.unparse(ast.parse(cell.source).body[-1].targets[0])
    key = id.replace(".", "_")
    own = f"answer_{key}"
    answer = copy.deepcopy(cell)
    answer.source = between_delimiters(cell.source)
    kept = f"{own} = {name}  # your own, which is marked; below it may become the reference\n"
    checked = nbformat.v4.new_code_cell(f'{kept}{name} = check("{id}", {name})', id=f"check-{key}")
    visible, hidden = f'require_right("{id}", {own})', f'require_right("{id}", {own}, seed={seed})'
    return answer, checked, visible, hidden if exercises(id[:2])[id].hidden else ""


def between_delimiters(code):
    """An exercise's code without its call of check, its answers between delimiters that both graders know.

    With what is between them taken out, functions return `...` and values are `...`, as in the student edition.
    """
    lines = code.splitlines()
    last = ast.parse(code).body[-1]
    if not (isinstance(last, ast.Assign) and ast.unparse(last.value).startswith("check(")):
        raise ValueError(f"an exercise ends in a line name = check(id, name); this one ends in {lines[-1]!r}.")
    del lines[last.lineno - 1 :]
    for part, opened in build.answers("\n".join(lines)):
        indent = opened[: len(opened) - len(opened.lstrip())]
        before, after = ([], [opened]) if indent else ([opened], [])  # a function returns it, a value has it first
        begin, end = f"{indent}# BEGIN SOLUTION NO PROMPT", f"{indent}# END SOLUTION"
        lines[part] = [*before, begin, *lines[part], end, *after]
    return "\n".join(lines).rstrip()
