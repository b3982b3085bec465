"""What an instructor gets of a marked class: a table for the grade book, a page per student, and an overview of the class.

All that students wrote is text in these files: it is escaped in HTML, and no spreadsheet takes it for a formula.
"""

import csv
import html
import io
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median
from urllib.parse import quote

from course.student.exercises import exercises
from course.web import html_figure, html_page
from xailab import plot
from xailab._files import write_text

_COLUMNS = ("student", "exercise", "points", "of", "state", "mistake", "found")
_MOST = 15  # rows of a list that shows the largest


def write_report(marked, out):
    """Write marks.csv, index.html and students/NAME.html. marked: MarkedClass. out: folder. Returns index.html's path."""
    out = Path(out)
    (out / "students").mkdir(parents=True, exist_ok=True)
    write_text(out / "marks.csv", table(marked.rows))
    students = sorted({row.student for row in marked.rows} | {run["student"] for run in marked.runs})
    for student in students:
        write_text(out / "students" / f"{student}.html", student_page(student, marked))
    write_text(out / "index.html", class_page(students, marked))
    return out / "index.html"


def table(rows):
    """The grade book as text in CSV, with the byte order mark that spreadsheets need to read UTF-8. rows: grade.Row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([_harmless(getattr(row, name)) for name in _COLUMNS] for row in rows)
    return "\ufeff" + text.getvalue()


def _harmless(value):
    """Text that no spreadsheet takes for a formula, on one line."""
    if not isinstance(value, str):
        return value
    text = " ".join(value.split())
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def student_page(student, marked):
    """One student's page: what each exercise is worth, what was found, and the hints for those that are not right."""
    rows = [row for row in marked.rows if row.student == student]
    body = [f"<p>{_sum(rows)}</p>"]
    for lesson in sorted({row.exercise[:2] for row in rows}):
        body.append(f"<h2>Lesson {lesson}</h2>")
        for run in marked.runs:
            if run["student"] == student and run["lesson"] == lesson and run["ended"]:
                body.append(f"<p>{_text(run['notebook'])} did not come to its end: {_text(run['ended'])}.</p>")
        for row in rows:
            if row.exercise[:2] == lesson:
                body.append(_exercise(row, exercises(lesson).get(row.exercise)))
    for run in marked.runs:
        if run["student"] == student and run.get("trouble"):
            body.append(f"<p>{_text(run['notebook'])} was not marked: {_text(run['trouble'])}.</p>")
    return html_page(f"{student}: what was found", "\n".join(body))


def _exercise(row, exercise):
    title = f"{row.exercise}, {exercise.title}" if exercise else row.exercise
    parts = [f"<h3>{_text(title)}: {row.points:g} of {row.of:g}, {row.state}</h3>"]
    if row.found:
        parts.append(f"<p>{_text(row.found)}</p>")
    if exercise and row.state != "right":
        parts.append("<ul>" + "".join(f"<li>{_text(hint)}</li>" for hint in exercise.hints) + "</ul>")
    return "\n".join(parts)


def class_page(students, marked):
    """The overview: scores, exercises, mistakes, where time goes, and every student with a link."""
    rows = defaultdict(list)
    for row in marked.rows:
        rows[row.student].append(row)
    score = {student: _share(rows[student]) for student in students}
    body = [f"<p>{len(students)} students, {len(marked.runs)} notebooks. {_sum(marked.rows)}.</p>"]
    if not marked.protected:
        body.append("<p>The notebooks ran unprotected: bubblewrap was not there to shut them in.</p>")
    body += [f"<p>Not marked yet, call the command again: {_text(each)}</p>" for each in marked.unmarked]
    if marked.rows:
        body += ["<h2>Scores</h2>", html_figure(_histogram(list(score.values())))]
        body += ["<h2>Exercises</h2>", _exercises(marked.rows)]
    mistakes = Counter(f"{row.exercise} {row.mistake}" for row in marked.rows if row.mistake)
    if mistakes:
        names, counts = zip(*mistakes.most_common(_MOST))
        drawn = plot.bars(names, counts, title="The mistakes that were made most often", xlabel="students")
        body += ["<h2>Mistakes</h2>", html_figure(drawn)]
    body += ["<h2>Where the time goes</h2>", _times(marked.runs)]
    listed = []
    for student in students:
        runs = [run for run in marked.runs if run["student"] == student]
        remarks = [run["trouble"] for run in runs if run.get("trouble")] + [
            run["ended"] for run in runs if run.get("ended")
        ]
        link = f'<a href="students/{quote(student)}.html">{_text(student)}</a>'
        listed.append([link, _sum(rows[student]), _text("; ".join(remarks))])
    body += ["<h2>Students</h2>", _html_table("Every student", ["student", "points", "remarks"], listed)]
    return html_page("The class", "\n".join(body))


def _share(rows):
    return sum(row.points for row in rows) / max(1, sum(row.of for row in rows))


def _sum(rows):
    return f"{sum(row.points for row in rows):g} of {sum(row.of for row in rows):g} points ({_share(rows):.0%})"


def _histogram(scores):
    tens = Counter(min(9, int(score * 10)) for score in scores)
    names = [f"{10 * ten} to {10 * ten + (10 if ten == 9 else 9)} %" for ten in range(10)]
    return plot.bars(names, [tens[ten] for ten in range(10)], title="Share of the points", xlabel="students")


def _exercises(rows):
    heads = ["right", "wrong", "not tried", "missing", "not handed in"]
    listed, quizzes = [], []
    for id in sorted({row.exercise for row in rows}):
        own = [row for row in rows if row.exercise == id]
        states, exercise = Counter(row.state for row in own), exercises(id[:2]).get(id)
        if exercise:
            listed.append([_text(f"{id}, {exercise.title}"), *(states[state] for state in heads)])
        else:
            mean = sum(row.points for row in own) / max(1, states["answered"])
            quizzes.append([_text(id), states["answered"], f"{mean:.1f} of {own[0].of}"])
    tables = _html_table("How many students", ["exercise", *heads], listed)
    if quizzes:
        tables += _html_table("Right at the first choice", ["quiz", "students who answered", "mean"], quizzes)
    return tables


def _times(runs):
    """Median seconds of each lesson, and of the cells that last longest."""
    lessons, cells = defaultdict(list), defaultdict(list)
    for run in runs:
        if run["lesson"]:
            lessons[run["lesson"]].append(run["seconds"])
            for cell in run["cells"]:
                cells[run["lesson"], cell["begins"]].append(cell["seconds"])
    if not lessons:
        return "<p>No notebook ran.</p>"
    whole = [
        [lesson, len(taken), f"{median(taken):.1f}", f"{max(taken):.1f}"] for lesson, taken in sorted(lessons.items())
    ]
    often = {where: taken for where, taken in cells.items() if len(taken) >= len(lessons[where[0]]) / 2}
    slow = sorted(often, key=lambda where: -median(often[where]))[:_MOST]
    some = [
        [lesson, f"<code>{_text(begins)}</code>", f"{median(often[lesson, begins]):.1f}"] for lesson, begins in slow
    ]
    return _html_table("Seconds of a notebook", ["lesson", "notebooks", "median", "longest"], whole) + _html_table(
        "Cells that at least half of the notebooks have, the longest first",
        ["lesson", "begins", "median seconds"],
        some,
    )


def _html_table(caption, heads, rows):
    """A table whose first column names the rows. rows: lists of HTML."""
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    lines = [
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{each}</td>" for each in row[1:]) + "</tr>" for row in rows
    ]
    return f"<table><caption>{caption}</caption><tr>{head}</tr>{''.join(lines)}</table>"


def _text(value):
    return html.escape(str(value))
