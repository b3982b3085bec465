"""Interactive figures, one per lesson: plain functions that draw, and controls that call them.

`demo("05")` shows the one of lesson 05 in a notebook; `make demo` shows all of them in class, without code.
"""

from importlib import import_module

DEMOS = {  # lesson: (title, module, function)
    "01": ("Slide the filter", "convolution", "slide_the_filter"),
    "02": ("What does the way to the classes cost?", "convolution", "count_the_weights"),
    "03": ("Draw a digit", "maps", "draw_a_digit"),
    "04": ("Which layer looks where?", "maps", "slide_through_the_layers"),
    "05": ("Drag the patch", "maps", "drag_the_patch"),
    "06": ("Hide the parts", "parts", "hide_the_parts"),
    "07": ("Move the template", "filters", "move_the_template"),
    "08": ("The race of the optimizers", "learning", "race_the_optimizers"),
    "09": ("One column at a time", "learning", "look_at_a_column"),
    "10": ("Two filters, one correlation", "filters", "compare_two_filters"),
    "11": ("Which map is the real one?", "maps", "find_the_real_map"),
}


def demo(lesson):
    """The interactive figure of a lesson: controls, and a picture that follows them.

    lesson: two digits, such as "05". Returns an Interactive, which Jupyter shows. Raises ValueError for a lesson without
    one. Lesson 01.
    """
    if lesson not in DEMOS:
        raise ValueError(f"lesson {lesson!r} has no interactive figure: one of {', '.join(DEMOS)} was expected.")
    _, module, function = DEMOS[lesson]
    return getattr(import_module(f"xailab.demos.{module}"), function)()
