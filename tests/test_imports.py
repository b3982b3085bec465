"""Who may import whom: the library knows no course, imports run down only, and a package of the library is imported as a whole."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest

from course import ROOT

PACKAGES = ("models", "data", "plot")
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


def part_of(module):
    """Where a module lives: "ground" (the network asked, checks, files), models, data, plot, "methods", or a part of course."""
    package, _, rest = module.partition(".")
    part = rest.split(".")[0]
    if package == "course":
        return f"course.{part}" if part else "course"
    if part in ("_tensorflow", "_validate", "_files", "network"):
        return "ground"
    return part if part in PACKAGES else "methods"


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
    assert {part_of(name) for name in IMPORTS[module]} <= BELOW[part_of(module)] | {part_of(module)}


@pytest.mark.parametrize("module", IMPORTS)
def test_a_package_of_the_library_is_imported_as_a_whole(module):
    for name in IMPORTS[module]:
        if part_of(name) in PACKAGES and part_of(name) != part_of(module):
            assert name == f"xailab.{part_of(name)}", f"import it from xailab.{part_of(name)}"


@pytest.mark.parametrize("path", sorted((ROOT / "solutions").glob("*.py")), ids=lambda path: path.stem[:2])
def test_lessons_import_packages_as_a_whole_too(path):
    for name in imported(path):
        assert part_of(name) not in PACKAGES or name == f"xailab.{part_of(name)}"


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_names_all_that_is_public_in_it(name):
    init = ast.parse(MODULES[f"xailab.{name}.__init__"].read_text(encoding="utf-8"))
    named = ast.literal_eval(next(node.value for node in init.body if isinstance(node, ast.Assign)))
    through = {each.name for node in init.body if isinstance(node, ast.ImportFrom) for each in node.names}
    assert set(named) == through


def test_data_plots_and_exercises_do_without_tensorflow():
    code = "import sys, xailab.data, xailab.plot; from course import check; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


IMPORTING = """
import importlib, os, sys
import keras, matplotlib, numpy, tensorflow  # these set variables of their own in the environment
matplotlib.rcParams["font.family"] = ["serif"]
def state():
    return {"fonts": dict(matplotlib.rcParams), "environment": dict(os.environ), "folder": os.getcwd(), "paths": list(sys.path),
            "NumPy": numpy.geterr(), "generator": numpy.random.get_state()[1].tolist(), "streams": (sys.stdout, sys.stderr)}
moved, dup2 = [], os.dup2
os.dup2 = lambda *given, **options: moved.append(given) or dup2(*given, **options)
before = state()
for name in sys.argv[1:]:
    importlib.import_module(name)
after = state()
print([name for name in before if before[name] != after[name]], moved)
"""


def test_no_import_changes_anything_of_the_users():
    imported_by_lessons = [name for name in IMPORTS if part_of(name) in LIBRARY | {"course", "course.student"}]
    command = [sys.executable, "-c", IMPORTING, *imported_by_lessons]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "[] []\n", done.stdout + done.stderr[-2000:]
