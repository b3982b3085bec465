"""The house keeps its order: imports run one way, and a wing is entered by its door."""

import ast
from graphlib import TopologicalSorter

import pytest

from xailab.course import ROOT

PACKAGE = ROOT / "xailab"
WINGS = ("models", "data", "plot", "demos", "course", "classroom")
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}


def imported(path):
    """The modules of xailab that a file imports, those inside functions included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.split(".")[0] == "xailab")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "xailab":
            inside = [f"{node.module}.{each.name}" for each in node.names]
            modules = [name for name in inside if name in MODULES or f"{name}.__init__" in MODULES]
            yield from modules or [node.module]


def wing(module):
    """models, data, plot, demos, course or classroom; "" for what lessons are about, and "helper" for what all of these use."""
    parts = module.split(".")
    if len(parts) > 1 and parts[1] in WINGS:
        return parts[1]
    return "helper" if len(parts) > 1 and parts[1] in ("_tensorflow", "_validate") else ""


IMPORTS = {name.removesuffix(".__init__"): sorted(set(imported(path))) for name, path in MODULES.items()}
MAY_USE = {
    "helper": {"helper"},
    "models": {"models", "helper"},
    "data": {"data", "helper"},
    "plot": {"plot", "helper"},
    "": {"", "helper"},
    "demos": {"demos", "", "models", "data", "plot", "helper"},
    "course": {"course", "demos", "", "models", "data", "plot", "helper"},
    "classroom": {"classroom", "course", "demos", "", "models", "data", "plot", "helper"},
}


def test_no_two_modules_know_each_other():
    tuple(TopologicalSorter(IMPORTS).static_order())  # raises CycleError, which names them


@pytest.mark.parametrize("module", IMPORTS)
def test_imports_run_one_way(module):
    if module != "xailab":
        entered = {"classroom"} if module == "xailab.course.cli" else set()  # where it is asked to, see below
        assert {wing(name) for name in IMPORTS[module]} <= MAY_USE[wing(module)] | entered


def test_the_command_line_enters_the_classroom_only_where_it_is_asked_to():
    top = ast.Module(ast.parse(MODULES["xailab.course.cli"].read_text(encoding="utf-8")).body, [])
    top.body = [node for node in top.body if not isinstance(node, ast.FunctionDef)]
    code = compile(ast.fix_missing_locations(top), "cli", "exec")
    assert "classroom" not in str(code.co_names) and "xailab.classroom.slides" in IMPORTS["xailab.course.cli"]


@pytest.mark.parametrize("module", IMPORTS)
def test_a_wing_is_entered_by_its_door(module):
    for name in IMPORTS[module]:
        if wing(name) in ("models", "data", "plot") and wing(name) != wing(module):
            assert name == f"xailab.{wing(name)}", f"import it from xailab.{wing(name)}"


@pytest.mark.parametrize("path", sorted((ROOT / "solutions").glob("*.py")), ids=lambda path: path.stem[:2])
def test_lessons_enter_by_the_door_too(path):
    for name in imported(path):
        assert wing(name) not in ("models", "data", "plot") or name == f"xailab.{wing(name)}"


@pytest.mark.parametrize("name", WINGS[:3])
def test_a_door_names_all_that_is_public_behind_it(name):
    door = ast.parse((PACKAGE / name / "__init__.py").read_text(encoding="utf-8"))
    named = ast.literal_eval(next(node.value for node in door.body if isinstance(node, ast.Assign)))
    through = {each.name for node in door.body if isinstance(node, ast.ImportFrom) for each in node.names}
    assert set(named) == through and len(ast.get_docstring(door).splitlines()) == 3


def test_data_and_plots_do_without_tensorflow():
    import subprocess
    import sys

    code = "import sys, xailab.data, xailab.plot, xailab.course.check; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
