"""Lessons run from outside, each in a kernel of its own, and what each took."""

import os
import threading
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from course import ROOT


def run(lessons, parameters, edition, jobs):
    """Run lessons with papermill, `jobs` at a time, and print a table of seconds, memory and outcome.

    lessons: their two digits; none means all. parameters: {name: value} for the cells tagged "parameters".
    edition: "student" or "solved". Returns 0 if all ran, else 1. Executed copies go to build/course.
    """
    from tqdm import tqdm

    folder = ROOT / ("notebooks" if edition == "student" else "solutions")
    chosen = [path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")) if not lessons or path.stem[:2] in lessons]
    if not chosen:
        known = ", ".join(path.stem[:2] for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")))
        print(f"No lesson {' '.join(lessons)} in {folder}: there are {known}.")
        return 1
    rows = []
    with (
        ProcessPoolExecutor(max_workers=jobs, max_tasks_per_child=1) as pool,
        tqdm(total=len(chosen), unit="lesson") as bar,
    ):
        futures = [pool.submit(_run_one, path, ROOT / "build" / "course" / path.name, parameters) for path in chosen]
        for future in as_completed(futures):
            rows.append(future.result())
            bar.update()
    print(f"{'lesson':<32}{'seconds':>9}{'peak memory':>14}  outcome")
    for name, seconds, megabytes, outcome in sorted(rows):
        print(f"{name:<32}{seconds:>9.1f}{megabytes:>11.0f} MB  {outcome}")
    return int(any(outcome != "ok" for *_, outcome in rows))


def _run_one(path, output, parameters):
    """Run one lesson: (name, seconds, peak memory of its kernel in MB, "ok" or the failing cell)."""
    import papermill

    output.parent.mkdir(parents=True, exist_ok=True)
    os.dup2(
        os.open(os.devnull, os.O_WRONLY), 2
    )  # this process is the lesson's own; what its kernel logs would tear the bar
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
