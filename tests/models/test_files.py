"""A file is found, or downloaded whole, or the message says what happened: tried against a web server on loopback."""

import errno
import hashlib
import importlib.util
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pooch
import pytest

from xailab.models import files as module
from xailab.models.files import FetchError, fetch

CONTENT = bytes(range(256)) * 400
SIZE = len(CONTENT)


class Server(ThreadingHTTPServer):
    """Serves CONTENT well or badly, as the path asks; `requests` counts what was asked for."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests, self.released = [], threading.Event()

    def handle_error(self, request, client_address):
        """A client that gave up is no news."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        first = self.server.requests.count(self.path) == 1
        if self.path in ("/missing", "/forbidden", "/busy"):
            return self.send_error({"/missing": 404, "/forbidden": 403, "/busy": 503}[self.path])
        if self.path == "/silent":
            return self.server.released.wait(10)
        self.send_response(200)
        if self.path != "/cut-unannounced":
            self.send_header("Content-Length", str(SIZE))
        self.end_headers()
        if self.path == "/corrupt" or (self.path == "/corrupt-once" and first):
            return self.wfile.write(CONTENT[:-1] + b"?")
        if self.path in ("/right", "/corrupt-once") or (self.path == "/cut-once" and not first):
            return self.wfile.write(CONTENT)
        self.wfile.write(CONTENT[: SIZE // 2])
        if self.path == "/stalled":
            self.server.released.wait(10)

    def log_message(self, *_):
        """Keep the test's output quiet."""


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def place(monkeypatch, tmp_path):
    """A machine of its own: empty caches, no waits, nothing remembered. Returns a function that lists files."""
    monkeypatch.setenv("XAILAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(module, "_failed", {})
    monkeypatch.setattr(module, "time", SimpleNamespace(sleep=lambda _: None))
    module.say_once.cache_clear()

    def listing(**entries):
        common = {"title": "Some weights", "file": "weights.bin", "size": SIZE}
        common["checksum"] = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
        monkeypatch.setattr(module, "manifest", lambda: {name: common | entry for name, entry in entries.items()})
        return tmp_path

    return listing


@pytest.fixture
def served(place, server):
    """Offer one file, "weights", at a path of the server. Returns the folder that the caches lie in."""
    return lambda path: place(weights={"url": f"http://127.0.0.1:{server.server_port}{path}"})


def put(path, content=CONTENT):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def install(folder, content=CONTENT):
    """Lay out an installed package that carries the file, and that cannot be imported."""
    put(folder / "site/carrier-1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n")
    put(folder / "site/carrier/__init__.py", b"raise ImportError('the package was imported')")
    return put(folder / "site/carrier/inner.bin", content)


CARRIED = {"package": "carrier", "inside": "carrier/inner.bin"}


def files_left(folder):
    return sorted(path.name for path in (folder / "cache").glob("*"))


def test_a_download_lands_whole_in_the_cache_with_a_progress_bar_and_is_not_repeated(served, server, capsys):
    folder = served("/right")
    path = fetch("weights")
    assert path == folder / "cache/weights.bin" and path.read_bytes() == CONTENT
    assert fetch("weights") == path and server.requests == ["/right"]
    printed = capsys.readouterr()
    assert "Some weights: downloaded from 127.0.0.1:" in printed.out
    assert "100%" in printed.err
    assert files_left(folder) == ["weights.bin"]


def test_the_choice_is_printed_once(served, capsys):
    put(served("/right") / "cache/weights.bin")
    fetch("weights"), fetch("weights")
    assert capsys.readouterr().out == "Some weights: from the course's cache.\n"


def test_the_keras_cache_comes_before_a_download(served, server):
    path = put(served("/right") / "keras/models/weights.bin")
    assert fetch("weights") == path and not server.requests


def test_an_installed_package_comes_before_a_download_and_is_not_imported(place, server, monkeypatch):
    folder = place(weights=CARRIED | {"url": f"http://127.0.0.1:{server.server_port}/right"})
    path = install(folder)
    monkeypatch.syspath_prepend(folder / "site")
    assert fetch("weights") == path
    assert "carrier" not in sys.modules and not server.requests


def test_a_file_on_the_machine_comes_before_the_download_of_a_better_one(place, server):
    url = f"http://127.0.0.1:{server.server_port}/right"
    folder = place(best={"url": url}, second={"file": "second.bin"})
    path = put(folder / "cache/second.bin")
    assert fetch("best", "second") == path and not server.requests


@pytest.mark.parametrize(
    "path, said, attempts",
    [
        ("/cut", "broke off: fewer bytes came than the server had announced", 2),
        ("/cut-unannounced", f"sent is cut short: {SIZE // 2:,} bytes where {SIZE:,} are expected", 2),
        ("/corrupt", "sent is damaged: its sha256 is", 2),
        ("/stalled", "stalled: nothing came for 0.3 s", 2),
        ("/silent", "stalled: nothing came for 0.3 s", 2),
        ("/busy", "was refused: the server answered 503", 2),
        ("/missing", "was refused: the server answered 404", 1),
        ("/forbidden", "was refused: the server answered 403", 1),
    ],
)
def test_a_bad_download_is_named_leaves_nothing_and_is_tried_again_only_where_that_can_help(
    served, server, monkeypatch, path, said, attempts
):
    folder = served(path)
    if "stalled" in said:
        monkeypatch.setattr(module, "_TIMEOUTS", (5, 0.3))
    with pytest.raises(FetchError) as error:
        fetch("weights")
    assert said in str(error.value)
    assert "weights.bin is not to be had" in str(error.value) and "connect to the network" in str(error.value)
    assert server.requests == [path] * attempts
    assert files_left(folder) == []


@pytest.mark.parametrize("path", ["/corrupt-once", "/cut-once"])
def test_a_second_attempt_can_succeed(served, server, path):
    served(path)
    assert fetch("weights").read_bytes() == CONTENT
    assert server.requests == [path] * 2


def test_without_a_connection_the_message_says_so(place):
    place(weights={"url": "http://127.0.0.1:1/weights.bin"})
    with pytest.raises(
        FetchError, match="no connection to 127.0.0.1:1 .is this machine on the network.*restart the kernel"
    ):
        fetch("weights")


def test_a_failed_download_is_not_asked_for_again_and_says_the_same(served, server):
    served("/missing")
    messages = set()
    for _ in range(3):
        with pytest.raises(FetchError) as error:
            fetch("weights")
        messages.add(str(error.value))
    assert server.requests == ["/missing"] and len(messages) == 1


@pytest.mark.parametrize("damaged", [CONTENT[:-1] + b"?", CONTENT[:100], CONTENT + b"?"])
def test_a_bad_file_in_the_cache_is_replaced(served, capsys, damaged):
    path = put(served("/right") / "cache/weights.bin", damaged)
    assert fetch("weights") == path and path.read_bytes() == CONTENT
    assert "Passed over:" in capsys.readouterr().out


def test_a_bad_file_in_the_cache_stays_as_it_is_when_the_download_fails(served):
    path = put(served("/cut") / "cache/weights.bin", b"mine")
    with pytest.raises(FetchError, match="weights.bin is cut short: 4 bytes"):
        fetch("weights")
    assert path.read_bytes() == b"mine"


def test_a_damaged_file_of_a_package_is_named_with_the_remedy(place, monkeypatch):
    folder = place(weights=CARRIED)
    install(folder, CONTENT[:-1] + b"?")
    monkeypatch.syspath_prepend(folder / "site")
    with pytest.raises(FetchError, match=r"inner.bin is damaged: its sha256 is .*--force-reinstall carrier"):
        fetch("weights")


def test_a_package_that_is_not_installed_is_named_with_the_remedy(place):
    place(weights=CARRIED)
    with pytest.raises(FetchError, match="install the package that carries it .*carrier"):
        fetch("weights")


def test_an_unknown_name_is_answered_with_the_known_ones(place):
    place(weights={}, others={})
    with pytest.raises(ValueError, match="no file is called 'wieghts'. Known are: weights, others"):
        fetch("wieghts")


def test_a_cache_that_cannot_be_written_to_is_named_with_the_remedy(served, monkeypatch):
    folder = served("/right")
    put(folder / "a-file", b"")
    monkeypatch.setenv("XAILAB_CACHE", str(folder / "a-file/cache"))
    with pytest.raises(FetchError, match="a-file.cache cannot be written to .*set XAILAB_CACHE"):
        fetch("weights")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="no folder is read-only to this user")
def test_a_read_only_cache_is_named_with_the_remedy(served):
    folder = served("/right")
    (folder / "cache").mkdir(mode=0o500)
    with pytest.raises(FetchError, match="cannot be written to .*set XAILAB_CACHE"):
        fetch("weights")


@pytest.mark.parametrize(
    "error, raised, said",
    [
        (KeyboardInterrupt(), KeyboardInterrupt, None),
        (OSError(errno.ENOSPC, "No space left on device"), FetchError, "cache is full: 0 MB are needed there"),
        (PermissionError(errno.EACCES, "Permission denied"), FetchError, r"cannot be written to \(Permission denied\)"),
    ],
)
def test_a_download_that_is_interrupted_leaves_nothing_behind(served, monkeypatch, error, raised, said):
    folder = served("/right")

    def half_way(url, file, _):
        file.write(CONTENT[:100])
        raise error

    monkeypatch.setattr(pooch, "HTTPDownloader", lambda **_: half_way)
    with pytest.raises(raised, match=said):
        fetch("weights")
    assert files_left(folder) == []


def test_several_at_once_do_not_disturb_each_other(served):
    folder = served("/right")
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(fetch, ["weights"] * 4))
    assert {path.read_bytes() for path in paths} == {CONTENT}
    assert files_left(folder) == ["weights.bin"]


def test_downloads_go_beside_a_checkout_or_where_the_user_says(monkeypatch, tmp_path):
    monkeypatch.delenv("XAILAB_CACHE", raising=False)
    assert module.cache_folder().parts[-2:] == ("datasets", "cache")
    monkeypatch.setenv("XAILAB_CACHE", str(tmp_path))
    assert module.cache_folder() == tmp_path


@pytest.mark.parametrize("name", ["efficientnet-lite0", "vgg16-base"])
def test_the_set_up_has_put_the_weights_on_this_machine(name, monkeypatch, tmp_path):
    monkeypatch.setenv("XAILAB_CACHE", str(tmp_path))
    assert fetch(name).is_file()


def test_the_addresses_and_checksums_of_vgg16_are_those_that_keras_uses():
    keras = Path(importlib.util.find_spec("keras").origin).parent  # importing it would cost seconds
    source = (keras / "src/applications/vgg16.py").read_text().replace('"\n    "', "")
    for name in "vgg16", "vgg16-base-keras":
        entry = module.manifest()[name]
        assert f'"{entry["url"]}"' in source
        assert f'"{entry["checksum"].removeprefix("md5:")}"' in source
