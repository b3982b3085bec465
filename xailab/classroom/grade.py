"""Mark a class: run every student's notebooks shut in, judge what was answered, and go on where it stopped.

What a student's code can reach is a sandbox; what comes out of it is data; and what is right is decided here, where no
student's code ever runs.
"""

import hashlib
import json
import math
import re
import secrets
import signal
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from multiprocessing import active_children, get_context
from pathlib import Path

import nbformat
from tqdm import tqdm

from xailab.classroom import sandbox
from xailab.classroom.answers import unpack
from xailab.classroom.pages import write_report
from xailab.course import build, quiz
from xailab.course.check import cases_of, judge
from xailab.course.exercises import exercises, lessons

_USUAL = sandbox.Limits()
_MOST_BYTES = 50_000_000  # in one notebook
_ALONE = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}  # several run at a time
_CELLS_SHARE = 4  # a cell may take this part of the notebook's seconds, so that one loop does not cost the rest


@dataclass(frozen=True)
class Row:
    """One exercise of one student: what a line of marks.csv says.

    exercise: its id, or "03 quiz". state: "right", "wrong", "not tried", "missing" (no answer arrived) or "not handed in"; of
    a quiz "answered". mistake: the name of a known mistake, or "". found: a sentence for the student, or "".
    """

    student: str
    exercise: str
    points: float
    of: float
    state: str
    mistake: str = ""
    found: str = ""


@dataclass
class Class:
    """What is known of a class: rows of all students; of each notebook how it ran; what could not be marked."""

    rows: list = field(default_factory=list)
    runs: list = field(default_factory=list)  # dictionaries: student, notebook, lesson, seconds, ended, cells, trouble
    unmarked: list = field(default_factory=list)  # sentences
    protected: bool = True


def grade(
    submissions,
    out,
    *,
    assigned=(),
    jobs=2,
    executor=None,
    limits=_USUAL,
    full=False,
    trusted=False,
    bar=True,
):
    """Mark all notebooks below a folder that has one folder per student.

    submissions: that folder; which lesson a notebook belongs to is read off its exercises, not off its name. out: folder
    of what was marked, written as it comes and taken up again by the next call. assigned: the two digits of the lessons that
    count; by default all that anybody has handed in. jobs: notebooks at a time. executor: any concurrent.futures executor
    instead of local processes. limits: of one notebook, sandbox.Limits. full: run the lessons at full size instead of the
    small one. trusted: also where nothing shuts the code in. bar: whether to show a progress bar.
    Returns a Class. Raises FileNotFoundError for a folder without students, ValueError for a lesson that there is none of,
    sandbox.NoSandbox.
    """
    for lesson in assigned:
        if lesson not in lessons():
            raise ValueError(f"there is no lesson {lesson!r} with exercises: {', '.join(lessons())} were expected.")
    students = _students(Path(submissions))
    if executor is None:  # others' machines answer for themselves
        sandbox.require(trusted)
    seed, result = _seed(Path(out)), Class(protected=not trusted or sandbox.protection() is not None)
    waiting = {}  # {file of what will be marked: (whose it is, lesson, text)}
    done = []  # (whose it is, what was marked)
    for about, lesson, text in _handed_in(students, full):
        if lesson is None:
            result.runs.append({**about, "lesson": None, "trouble": text})
        elif lesson in (assigned or lessons()):
            file = Path(out) / "marks" / f"{_digest(lesson, text, seed)}.json"
            if marked := _kept(file, limits):
                done.append((about, marked))
            else:
                waiting.setdefault(file, ([], lesson, text))[0].append(about)
    total = len(done) + sum(len(owners) for owners, *_ in waiting.values())
    with (
        _workers(executor, jobs) as workers,
        tqdm(total=total, initial=len(done), desc="marking", unit="notebook", disable=not bar) as shown,
    ):
        futures = {
            workers.submit(run_notebook, lesson, text, seed, limits, trusted): (file, owners, lesson, text)
            for file, (owners, lesson, text) in waiting.items()
        }
        for future in as_completed(futures):
            file, owners, lesson, text = futures[future]
            try:
                marked = mark(lesson, text, seed, *future.result())
            except sandbox.NoSandbox:
                raise
            except Exception as error:  # a worker died: the others' marks are safe
                names = ", ".join(f"{each['student']}: {each['notebook']}" for each in owners)
                result.unmarked.append(f"{names} ({type(error).__name__}: {error})")
            else:
                build.write(file, json.dumps({**marked, "limits": asdict(limits)}))
                done += [(about, marked) for about in owners]
            shown.update(len(owners))
    result.runs += [{**about, **{key: marked[key] for key in marked if key != "exercises"}} for about, marked in done]
    result.rows = _rows(students, done, assigned)
    return result


def _students(submissions):
    """{name: folder}, in order."""
    if not submissions.is_dir():
        raise FileNotFoundError(f"{submissions} is no folder: one with a folder per student was expected.")
    found = {each.name: each for each in sorted(submissions.iterdir()) if each.is_dir() and each.name[0] != "."}
    if not found:
        raise FileNotFoundError(
            f"{submissions} holds no folder: one per student was expected, with that student's notebooks in it."
        )
    return found


def _handed_in(students, full):
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


def _seed(out):
    """The seed of the hidden cases: drawn once per report, so that a second call marks alike and nobody can know it before."""
    file = out / "seed.txt"
    if not file.exists():
        out.mkdir(parents=True, exist_ok=True)
        build.write(file, str(secrets.randbelow(2**31)))
    try:
        return int(file.read_text())
    except ValueError as error:
        raise ValueError(
            f"{file} holds no whole number: name another folder, or delete the file to mark all anew."
        ) from error


def prepare(path, full=False):
    """Read a student's notebook for a run. full: leave the lesson's parameters as they are, instead of making it small.

    Returns (the lesson's two digits, the notebook as text). Raises ValueError that says why it cannot be run.
    """
    if path.is_symlink():
        raise ValueError("it is a link to another file: a notebook was expected")
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError(
                f"it has {path.stat().st_size / 1e6:.0f} MB: at most {_MOST_BYTES / 1e6:.0f} were expected"
            )
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        raise ValueError(f"it is no valid notebook ({str(error).splitlines()[0]})") from error
    except (
        OSError,
        ValueError,
        RecursionError,
        AttributeError,
        KeyError,
        TypeError,
    ) as error:  # whatever else it may be
        raise ValueError(f"it is no valid notebook ({type(error).__name__})") from error
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    named = Counter(re.findall(r"""check\(\s*["'](\d\d)\.\d""", "\n".join(cell.source for cell in code)))
    named = Counter({lesson: count for lesson, count in named.items() if lesson in lessons()})
    if not named:
        raise ValueError("none of its cells checks an exercise of the course")
    lesson = named.most_common(1)[0][0]
    for cell in code:
        cell.outputs, cell.execution_count = [], None
    if small := {} if full else _small(lesson):
        tagged = [place for place, cell in enumerate(notebook.cells) if build.is_tagged(cell, "parameters")]
        values = "\n".join(f"{name} = {value!r}" for name, value in small.items())
        added = nbformat.v4.new_code_cell(f"# the lesson made small\n{values}", id="made-small")
        notebook.cells.insert(tagged[-1] + 1 if tagged else notebook.cells.index(code[0]) + 1, added)
    return lesson, nbformat.writes(notebook)


@cache
def _source(lesson):
    return build.read(next(path for path in build.sources() if path.stem[:2] == lesson))


def _small(lesson):
    """The values that make a lesson small, as its cell of parameters declares them."""
    cells = [cell for cell in _source(lesson).cells if build.is_tagged(cell, "parameters")]
    return cells[0].metadata.get("small", {}) if cells else {}


def points(lesson):
    """What each exercise of a lesson is worth: its difficulty, from 1 to 3. Returns {id: int}."""
    tagged = [cell.metadata for cell in _source(lesson).cells if build.is_tagged(cell, "exercise")]
    return {each["id"]: each["difficulty"] for each in tagged}


@cache
def _engine(lesson):
    """A digest of what decides about a lesson's answers."""
    files = ["check.py", "exercises/__init__.py", f"exercises/lesson_{lesson}.py"]
    return b"".join((Path(build.__file__).parent / name).read_bytes() for name in files)


def _digest(lesson, text, seed):
    return hashlib.sha256(_engine(lesson) + f"{seed}\n{text}".encode()).hexdigest()[:32]


def _kept(file, limits):
    """What was marked before, or None. What a limit ended is marked again under another limit."""
    try:
        marked = json.loads(file.read_text(encoding="utf-8"))
        return marked if not marked["ended"] or marked["limits"] == asdict(limits) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def _workers(executor, jobs):
    """Local processes, unless there is an executor. Interrupted, they end at once, and with them what they run."""
    if executor is not None:
        yield executor
        return
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_end_when_asked)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in active_children():
            worker.terminate()
        raise
    pool.shutdown()


def _end_when_asked():
    """A worker that is terminated ends what it runs first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def run_notebook(lesson, text, seed, limits, trusted):
    """Run one notebook shut in. Returns (its report as text, "" or the limit that ended it); any process may call it."""
    command = [sys.executable, "-m", "xailab.classroom.runner", lesson, str(seed)]
    command += [str(math.ceil(limits.seconds / _CELLS_SHARE)), str(limits.memory)]
    environment = {**_ALONE, "JUPYTER_PREFER_ENV_PATH": "1", "PYTHONHASHSEED": "0", "TF_CPP_MIN_LOG_LEVEL": "3"}
    said, over = sandbox.run(command, text.encode(), limits, trusted=trusted, environment=environment)
    return said.decode(errors="replace"), over


def mark(lesson, text, seed, said, over):
    """Judge what came out of a run.

    lesson: two digits. text: the notebook that ran. seed: of the hidden cases. said, over: what run_notebook returned.
    Returns {"lesson", "seconds" of all cells, "ended": "" or why it came to no end, "cells": [{"begins", "seconds",
    "error"}], "exercises": {id: {"points", "of", "state", "mistake", "found"}}}, which JSON can hold.
    """
    sources = [cell.source for cell in nbformat.reads(text, as_version=4).cells]
    answers, cells, ended = {}, {}, None
    for event in _events(said):
        where = event.get("cell")
        inside = isinstance(where, int) and 0 <= where < len(sources)
        if isinstance(answer := event.get("answer"), dict):
            answers.setdefault(str(answer.get("exercise")), []).append(answer)
        elif inside and _is_number(event.get("seconds")):
            cells[where] = {"seconds": event["seconds"], "error": event.get("error") and str(event["error"])[:300]}
        elif "ended" in event:
            ended = f"{event['ended']} in {_cell(sources[where])}" if inside else str(event["ended"])[:300]
    if over or ended is None:
        what = f"{over} ended it" if over else "it was broken off"
        ended = f"{what} behind {_cell(sources[max(cells)])}" if cells else f"{what} before its first cell"
    worth, found = points(lesson), {}
    for exercise in exercises(lesson).values():
        state, mistake, sentence = _verdict(exercise, answers.get(exercise.id, []), seed)
        if state == "missing":
            sentence = _missing(exercise.id, sources, cells, ended)
        found[exercise.id] = {
            "points": worth[exercise.id] if state == "right" else 0,
            "of": worth[exercise.id],
            "state": state,
            "mistake": mistake or "",
            "found": sentence or "",
        }
    listed = [{"begins": _begin(sources[place]), **cell} for place, cell in sorted(cells.items())]
    seconds = sum(cell["seconds"] for cell in listed)
    return {"lesson": lesson, "seconds": seconds, "ended": ended, "cells": listed, "exercises": found}


def _events(said):
    """The lines of a report that are events; a student may have written others, or cut one short."""
    for line in said.splitlines():
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


def _is_number(value):
    return isinstance(value, (int, float)) and math.isfinite(value) and value >= 0


def _verdict(exercise, packed, seed):
    """What an exercise's answers are worth: (state, mistake or None, sentence or None).

    Of functions the last one counts: what `check` hands back is not among them. Of values the first that was tried counts,
    since behind a wrong one `check` hands back the right one.
    """
    tried = []
    for each in packed:
        try:
            tried.append(unpack(each))
        except ValueError:
            return "missing", None, None
    if not tried:
        return "missing", None, None
    attempts = [attempt for attempt in tried if not attempt.untried]
    if not attempts:
        return "not tried", None, None
    counts = attempts[-1] if callable(exercise.reference) else attempts[0]
    try:
        sentence, mistake = judge(exercise, counts, cases_of(exercise, seed))
    except Exception as error:  # results that nobody foresaw
        return "wrong", None, f"Your answer cannot be compared ({type(error).__name__})."
    return ("wrong" if sentence else "right"), mistake, sentence


def _missing(id, sources, cells, ended):
    """Why no answer arrived."""
    own = [
        place for place, source in enumerate(sources) if re.search(rf"""check\(\s*["']{re.escape(id)}["']""", source)
    ]
    if not own:
        return "The notebook has no cell that checks this exercise."
    errors = [cells[place]["error"] for place in own if place in cells and cells[place]["error"]]
    if errors:
        return f"Its cell stopped with {errors[-1]}."
    if ended and own[-1] not in cells:
        return f"It was not reached: {ended}."
    return "Its cell ran, but check was not called with an answer: is check still the course's own?"


def _begin(source):
    return (source.strip().splitlines() or [""])[0][:80]


def _cell(source):
    return f"the cell that begins {_begin(source)!r}"


def _rows(students, done, assigned):
    """A row for each student and exercise: the better one where a lesson was handed in twice, none where it is missing."""
    best = {}
    for about, marked in done:
        for id, found in marked["exercises"].items():
            key = about["student"], id
            if key not in best or found["points"] > best[key]["points"]:
                best[key] = found
    counted = sorted(set(assigned) or {marked["lesson"] for _, marked in done})
    answered = {student: _quiz(folder) for student, folder in students.items()}
    asked = {lesson for found in answered.values() for lesson in found if lesson in counted}
    rows = []
    for student in students:
        for lesson in counted:
            for id, of in points(lesson).items():
                found = best.get((student, id), {"points": 0, "of": of, "state": "not handed in"})
                rows.append(Row(student, id, **found))
            if lesson in asked:
                right, of, trouble = answered[student].get(lesson, (0, len(quiz.questions(lesson)), ""))
                state = "answered" if lesson in answered[student] else "not handed in"
                rows.append(Row(student, f"{lesson} quiz", right, of, state, found=trouble))
    return rows


def _quiz(folder):
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


def run(submissions, out, *, scheduler=None, **options):
    """What `xailab grade` does: mark, write the report, say where it is. scheduler: address of a Dask scheduler, or None.

    options: as for grade. Returns the exit status: 0 if everything was marked.
    """
    try:
        with _cluster(scheduler) as executor:
            marked = grade(submissions, out, executor=executor, **options)
    except (OSError, ValueError, sandbox.NoSandbox) as error:
        print(error)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. What was marked is kept: call the same command again to go on.")
        return 130
    print(write_report(marked, out))
    for sentence in marked.unmarked:
        print(f"Not marked, call the same command again: {sentence}")
    return int(bool(marked.unmarked))


@contextmanager
def _cluster(address):
    """A Dask cluster as an executor; None without an address. Raises OSError where nobody answers."""
    if address is None:
        yield None
        return
    from distributed import Client

    with Client(address, timeout=20) as client:
        yield client.get_executor(pure=False)
