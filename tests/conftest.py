"""What many tests need and what takes long to load, loaded once per worker; no test may change it."""

import os
import shutil
import signal
from html.parser import HTMLParser

import pytest
from warm_kernels import warm_kernels

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]


def pytest_addoption(parser):
    parser.addoption(
        "--seed", type=int, help="what is tried for the ledger is tried with this seed, the long ones, too"
    )


def pytest_collection_modifyitems(config, items):
    """What takes longest comes first, so that both workers end together: the student editions, one file, then notebooks.

    What is marked long runs when a seed is given, as `make retry` does.
    """
    if config.getoption("--seed") is None:
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
    longest = ["test_student_edition.py", ".ipynb", "test_lesson_"]
    items.sort(key=lambda item: [name in item.path.name for name in longest], reverse=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """nbval starts the kernel of a solved edition when its first cell is set up."""
    if item.path.suffix != ".ipynb":
        return (yield)
    with warm_kernels():
        return (yield)


@pytest.fixture(scope="session")
def lacking():
    """A function: skips a test and says what this machine lacks; in CI, where nothing may be lacking, the test fails."""
    return pytest.fail if os.environ.get("CI") == "true" else pytest.skip


@pytest.fixture(scope="session")
def bubblewrap(lacking):
    """For tests that shut code in."""
    from course.marking import sandbox

    if sandbox.protection() is None:
        lacking("bubblewrap is missing or not allowed here")


@pytest.fixture
def interruptible():
    """What the test starts ends at Ctrl+C, even where the tests do not, as behind `nohup make test &`: children inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def browser(lacking):
    """Chromium, driven by Playwright."""
    if CHROMIUM is None:
        lacking("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture(scope="session")
def one_of():
    """A function: an answer in which each frozenset, of which any member will do, is one of its members."""

    def choose(answer):
        if isinstance(answer, dict):
            return {key: choose(value) for key, value in answer.items()}
        return sorted(answer)[0] if isinstance(answer, frozenset) else answer

    return choose


@pytest.fixture(scope="session")
def efficientnet():
    from xailab.models import efficientnet_lite0

    return efficientnet_lite0()


@pytest.fixture(scope="session")
def vgg16_gap():
    from xailab.models import vgg16_gap

    return vgg16_gap()


@pytest.fixture(scope="session")
def cat():
    """One photo, (1, 224, 224, 3)."""
    from xailab.data import photos

    return photos()["cat"][None]


class _Page(HTMLParser):
    """Collects tags, attributes and visible text, and sees to it that every tag is closed."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("img", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data if self.open and self.open[-1] != "style" else ""


@pytest.fixture
def read_page():
    """A function: reads HTML whose tags must all be closed; returns what has `tags`, [(name, attributes)], and `text`."""
    return _Page
