import re

import nbformat
import pytest

from course.author import build


@pytest.fixture(scope="module")
def lesson(request):
    """The executed lesson that test_lesson_NN.py is about."""
    number = request.module.__name__.removeprefix("test_lesson_")
    return nbformat.read(build.source(number).with_suffix(".ipynb"), as_version=4)


@pytest.fixture(scope="module")
def printed(lesson):
    """Everything that the lesson prints."""
    return "".join(output.get("text", "") for cell in lesson.cells for output in cell.get("outputs", []))


@pytest.fixture(scope="module")
def figures(lesson):
    """The alternative texts of the lesson's figures, which hold their titles."""
    shown = [output.get("data", {}) for cell in lesson.cells for output in cell.get("outputs", [])]
    return [data["text/plain"] for data in shown if "<img" in data.get("text/html", "")]


@pytest.fixture
def murmurs():
    """A function: what an executed notebook says that no reader should see, a list of the first 200 characters of each."""

    def find(notebook):
        found = []
        for output in (each for cell in notebook.cells for each in cell.get("outputs", [])):
            shown = output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))
            if output.output_type == "error" or output.get("name") == "stderr":
                found.append(shown or output.evalue)
            elif re.search(r"Warning|WARNING|\r|it/s|0x[0-9a-f]{6}|/home/|/tmp/|Not yet", shown):
                found.append(shown)
        return [each[:200] for each in found]

    return find
