import re

import pytest

from course.author import build, claims, retry

HEADER = """# %% [markdown]
# # 42 · A question?
# **You will** see · **Needs** nothing · **Reading** 20 min · **Computing** 2 s

"""
NAMED = "<!-- tried: tests/test_maps.py::test_the_map_is_red | twelve pictures | 11 of 12 | an empty picture: 1 of 12 | 12 pictures -->"


@pytest.fixture
def write(tmp_path):
    """Write a lesson whose last cell is given, as percent-format lines behind "# "; returns its path."""
    (tmp_path / "solutions").mkdir()

    def lesson(markdown):
        path = tmp_path / "solutions" / "42_question.py"
        path.write_text(HEADER + "# %% [markdown]\n" + "".join(f"# {line}\n" for line in markdown.splitlines()))
        return path

    return lesson


@pytest.mark.parametrize(
    "markdown, sentence",
    [
        (f"Look. The map is **red**. {NAMED} And so on.", "The map is **red**."),
        (f"Look. The map is red\nat 2.5 pixels.\n{NAMED}\nAnd so on.", "The map is red at 2.5 pixels."),
        (f"- It is blue.\n- It is red,\n  here\n  {NAMED}", "It is red, here"),
        (f'Look at "both." *The map* is red.{NAMED}', "*The map* is red."),
        ("All is red. " + NAMED.replace(" | ", "\n| ") + f" {NAMED}", "All is red."),
    ],
)
def test_a_claim_is_the_sentence_before_the_comment(write, markdown, sentence):
    claim = claims.claims(write(markdown))[-1]
    assert claim[1:4] == (sentence, "", "tests/test_maps.py")
    assert claim[4:] == (
        "test_the_map_is_red",
        "twelve pictures",
        "11 of 12",
        "an empty picture: 1 of 12",
        "12 pictures",
    )


def test_a_comment_outside_the_paragraph_of_its_sentence_is_named_with_its_line(write):
    with pytest.raises(ValueError, match="42_question.py, line 8: no sentence; the comment belongs behind it"):
        claims.claims(write(f"It is red.\n\n{NAMED}"))


@pytest.mark.parametrize(
    "comment",
    [
        "<!-- a remark -->",
        "<!-- tried: tests/test_maps.py::test_the_map_is_red | 11 of 12 -->",
        "<!-- tried: tests/test_maps.py | twelve pictures | 11 of 12 | an empty picture: 1 of 12 | 12 pictures -->",
        "<!-- tried: test_maps.py::test_the_map_is_red | twelve pictures | 11 of 12 | an empty picture: 1 of 12 | 12 pictures -->",
        "<!-- tried: tests/test_maps.py::test_the_map_is_red[03] | twelve pictures | 11 of 12 | an empty picture: 1 of 12 | 12 pictures -->",
        "<!-- tried: tests/test_maps.py::test_the_map_is_red | twelve pictures | 11 of 12",
    ],
)
def test_a_comment_of_another_form_is_named_with_its_line(write, comment):
    with pytest.raises(ValueError, match="42_question.py, line 7: '<!-- .* is no claim; <!-- tried: tests/….py::test"):
        claims.claims(write(f"Look.\nIt is red. {comment}"))


def test_no_edition_and_no_teaching_page_shows_the_comments_and_cells_keep_their_ids(write, tmp_path, monkeypatch):
    monkeypatch.setattr(build.plans, "plans", lambda: [])  # they are about other lessons
    plain = build.read(write("It is red.\nIt is. And so on."))
    path = write(f"It is red. {NAMED}\nIt is.\n{NAMED} And so on.")
    assert build.text(build.read(path)) == build.text(plain)
    path.write_text(path.read_text() + f'\n# %% [markdown] tags=["teaching"]\n# Ask. {NAMED}\n')
    assert "tried" not in build.teaching_page(tmp_path)


def test_the_ledger_has_a_row_for_each_claim(write, tmp_path):
    write(f"Where $|x| > 1$ it is red. {NAMED}")
    assert build.claims_page(tmp_path).endswith(
        "## 42 · A question?\n\n| sentence | how it was tried | result | control | n | test |\n|---|---|---|---|---|---|\n| Where "
        "$\\|x\\| > 1$ it is red. | twelve pictures | 11 of 12 | an empty picture: 1 of 12 | 12 pictures | [test_the_map_is_red](../tests/test_maps.py) |\n"
    )


@pytest.mark.parametrize(
    "code, complaint",
    [
        ("def test_the_map_is_red(): assert red", None),
        ("import pytest\n@pytest.mark.parametrize('n', [1])\ndef test_the_map_is_red(n): assert n", None),
        ("def test_the_map_was_red(): assert red", "no test_the_map_is_red; test_the_map_was_red is meant?"),
        ("def other():\n    def test_the_map_is_red(): assert red", "has no test_the_map_is_red"),
        ("@pytest.mark.skip\ndef test_the_map_is_red(): assert red", "may be skipped"),
        ("@pytest.mark.xfail(reason='')\ndef test_the_map_is_red(): assert red", "may be skipped"),
        ("def test_the_map_is_red():\n    if not red:\n        pytest.skip('x')", r"may be skipped .* \(line 3\)"),
        ("pytestmark = [pytest.mark.skipif(x)]\ndef test_the_map_is_red(): assert red", "may be skipped"),
        ("lime = pytest.importorskip('lime')\ndef test_the_map_is_red(): assert red", "may be skipped"),
        ("@pytest.mark.long\ndef test_the_map_is_red(): assert red", "is marked long, its claim not"),
        ("@pytest.mark.skip\ndef test_other(): pass\ndef test_the_map_is_red(): assert red", None),
        (None, "there is no tests/test_maps.py"),
    ],
)
def test_a_claim_needs_a_test_that_exists_and_runs(tmp_path, code, complaint):
    (tmp_path / "tests").mkdir()
    if code is not None:
        (tmp_path / "tests" / "test_maps.py").write_text(code)
    fields = "tests/test_maps.py", "test_the_map_is_red", "twelve pictures", "11 of 12", "empty: 1 of 12", "12 pictures"
    claim = claims.Claim(7, "It is red.", "", *fields)
    found = claims.untried(claim, tmp_path)
    assert found is None if complaint is None else re.search(complaint, found)


def test_a_claim_that_takes_long_or_rests_on_a_stored_file_says_so(write, tmp_path):
    path = write(
        f"It is red. {NAMED.replace('tried:', 'tried (long):')} It was. {NAMED.replace('tried:', 'tried (stored):')}"
    )
    assert [claim.kind for claim in claims.claims(path)] == ["long", "stored"]
    assert ", by `make retry` |" in build.claims_page(tmp_path) and ", from a stored file |" in build.claims_page(
        tmp_path
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_maps.py").write_text("def test_the_map_is_red(): assert red")
    assert claims.untried(claims.claims(path)[0], tmp_path).endswith("is not marked long, its claim is")


def test_of_pytests_report_a_test_holds_when_all_its_cases_passed(tmp_path):
    cases = '<testcase name="test_a[1]"/><testcase name="test_a[2]"><failure/></testcase><testcase name="test_b"/>'
    (tmp_path / "report.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    assert retry.read(tmp_path / "report.xml") == {"test_a": False, "test_b": True}
