"""reveal.js and MathJax from npm, in the versions that package-lock.json pins: pages that show them read offline."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from course import ROOT

_LOCK = Path(__file__).with_name("package-lock.json")
FOLDER = ROOT / "build" / "javascript"


def packages(folder=FOLDER):
    """The folder of the installed packages; npm fetches them the first time, and checks them against the lock.

    Raises RuntimeError, with what to do, where npm is missing or cannot fetch them.
    """
    folder, lock = Path(folder), _LOCK.read_text(encoding="utf-8")
    installed = folder / "installed.json"
    if not installed.exists() or installed.read_text(encoding="utf-8") != lock:
        if shutil.which("npm") is None:
            raise RuntimeError(
                "npm is missing, which fetches reveal.js and MathJax: install Node.js, then call this again."
            )
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            made = Path(scratch) / "javascript"
            _install(made)
            try:
                made.rename(folder)  # in one step: whoever interrupts, or installs at the same time, spoils nothing
            except OSError:
                if not installed.exists():
                    raise
    return folder / "node_modules"


def _install(folder):
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_LOCK.with_name(name), folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise RuntimeError(
            "npm could not fetch reveal.js and MathJax: call this again where there is a network connection; it is "
            f"needed once. npm said: {' '.join(said[:3])}"
        )
    shutil.copy(_LOCK, folder / "installed.json")
