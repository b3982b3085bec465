"""The ledger of claims: a sentence that says what a figure or a number shows names the test that tried it.

In the source of a lesson a comment follows the sentence, inside its paragraph; no edition shows it:

    <!-- tried: tests/lessons/test_lesson_05.py::test_name | how | result | control | n -->

The control is where the sentence ought to be false, and what came out there; n is what was counted: networks, pictures, splits.
Two kinds of rows say so, `tried (stored):` rests on a stored file alone, and `tried (long):` takes over 20 s, so that only
`make retry` runs it.
"""

import ast
import re
from difflib import get_close_matches
from typing import NamedTuple

from course import ROOT

_FORM = "<!-- tried: tests/….py::test_name | how | result | control | n -->"
_BEGINS = r"\n\s*\n|^%%.*$|^\s*(?:[-*]|\d+\.) "  # a paragraph, a cell, a point of a list
_ENDS = r"(?:(?<=[.!?])|(?<=[.!?][\"*_)]))\s+(?=[^a-z(])"  # a sentence
_SKIPS = {"skip", "skipif", "xfail", "importorskip"}


class Claim(NamedTuple):
    """A sentence of a lesson (markdown), the line of its comment, and the columns of the ledger.

    kind: "", "stored" or "long".
    """

    line: int
    sentence: str
    kind: str
    file: str
    test: str
    how: str
    result: str
    control: str
    n: str


def claims(path):
    """The claims of a lesson's source, in order. Raises ValueError for a comment of any other form, naming its line."""
    text = re.sub("^# ?", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = []
    for comment in re.finditer(r"<!--(.*?)(-->|\Z)", text, re.DOTALL):
        line = text.count("\n", 0, comment.start()) + 1
        fields = " ".join(comment[1].split()).split(" | ")
        named = re.fullmatch(r"tried(?: \((stored|long)\))?: (tests/[\w/]+\.py)::(test_\w+)", fields[0])
        if not (named and comment[2] and len(fields) == 5 and all(fields)):
            raise ValueError(f"{path.name}, line {line}: {comment[0][:60]!r} is no claim; {_FORM} was expected.")
        before = re.split(_BEGINS, without_comments(text[: comment.start()]), flags=re.MULTILINE)[-1].strip()
        sentence = " ".join(re.split(_ENDS, before)[-1].split())
        if not sentence:
            raise ValueError(f"{path.name}, line {line}: no sentence; the comment belongs behind it, in its paragraph.")
        found.append(Claim(line, sentence, *named.groups(default=""), *fields[1:]))
    return found


def without_comments(markdown):
    """Markdown without its comments, as both editions have it."""
    return re.sub(r"\s*<!--.*?-->", "", markdown, flags=re.DOTALL)


def table(found):
    """Claims as a table in markdown, with links to the tests as seen from solutions/."""
    rows = ["| sentence | how it was tried | result | control | n | test |", "|---|---|---|---|---|---|"]
    for claim in found:
        test = f"[{claim.test}](../{claim.file})" + {"stored": ", from a stored file", "long": ", by `make retry`"}.get(
            claim.kind, ""
        )
        cells = [claim.sentence, claim.how, claim.result, claim.control, claim.n, test]
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(rows) + "\n"


def untried(claim, root=ROOT):
    """Why the test that a claim names does not try it, or None if it does: it exists, nothing lets it be skipped, and only a
    claim of the kind "long" may name one that is marked so."""
    path = root / claim.file
    if not path.exists():
        return f"there is no {claim.file}"
    module = ast.parse(path.read_text(encoding="utf-8")).body
    tests = {node.name: node for node in module if isinstance(node, ast.FunctionDef)}
    if claim.test not in tests:
        close = get_close_matches(claim.test, tests, n=1)
        return f"{claim.file} has no {claim.test}" + (f"; {close[0]} is meant?" if close else "")
    outside = [node for node in module if not isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    for node in (each for part in [tests[claim.test], *outside] for each in ast.walk(part)):
        if getattr(node, "attr", getattr(node, "id", None)) in _SKIPS:
            return f"{claim.file}::{claim.test} may be skipped or fail unnoticed (line {node.lineno})"
    marked = any("mark.long" in ast.unparse(decorator) for decorator in tests[claim.test].decorator_list)
    if marked != (claim.kind == "long"):
        return f"{claim.file}::{claim.test} is {'' if marked else 'not '}marked long, its claim {'not' if marked else 'is'}"
    return None
