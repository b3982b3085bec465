"""The wheel, installed without the checkout: it has all its files, its commands work or say why not, its library needs no course."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from course import ROOT


@pytest.fixture(scope="module")
def tracked():
    """The files of the two packages that are not ignored, as git names them."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "xailab", "course"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return {name for name in found if (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory, tracked):
    """Built from a copy, for what an earlier build left in the checkout must not get into it."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in {*tracked, "pyproject.toml", "README.md", "LICENSE"}:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", out]
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", *options, source], cwd=out, check=True)
    (made,) = out.glob("*.whl")
    return made


def install(wheel, folder):
    """Install it into an environment that sees the packages of this one, but not the checkout. Returns where it lies."""
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel]
    subprocess.run(command, cwd=folder, check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(
        sysconfig.get_path("purelib")
    )  # a folder behind its own; .pth files there do nothing
    return packages


@pytest.fixture(scope="module")
def call(wheel, tmp_path_factory):
    """A function: runs a program of the environment with the wheel, far from the checkout."""
    home = tmp_path_factory.mktemp("installed")
    install(wheel, home)
    return lambda *command: run(home, *command)


def run(home, program, *arguments):
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "XAILAB_CACHE")}
    environment.update(HOME=str(home), PATH=f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}")
    command = [home / "bin" / program, *arguments]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True)


def test_every_file_of_the_two_packages_is_in_the_wheel_and_no_other(wheel, tracked):
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == tracked


def test_what_runs_is_what_was_installed(call):
    code = "import sys, course, xailab; print(course.__file__, xailab.__file__, course.ROOT, sys.prefix, sep='\\n')"
    *files, root, prefix = call("python", "-c", code).stdout.split()
    assert all(Path(file).is_relative_to(prefix) for file in (*files, root)) and not Path(prefix).is_relative_to(ROOT)


def test_check_and_fetch_work_where_there_are_no_lessons(call):
    checked = call("xailab", "check")
    assert checked.returncode == 0 and "NO" not in checked.stdout, checked.stdout + checked.stderr
    fetched = call("xailab", "fetch")
    assert fetched.returncode == 0, fetched.stdout + fetched.stderr
    places = [Path(line) for line in fetched.stdout.splitlines() if os.path.isabs(line)]
    assert len(places) >= 2 and all(place.is_file() and not place.is_relative_to(ROOT / "datasets") for place in places)


@pytest.mark.parametrize(
    "command",
    [
        "xailab lab",
        "xailab run 03",
        "xailab grade handed_in",
        "xailab export-nbgrader --out new",
        "xailab slides",
        "xailab site",
        "python -m course.author.build",
        "python -m course.author.build --check",
    ],
)
def test_a_command_that_needs_the_lessons_says_so_in_a_sentence(call, command):
    done = call(*command.split())
    assert done.returncode == 1 and done.stderr == ""
    assert done.stdout.count("\n") == 1 and "needs the course's lessons" in done.stdout and "clone" in done.stdout


def test_downloads_go_to_the_users_folder_even_beside_a_package_called_datasets(wheel, tmp_path):
    packages = install(wheel, tmp_path)
    (packages / "datasets").mkdir()
    done = run(tmp_path, "python", "-c", "from xailab.models.files import cache_folder; print(cache_folder())")
    place = Path(done.stdout.strip())
    assert place.name == "xailab" and not place.is_relative_to(packages), done.stderr


ALONE = """
import importlib, pkgutil
import numpy as np
import xailab

try:
    import course
except ModuleNotFoundError:
    pass
else:
    raise SystemExit(f"the course is at {course.__file__}")
for module in pkgutil.walk_packages(xailab.__path__, "xailab."):
    importlib.import_module(module.name)
from xailab._tensorflow import keras
from xailab.cam import grad_cam

layers = keras.layers
network = keras.Sequential([keras.Input((8, 6, 3)), layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(), layers.Dense(2)])
print(grad_cam(network, np.ones((4, 8, 6, 3), np.float32), 1).shape)
"""


def test_the_library_explains_without_the_course(wheel, tmp_path):
    shutil.rmtree(install(wheel, tmp_path) / "course")
    done = run(tmp_path, "python", "-c", ALONE)
    assert done.stdout == "(4, 8, 6)\n", done.stderr
