"""Mark a class: run every student's notebooks shut in, judge what was answered, and go on where it stopped.

What a student's code can reach is a sandbox; what comes out of it is data; and what is right is decided here, where no
student's code ever runs.
"""

import hashlib
import json
import math
import signal
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from multiprocessing import active_children, get_context
from pathlib import Path

from tqdm import tqdm

import course
from course.marking import sandbox
from course.marking.judging import judge_notebook
from course.marking.pages import write_report
from course.marking.seed import NAME, hidden_seed
from course.marking.submissions import notebooks, points, quizzes, students_below
from course.student import quiz
from course.student.exercises import lessons
from xailab._files import write_text

_USUAL = sandbox.Limits()
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
class MarkedClass:
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
    Returns a MarkedClass. Raises FileNotFoundError for a folder without students, ValueError for a lesson that there is none
    of, sandbox.NoSandbox.
    """
    for lesson in assigned:
        if lesson not in lessons():
            raise ValueError(f"there is no lesson {lesson!r} with exercises: {', '.join(lessons())} were expected.")
    students = students_below(Path(submissions))
    if executor is None:  # others' machines answer for themselves
        sandbox.require(trusted)
    seed, result = _seed(Path(out)), MarkedClass(protected=not trusted or sandbox.protection() is not None)
    waiting = {}  # {file of what will be marked: (whose it is, lesson, text)}
    done = []  # (whose it is, what was marked)
    for about, lesson, text in notebooks(students, full):
        if lesson is None:
            result.runs.append({**about, "lesson": None, "trouble": text})
        elif lesson in (assigned or lessons()):
            file = Path(out) / "marks" / f"{_digest(lesson, text, seed)}.json"
            if marked := _marked_before(file, limits):
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
                marked = judge_notebook(lesson, text, seed, *future.result())
            except sandbox.NoSandbox:
                raise
            except Exception as error:  # a worker died: the others' marks are safe
                names = ", ".join(f"{each['student']}: {each['notebook']}" for each in owners)
                result.unmarked.append(f"{names} ({type(error).__name__}: {error})")
            else:
                write_text(file, json.dumps({**marked, "limits": asdict(limits)}))
                done += [(about, marked) for about in owners]
            shown.update(len(owners))
    result.runs += [{**about, **{key: marked[key] for key in marked if key != "exercises"}} for about, marked in done]
    result.rows = _rows(students, done, assigned)
    return result


def _seed(out):
    """The seed of the hidden cases, kept for the next call, which has to mark alike."""
    seed = hidden_seed(out)
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / NAME, f"{seed}\n")
    return seed


@cache
def _deciding_code(lesson):
    """What decides about a lesson's answers, bytes."""
    files = ["student/check.py", "student/exercises.py", f"lessons/lesson_{lesson}/exercises.py"]
    return b"".join((Path(course.__file__).parent / name).read_bytes() for name in files)


def _digest(lesson, text, seed):
    return hashlib.sha256(_deciding_code(lesson) + f"{seed}\n{text}".encode()).hexdigest()[:32]


def _marked_before(file, limits):
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
    command = [sys.executable, "-m", "course.marking.runner", lesson, str(seed)]
    command += [str(math.ceil(limits.seconds / _CELLS_SHARE)), str(limits.memory)]
    environment = {**_ALONE, "JUPYTER_PREFER_ENV_PATH": "1", "PYTHONHASHSEED": "0", "TF_CPP_MIN_LOG_LEVEL": "3"}
    said, over = sandbox.run(command, text.encode(), limits, trusted=trusted, environment=environment)
    return said.decode(errors="replace"), over


def _rows(students, done, assigned):
    """A row for each student and exercise: the better one where a lesson was handed in twice, none where it is missing."""
    best = {}
    for about, marked in done:
        for id, found in marked["exercises"].items():
            key = about["student"], id
            if key not in best or found["points"] > best[key]["points"]:
                best[key] = found
    counted = sorted(set(assigned) or {marked["lesson"] for _, marked in done})
    answered = {student: quizzes(folder) for student, folder in students.items()}
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
