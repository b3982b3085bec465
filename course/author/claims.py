"""The ledger of claims: a sentence that says what a figure or a number shows names the test that tried it.

In the source of a lesson a comment follows the sentence, inside its paragraph; no edition shows it:

    <!-- tried: tests/lessons/test_lesson_05.py::test_name | how: seeds, pictures, tolerance | result -->
"""

import ast
import re
from difflib import get_close_matches
from typing import NamedTuple

from course import ROOT

_FORM = "<!-- tried: tests/….py::test_name | how | result -->"
_BEGINS = r"\n\s*\n|^%%.*$|^\s*(?:[-*]|\d+\.) "  # a paragraph, a cell, a point of a list
_ENDS = r"(?:(?<=[.!?])|(?<=[.!?][\"*_)]))\s+(?=[^a-z(])"  # a sentence
_SKIPS = {"skip", "skipif", "xfail", "importorskip"}


class Claim(NamedTuple):
    """A sentence of a lesson (markdown), the line of its comment, the test that tried it, how, and what came out."""

    line: int
    sentence: str
    file: str
    test: str
    how: str
    result: str


def claims(path):
    """The claims of a lesson's source, in order. Raises ValueError for a comment of any other form, naming its line."""
    text = re.sub("^# ?", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = []
    for comment in re.finditer(r"<!--(.*?)(-->|\Z)", text, re.DOTALL):
        line = text.count("\n", 0, comment.start()) + 1
        fields = " ".join(comment[1].split()).split(" | ")
        named = re.fullmatch(r"tried: (tests/[\w/]+\.py)::(test_\w+)", fields[0])
        if not (named and comment[2] and len(fields) == 3 and all(fields)):
            raise ValueError(f"{path.name}, line {line}: {comment[0][:60]!r} is no claim; {_FORM} was expected.")
        before = re.split(_BEGINS, without_comments(text[: comment.start()]), flags=re.MULTILINE)[-1].strip()
        sentence = " ".join(re.split(_ENDS, before)[-1].split())
        if not sentence:
            raise ValueError(f"{path.name}, line {line}: no sentence; the comment belongs behind it, in its paragraph.")
        found.append(Claim(line, sentence, *named.groups(), *fields[1:]))
    return found


def without_comments(markdown):
    """Markdown without its comments, as both editions have it."""
    return re.sub(r"\s*<!--.*?-->", "", markdown, flags=re.DOTALL)


def table(found):
    """Claims as a table in markdown, with links to the tests as seen from solutions/."""
    rows = ["| sentence | how it was tried | result | test |", "|---|---|---|---|"]
    for claim in found:
        cells = [claim.sentence, claim.how, claim.result, f"[{claim.test}](../{claim.file})"]
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(rows) + "\n"


def untried(claim, root=ROOT):
    """Why the test that a claim names does not try it, or None if it does: it exists, and nothing lets it be skipped."""
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
    return None
