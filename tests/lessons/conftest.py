import re

import nbformat
import pytest

from course.author import build, claims


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


@pytest.fixture(scope="session")
def seed(request):
    """What a test of the ledger draws from: never a seed of the lessons' stored results, which are all below 100."""
    given = request.config.getoption("--seed")
    return 20_261 if given is None else given


@pytest.fixture
def sentence(request):
    """What the lesson says that this test is about: the sentences of the ledger that name it, in order, in one string."""
    number = request.module.__name__.removeprefix("test_lesson_")
    return " ".join(
        claim.sentence for claim in claims.claims(build.source(number)) if claim.test == request.node.originalname
    )


@pytest.fixture
def numbers(sentence):
    """The numbers of that sentence, in order: "78 to 91 % of 1,000" gives 78, 91 and 1000."""
    found = re.findall(r"[-+]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)", sentence.replace("−", "-"))
    return [float(each.replace(",", "")) for each in found]


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
