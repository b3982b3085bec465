"""Interactive figures: from a move to the new picture, 20 moves each, over the controls in turn."""

import time

import numpy as np

from course.lessons import FIGURES, demo
from course.student.controls import DrawingBoard, PhotoFile, Pointer, Slider

_MOVES = 20
_SMALL = ("03", "05", "09")  # every kind of control is in them
_ALLOWED = {"05": 0.3}  # seconds per move, median: the patch is dragged, so its scores must follow the hand


def move(control, number):
    """Give a control another value, as a reader would."""
    if isinstance(control, Pointer):
        control.value = [20 + 9 * number % 200, 112]
    elif isinstance(control, DrawingBoard):
        control.value = np.random.default_rng(number).integers(0, 256, 784, dtype=np.uint8).tobytes().hex()
    elif isinstance(control, Slider) or hasattr(control, "options"):
        control.index = (control.index + 1) % len(control.options)
    else:
        control.value = not control.value


def rows(small=False):
    """Yield (what, seconds, largest allowed or None): a class waits no longer than a second, and less for what is dragged.

    small: as little as shows that it runs.
    """
    moves = 4 if small else _MOVES
    for lesson in _SMALL if small else FIGURES:
        title = FIGURES[lesson][0]
        figure = demo(lesson)
        controls = [each for each in figure._controls.values() if not isinstance(each, PhotoFile)]
        taken = []
        for number in range(moves):
            start = time.perf_counter()
            move(controls[number % len(controls)], number)
            taken.append(time.perf_counter() - start)
            assert not figure.message.value, figure.message.value
        yield f"Figure {lesson}, {title}: median seconds per move", float(np.median(taken)), _ALLOWED.get(lesson, 1.0)
        yield f"Figure {lesson}, {title}: worst of {moves} moves, seconds", max(taken), None
