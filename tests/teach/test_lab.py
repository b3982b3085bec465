"""What `make lab` serves, in a real browser: the first lesson opens without questions, lessons run, exercises answer."""

import json
import re
import shutil
import socket
import subprocess
import time

import numpy as np
import pytest
from PIL import Image

from course import ROOT
from course.author import build
from course.student.quiz import questions, shuffled
from course.teach import lab

SCREENSHOTS = ROOT / "build" / "screenshots"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A copy of both editions."""
    root = tmp_path_factory.mktemp("course")
    for folder in ("notebooks", "solutions"):
        shutil.copytree(ROOT / folder, root / folder)
    return root


@pytest.fixture(scope="module")
def address(root):
    """JupyterLab as `make lab` starts it, on the copy."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab, "ROOT", root)
        options = ["--no-browser", f"--port={port}", "--allow-root", "--LabApp.expose_app_in_browser=True"]
        command, environment = lab.lab_command(*options)
    log = root / "log"
    with log.open("w") as out:
        server = subprocess.Popen(command, env={**environment, "HOME": str(root)}, stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + build.CELL_SECONDS
        while not (found := re.search(r"http://127\.0\.0\.1:\d+/lab/\S*token=\w+", log.read_text())):
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.3)
        yield found[0]
    finally:
        server.terminate()
        server.wait(build.CELL_SECONDS)


NOTEBOOK = "window.jupyterapp.shell.currentWidget"
OPENED = f"""path => window.jupyterapp?.shell && {NOTEBOOK} && {NOTEBOOK}.context
    && {NOTEBOOK}.context.path.endsWith(path) && {NOTEBOOK}.context.isReady"""
READY = f"""{OPENED}
    && {NOTEBOOK}.sessionContext.session && {NOTEBOOK}.sessionContext.session.kernel
    && {NOTEBOOK}.sessionContext.session.kernel.status == 'idle'"""


@pytest.fixture(scope="module")
def page(browser, address):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(build.CELL_SECONDS * 1000)
    page.goto(address)
    page.wait_for_function(READY, arg="00_start_here.ipynb")
    yield page
    page.close()


def open_lesson(page, path, kernel=True):
    given = {"path": path} if kernel else {"path": path, "kernelPreference": {"shouldStart": False, "canStart": False}}
    page.evaluate("async given => { await window.jupyterapp.commands.execute('docmanager:open', given); }", given)
    page.wait_for_function(READY if kernel else OPENED, arg=path)


def run_all(page):
    page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    done = f"""() => {NOTEBOOK}.content.widgets.filter(cell => cell.model.type == 'code')
        .every(cell => cell.model.executionState != 'running' && cell.model.executionCount)"""
    page.wait_for_function(done)
    outputs = page.evaluate(
        f"() => {NOTEBOOK}.content.widgets.flatMap(cell => cell.model.outputs ? cell.model.outputs.toJSON() : [])"
    )
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
    return outputs


LAID_OUT = f"""() => {{ const all = {NOTEBOOK}.content.widgets, shown = {NOTEBOOK}.content.node;
    return all.every(cell => !cell.isPlaceholder()) && !shown.innerText.includes('$$')
        && [...shown.querySelectorAll('.jp-OutputArea img')].every(one => one.complete); }}"""
FRAME = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def look(page, name, pictures=True):
    """What a reader would stumble over, and a screenshot whose pixels are not blank. pictures: whether there are some."""
    shown = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    if pictures:  # cells below the window are drawn when there is time for it
        shown.locator(".jp-OutputArea img").first.wait_for(state="attached")
    page.wait_for_function(LAID_OUT)
    assert shown.locator("mjx-merror").count() == 0 and "$$" not in shown.inner_text()
    found = shown.locator(".jp-OutputArea img").evaluate_all(
        "all => all.map(one => [one.naturalWidth, one.alt, one.width])"
    )
    width = shown.locator(".jp-Notebook").evaluate("one => one.clientWidth")
    assert all(natural > 0 and len(alt) >= 20 and drawn <= width for natural, alt, drawn in found)
    assert shown.locator(".jp-WindowedPanel-outer").evaluate("one => one.scrollWidth <= one.clientWidth + 2")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    if found:  # the first figure rather than the end of the text
        shown.locator(".jp-OutputArea img").first.scroll_into_view_if_needed()
        shown.locator(".jp-OutputArea img").first.evaluate(f"async one => {{ await one.decode(); await {FRAME}; }}")
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
    pixels = np.asarray(Image.open(SCREENSHOTS / f"{name}.png").convert("L"))
    assert pixels.std() > 10


def test_make_lab_opens_lesson_00_without_a_question(page):
    page.evaluate(f"async () => {{ await window.jupyterapp.restored; await {FRAME}; }}")  # then what asks has asked
    assert page.locator(".jp-Dialog").count() == 0
    assert page.locator(".Toastify__toast").count() == 0
    assert page.evaluate(f"() => {NOTEBOOK}.sessionContext.kernelDisplayName") == "Python 3 (ipykernel)"
    look(page, "00-opened", pictures=False)


@pytest.mark.parametrize(
    "path", ["notebooks/02_global_average_pooling.ipynb", "solutions/02_global_average_pooling.ipynb"]
)
def test_a_notebook_that_is_opened_and_closed_does_not_ask_to_be_saved(page, root, path):
    file = (root / path).read_bytes()
    open_lesson(page, path)
    said = page.evaluate(f"async () => (await {NOTEBOOK}.sessionContext.session.kernel.info).language_info")
    page.wait_for_function(  # JupyterLab writes it into the notebook when the kernel has said it
        f"said => JSON.stringify({NOTEBOOK}.context.model.getMetadata('language_info')) == JSON.stringify(said)",
        arg=said,
    )
    assert page.evaluate(f"() => {NOTEBOOK}.context.model.dirty") is False
    page.evaluate("async () => { await window.jupyterapp.commands.execute('application:close'); }")
    assert page.locator(".jp-Dialog").count() == 0 and page.locator(f".lm-TabBar-tab[title*='{path}']").count() == 0
    open_lesson(page, path)
    page.evaluate(f"() => {NOTEBOOK}.content.widgets[0].model.sharedModel.setSource('mine')")
    assert page.evaluate(f"() => {NOTEBOOK}.context.model.dirty") is True
    page.evaluate("() => void window.jupyterapp.commands.execute('application:close')")
    page.locator(".jp-Dialog", has_text="Save your work").get_by_role("button", name="Discard").click()
    page.locator(".jp-Dialog").wait_for(state="detached")
    assert (root / path).read_bytes() == file


def test_run_all_on_lesson_00_ends_without_an_error(page):
    open_lesson(page, "notebooks/00_start_here.ipynb")
    outputs = run_all(page)
    assert any("Not tried yet." in str(output.get("data")) for output in outputs)
    look(page, "00-run")


def test_run_all_on_lesson_03_made_small_ends_without_an_error(page):
    """Its training shows a progress bar. A parameter is changed first, as a hurried reader would."""
    open_lesson(page, "notebooks/03_cam_mnist.ipynb")
    page.evaluate(
        f"""() => {{ const cell = {NOTEBOOK}.content.widgets.find(cell => cell.model.getMetadata('small')).model;
        const small = Object.entries(cell.getMetadata('small')).map(([name, value]) => `${{name}} = ${{JSON.stringify(value)}}`);
        cell.sharedModel.setSource([cell.sharedModel.source, ...small].join('\\n')); }}"""
    )
    outputs = run_all(page)
    assert any("held-out digits are recognised" in output.get("text", "") for output in outputs)
    look(page, "03-run")


MESSAGE = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea strong"


def answer(page, exercise, code):
    """Type code into an exercise's cell, run the cell, and read what it says."""
    index = page.evaluate(
        f'id => {NOTEBOOK}.content.widgets.findIndex(cell => cell.model.sharedModel.source.includes(`check("${{id}}"`))',
        exercise,
    )
    page.evaluate(
        f"""([index, code]) => {{ const content = {NOTEBOOK}.content; content.activeCellIndex = index;
        content.widgets[index].model.sharedModel.setSource(code); }}""",
        [index, code],
    )
    page.evaluate("async () => { await window.jupyterapp.commands.execute('notebook:run-cell'); }")
    return page.evaluate(f"index => JSON.stringify({NOTEBOOK}.content.widgets[index].model.outputs.toJSON())", index)


def test_an_exercise_answers_a_wrong_and_then_a_right_attempt(page):
    open_lesson(page, "notebooks/01_convolution_arithmetic.ipynb")
    page.evaluate(f"() => {{ {NOTEBOOK}.content.activeCellIndex = 1; }}")
    start = "import numpy as np\nfrom course.student.check import check\n"
    body = 'def one_number(patch, kernel, bias):\n    return np.sum(patch * kernel){}\none_number = check("01.1", one_number)'
    assert "The bias is missing" in answer(page, "01.1", start + body.format(""))
    page.locator(MESSAGE, has_text="Not yet.").wait_for()
    look(page, "01-wrong", pictures=False)
    assert "Right." in answer(page, "01.1", start + body.format(" + bias"))
    page.locator(MESSAGE, has_text="Right.").wait_for()
    look(page, "01-right", pictures=False)


def run_cell(page, code):
    """Run the cell that contains a piece of code, and return the part of the page that it has its output in."""
    index = page.evaluate(
        f"""async code => {{ const content = {NOTEBOOK}.content;
        const index = content.widgets.findIndex(cell => cell.model.sharedModel.source.includes(code));
        content.activeCellIndex = index; content.mode = 'command';
        await window.jupyterapp.commands.execute('notebook:run-cell'); return index; }}""",
        code,
    )
    return page.locator(f".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index='{index}']")


def test_a_quiz_is_answered_by_keyboard_and_the_answers_are_kept(page, root):
    open_lesson(page, "notebooks/01_convolution_arithmetic.ipynb")
    cell = run_cell(page, 'quiz("01")')
    asked = questions("01")[0]
    explained = {choice["says"]: choice["why"] for choice in asked["choices"]}
    order = [choice["says"] for choice in shuffled(asked)]
    verdict = {says: "Right." if says == asked["choices"][0]["says"] else "No." for says in order}
    group, file = cell.locator(".xailab-question").first, root / "notebooks" / "answers" / "01.json"
    status, button = group.get_by_role("status"), group.get_by_role("button", name="Check")
    assert button.is_disabled()
    group.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    for _ in order[1:]:
        page.keyboard.press("ArrowDown")
    assert group.get_by_role("radio", name=order[-1], checked=True).count() == 1
    page.keyboard.press("ArrowUp")
    assert status.inner_text() == "" and not file.exists()  # passed on the way, and not confirmed
    page.keyboard.press("Tab")
    assert button.evaluate("one => one == document.activeElement && !one.disabled")
    page.keyboard.press("Space")
    status.filter(has_text=explained[order[-2]]).wait_for()
    assert status.inner_text().startswith(verdict[order[-2]])
    page.keyboard.press("Space")  # a second time is no second answer
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")
    assert status.inner_text() == ""  # the explanation is of another choice
    page.keyboard.press("Enter")
    status.filter(has_text=explained[order[-1]]).wait_for()
    assert status.inner_text().startswith(verdict[order[-1]])
    assert json.loads(file.read_text()) == {asked["asks"]: [order[-2], order[-1]]}
    cell.get_by_text(f"{verdict[order[-2]] == 'Right.':d} of 5 right at the first choice").wait_for()
    before = group.element_handle()
    run_cell(page, 'quiz("01")')
    page.wait_for_function("before => !before.isConnected", arg=before)
    group.get_by_role("radio", name=order[-1], checked=True).wait_for()
    assert group.get_by_role("status").inner_text().startswith(verdict[order[-1]])
    page.screenshot(path=SCREENSHOTS / "01-quiz.png")


def test_a_figure_whose_kernel_was_restarted_says_so_and_works_again_when_its_cell_is_run(page):
    open_lesson(page, "notebooks/01_convolution_arithmetic.ipynb")
    cell = run_cell(page, 'demo("01")')
    picture = cell.locator(".jupyter-widgets img")
    picture.wait_for()
    page.evaluate(f"async () => {{ await {NOTEBOOK}.sessionContext.session.kernel.restart(); }}")
    page.wait_for_function(READY, arg="01_convolution_arithmetic.ipynb")
    cell.get_by_role("alert").filter(has_text="The kernel has ended").wait_for()
    assert "Run this cell again" in cell.get_by_role("alert").inner_text()
    page.screenshot(path=SCREENSHOTS / "01-restarted.png")
    cell = run_cell(page, 'demo("01")')
    cell.get_by_role("alert").filter(has_text="The kernel has ended").wait_for(state="detached")
    before = picture.get_attribute("src")
    cell.get_by_label("row", exact=True).focus()
    page.keyboard.press("ArrowUp")  # which JupyterLab has a use of its own for
    page.wait_for_function(
        "before => [...document.images].some(one => one.alt.includes('at row 5, column 5') && one.src != before)",
        arg=before,
    )


def test_a_saved_figure_is_there_when_its_notebook_is_opened_again_and_says_that_it_stands_still(page):
    page.evaluate(
        f"""async () => {{ const run = id => window.jupyterapp.commands.execute(id);
        await run('docmanager:save'); await {NOTEBOOK}.sessionContext.shutdown(); await run('application:close'); }}"""
    )
    open_lesson(page, "notebooks/01_convolution_arithmetic.ipynb")
    figure = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .xailab-standing").first
    figure.locator("img").wait_for()
    figure.get_by_role("alert").filter(has_text="Run this cell again").wait_for()


@pytest.mark.parametrize("path", build.sources(), ids=lambda path: path.stem[:2])
def test_the_executed_edition_looks_as_it_should(page, path):
    open_lesson(page, f"solutions/{path.stem}.ipynb", kernel=False)
    look(page, f"{path.stem[:2]}-solved")
