"""A command run where it can do no harm: nothing to write to but a folder that is thrown away, no network, limited means.

On Linux the program bubblewrap puts the command into namespaces of its own. Where it is missing only time, memory and
processes are limited, and the caller must say that the command is trusted.
"""

import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import psutil

from course import ROOT

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/opt")
_SETTINGS = ("passwd", "group", "nsswitch.conf", "localtime", "fonts", "alternatives", "ld.so.cache", "ld.so.conf")
_HOME = "/tmp/student"
_EVERY = 0.25  # seconds between two looks at the memory and the processes of a command
_MOST_SAID = 20_000_000  # bytes


@dataclass(frozen=True)
class Limits:
    """What a command may use: wall-clock seconds, memory and disk in MB, processes at a time."""

    seconds: float = 600
    memory: int = 4000
    disk: int = 500
    processes: int = 40


class NoSandbox(RuntimeError):
    """This machine cannot shut a command in; the message says what to do."""


def protection():
    """What shuts commands in on this machine: the path of bubblewrap, or None if it is missing or does not work."""
    found = shutil.which("bwrap")
    if (
        found
        and subprocess.run([found, "--ro-bind", "/", "/", "--unshare-all", "true"], capture_output=True).returncode
    ):
        return None
    return found


def require(trusted):
    """The path of bubblewrap, or None if it is missing and the code trusted. Raises NoSandbox if it is missing and not."""
    found = protection()
    if found is None and not trusted:
        raise NoSandbox(
            "what students wrote would run unprotected here, as bubblewrap is missing or not allowed: it could delete your "
            "files and use your network. Install bubblewrap (on Debian and Ubuntu: apt install bubblewrap), mark on another "
            "machine, or, if you trust the submissions or this machine is to be thrown away, pass --trust."
        )
    return found


def run(command, given, limits=Limits(), *, trusted=False, environment=None):
    """Run a command shut in, and return what it wrote to the file descriptor that its last argument names.

    command: list of str; the number of the file descriptor is added to it. given: bytes for its standard input. limits: of
    the command and all its children. trusted: run it also where nothing can shut it in. environment: {name: value}, all
    that it sees beside PATH, HOME, TMPDIR and LANG; its working folder is HOME/notebooks, beside a link to the course's
    datasets. Returns (what it wrote, bytes; "" or the limit that ended it, str). Raises NoSandbox where nothing can shut
    it in and it is not trusted.
    """
    bubblewrap = require(trusted)
    with tempfile.TemporaryDirectory(prefix="xailab-", ignore_cleanup_errors=True) as folder:
        home = _HOME if bubblewrap else folder
        environment = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
            "HOME": home,
            "TMPDIR": home,
            "LANG": "C.UTF-8",
            **(environment or {}),
        }
        if bubblewrap:
            command = [*_shut_in(bubblewrap, limits, environment), *command]
        else:
            (Path(folder) / "notebooks").mkdir()
            (Path(folder) / "datasets").symlink_to(ROOT / "datasets")
        return _watch(command, given, limits, environment, None if bubblewrap else Path(folder) / "notebooks")


def _shut_in(bubblewrap, limits, environment):
    """bubblewrap's command line: the system, Python and the course to read; a small folder in memory to write to."""
    disk = str(1_000_000 * limits.disk)
    readable = [*_SYSTEM, sys.base_prefix, sys.prefix, ROOT / "xailab", ROOT / "course", ROOT / "datasets"]
    readable += [f"/etc/{name}" for name in _SETTINGS]
    line = [bubblewrap, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    line += ["--size", disk, "--tmpfs", "/tmp"]  # first: the course itself may lie below it
    for path in readable:
        line += ["--ro-bind-try", str(path), str(path)]
    line += ["--proc", "/proc", "--dev", "/dev", "--size", disk, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    line += ["--dir", f"{_HOME}/notebooks", "--chdir", f"{_HOME}/notebooks"]
    line += ["--symlink", str(ROOT / "datasets"), f"{_HOME}/datasets", "--remount-ro", "/"]
    for fonts in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):  # else each run looks for all fonts again
        line += ["--ro-bind", str(fonts), f"{_HOME}/.cache/matplotlib/{fonts.name}"]
    for name, value in environment.items():
        line += ["--setenv", name, value]
    return [*line, "--"]


def _watch(command, given, limits, environment, folder):
    """Start the command, read what it says, and end it when a limit is passed."""
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as standard_input:
        standard_input.write(given)
        standard_input.seek(0)
        try:
            process = subprocess.Popen(
                [*command, str(writing)],
                stdin=standard_input,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=folder,
                pass_fds=[writing],
                start_new_session=True,
            )
        finally:
            os.close(writing)
    psutil.Process(process.pid).nice(5)  # what starts a thousand processes does not keep this one from ending them
    said, over, deadline = bytearray(), "", time.monotonic() + limits.seconds
    os.set_blocking(reading, False)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(reading, selectors.EVENT_READ)
            look = time.monotonic()
            while not over:
                if selector.select(_EVERY):
                    part = os.read(reading, 1 << 16)
                    if not part:
                        break
                    said += part
                if len(said) > _MOST_SAID:
                    over = "more output than anybody can read"
                elif time.monotonic() > deadline:
                    over = f"the time limit of {limits.seconds:g} s"
                elif time.monotonic() > look:
                    over = _over(process.pid, limits)
                    look = time.monotonic() + _EVERY
    finally:
        _end(process, shut_in=folder is None)
        os.close(reading)
    return bytes(said), over


def _family(pid):
    """A process and all below it."""
    with suppress(psutil.NoSuchProcess):
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    return []


def _over(pid, limits):
    family, used = _family(pid), 0
    if len(family) > limits.processes:
        return f"the limit of {limits.processes} processes"
    for process in family:
        with suppress(psutil.NoSuchProcess):
            used += process.memory_info().rss
    return f"the memory limit of {limits.memory} MB" if used > 1e6 * limits.memory else ""


def _end(process, shut_in):
    """End the command and whatever it has started: bubblewrap's end takes its whole namespace along, at once."""
    family = [] if shut_in else _family(process.pid)
    process.kill()
    for each in family:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
