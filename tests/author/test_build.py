import nbformat
import pytest

from course.author import build

LESSON = '''# %% [markdown]
# # 42 · A question?
# **You will** see · **Needs** nothing · **Reading** 20 min · **Computing** 2 s

# %% tags=["parameters"]
N = 3

# %% tags=["exercise"] id="42.1" minutes=5 difficulty=1
LIMIT = 9


def answer(x):
    """Twice. number -> number

    Any number will do.
    """
    # the trick
    doubled = 2 * x
    return doubled


total = answer(N) + LIMIT
answer = (lambda id, given: given)("42.1", answer)

# %%
# NBVAL_CHECK_OUTPUT
print(answer(N))
print(N)

# %%
print(answer(N))
print(N)

# %% [markdown] tags=["teaching"]
# Ask them.
'''


@pytest.fixture
def lesson(tmp_path):
    (tmp_path / "solutions").mkdir()
    path = tmp_path / "solutions" / "42_question.py"
    path.write_text(LESSON)
    return path


def test_an_opened_exercise_keeps_signature_docstring_and_constants():
    code = 'LIMIT = 9\n\n\ndef f(x):\n    """Doc."""\n    # trick\n    return x\n\n\nf = check("42.1", f)'
    assert (
        build.open_exercise(code)
        == 'LIMIT = 9\n\n\ndef f(x):\n    """Doc."""\n    return ...\n\n\nf = check("42.1", f)'
    )


def test_an_opened_exercise_hides_values_but_not_the_check():
    code = "value = {\n    1: 2,\n}\nvalue = check('42.2', value)"
    assert build.open_exercise(code) == "value = ...\nvalue = check('42.2', value)"


def test_the_student_edition_has_open_exercises_and_no_marks(lesson):
    student = build.student_edition(build.read(lesson))
    text = "\n".join(cell.source for cell in student.cells)
    assert "return ..." in text and "trick" not in text and "NBVAL" not in text and "Ask them" not in text
    assert "LIMIT = 9" in text and "total = ..." in text
    assert "# Exercise 42.1 · 5 minutes · difficulty 1 of 3\nLIMIT" in text
    nbformat.validate(student)


def test_the_solved_edition_keeps_everything_but_the_remarks_for_teachers(lesson):
    solved = build.solved_edition(build.read(lesson))
    text = "\n".join(cell.source for cell in solved.cells)
    assert "doubled = 2 * x" in text and "NBVAL_CHECK_OUTPUT" in text and "Ask them" not in text


def test_cell_ids_come_from_the_content_and_twins_are_told_apart(lesson):
    ids = [cell.id for cell in build.read(lesson).cells]
    assert len(set(ids)) == len(ids)
    lesson.write_text(LESSON.replace('# %% tags=["parameters"]', '# %%\n# a new cell\n\n# %% tags=["parameters"]'))
    assert set(ids) < {cell.id for cell in build.read(lesson).cells}


def test_building_twice_changes_nothing_and_executes_once(lesson, tmp_path, monkeypatch):
    build.build(lesson, tmp_path)
    files = [tmp_path / "notebooks" / "42_question.ipynb", tmp_path / "solutions" / "42_question.ipynb"]
    before = [file.read_bytes() for file in files]
    executed = nbformat.read(files[1], as_version=4)
    assert [output.text for cell in executed.cells for output in cell.get("outputs", [])] == ["6\n3\n", "6\n3\n"]
    monkeypatch.setattr(build, "execute", lambda *given: pytest.fail("executed again"))
    build.build(lesson, tmp_path)
    assert [file.read_bytes() for file in files] == before


@pytest.fixture
def built(lesson, tmp_path, monkeypatch):
    """A folder whose only lesson was built, and its pages; the plans are about other lessons."""
    monkeypatch.setattr(build.plans, "plans", lambda: [])
    build.build(lesson, tmp_path)
    for name, page in build.pages(tmp_path).items():
        build.write_text(tmp_path / "solutions" / name, page)
    return tmp_path


def test_what_was_just_built_is_not_stale_and_looking_writes_nothing(built):
    before = {path: path.stat().st_mtime_ns for path in built.rglob("*")}
    assert build.stale(built) == {}
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*")} == before


def test_what_is_stale_is_named_with_its_fault(built):
    student, solved = (built / folder / "42_question.ipynb" for folder in ("notebooks", "solutions"))
    notebook = nbformat.read(student, as_version=4)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="3")]
    nbformat.write(notebook, student)
    solved.write_text(solved.read_text().replace("doubled", "twice"))
    (built / "solutions" / "TEACHING.md").write_text("edited by hand")
    (built / "notebooks" / "99_old.ipynb").write_text("{}")
    found = build.stale(built)
    assert {path: trouble.split()[:2] for path, trouble in found.items()} == {
        "notebooks/42_question.ipynb": ["holds", "outputs:"],
        "solutions/42_question.ipynb": ["was", "executed"],
        "solutions/TEACHING.md": ["is", "not"],
        "notebooks/99_old.ipynb": ["has", "no"],
    }


def test_a_changed_source_makes_both_editions_stale(built, lesson):
    lesson.write_text(LESSON.replace("N = 3", "N = 4"))
    found = build.stale(built)
    assert found["notebooks/42_question.ipynb"] == "is not what 42_question.py gives"
    assert found["solutions/42_question.ipynb"].startswith("was executed from another 42_question.py")


def test_an_edition_that_was_not_executed_or_is_no_notebook_is_named(built):
    student, solved = (built / folder / "42_question.ipynb" for folder in ("notebooks", "solutions"))
    notebook = nbformat.read(solved, as_version=4)
    notebook.cells[2].execution_count = None
    nbformat.write(notebook, solved)
    student.write_text("{broken")
    assert build.stale(built) == {
        "notebooks/42_question.ipynb": "is missing, or is no notebook",
        "solutions/42_question.ipynb": "was not executed from top to bottom",
    }


def test_the_command_names_what_is_stale_and_fails(built, monkeypatch, capsys):
    monkeypatch.setattr(build, "stale", lambda: {"notebooks/42_question.ipynb": "holds outputs"})
    assert build.main(["--check"]) == 1
    assert "notebooks/42_question.ipynb holds outputs." in capsys.readouterr().out
    monkeypatch.setattr(build, "stale", dict)
    assert build.main(["--check"]) == 0 and capsys.readouterr().out == ""


def test_an_error_in_a_lesson_leaves_the_edition_before_it_in_place(lesson, tmp_path):
    target = tmp_path / "solutions" / "42_question.ipynb"
    target.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    before = target.read_bytes()
    lesson.write_text(LESSON + "\n# %%\n1 / 0\n")
    with pytest.raises(Exception, match="ZeroDivisionError"):
        build.build(lesson, tmp_path)
    assert target.read_bytes() == before and not list(tmp_path.rglob("*.part"))


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "page.md"
    build.write_text(target, "old")
    monkeypatch.setattr(build.os, "replace", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        build.write_text(target, "new")
    assert target.read_text() == "old" and [path.name for path in tmp_path.iterdir()] == ["page.md"]


def test_a_lesson_without_a_proper_header_is_named(lesson):
    lesson.write_text("# %% [markdown]\n# # Just a title\n")
    with pytest.raises(ValueError, match="the first cell begins '# Just a title'"):
        build.header(build.read(lesson))


def test_the_teaching_page_has_plans_minutes_and_questions(lesson, tmp_path, monkeypatch):
    session = {"when": "Friday", "lessons": ["42"], "why": "It is short."}
    plan = {"title": "1 day", "about": "", "covers": "all", "longest": 20, "exercises": "class", "session": [session]}
    monkeypatch.setattr(build.plans, "plans", lambda: [plan])
    page = build.teaching_page(tmp_path)
    assert "| Friday | 42 | 20 | – | – | – | It is short. |" in page
    assert "## 42 · A question?" in page and "Reading 20 min" in page and "Ask them." in page


def test_a_lesson_takes_200_words_and_8_lines_per_minute_and_its_exercises(lesson):
    prose, code = "# %% [markdown]\n" + "# word word\n" * 200, "# %%\n" + "x = 1\n\n" * 15
    lesson.write_text(f"{prose}\n{code}\n{LESSON[LESSON.index('# %% tags') :]}")
    lines = 15 + 1 + 9 + 2 + 2  # of the exercise what is left of it for students, and no marks of comparison
    assert build.minutes(build.read(lesson)) == 400 / 200 + lines / 8 + 5


def test_what_a_cell_printed_is_one_output_and_its_progress_bar_is_gone():
    def said(text):
        return nbformat.v4.new_output("stream", name="stdout", text=text)

    widget = "application/vnd.jupyter.widget-view+json"
    bar = nbformat.v4.new_output("display_data", {widget: {}, "text/plain": "head:   0%|          | 0/60"})
    slider = nbformat.v4.new_output("display_data", {widget: {}, "text/plain": "interactive(children=…)"})
    cell = nbformat.v4.new_code_cell("", outputs=[said("one\n"), bar, said("two\n"), slider])
    build.tidy(nbformat.v4.new_notebook(cells=[cell]))
    assert cell.outputs == [said("one\ntwo\n"), slider]


def test_a_lesson_that_there_is_not_is_refused_before_anything_is_written(monkeypatch, capsys):
    monkeypatch.setattr(build, "write_text", None)
    with pytest.raises(SystemExit):
        build.main(["01", "77"])
    assert "there is no lesson 77: there are 00, 01," in capsys.readouterr().err


def test_a_lessons_functions_see_each_other_its_imports_and_its_parameters():
    space = build.functions("09")
    pair, answer = space["related"](0, count=50)
    assert pair.shape == (50, 2) and answer.shape == (50,) and space["related"].__globals__ is space
    code, small = build.parameters(build.read(build.source("09")))
    assert small == {"TREES": 20, "DRAWS": 1} and all(f"{name} = {space[name]}" in code for name in small)
