"""The interactive figures in class: a list of all, a page for each, no code; on this machine only."""

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from pathlib import Path

import nbformat

from course.lessons import FIGURES

_VOILA = Path(__file__).with_name("voila")


def write_pages(folder):
    """Write the notebooks that Voila shows into a folder: index.ipynb with a list of all, NN.ipynb with one figure. Lesson 01."""
    cell = nbformat.v4
    listed = "\n".join(f"- [{lesson} · {title}]({lesson}.ipynb)" for lesson, (title, *_) in FIGURES.items())
    pages = {"index": [cell.new_markdown_cell(f"# Interactive figures\n\n{listed}")]}
    for lesson in FIGURES:
        pages[lesson] = [
            cell.new_markdown_cell(f"# Lesson {lesson}\n\n[All figures](index.ipynb)"),
            cell.new_code_cell(f'from course import demo\n\ndemo("{lesson}")'),
        ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    for name, cells in pages.items():
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), Path(folder) / f"{name}.ipynb")


def demo_command(folder):
    """The command line, environment and address that show the pages of a folder, and of nobody but this machine.

    folder: with the pages; settings and the token, which no process list shows, are written there.
    Returns (list of str, dict, address str). Lesson 01.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(24)
    config = Path(folder) / "config"
    config.mkdir()
    (config / "voila.json").write_text(json.dumps({"Voila": {"port": port, "token": token}}))
    (config / "voila.json").chmod(0o600)
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_CONFIG_PATH": str(_VOILA),
        "JUPYTER_PATH": str(_VOILA.parent),  # of its templates
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    address = f"http://127.0.0.1:{port}/voila/render/index.ipynb?token={token}"
    return [sys.executable, "-m", "voila", str(folder)], environment, address


def show(browser=True):
    """Show the figures until Ctrl+C; opens a browser window if wanted. Returns the server's exit status."""
    with tempfile.TemporaryDirectory(prefix="xailab-demo-") as folder:
        write_pages(folder)
        command, environment, address = demo_command(folder)
        log = Path(folder) / "log"
        with log.open("w") as said:
            server = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
        try:
            while server.poll() is None and not _answers(address):
                time.sleep(0.2)
            if server.poll() is None:
                print(f"The figures are at\n\n    {address}\n\nCtrl+C ends them.", flush=True)
                if browser:
                    webbrowser.open(address)
            status = server.wait()
            last = (log.read_text(errors="replace").strip().splitlines() or ["nothing"])[-1]
            print(f"The figures' server has ended by itself; call this again. The last that it said: {last}")
            return status
        except KeyboardInterrupt:
            return 0
        finally:
            server.terminate()
            server.wait()


def _answers(address):
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", int(address.split(":")[2].split("/")[0]))) == 0
