"""One page for each reader: what was measured of a network that inspects parts, in the words that this reader needs.

The text is a template of sentences; each is filled with the numbers that it names. A sentence whose numbers were not
measured is left out, and the page ends with a list of what is missing.
"""

import html
import math
from pathlib import Path
from string import Formatter

from course.web import html_figure, html_page
from xailab._files import write_text

FACTS = {
    "parts": "what the pictures show",
    "verdict": "your own sentence: what should be done",
    "classes": "names of the classes",
    "learned": "number of parts to learn from",
    "tested": "number of new parts",
    "skipped": "number of files that could not be read",
    "right_own": "share right on new parts of the line that the first network learned from",
    "right_before": "share right on the honest line, first network",
    "right_after": "share right on the honest line, network of the mended data",
    "half_after": "half the 95 % interval of the share right on the honest line, network of the mended data",
    "pairs": "number of parts that were photographed twice, with and without the mark",
    "flips_before": "answers that the mark changed, first network",
    "flips_after": "answers that the mark changed, network of the mended data",
    "maps": "number of cracked parts with a mark whose maps were judged",
    "mark_before": "share of maps that point at the mark, first network",
    "crack_before": "share of maps that point at the crack, first network",
    "mark_after": "share of maps that point at the mark, network of the mended data",
    "crack_after": "share of maps that point at the crack, network of the mended data",
    "occlusion_before": "share of occlusion maps that point at the crack, first network",
    "occlusion_after": "share of occlusion maps that point at the crack, network of the mended data",
    "heat_before": "share of heat on the mark, first network",
    "heat_after": "share of heat on the mark, network of the mended data",
    "deletion_before": "mean area under the deletion curve, first network",
    "deletion_after": "mean area under the deletion curve, network of the mended data",
    "cracked": "number of cracked parts among those it was judged by",
    "missed": "cracked parts that it calls sound",
    "sound": "number of sound parts among those it was judged by",
    "alarms": "sound parts that it calls cracked",
    "threshold": "probability of a crack from which a part is stopped",
    "miss_cost": "cost of a missed crack",
    "alarm_cost": "cost of a false alarm",
    "cost": "mean cost per 1,000 parts",
    "depth_error": "mean error of the predicted depth, cracked parts",
    "guess_error": "mean error of one guess for all cracked parts",
}

PAGES = {
    "engineer": (
        "For the engineer: what it looks at, and how to see it again",
        {
            "What was done": (
                "A network learned from {learned} pictures of {parts} and was tested on {tested} others.",
                "The classes are {classes}.",
                "Files that could not be read: {skipped}.",
            ),
            "Score and maps": (
                "On new parts of its own line the first network is right on {right_own:.1%}.",
                "On an honest line it is right on {right_before:.1%}.",
                "The same {pairs} parts were shown with and without the mark: {flips_before} answers changed.",
                "Of {maps} maps, {mark_before:.0%} point at the mark and {crack_before:.0%} at the crack (occlusion: {occlusion_before:.0%}).",
                "{heat_before:.1%} of the maps' heat lies on the mark.",
                "Deletion, first network: mean area {deletion_before:.2f} (low is good).",
            ),
            "After the data were mended": (
                "Right on the honest line: {right_after:.1%} ± {half_after:.1%} (95 %).",
                "Answers that the mark changes: {flips_after} of {pairs}.",
                "Of {maps} maps, {mark_after:.0%} point at the mark and {crack_after:.0%} at the crack (occlusion: {occlusion_after:.0%}).",
                "{heat_after:.1%} of the maps' heat lies on the mark.",
                "Deletion: mean area {deletion_after:.2f}. Compare areas of one network only.",
                "Missed cracks: {missed} of {cracked}. False alarms: {alarms} of {sound}.",
            ),
            "The depth of a crack": (
                "Mean error {depth_error:.2f} of the thickness on cracked parts; one guess for all: {guess_error:.2f}.",
            ),
        },
    ),
    "manager": (
        "For the manager: what it costs, and what is asked of you",
        {
            "What was found": (
                "On new parts from the same source as those that it learned from, the first network is right on "
                "{right_own:.1%}.",
                "On an honest line it is right on {right_before:.1%}. It had learned a mark on the fixture.",
            ),
            "What it does now": (
                "After the data were mended: {right_after:.1%} right (± {half_after:.1%}, 95 %).",
                "It misses {missed} of {cracked} cracked parts and stops {alarms} of {sound} sound ones.",
                "If a missed crack costs {miss_cost:,.0f} and a false alarm {alarm_cost:,.0f}, its mistakes cost "
                "{cost:,.0f} per 1,000 such parts.",
            ),
            "What this rests on": ("{learned} pictures of {parts} to learn from, {tested} to test with.",),
        },
    ),
    "regulator": (
        "For the regulator: what is known, and what is not",
        {
            "Purpose": (
                "A network reads pictures of {parts} and proposes one of: {classes}.",
                "It stops a part from a probability of {threshold:.2f} on.",
            ),
            "Test": (
                "Right on {right_after:.1%} ± {half_after:.1%} (95 % interval) of {tested} parts it had not learned from.",
                "First network, on {tested} new parts of its own line: right on {right_own:.1%}.",
                "Cracked parts called sound: {missed} of {cracked}. Sound parts called cracked: {alarms} of {sound}.",
            ),
            "A known fault and its remedy": (
                "An earlier network followed a mark on the fixture: adding the mark changed {flips_before} of {pairs} answers.",
                "After the data were mended it changes {flips_after}.",
                "Of {maps} heat maps, {crack_after:.0%} now point at the crack, {mark_after:.0%} at the mark.",
            ),
            "Limits": (
                "All numbers hold for {parts} like those tested. Nothing is known about others.",
                "A heat map shows evidence that is in the picture. It does not prove that a decision is right.",
            ),
        },
    ),
}


def write_page(path, reader, facts, figures=()):
    """Write one page for one reader as an HTML file that opens alone: figures inside, nothing fetched, no script.

    path: of the file; missing folders are made, and an old page is replaced in one step. reader: "engineer", "manager" or
    "regulator". facts: {name: number or text}, names from FACTS; "parts" and "verdict" must be there. A sentence whose
    facts are missing is left out and what it lacks is listed. figures: Figures of xailab.plot, with their alternative text.
    Returns the file's Path. Raises ValueError for another reader, a name that is not in FACTS, a missing or empty text, a
    number that is not finite, a figure without alternative text; OSError for a place that cannot be written. Lesson 12.
    """
    if reader not in PAGES:
        raise ValueError(f"reader is {reader!r}: one of {', '.join(PAGES)} was expected.")
    _check(facts)
    title, sections = PAGES[reader]
    body, missing = [], set()
    for heading, sentences in sections.items():
        lacking = [_names(sentence) - set(facts) for sentence in sentences]
        filled = [sentence.format_map(facts) for sentence, lacks in zip(sentences, lacking) if not lacks]
        missing |= set().union(*lacking)
        if filled:
            body += [f"<h2>{heading}</h2>", *(f"<p>{html.escape(sentence)}</p>" for sentence in filled)]
    body += map(html_figure, figures)
    if missing:
        listed = "".join(f"<li>{html.escape(words)}</li>" for name, words in FACTS.items() if name in missing)
        body += ["<h2>Not measured</h2>", f"<ul>{listed}</ul>"]
    body += [f"<p><small>Written by: {'_' * 24} &emsp; Date: {'_' * 12}</small></p>"]
    verdict = f'<p class="verdict">{html.escape(facts["verdict"])}</p>'
    return _write(Path(path), html_page(title, "\n".join([verdict, *body])))


def _check(facts):
    for name, value in facts.items():
        if name not in FACTS:
            raise ValueError(f"there is no fact {name!r}. Those that a page knows are {', '.join(FACTS)}.")
        if not isinstance(value, str) and not math.isfinite(value):
            raise ValueError(f"{name} ({FACTS[name]}) is {value}: leave out what was not measured.")
    for name in ("parts", "verdict"):
        if not str(facts.get(name, "")).strip():
            raise ValueError(f"{name!r} is missing: {FACTS[name]}. A page cannot do without it.")


def _names(sentence):
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def _write(path, page):
    try:
        write_text(path, page)
    except OSError as error:
        raise OSError(f"{path} cannot be written ({error}): name a file in a folder that you may write to.") from error
    return path
