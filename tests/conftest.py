"""What many tests need and what takes long to load, loaded once per worker; no test may change it."""

import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def browser():
    """Chromium, driven by Playwright; tests that ask for it are skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


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
