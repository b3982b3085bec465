"""JupyterLab, opened on the first lesson."""

import os
import sys
import tempfile
from pathlib import Path

from course import ROOT


def lab_command(*options):
    """The command line and environment that open JupyterLab on lesson 00, without questions or pop-ups.

    options: further options of JupyterLab, str. Returns (list of str, dict). Settings go to a folder of this run, so that
    the user's own stay as they are. Lesson 00.
    """
    settings = Path(tempfile.mkdtemp(prefix="xailab-"))
    (settings / "overrides.json").write_text(Path(__file__).with_name("jupyterlab-overrides.json").read_text())
    command = [sys.executable, "-m", "jupyterlab"]
    command += [f"--ServerApp.root_dir={ROOT}", "--ServerApp.ip=127.0.0.1"]
    command += ["--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb"]
    command += [f"--LabApp.app_settings_dir={settings}", f"--LabApp.workspaces_dir={settings / 'workspaces'}"]
    command += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += ["--LabApp.extension_manager=readonly"]
    # The venv's own kernel, even where the user has another one under the name python3.
    return [*command, *options], {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"}


def lab(options):
    """Open JupyterLab on lesson 00: on this machine only, with a token."""
    command, environment = lab_command(*options)
    os.execve(command[0], command, environment)
