"""What `make demo` shows, in a real browser: the list by keyboard alone, and every figure moved as a reader would."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import nbformat
import numpy as np
import psutil
import pytest
from PIL import Image

from course import ROOT
from course.author import build
from course.lessons import FIGURES
from course.lessons.lesson_05.figure import patch_figure
from course.teach import demo
from course.teach.demo import demo_command, write_pages

SCREENSHOTS = ROOT / "build" / "screenshots"


@contextmanager
def served(folder, *options):
    """The pages of a folder as `xailab demo` serves them, with more options of Voila: their address, while the block runs."""
    command, environment, address = demo_command(folder)
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([*command, *options], env=environment, stdout=log, stderr=log)
    try:
        deadline, port = time.monotonic() + build.CELL_SECONDS, int(address.split(":")[2].split("/")[0])
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert server.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(build.CELL_SECONDS)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The pages, and one more that has all figures in one kernel."""
    folder = tmp_path_factory.mktemp("demo")
    write_pages(folder)
    index = nbformat.read(folder / "index.ipynb", as_version=4)
    index.cells = [nbformat.v4.new_code_cell(f'from course import demo\n\ndemo("{lesson}")') for lesson in FIGURES]
    nbformat.write(index, folder / "all.ipynb")
    with served(folder) as address:
        yield address


@pytest.fixture(scope="module")
def asked():
    """The addresses that the pages asked for."""
    return []


@pytest.fixture(scope="module")
def visit(browser, address, asked):
    """A function: opens a page by its name in a new window; of another server, by that one's address; or in a given window."""
    opened = []

    def open_page(name, address=address, window=browser):
        page = window.new_page()
        page.set_viewport_size({"width": 1280, "height": 900})
        page.set_default_timeout(build.CELL_SECONDS * 1000)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address.replace("index", name))
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        page.close()


@pytest.fixture(scope="module")
def everything(visit):
    page = visit("all")
    page.locator("h2", has_text=FIGURES["11"][0]).wait_for()
    page.wait_for_function(f"() => document.querySelectorAll('.jupyter-widgets img').length == {len(FIGURES)}")
    return page


def figure(page, lesson):
    """The part of the page that holds one figure."""
    return page.locator(".widget-vbox").filter(has=page.locator("h2", has_text=FIGURES[lesson][0])).last


def picture(part):
    return part.locator("img").get_attribute("src")


def changed(page, part, before):
    """Wait until the picture is another one, and return it."""
    other = "([part, before]) => part.querySelector('img').getAttribute('src') != before"
    page.wait_for_function(other, arg=[part.element_handle(), before])
    return picture(part)


def serious(page):
    """What axe-core finds that keeps readers out."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [(each["id"], each["help"]) for each in found if each["impact"] in ("serious", "critical")]


def slide(page, part, label, key="ArrowRight"):
    part.get_by_label(label, exact=True).focus()
    page.keyboard.press(key)


def test_without_the_token_nobody_gets_in(browser, address):
    page = browser.new_page()
    page.goto(address.split("?")[0])
    assert page.get_by_role("link", name="Slide the filter").count() == 0
    page.close()


def test_the_list_and_a_figure_work_by_keyboard_alone(visit):
    page = visit("index")
    page.get_by_role("link", name=FIGURES["01"][0]).wait_for()
    assert [page.get_by_role("link", name=title).count() for title, *_ in FIGURES.values()] == [1] * len(FIGURES)
    assert serious(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    part = figure(page, "01")
    part.locator("img").wait_for()
    before = picture(part)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.type") == "range":
            break
    page.keyboard.press("ArrowRight")
    changed(page, part, before)
    assert serious(page) == []


@pytest.mark.parametrize("lesson", FIGURES)
def test_no_figure_keeps_readers_out_and_none_is_blank(everything, lesson):
    part = figure(everything, lesson)
    part.scroll_into_view_if_needed()
    assert len(part.locator("img").get_attribute("alt")) > 30
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    part.screenshot(path=SCREENSHOTS / f"demo-{lesson}.png")
    assert np.asarray(Image.open(SCREENSHOTS / f"demo-{lesson}.png").convert("L")).std() > 10


def test_axe_finds_nothing_serious_on_a_page_with_all_figures(everything):
    assert serious(everything) == []


@pytest.mark.parametrize("lesson", ["01", "02", "04", "06", "07", "08", "10"])
def test_the_picture_follows_the_slider(everything, lesson):
    part = figure(everything, lesson)
    before = picture(part)
    part.locator("input[type=range]").first.focus()
    everything.keyboard.press("ArrowLeft" if lesson in ("02", "04") else "ArrowRight")
    changed(everything, part, before)


def test_a_digit_is_drawn_and_the_map_follows(everything):
    part = figure(everything, "03")
    before = picture(part)
    part.get_by_role("button", name="Clear").click()
    before = changed(everything, part, before)
    part.locator("canvas").scroll_into_view_if_needed()
    box = part.locator("canvas").bounding_box()
    everything.mouse.move(box["x"] + 112, box["y"] + 30)
    everything.mouse.down()
    everything.mouse.move(box["x"] + 112, box["y"] + 195, steps=12)
    everything.mouse.up()
    changed(everything, part, before)
    everything.wait_for_function("() => [...document.images].some(image => image.alt.startsWith('Read as 1'))")


def test_a_digit_is_drawn_by_keyboard(everything):
    part = figure(everything, "03")
    before = picture(part)
    part.locator("canvas").focus()
    everything.keyboard.press("ArrowLeft")
    everything.keyboard.press("Shift+ArrowLeft")
    changed(everything, part, before)


def test_a_patch_is_dragged_and_moved_by_keyboard(everything):
    part = figure(everything, "05")
    before = picture(part)
    part.locator("canvas").scroll_into_view_if_needed()
    box = part.locator("canvas").bounding_box()
    everything.mouse.move(box["x"] + 60, box["y"] + 60)
    everything.mouse.down()
    pixel = box["width"] / 224  # of the photo
    everything.mouse.move(box["x"] + 150 * pixel, box["y"] + 150 * pixel, steps=10)
    everything.mouse.up()
    changed(everything, part, before)
    part.get_by_alt_text(patch_figure("coffee", (150, 150), 48).alt, exact=True).wait_for()  # all of the way is drawn
    part.locator("canvas").focus()
    everything.keyboard.press("ArrowUp")
    part.get_by_alt_text(patch_figure("coffee", (150, 142), 48).alt, exact=True).wait_for()


def test_a_photo_is_brought_and_explained_and_a_text_is_refused_in_words(everything, tmp_path):
    part = figure(everything, "04")
    before = picture(part)
    photo = tmp_path / "mine.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)).save(photo)
    part.locator("input[type=file]").set_input_files(photo)
    before = changed(everything, part, before)
    (tmp_path / "notes.txt").write_text("not a picture")
    part.locator("input[type=file]").set_input_files(tmp_path / "notes.txt")
    part.get_by_role("alert").filter(has_text="notes.txt cannot be read as a picture").wait_for()
    assert picture(part) == before
    large = tmp_path / "large.png"
    large.write_bytes(bytes(9_000_000))
    part.locator("input[type=file]").set_input_files(large)
    part.get_by_role("alert").filter(has_text="large.png has 9 MB").wait_for()


def test_choices_and_switches_change_the_picture(everything):
    for lesson, move in (
        ("06", lambda part: part.get_by_label("part 3", exact=True).uncheck()),
        ("09", lambda part: part.get_by_label("ALE", exact=True).uncheck()),
        ("11", lambda part: part.get_by_label("your guess").select_option("B")),
    ):
        part = figure(everything, lesson)
        before = picture(part)
        move(part)
        changed(everything, part, before)


def test_moves_that_come_faster_than_the_computer_are_dropped_and_the_last_one_counts(everything):
    part = figure(everything, "08")
    part.get_by_label("size of the stamp", exact=True).evaluate("slider => { window.drawn = 0; }")
    part.locator(".widget-html-content").last.evaluate(
        "one => new MutationObserver(() => { window.drawn += 1; }).observe(one, {childList: true, subtree: true})"
    )
    part.get_by_label("place, from left to right", exact=True).evaluate(
        """slider => { for (let move = 0; move < 40; move++) {
            slider.value = move % 2; slider.dispatchEvent(new Event('input')); } }"""
    )
    everything.wait_for_function("() => [...document.images].some(image => image.alt.includes('at 25% across'))")
    slide(
        everything, part, "size of the stamp", "End"
    )  # what it shows comes after all that the moves before it have drawn
    everything.wait_for_function("() => [...document.images].some(image => image.alt.includes('stamp of size 1.5'))")
    assert 0 < everything.evaluate("() => window.drawn") < 20


def test_two_demos_at_once_do_not_disturb_each_other(visit, tmp_path):
    write_pages(tmp_path)
    with served(tmp_path) as second:
        pages = [visit("02"), visit("02"), visit("02", second)]
        parts = [figure(page, "02") for page in pages]
        for part in parts:
            part.locator("img").wait_for()
        first = picture(parts[0])
        assert [picture(part) for part in parts] == [first] * 3
        slide(pages[0], parts[0], "classes", "ArrowLeft")
        moved = changed(pages[0], parts[0], first)
        slide(pages[2], parts[2], "number of maps", "ArrowLeft")
        other = changed(pages[2], parts[2], first)
        assert [picture(part) for part in parts] == [moved, first, other] and moved != other
        for page in pages[1:]:
            page.close()
    slide(pages[0], parts[0], "classes")  # the first goes on when the second has ended
    assert changed(pages[0], parts[0], moved) == first


def test_in_class_a_kernel_that_has_ended_is_said_in_words(visit, address):
    before = set(psutil.Process().children(recursive=True))
    page = visit("02")
    part = figure(page, "02")
    part.locator("img").wait_for()
    (kernel,) = [
        each for each in set(psutil.Process().children(recursive=True)) - before if "ipykernel" in str(each.cmdline())
    ]
    kernel.kill()
    part.get_by_role("alert").filter(has_text="load the page again").wait_for()


def kernels(folder):
    """The kernels of the server that shows the pages of a folder."""
    (server,) = [each for each in psutil.Process().children() if str(folder) in each.cmdline()]
    found = server.children(recursive=True)
    return [each for each in found if each.status() != psutil.STATUS_ZOMBIE and "ipykernel" in str(each.cmdline())]


def one_kernel_is_left(folder):
    """Wait until all kernels but one have ended, and return that one."""
    deadline = time.monotonic() + build.CELL_SECONDS
    while len(left := kernels(folder)) > 1:
        assert time.monotonic() < deadline, (folder / "log").read_text()
        time.sleep(0.1)
    return left[0]


def answered(page):
    """Wait until the figure of lesson 02 is there and answers a move: its page is connected with its kernel."""
    part = figure(page, "02")
    part.locator("img").wait_for()
    before = picture(part)
    slide(page, part, "number of maps", "ArrowLeft")
    changed(page, part, before)


def test_a_page_that_is_closed_or_left_ends_its_kernel_and_one_in_the_background_keeps_its_own(
    visit, browser, tmp_path
):
    write_pages(tmp_path)
    with served(tmp_path) as address, browser.new_context() as window:
        kept = visit("02", address, window)
        answered(kept)
        (own,) = kernels(tmp_path)
        closed, left = visit("02", address, window), visit("02", address, window)
        answered(closed)
        answered(left)
        assert len(kernels(tmp_path)) == 3
        closed.close(run_before_unload=True)
        left.goto("about:blank")
        assert one_kernel_is_left(tmp_path) == own
        assert "Culling 'idle'" not in (tmp_path / "log").read_text()  # they were not waited for
        answered(kept)


def test_a_page_that_ends_without_a_word_loses_its_kernel_after_a_while_and_one_that_is_open_does_not(visit, tmp_path):
    write_pages(tmp_path)
    soon = ["--MappingKernelManager.cull_idle_timeout=20", "--MappingKernelManager.cull_interval=1"]
    with served(tmp_path, *soon) as address:
        kept = visit("02", address)
        answered(kept)
        (own,) = kernels(tmp_path)
        ended = visit("02", address)
        answered(ended)
        ended.close(run_before_unload=False)  # its request to end the kernel is not sent
        assert one_kernel_is_left(tmp_path) == own
        answered(kept)
        kept.close()


def test_kernels_without_a_page_are_ended_within_minutes():
    settings = (ROOT / "course" / "teach" / "voila" / "voila.py").read_text(encoding="utf-8")
    idle, look = (int(re.search(rf"{name} = (\d+)", settings)[1]) for name in ("cull_idle_timeout", "cull_interval"))
    assert 60 <= idle <= 300 and 0 < look <= 60 and "cull_connected" not in settings


def test_a_server_that_ends_by_itself_is_said_with_its_last_words(monkeypatch, capsys):
    ends = [sys.executable, "-c", "print('first'); raise SystemExit('no room for it')"]
    monkeypatch.setattr(demo, "demo_command", lambda folder: (ends, dict(os.environ), "http://127.0.0.1:1/"))
    assert demo.show(browser=False) == 1
    assert "has ended by itself" in (said := capsys.readouterr().out) and "no room for it" in said


def test_make_demo_prints_its_address_and_ends_with_ctrl_c(interruptible):
    process = subprocess.Popen(
        [sys.executable, "-m", "course.cli", "demo", "--no-browser"], stdout=subprocess.PIPE, text=True
    )
    said = ""
    while "Ctrl+C" not in said:
        line = process.stdout.readline()
        assert line, "it ended by itself"
        said += line
    assert re.search(r"http://127\.0\.0\.1:\d+/voila/render/index\.ipynb\?token=[0-9a-f]{48}\n", said)
    servers = psutil.Process(process.pid).children(recursive=True)
    folder = next(part for part in servers[0].cmdline() if "xailab-demo-" in part)
    assert servers and os.path.isdir(folder)
    process.send_signal(signal.SIGINT)
    assert process.wait(build.CELL_SECONDS) == 0
    psutil.wait_procs(servers, build.CELL_SECONDS)
    assert not any(server.is_running() for server in servers) and not os.path.exists(folder)


def test_no_page_asked_anything_of_the_outside(everything, asked):
    assert len(asked) > 20
    assert [url for url in asked if not url.startswith(("http://127.0.0.1", "data:", "blob:"))] == []
