import http.server
import os
import sys
import threading
import time

import psutil
import pytest

from course import ROOT
from course.marking import sandbox
from course.marking.sandbox import Limits, NoSandbox, run

needs_bubblewrap = pytest.mark.usefixtures("bubblewrap")
USUAL = Limits()
START = "import os, sys, time, socket, subprocess\nfrom pathlib import Path\nout = os.fdopen(int(sys.argv[1]), 'w')\n"


def python(code, limits=USUAL, trusted=False):
    said, over = run([sys.executable, "-c", START + code], b"", limits, trusted=trusted)
    return said.decode(), over


def all_ended(words):
    """Whether the processes whose command line holds these words come to their end; one that does not hangs the test."""
    while True:
        found = [
            each for each in psutil.process_iter(["cmdline", "status"]) if words in " ".join(each.info["cmdline"] or [])
        ]
        if all(each.info["status"] == psutil.STATUS_ZOMBIE for each in found):
            return True
        time.sleep(0.05)


@needs_bubblewrap
def test_a_command_reads_its_input_and_says_its_answer():
    command = [sys.executable, "-c", "import os, sys; os.write(int(sys.argv[1]), sys.stdin.read().upper().encode())"]
    assert run(command, b"seven") == (b"SEVEN", "")


@needs_bubblewrap
def test_it_sees_python_and_the_course_and_nothing_of_the_instructors(tmp_path):
    (tmp_path / "other.ipynb").write_text("the answer of another student")
    places = [
        tmp_path / "other.ipynb",
        ROOT / "solutions",
        ROOT / "tests",
        "/etc/shadow",
        os.path.expanduser("~/.bashrc"),
    ]
    code = f"import xailab.arithmetic\nprint([os.path.exists(place) for place in {list(map(str, places))}], file=out, flush=True)"
    assert python(code)[0].strip() == str([False] * len(places))


@needs_bubblewrap
def test_it_writes_to_its_own_folder_and_nowhere_else():
    tried = [
        ROOT / "xailab" / "new",
        ROOT / "datasets" / "new",
        f"{sys.prefix}/new",
        "/usr/new",
        "/new",
        "/dev/new",
        "new",
    ]
    code = (
        f"def can(place):\n    try:\n        open(place, 'w').close()\n        return 1\n    except OSError:\n        return 0\n"
        f"print([can(place) for place in {list(map(str, tried))}], os.getcwd() == os.environ['HOME'] + '/notebooks',"
        " os.path.exists('../datasets/README.md'), file=out, flush=True)"
    )
    assert python(code)[0].strip() == f"{[0] * 6 + [1]} True True"
    assert not any(os.path.exists(place) for place in tried)


@needs_bubblewrap
def test_it_reaches_no_server_not_even_on_this_machine():
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.handle_request, daemon=True).start()
    code = (
        "try:\n    socket.create_connection(('127.0.0.1', PORT), 3)\n    print('reached', file=out, flush=True)\n"
        "except OSError:\n    print('refused', file=out, flush=True)"
    ).replace("PORT", str(server.server_port))
    assert python(code)[0] == "refused\n"
    assert python(code, trusted=True)[0] == "refused\n"  # trusted or not, what can be shut in is shut in
    server.server_close()


@needs_bubblewrap
def test_the_disk_it_has_is_small():
    code = (
        "try:\n    with open('large', 'wb') as file:\n        for _ in range(30):\n            file.write(bytes(10**6))\n"
        "except OSError as error:\n    print(error.strerror, file=out, flush=True)"
    )
    assert python(code, Limits(disk=20))[0] == "No space left on device\n"


@needs_bubblewrap
@pytest.mark.parametrize(
    "code, limits, said",
    [
        ("time.sleep(1000)", Limits(seconds=0.5), "the time limit of 0.5 s"),
        (
            "kept = [b'x' * 10**7 for _ in range(100)]\ntime.sleep(1000)",
            Limits(memory=200),
            "the memory limit of 200 MB",
        ),
        ("while True:\n    os.fork()", Limits(processes=10), "the limit of 10 processes"),
        ("while True:\n    out.write('x' * 10**6)", Limits(), "more output than anybody can read"),
    ],
    ids=["time", "memory", "processes", "output"],
)
def test_who_passes_a_limit_is_ended_with_all_it_has_started(code, limits, said):
    mark = f"# {os.getpid()} {said}\n"
    assert python(mark + code, limits)[1] == said
    assert all_ended(mark.strip())


@needs_bubblewrap
def test_a_child_that_it_leaves_behind_ends_with_it():
    mark = f"# left by {os.getpid()}\n"
    code = "if os.fork() == 0:\n    os.setsid()\n    out.close()\n    time.sleep(1000)\nprint('done', file=out, flush=True)"
    assert python(mark + code)[0] == "done\n"
    assert all_ended(mark.strip())


def test_where_nothing_shuts_it_in_only_what_is_trusted_runs(monkeypatch):
    monkeypatch.setattr(sandbox, "protection", lambda: None)
    with pytest.raises(NoSandbox, match="Install bubblewrap .* or, if you trust"):
        python("pass")
    code = "print(os.getcwd() == os.environ['HOME'] + '/notebooks', os.path.exists('../datasets/README.md'), file=out, flush=True)"
    assert python(code, trusted=True) == ("True True\n", "")
    assert python("time.sleep(1000)", Limits(seconds=0.5), trusted=True)[1] == "the time limit of 0.5 s"


def test_bubblewrap_that_is_not_allowed_is_as_good_as_none(monkeypatch, tmp_path):
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert sandbox.protection() is None
