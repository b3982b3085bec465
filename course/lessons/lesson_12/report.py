"""One page for each reader: what was measured of a network that inspects parts, in the words that this reader needs.

The text is a template of small tables and of sentences; each row and sentence is filled with the numbers that it names. What
needs a number that was not measured is left out, and the page ends with a list of what is missing.
"""

import html
import math
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from string import Formatter

import numpy as np

from course.web import html_figure, html_page
from xailab._files import write_text
from xailab.evaluate import share_and_interval

_COMMAND = "xailab run 12"
_NO_VERDICT = "Nobody has written yet what should be done: one sentence is missing here."

FACTS = {
    "parts": "what the pictures show",
    "verdict": "your own sentence: what should be done",
    "classes": "names of the classes",
    "fault": "the class that must not be missed",
    "learned": "number of parts to learn from",
    "tested": "number of new parts",
    "skipped": "number of files that could not be read",
    "seed": "seed of the training",
    "right": "share right on new parts",
    "right_low": "lower end of the 95 % interval of the share right",
    "right_high": "upper end of the 95 % interval of the share right",
    "threshold": "probability of the fault from which a part is stopped",
    "threshold_low": "lower end of the threshold's 95 % interval",
    "threshold_high": "upper end of the threshold's 95 % interval",
    "prevalence": "share of faulty parts for which the threshold was chosen",
    "cracked": "number of faulty parts among the new ones",
    "missed": "faulty parts that pass",
    "missed_high": "upper end of the 95 % interval of the share missed",
    "sound": "number of sound parts among the new ones",
    "alarms": "sound parts that are stopped",
    "alarms_high": "upper end of the 95 % interval of the share falsely stopped",
    "miss_cost": "cost of a missed fault",
    "alarm_cost": "cost of a false alarm",
    "cost_often": "cost per 1,000 parts where 50 % are faulty",
    "cost_at_times": "cost per 1,000 parts where 1 % is faulty",
    "cost_rarely": "cost per 1,000 parts where 0.1 % is faulty",
    "pairs": "number of parts that were photographed twice, with and without the mark",
    "missed_bare": "faulty parts that the first network called sound on the bare clamp",
    "turned": "answers that the mark changed, first network",
    "turned_after": "answers that the mark changes now",
    "maps": "number of faulty parts with a mark whose maps were judged",
    "cam_before": "share of CAM's maps that point at the crack, first network",
    "cam_after": "share of CAM's maps that point at the crack now",
    "occlusion_before": "share of occlusion's maps that point at the crack, first network",
    "occlusion_after": "share of occlusion's maps that point at the crack now",
    "shallowest": "depth of the shallowest crack tested, in parts of the thickness",
    "deepest": "depth of the deepest crack tested, in parts of the thickness",
    "depth_error": "mean error of the predicted depth, cracked parts",
    "guess_error": "mean error of one guess for all cracked parts",
}

_RULE = ("Rule", "a part is stopped if its probability of '{fault}' is at least {threshold:.2f}")
_ERRORS = (
    ("Missed", "{missed} of {cracked} (95 %: at most {missed_high:.1%})"),
    ("Falsely stopped", "{alarms} of {sound} (95 %: at most {alarms_high:.1%})"),
)
_COSTS = (
    ("50 % faulty", "{cost_often:,.0f} per 1,000 parts"),
    ("1 % faulty", "{cost_at_times:,.0f} per 1,000 parts"),
    ("0.1 % faulty", "{cost_rarely:,.0f} per 1,000 parts"),
)
_PAIRS = ("Answers that the mark changes", "{turned} of {pairs} with the first network, {turned_after} now")

PAGES = {
    "engineer": (
        "For the engineer: what it looks at, and how to see it again",
        {
            "What was done": (
                ("Pictures", "{parts}: {learned} to learn from, {tested} others to test with"),
                ("Classes", "{classes}"),
                ("Files that could not be read", "{skipped}"),
                ("Version", "xailab {version}, lesson 12"),
                ("Seed of the training", "{seed}"),
                ("To see it again", "{command}"),
            ),
            "Decision": (
                _RULE,
                ("The threshold on other parts", "{threshold_low:.2f} to {threshold_high:.2f} (95 %, bootstrap)"),
                *_ERRORS,
                ("Right", "{right:.1%} (95 %: {right_low:.1%} to {right_high:.1%})"),
            ),
            "What it looks at": (
                _PAIRS,
                ("Missed on the bare clamp", "{missed_bare} cracks with the first network"),
                (
                    "CAM points at the crack",
                    "{cam_before:.0%} of {maps} maps with the first network, {cam_after:.0%} now",
                ),
                ("Occlusion does", "{occlusion_before:.0%} with the first network, {occlusion_after:.0%} now"),
            ),
            "The depth of a crack": (
                ("Mean error", "{depth_error:.2f} of the thickness; one guess for all: {guess_error:.2f}"),
            ),
        },
    ),
    "manager": (
        "For the manager: what it costs, and what is asked of you",
        {
            "What it does": (
                ("Tested on", "{tested} pictures that it has not seen: {parts}"),
                _RULE,
                *_ERRORS,
                ("An earlier network", "missed {missed_bare} cracks where a mark on the clamp was missing"),
            ),
            "What its mistakes cost": (
                ("One mistake", "a miss {miss_cost:,.0f}, a false alarm {alarm_cost:,.0f}"),
                *_COSTS,
            ),
            "What is asked of you": (
                "Say how many parts of your line are faulty: the costs above hang on it, and so does the threshold.",
                "Name a person who looks at every part that is stopped and at a sample of those that pass.",
                "Do not use it on parts, clamps or cameras that its pictures do not cover.",
            ),
        },
    ),
    "regulator": (
        "For the regulator: what is known, and what is not",
        {
            "Intended use": (
                ("Purpose", "reads pictures of {parts} and proposes one of: {classes}"),
                _RULE,
                ("Oversight", "a person decides on each part that is stopped; nobody looks at the others"),
                ("Version", "xailab {version}, lesson 12"),
                ("Who answers for it", "________________"),
            ),
            "Test": (
                ("New parts", "{tested}, of which {cracked} faulty"),
                *_ERRORS,
                ("Prevalence", "the threshold was chosen for {prevalence:.1%} faulty parts, not measured on the line"),
                ("Depth of the cracks tested", "{shallowest:.2f} to {deepest:.2f} of the thickness; none is shallower"),
            ),
            "A known fault and its remedy": (
                _PAIRS,
                ("Heat maps at the crack", "CAM {cam_after:.0%}, occlusion {occlusion_after:.0%} of {maps}"),
            ),
            "Monitoring": (
                "Each month: a sample of the parts that passed is inspected by hand, and the misses are counted.",
                "Stop using it if the share missed exceeds the bound above, or if camera, clamp, light or steel change.",
            ),
            "Limits": (
                "All numbers hold for {parts} like those tested. Nothing is known about others.",
                "A heat map shows evidence that is in the picture. It does not prove that a decision is right.",
            ),
        },
    ),
}


def errors_and_costs(probabilities, faulty, threshold, *, miss, alarm):
    """What one rule gives on new parts, as facts for the pages: counts, upper ends of exact intervals, costs by prevalence.

    probabilities: of the fault, float (N,). faulty: 1 for a faulty part and 0 for a sound one, (N,), both kinds at least
    once. threshold: from which a part is stopped. miss, alarm: cost of a missed fault and of a false alarm.
    Returns {name of FACTS: number}. Raises ValueError where one of the two kinds is missing. Lesson 12.
    """
    faulty, stopped = np.asarray(faulty) == 1, np.asarray(probabilities) >= threshold
    if faulty.all() or not faulty.any():
        raise ValueError("all parts are of one kind: faulty and sound ones were expected.")
    missed, alarms = share_and_interval(~stopped[faulty]), share_and_interval(stopped[~faulty])
    facts = dict(zip(("right", "right_low", "right_high"), share_and_interval(stopped == faulty)))
    facts |= {"threshold": threshold, "cracked": int(faulty.sum()), "sound": int((~faulty).sum())}
    facts |= {"missed": int((~stopped & faulty).sum()), "missed_high": missed[2]}
    facts |= {"alarms": int((stopped & ~faulty).sum()), "alarms_high": alarms[2]}
    facts |= {"miss_cost": miss, "alarm_cost": alarm}
    for name, share in {"often": 0.5, "at_times": 0.01, "rarely": 0.001}.items():
        facts[f"cost_{name}"] = 1000 * (share * missed[0] * miss + (1 - share) * alarms[0] * alarm)
    return facts


def write_page(path, reader, facts, figures=()):
    """Write one page for one reader as an HTML file that opens alone: figures inside, nothing fetched, no script.

    path: of the file; missing folders are made, and an old page is replaced in one step. reader: "engineer", "manager" or
    "regulator". facts: {name: number or text}, names from FACTS; "parts" and "verdict" must be there, and ... as the verdict
    has the page say that nobody has written it yet. A row or sentence whose facts are missing is left out and what it lacks
    is listed. figures: Figures of xailab.plot, with their alternative text.
    Returns the file's Path. Raises ValueError for another reader, a name that is not in FACTS, a missing or empty text, a
    number that is not finite, a figure without alternative text; OSError for a place that cannot be written. Lesson 12.
    """
    if reader not in PAGES:
        raise ValueError(f"reader is {reader!r}: one of {', '.join(PAGES)} was expected.")
    _check(facts)
    title, sections = PAGES[reader]
    body, missing, known = [], set(), {**facts, "version": version("xailab"), "command": _COMMAND}
    for heading, parts in sections.items():
        lacking = [_names(part) - set(known) for part in parts]
        filled = [_fill(part, known) for part, lacks in zip(parts, lacking) if not lacks]
        missing |= set().union(*lacking)
        if filled:
            body += [f"<h2>{heading}</h2>", *_as_html(filled)]
    body += map(html_figure, figures)
    if missing:
        listed = "".join(f"<li>{html.escape(words)}</li>" for name, words in FACTS.items() if name in missing)
        body += ["<h2>Not measured</h2>", f"<ul>{listed}</ul>"]
    body += [f"<p><small>Written by: {'_' * 24} &emsp; Date: {'_' * 12}</small></p>"]
    said = _NO_VERDICT if facts["verdict"] is ... else facts["verdict"]
    return _write(Path(path), html_page(title, "\n".join([f'<p class="verdict">{html.escape(said)}</p>', *body])))


def _fill(part, facts):
    """A sentence, or a row's (name, text), with its numbers."""
    return part.format_map(facts) if isinstance(part, str) else tuple(each.format_map(facts) for each in part)


def _as_html(parts):
    """Sentences as paragraphs, rows that follow each other as one table."""
    for is_text, group in groupby(parts, lambda part: isinstance(part, str)):
        if is_text:
            yield from (f"<p>{html.escape(sentence)}</p>" for sentence in group)
        else:
            rows = (f'<tr><th scope="row">{html.escape(a)}</th><td>{html.escape(b)}</td></tr>' for a, b in group)
            yield f"<table>{''.join(rows)}</table>"


def _check(facts):
    for name, value in facts.items():
        if name not in FACTS:
            raise ValueError(f"there is no fact {name!r}. Those that a page knows are {', '.join(FACTS)}.")
        if not isinstance(value, str) and value is not ... and not math.isfinite(value):
            raise ValueError(f"{name} ({FACTS[name]}) is {value}: leave out what was not measured.")
    for name in ("parts", "verdict"):
        if not str(facts.get(name, "")).strip():
            raise ValueError(f"{name!r} is missing: {FACTS[name]}. A page cannot do without it.")


def _names(part):
    """The facts that a sentence or a row needs."""
    return {
        name
        for text in ([part] if isinstance(part, str) else part)
        for _, name, _, _ in Formatter().parse(text)
        if name
    }


def _write(path, page):
    try:
        write_text(path, page)
    except OSError as error:
        raise OSError(f"{path} cannot be written ({error}): name a file in a folder that you may write to.") from error
    return path
