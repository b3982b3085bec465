"""Interactive figures: from a move to the new picture, 20 moves each, over the controls in turn."""

import time

import numpy as np

from course.lessons import FIGURES, demo
from course.student.controls import DrawingBoard, PhotoFile, Pointer, Slider

_MOVES = 20
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


def rows():
    """Yield (what, seconds, largest allowed or None): a class waits no longer than a second, and less for what is dragged."""
    for lesson, (title, *_) in FIGURES.items():
        figure = demo(lesson)
        controls = [each for each in figure._controls.values() if not isinstance(each, PhotoFile)]
        taken = []
        for number in range(_MOVES):
            start = time.perf_counter()
            move(controls[number % len(controls)], number)
            taken.append(time.perf_counter() - start)
            assert not figure.message.value, figure.message.value
        yield f"Figure {lesson}, {title}: median seconds per move", float(np.median(taken)), _ALLOWED.get(lesson, 1.0)
        yield f"Figure {lesson}, {title}: worst of {_MOVES} moves, seconds", max(taken), None
