"""The house keeps its order: the library knows no course, imports run down only, and a wing is entered by its door."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest

from course import ROOT

WINGS = ("models", "data", "plot")
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for package in ("xailab", "course")
    for path in sorted((ROOT / package).rglob("*.py"))
}


def imported(path):
    """The modules of the course and its library that a file imports, those inside functions included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.split(".")[0] in ("xailab", "course"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("xailab", "course"):
            inside = [f"{node.module}.{each.name}" for each in node.names]
            modules = [name for name in inside if name in MODULES or f"{name}.__init__" in MODULES]
            yield from modules or [node.module]


def room(module):
    """Where a module lives: "ground" (the network asked, checks of what callers hand in, files), models, data, plot, "methods", or a part of the course."""
    package, _, rest = module.partition(".")
    part = rest.split(".")[0]
    if package == "course":
        return f"course.{part}" if part else "course"
    return (
        "ground" if part in ("_tensorflow", "_validate", "_files", "network") else part if part in WINGS else "methods"
    )


IMPORTS = {name.removesuffix(".__init__"): sorted(set(imported(path))) for name, path in MODULES.items()}
LIBRARY = {"methods", "models", "data", "plot", "ground"}
BELOW = {  # what each may import beside itself
    "ground": set(),
    "models": {"ground"},
    "data": {"ground"},
    "plot": {"ground"},
    "methods": {"ground"},
    "course": set(),
    "course.web": {"course"},
    "course.student": LIBRARY | {"course"},
    "course.lessons": LIBRARY | {"course", "course.web", "course.student"},
    "course.author": LIBRARY | {"course", "course.student", "course.lessons"},
    "course.teach": LIBRARY | {"course", "course.student", "course.lessons", "course.author"},
    "course.marking": LIBRARY | {"course", "course.web", "course.student", "course.lessons", "course.author"},
    "course.cli": LIBRARY
    | {"course", "course.student", "course.lessons", "course.author", "course.teach"}
    | {"course.marking"},
}


def test_no_two_modules_know_each_other():
    tuple(TopologicalSorter(IMPORTS).static_order())  # raises CycleError, which names them


@pytest.mark.parametrize("module", IMPORTS)
def test_imports_run_down_only(module):
    assert {room(name) for name in IMPORTS[module]} <= BELOW[room(module)] | {room(module)}


@pytest.mark.parametrize("module", IMPORTS)
def test_a_wing_is_entered_by_its_door(module):
    for name in IMPORTS[module]:
        if room(name) in WINGS and room(name) != room(module):
            assert name == f"xailab.{room(name)}", f"import it from xailab.{room(name)}"


@pytest.mark.parametrize("path", sorted((ROOT / "solutions").glob("*.py")), ids=lambda path: path.stem[:2])
def test_lessons_enter_by_the_door_too(path):
    for name in imported(path):
        assert room(name) not in WINGS or name == f"xailab.{room(name)}"


@pytest.mark.parametrize("name", WINGS)
def test_a_door_names_all_that_is_public_behind_it(name):
    door = ast.parse(MODULES[f"xailab.{name}.__init__"].read_text(encoding="utf-8"))
    named = ast.literal_eval(next(node.value for node in door.body if isinstance(node, ast.Assign)))
    through = {each.name for node in door.body if isinstance(node, ast.ImportFrom) for each in node.names}
    assert set(named) == through


def test_data_plots_and_exercises_do_without_tensorflow():
    code = "import sys, xailab.data, xailab.plot; from course import check; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


IMPORTING = """
import importlib, os, sys, threading
from pathlib import Path
import matplotlib, numpy
matplotlib.rcParams["font.family"] = ["serif"]
def state():
    return (dict(matplotlib.rcParams), dict(os.environ), os.fstat(2), os.getcwd(), list(sys.path), numpy.geterr(),
            numpy.random.get_state()[1].tolist(), sys.stderr, sys.stdout)
before, done, seen = state(), [], set()
def watch():
    while not done:
        seen.add((os.fstat(2).st_ino, os.environ.get("TF_CPP_MIN_LOG_LEVEL")))
watcher = threading.Thread(target=watch)
watcher.start()
for name in sys.argv[1:]:
    importlib.import_module(name)
done.append(True)
watcher.join()
after = state()
print([key for key in before[0] if before[0][key] != after[0][key]], before[1:] == after[1:], len(seen))
"""


def test_no_import_changes_anything_of_the_users():
    """Fonts, environment, standard error, folder, paths, NumPy's settings and generator; also not for a moment."""
    public = [name for name in IMPORTS if not name.startswith("course.lessons.") and name != "course.marking.runner"]
    command = [sys.executable, "-c", IMPORTING, *public]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "[] True 1\n", done.stdout + done.stderr[-2000:]
