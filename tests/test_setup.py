"""What set-up, README and metadata promise each other."""

import re
import subprocess
import tomllib

import pytest
import yaml

from course import ROOT
from course.author import build

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
README = (ROOT / "README.md").read_text()


def names(requirements):
    return {re.match(r"[A-Za-z0-9_.-]+", requirement)[0].lower() for requirement in requirements}


def test_environment_yml_asks_for_what_pyproject_asks_for():
    listed = re.findall(r'^      - "(.+)"$', (ROOT / "environment.yml").read_text(), re.MULTILINE)
    assert listed == [*PROJECT["dependencies"], "-e ."]


def test_the_lock_covers_every_requirement():
    wanted = names(PROJECT["dependencies"]).union(*map(names, PROJECT["optional-dependencies"].values()))
    assert wanted <= set(re.findall(r"^([a-z0-9_.-]+)==", LOCK, re.MULTILINE))


def test_the_lock_has_hashes_and_no_address():
    blocks = re.split(r"\n(?=[a-z0-9_.-]+==)", LOCK)[1:]
    assert len(blocks) > 100 and all("--hash=sha256:" in block for block in blocks)
    assert "://" not in LOCK and "--index" not in LOCK and "--find-links" not in LOCK


def test_no_file_names_the_host_of_a_package_registry():
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    hosts = re.compile(
        r"pypi\.(org|python)|pythonhosted|deb\.debian|registry\.npmjs|" + "conda." + "anaconda", re.IGNORECASE
    )
    for name in files:
        if (
            name.endswith((".py", ".md", ".toml", ".lock", ".yml", ".ipynb", "Makefile", "run"))
            and (ROOT / name).exists()
        ):
            assert name == "tests/test_setup.py" or not hosts.search((ROOT / name).read_text(encoding="utf-8")), name


def test_the_commands_of_the_readme_are_targets_of_the_makefile():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = set(re.findall(r"make ([a-z]+)", README)) - {"set"}
    assert {"lab", "test", "course", "notebooks", "bench"} <= commands <= targets


def test_the_readme_has_two_commands_to_set_up_and_go():
    block = README.split("## Start")[1].split("Interrupted?")[0]
    assert re.findall(r"^    (make \w+)", block, re.MULTILINE) == ["make lab", "make test"]


def test_what_is_cited_is_the_version_that_is_installed():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cited["version"] == PROJECT["version"] and cited["license"] == PROJECT["license"]
    assert f"# {cited['title'].split('?')[0]}?\n" in README and cited["cff-version"] == "1.2.0"


def test_hooks_call_what_is_installed_and_fetch_nothing():
    """pre-commit would clone any other repository; the last hook is the notebook lint."""
    (own,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert own["repo"] == "local" and {hook["language"] for hook in own["hooks"]} == {"system"}
    assert [hook["entry"].split()[0] for hook in own["hooks"]] == [
        ".venv/bin/ruff",
        ".venv/bin/ruff",
        ".venv/bin/python",
    ]
    assert own["hooks"][-1]["entry"].endswith("-m course.author.build --check")


@pytest.mark.parametrize("path", build.sources(), ids=lambda path: path.stem[:2])
def test_the_course_map_says_what_the_lessons_say(path):
    about = build.header(build.read(path))
    row = f"| [{about['number']}](solutions/{path.stem}.ipynb) | {about['title']} | {about['reading']} | {about['computing']} |"
    assert row in README


def test_what_contributing_names_is_there():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"test", "bench", "notebooks"} <= set(re.findall(r"make ([a-z]+)", text)) - {"it", "is", "a"} <= targets
    paths = re.findall(
        r"`((?:xailab|course|tests|solutions|datasets)/[\w/.]+\.\w+|[A-Z]+\.cff|\.pre-commit-config\.yaml)`", text
    )
    assert len(paths) > 8 and [path for path in paths if not (ROOT / path).exists() and "NN" not in path] == []


def test_links_and_pictures_of_the_readme_are_there():
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_two_machines_would_set_up_the_same_way():
    """The Makefile installs with hashes, from the lock, and stamps only at the end."""
    recipe = (ROOT / "Makefile").read_text().split(".venv/ready: requirements.lock")[1]
    assert recipe.count("--require-hashes") == 3 and recipe.rindex("touch .venv/ready") > recipe.rindex("pip install")
