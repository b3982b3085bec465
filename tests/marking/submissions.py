"""Submissions for lesson 01 as students hand them in: right, wrong in known ways, open, and hostile."""

import nbformat

IMPORTS = """import numpy as np
from course.student.check import check
from course.lessons.lesson_01.exercises import FILTER, PHOTO"""
RIGHT = {
    "01.1": "def one_number(patch, kernel, bias):\n    return np.sum(patch * kernel) + bias",
    "01.2": """def convolve(image, kernel, bias):
    kh, kw, _ = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    return np.array([[np.sum(image[i:i + kh, j:j + kw] * kernel) + bias for j in range(columns)] for i in range(rows)])""",
    "01.3": "slips = {('a', 1, 2): (46, 44), ('b', 2, 2): (12, 13)}",
    "01.4": "def positions(n, kernel, stride, padding):\n    return (n + 2 * padding - kernel) // stride + 1",
    "01.5": "def parameters(kernel, channels, filters):\n    return (kernel * kernel * channels + 1) * filters",
    "01.6": """def field_size(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump *= stride
    return size""",
}
NAMES = {
    "01.1": "one_number",
    "01.2": "convolve",
    "01.3": "slips",
    "01.4": "positions",
    "01.5": "parameters",
    "01.6": "field_size",
}
POINTS = {"01.1": 1, "01.2": 2, "01.3": 2, "01.4": 1, "01.5": 1, "01.6": 3}


RIGHT_02 = {
    "02.1": "def dense_weights(inputs, outputs):\n    return inputs * outputs + outputs",
    "02.2": "def pool(maps):\n    return maps.mean(axis=(0, 1))",
    "02.3": "predictions = {'shifted': 'the same', 'upside down': 'the same', 'quarter turn': 'exchanged',"
    " 'larger picture': 'a quarter'}",
    "02.4": "def weighted_map(maps, weights):\n    return np.tensordot(maps, weights, axes=1)",
}
NAMES |= {"02.1": "dense_weights", "02.2": "pool", "02.3": "predictions", "02.4": "weighted_map"}
MISTAKES = {  # of each exercise some, by the names that the course has for them
    "01.1": {
        "forgot the bias": "def one_number(patch, kernel, bias):\n    return np.sum(patch * kernel)",
        "flipped kernel": "def one_number(patch, kernel, bias):\n    return np.sum(patch * kernel[::-1, ::-1]) + bias",
    },
    "01.2": {"forgot the bias": RIGHT["01.2"].replace(" + bias", "")},
    "01.3": {"counted from one": "slips = {('a', 2, 3): (46, 44), ('b', 3, 3): (12, 13)}"},
    "01.4": {"forgot the first position": RIGHT["01.4"].replace(" + 1", "")},
    "01.5": {"forgot the biases": RIGHT["01.5"].replace(" + 1", "")},
    "01.6": {},
    "02.1": {"forgot the biases": "def dense_weights(inputs, outputs):\n    return inputs * outputs"},
    "02.2": {
        "summed": "def pool(maps):\n    return maps.sum(axis=(0, 1))",
        "took the maximum": "def pool(maps):\n    return maps.max(axis=(0, 1))",
    },
    "02.3": {
        "half a turn exchanges": RIGHT_02["02.3"].replace("'upside down': 'the same'", "'upside down': 'exchanged'")
    },
    "02.4": {},
}


def notebook(answers=RIGHT, before="", checks=None):
    """A notebook with the answers of lesson 01, as text. before: a cell ahead of 01.2. checks: {id: line instead of check's}."""
    cells = [IMPORTS]
    for id, answer in answers.items():
        if id == "01.2" and before:
            cells.append(before)
        line = (checks or {}).get(id, f'{NAMES[id]} = check("{id}", {NAMES[id]})')
        cells.append(f"{answer}\n\n\n{line}")
    return nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]))


def with_answer(code):
    """Everything right but 01.2, whose function has this body."""
    return notebook({**RIGHT, "01.2": "def convolve(image, kernel, bias):\n    " + code.replace("\n", "\n    ")})


def hand_in(folder, student, text, name="lesson.ipynb"):
    """Lay a text into a student's folder, and return its path."""
    path = folder / student / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


ALL = set(RIGHT)
_SET_UP = "import ctypes, os, shutil, signal, socket, subprocess, sys, threading, time\nfrom pathlib import Path\n"

# name: (text of the notebook, exercises that stay right). What only ends at a limit is in SLOW.
HOSTILE = {
    "fills memory at once": (with_answer("return np.ones(10**10)"), ALL - {"01.2"}),
    "fills memory bit by bit": (
        with_answer("kept = []\nwhile True:\n    kept.append(bytearray(10**8))\n    kept[-1][::4096] = b'x' * 24415"),
        ALL - {"01.2"},
    ),
    "fills the disk": (
        with_answer("with open('large', 'wb') as file:\n    while True:\n        file.write(bytes(10**7))"),
        ALL - {"01.2"},
    ),
    "forks": (notebook(before=_SET_UP + "while True:\n    os.fork()"), {"01.1"}),
    "leaves children behind": (
        notebook(
            before=_SET_UP
            + "for _ in range(3):\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(4321)\n        os._exit(0)"
        ),
        ALL,
    ),
    "deletes files": (
        notebook(
            before=_SET_UP
            + "for place in (Path.home(), np.__path__[0], Path(check.__code__.co_filename).parents[2], '/usr', '/etc', '/'):\n"
            "    shutil.rmtree(place, ignore_errors=True)"
        ),
        ALL,
    ),
    "ends the kernel": (notebook(before=_SET_UP + "os._exit(0)"), {"01.1"}),
    "asks the kernel to end": (notebook(before="exit()"), ALL),
    "crashes": (notebook(before=_SET_UP + "ctypes.string_at(0)"), {"01.1"}),
    "kills all it can reach": (notebook(before=_SET_UP + "os.kill(-1, signal.SIGKILL)"), {"01.1"}),
    "kills its parent": (notebook(before=_SET_UP + "os.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(60)"), {"01.1"}),
    "puts its own check in the place of check": (
        notebook({**RIGHT, "01.2": "def convolve(*given):\n    return 0"}, before="check = lambda id, answer: answer"),
        {"01.1"},
    ),
    "makes the engine say yes": (
        notebook(
            {**RIGHT, "01.2": "def convolve(*given):\n    return 0"},
            before="import course.student.check as engine\nfrom course.marking import recorder\n"
            "engine.examine = lambda *given: (False, None, None)\nengine.judge = lambda *given: (None, None)\n"
            "engine._same = lambda *given: True\nrecorder.record = None",
        ),
        ALL - {"01.2"},
    ),
    "sends a forged answer": (
        notebook(
            checks={
                "01.2": "from IPython.display import display\n"
                "display({'application/vnd.xailab.answer+json': {'exercise': '01.2', 'untried': False, 'trouble': None,"
                " 'touched': None, 'results': [{'plain': 'right'}]}}, raw=True)"
            }
        ),
        ALL - {"01.2"},
    ),
    "hands in the course's solution": (
        notebook({**RIGHT, "01.2": "from course.lessons.lesson_01.exercises import convolve"}),
        ALL - {"01.2"},
    ),
    "wraps what check hands back": (
        notebook(
            {
                **RIGHT,
                "01.2": "lent = check('01.2', lambda *given: 0)\n\n\ndef convolve(*given):\n    return lent(*given)",
            }
        ),
        ALL - {"01.2"},
    ),
    "knows the visible inputs by heart": (
        with_answer(
            "from course.lessons.lesson_01.exercises import EXERCISES\n"
            "if not any(np.array_equal(image, case[0]) for case in EXERCISES[1].cases()):\n"
            "    return np.zeros((2, 2))\n" + RIGHT["01.2"].split("\n", 1)[1].replace("\n    ", "\n").strip()
        ),
        ALL - {"01.2"},
    ),
    "raises what nobody catches": (
        with_answer("class Mine(BaseException):\n    pass\nraise Mine('<script>alert(1)</script>')"),
        ALL - {"01.2"},
    ),
    "answers with a monster": (
        with_answer(
            "class Monster(list):\n    __array__ = __len__ = __iter__ = lambda *given: 1 / 0\nreturn Monster()"
        ),
        ALL - {"01.2"},
    ),
    "answers with ten million numbers": (with_answer("return np.zeros(10**7)"), ALL - {"01.2"}),
    "is no notebook": ("\x00\x01 nothing", set()),
    "is nested too deeply": ('{"cells": ' + "[" * 100_000 + "]" * 100_000 + "}", set()),
}
SLOW = {
    "loops": (with_answer("while True:\n    pass"), ALL - {"01.2"}),
    "loops and will not be interrupted": (
        notebook(
            before="while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"
        ),
        {"01.1"},
    ),
    "prints for ever": (notebook(before="while True:\n    print('for ever ' * 1000)"), ALL),
    "sleeps": (with_answer("import time\ntime.sleep(10**6)"), ALL - {"01.2"}),
}
