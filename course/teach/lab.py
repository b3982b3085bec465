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
    command += ["--ServerApp.contents_manager_class=course.teach.contents.Contents"]
    # The venv's own kernel, even where the user has another one under the name python3.
    return [*command, *options], {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"}


def lab(options):
    """Open JupyterLab on lesson 00: on this machine only, with a token. Returns 1 for root, unless in a container."""
    # Jupyter refuses root, whose rights every notebook would have. In a container they end at its walls.
    if _is_root() and "--allow-root" not in options:
        if not _in_container():
            print(
                "You are root, and what runs in a notebook could do anything on this machine: call this as an ordinary "
                "user, or, if you mean it, `.venv/bin/xailab lab --allow-root`."
            )
            return 1
        options = ["--allow-root", *options]
    command, environment = lab_command(*options)
    os.execve(command[0], command, environment)


def _is_root():
    return hasattr(os, "geteuid") and os.geteuid() == 0  # Windows has no root


def _in_container():
    """Whether Docker, Podman, Kubernetes or systemd say that this is a container."""
    files = ("/.dockerenv", "/run/.containerenv", "/run/systemd/container")
    return any(map(os.path.exists, files)) or "KUBERNETES_SERVICE_HOST" in os.environ
