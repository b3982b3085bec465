"""Lessons run from outside, each in a kernel of its own, and what each took."""

import ast
import os
import threading
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from difflib import get_close_matches

from course import ROOT

_KINDS = {bool: "True or False", int: "a whole number", float: "a number", list: "a list of the same kind"}


def run(lessons, given, edition, jobs):
    """Run lessons with papermill, `jobs` at a time, and print a table of seconds, memory and outcome.

    lessons: their two digits; none means all. given: [(name, text)], the parameters set on the command line.
    edition: "student" or "solved". Returns 0 if all ran, else 1. Executed copies go to build/course.
    """
    from tqdm import tqdm

    folder = ROOT / ("notebooks" if edition == "student" else "solutions")
    paths = {path.stem[:2]: path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}
    if unknown := sorted(set(lessons) - paths.keys()):
        print(f"No lesson {', '.join(unknown)} in {folder}: there are {', '.join(paths)}.")
        return 1
    try:
        chosen = settings([path for number, path in paths.items() if not lessons or number in lessons], given)
    except ValueError as error:
        print(error)
        return 1
    for name, _ in given:
        having = [path.stem[:2] for path, parameters in chosen.items() if name in parameters]
        if len(having) < len(chosen):
            print(f"{name} is set in {', '.join(having)}; the other lessons have no such parameter.")
    rows = []
    with (
        ProcessPoolExecutor(max_workers=jobs, max_tasks_per_child=1) as pool,
        tqdm(total=len(chosen), unit="lesson") as bar,
    ):
        futures = [
            pool.submit(_run_one, path, ROOT / "build" / "course" / path.name, parameters)
            for path, parameters in chosen.items()
        ]
        for future in as_completed(futures):
            rows.append(future.result())
            bar.update()
    print(f"{'lesson':<32}{'seconds':>9}{'peak memory':>14}  outcome")
    for name, seconds, megabytes, outcome in sorted(rows):
        print(f"{name:<32}{seconds:>9.1f}{megabytes:>11.0f} MB  {outcome}")
    return int(any(outcome != "ok" for *_, outcome in rows))


def settings(paths, given):
    """What each lesson is run with: {path: {name: value}}.

    paths: of the notebooks. given: [(name, text)]. A parameter goes to the lessons that have it in their cell of parameters.
    Raises ValueError for a name that is given twice or that none of them has, for a value of another kind than the lesson's
    own, and for a folder that there is not. Lesson 00.
    """
    declared = {path: _declared(path) for path in paths}
    known = list(dict.fromkeys(name for parameters in declared.values() for name in parameters))
    names = [name for name, _ in given]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"-p {name} is given more than once: decide for one value.")
        if name not in known:
            near = get_close_matches(name.upper(), known, 1)
            raise ValueError(
                f"-p {name}: the lessons chosen have no such parameter; they have {', '.join(known) or 'none'}."
                + (f" Did you mean {near[0]}?" if near else "")
            )
    return {
        path: {name: _value(name, text, parameters[name], path) for name, text in given if name in parameters}
        for path, parameters in declared.items()
    }


def _declared(path):
    """The parameters that a notebook declares, {name: its own value}; a value that is no literal is `...`."""
    import nbformat

    try:
        cells = nbformat.read(path, as_version=4).cells
        code = next((cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])), "")
        assigned = [node for node in ast.parse(code).body if isinstance(node, ast.Assign)]
    except (ValueError, SyntaxError):  # the run will say what is wrong with it
        return {}
    return {ast.unparse(node.targets[0]): _literal(node.value, ...) for node in assigned}


def _literal(code, otherwise):
    try:
        return ast.literal_eval(code)
    except (ValueError, TypeError, SyntaxError):
        return otherwise


def _value(name, text, own, path):
    """The value of a text for a parameter of a lesson that has a value of its own."""
    value = _literal(text, text)
    if own is None or isinstance(own, str):
        value = (value if isinstance(value, str) or value is own else text) or own
        place = path.parent / (value or "")
        if name == "FOLDER" and not place.is_dir() or name == "PHOTOS" and not place.exists():
            raise ValueError(
                f"-p {name}={text}: there is no folder {os.path.normpath(place)}; a path is seen from {path.parent}."
            )
        return value
    if isinstance(own, bool):
        value = {"true": True, "false": False}.get(text.lower(), value)
    if not _fits(value, own):
        raise ValueError(
            f"-p {name}={text}: {_KINDS[type(own)]} was expected, such as {own!r}, which lesson {path.stem[:2]} has."
        )
    return list(value) if isinstance(value, tuple) else value


def _fits(value, own):
    """Whether a value is of the kind of another one; a list of the kinds of its first item, a whole number is a number, too."""
    if own is ...:
        return True
    if isinstance(own, list):
        return isinstance(value, list | tuple) and all(_fits(each, kind) for kind in own[:1] for each in value)
    if isinstance(value, bool) or isinstance(own, bool):
        return type(value) is type(own)
    return isinstance(value, int | float if isinstance(own, float) else type(own))


def _run_one(path, output, parameters):
    """Run one lesson: (name, seconds, peak memory of its kernel in MB, "ok" or the failing cell)."""
    import papermill

    output.parent.mkdir(parents=True, exist_ok=True)
    # This process is the lesson's own; what its kernel logs would tear the bar.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    peak, done, start = [0], threading.Event(), time.perf_counter()
    watcher = threading.Thread(target=_watch_memory, args=(peak, done), daemon=True)
    watcher.start()
    try:
        papermill.execute_notebook(path, output, parameters, cwd=path.parent, progress_bar=False, log_output=False)
        outcome = "ok"
    except papermill.PapermillExecutionError as error:
        last_line = (error.evalue.strip().splitlines() or [""])[-1]
        outcome = f"cell {error.cell_index}: {error.ename}: {last_line}"
    except Exception as error:  # the kernel died or timed out: the table says so, the other lessons go on
        outcome = f"{type(error).__name__}: {error}".splitlines()[0]
    done.set()
    watcher.join()
    return path.stem, time.perf_counter() - start, peak[0] / 1e6, outcome


def _watch_memory(peak, done):
    import psutil

    while not done.wait(0.2):
        for child in psutil.Process().children(recursive=True):
            try:
                peak[0] = max(peak[0], child.memory_info().rss)
            except psutil.NoSuchProcess:
                pass
