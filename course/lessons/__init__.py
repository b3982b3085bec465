"""The lessons' own code, a folder each: exercises, questions, the figure to play with, and what else a lesson needs.

`demo("05")` shows the figure of lesson 05 in a notebook; `make demo` shows all of them in class, without code.
"""

from importlib import import_module

FIGURES = {  # lesson: (title, function in its figure.py that makes the figure)
    "01": ("Slide the filter", "slide_the_filter"),
    "02": ("What does the way to the classes cost?", "count_the_weights"),
    "03": ("Draw a digit", "draw_a_digit"),
    "04": ("Which layer looks where?", "slide_through_the_layers"),
    "05": ("Drag the patch", "drag_the_patch"),
    "06": ("Hide the parts", "hide_the_parts"),
    "07": ("Move the template", "move_the_template"),
    "08": ("Move the stamp", "move_the_stamp"),
    "09": ("One column at a time", "look_at_a_column"),
    "10": ("Two filters, one correlation", "compare_two_filters"),
    "11": ("Which map is the real one?", "find_the_real_map"),
}


def demo(lesson):
    """The interactive figure of a lesson: controls, and a picture that follows them.

    lesson: two digits, such as "05". Returns an Interactive, which Jupyter shows. Raises ValueError for a lesson without
    one. Lesson 01.
    """
    if lesson not in FIGURES:
        raise ValueError(f"lesson {lesson!r} has no interactive figure: one of {', '.join(FIGURES)} was expected.")
    return getattr(import_module(f"course.lessons.lesson_{lesson}.figure"), FIGURES[lesson][1])()
