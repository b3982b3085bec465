"""The command `xailab`: what can be asked for, and who does it."""

import argparse
import os
import sys

from course import is_checkout, without_lessons
from xailab.data import READERS

_WITH_LESSONS = ("lab", "run", "grade", "export-nbgrader", "slides", "site")


def main(arguments=None):
    """Run the command line; returns its exit status."""
    options, rest = _parse(arguments)
    if options.command in _WITH_LESSONS and not is_checkout():
        print(without_lessons(f"xailab {options.command}"))
        return 1
    return options.do(options, rest)


def _lab(options, rest):
    from course.teach.lab import lab

    return lab(rest)


def _run(options, rest):
    from course.teach.run import run

    return run(options.lessons, options.parameter, options.edition, options.jobs)


def _demo(options, rest):
    from course.teach.demo import show

    return show(not options.no_browser)


def _fetch(options, rest):
    from course.student.machine import fetch_files

    return fetch_files(options.all)


def _check(options, rest):
    from course.student.machine import report

    rows = report()
    for what, found, fine in rows:
        print(f"{'ok ' if fine else 'NO '} {what:<66}{found}")
    return int(not all(fine for *_, fine in rows))


def _grade(options, rest):
    from course.marking.grade import run
    from course.marking.sandbox import Limits

    limits = Limits(seconds=options.seconds, memory=options.memory)
    named = {name: getattr(options, name) for name in ("scheduler", "assigned", "jobs", "full", "trusted")}
    return run(options.submissions, options.out, limits=limits, **named)


def _export_nbgrader(options, rest):
    from course.marking.handover import export

    try:
        export(options.lessons, options.out)
    except (OSError, ValueError) as error:
        print(error)
        return 1
    print(f"{options.out}: source/ and nbgrader_config.py are for nbgrader, otter/ is for otter-grader.")
    return 0


def _train_icnn(options, rest):
    from course.lessons.lesson_07 import train_icnn

    given = {name: getattr(options, name) for name in ("negatives", "epochs", "limit", "loss_weight")}
    try:
        train_icnn.run(options.data, options.path, options.folder, **given)
    except (FileNotFoundError, ValueError) as error:
        print(error)
        return 1
    return 0


def _slides(options, rest):
    from course.teach.slides import slides

    return _told(lambda: slides(options.lessons)[0])


def _site(options, rest):
    from course.teach.site import site

    return _told(site)


def _told(make):
    """Print the path of the page that was made and return 0, or say what is missing and return 1."""
    try:
        print(make())
    except (RuntimeError, ValueError) as error:
        print(error)
        return 1
    return 0


def _parse(arguments):
    """What was asked for; behind `lab`, what it does not know is for JupyterLab."""
    parser = argparse.ArgumentParser(prog="xailab", description="The explainable-AI course.")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name, do, about, **more):
        added = commands.add_parser(name, help=about, **more)
        added.set_defaults(do=do)
        return added

    command("lab", _lab, "open JupyterLab on lesson 00; further options go to JupyterLab", add_help=False)
    runner = command("run", _run, "run lessons and print what each took")
    runner.add_argument("lessons", nargs="*", help="their two digits; none means all")
    setting = {"type": _parameter, "metavar": "NAME=VALUE", "help": "set a lesson's parameter"}
    runner.add_argument("-p", "--parameter", action="append", default=[], **setting)
    runner.add_argument("--edition", choices=["student", "solved"], default="student")
    runner.add_argument("--jobs", type=_count, default=2, help="lessons at a time")
    shower = command("demo", _demo, "show the interactive figures in class, without code")
    shower.add_argument("--no-browser", action="store_true", help="print the address only")
    fetcher = command("fetch", _fetch, "get the lessons' files ahead of a class")
    fetcher.add_argument("--all", action="store_true", help="also what no lesson needs, such as VGG16's 553 MB")
    exporter = command("export-nbgrader", _export_nbgrader, "write the lessons as nbgrader and otter-grader want them")
    exporter.add_argument("lessons", nargs="*", help="their two digits; none means all")
    exporter.add_argument("--out", required=True, metavar="FOLDER", help="what is there and differs is not overwritten")
    trainer = command(
        "train-icnn", _train_icnn, "train VGG16, ordinary and interpretable, on pictures with marked parts"
    )
    trainer.add_argument("data", choices=list(READERS))
    trainer.add_argument("path", help="the data set's folder or archive")
    trainer.add_argument("--folder", default="build/train-icnn", help="of checkpoints and results; call again to go on")
    trainer.add_argument("--negatives", help="folder of photographs without the objects: one category against these")
    trainer.add_argument("--epochs", type=int, default=50)
    trainer.add_argument("--limit", type=int, help="read so many pictures only")
    trainer.add_argument("--loss-weight", type=float, default=1e-5, help="of the filter loss in the first epoch")
    grader = command("grade", _grade, "mark a class: run every student's notebooks shut in, and write a report")
    grader.add_argument("submissions", help="folder that holds one folder per student, with that student's notebooks")
    grader.add_argument("--out", default="report", help="folder of the report; call again with the same one to go on")
    grader.add_argument(
        "--lessons", dest="assigned", nargs="+", default=(), help="that count; by default all handed in"
    )
    grader.add_argument("--jobs", type=_count, default=os.cpu_count(), help="notebooks at a time")
    grader.add_argument("--scheduler", metavar="ADDRESS", help="mark on a Dask cluster instead of on this machine")
    grader.add_argument(
        "--seconds", type=float, default=600, help="that a notebook may take; one cell, a quarter of it"
    )
    grader.add_argument("--memory", type=int, default=4000, help="that a notebook may take, in MB")
    grader.add_argument("--full", action="store_true", help="run the lessons at full size; marks do not depend on it")
    grader.add_argument("--trust", dest="trusted", action="store_true", help="run also where nothing shuts the code in")
    slider = command("slides", _slides, "make slides of the executed lessons, with notes for the speaker")
    slider.add_argument("lessons", nargs="*", help="their two digits; none means all")
    command("site", _site, "make a site of the executed lessons that reads offline, and follow its links")
    command("check", _check, "say whether this machine has what the course needs")
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command != "lab":
        parser.error(f"unknown arguments: {' '.join(rest)}")
    return options, rest


def _parameter(text):
    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r}: NAME=VALUE was expected, for example EPOCHS=3")
    return name, value


def _count(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: a whole number from 1 on was expected")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
