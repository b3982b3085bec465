"""The figure of lesson 05: a patch that is dragged over a photo, and the scores that follow."""

from functools import lru_cache

import numpy as np

from course.lessons.networks import photo_classifier, photographs
from course.student.controls import Interactive, Pointer, Slider, choice
from xailab import plot

_SIDES = [16, 32, 48, 64, 96]  # of the patch, in pixels


def covered(photo, x, y, side):
    """A copy of a photo with a grey square on it, cut off at the edges. x, y: its centre; side: in pixels."""
    photo = photo.copy()
    top, left = max(0, y - side // 2), max(0, x - side // 2)
    photo[top : y + (side + 1) // 2, left : x + (side + 1) // 2] = 128
    return photo


@lru_cache(maxsize=16)
def _uncovered(name):
    logits = photo_classifier().logits(photographs()[name][None])[0]
    top = np.argsort(-logits)[:3]
    return top, logits[top]


def patch_figure(name, place, side):
    """Lesson 05's figure: the photo's three highest logits, before and behind the patch. Returns a Figure."""
    top, before = _uncovered(name)
    now = photo_classifier().logits(covered(photographs()[name], *place, side)[None])[0]
    labels = [photo_classifier().labels[index] for index in top]
    moves = "falls" if now[top[0]] <= before[0] else "rises"
    title = f"Covered here, the logit of {labels[0]} {moves} from {before[0]:.1f} to {now[top[0]]:.1f}"
    alt = f"{title}. Logits with the patch: " + ", ".join(f"{a} {b:.1f}" for a, b in zip(labels, now[top])) + "."
    figure = plot.new_figure(title, 6.2, 2.6, alt)
    axes = figure.subplots()
    places = np.arange(3)
    axes.barh(places - 0.2, before, 0.4, label="uncovered", color="#9a9a9a")
    axes.barh(places + 0.2, now[top], 0.4, label="with the patch", color="#31688e")
    axes.set_yticks(places, labels)
    axes.set(xlabel="logit", xlim=(min(0, now[top].min()), 1.15 * before[0]))
    axes.invert_yaxis()
    axes.legend(fontsize=8, loc="lower right")
    return figure


def drag_the_patch():
    """Drag a patch over a photo; the scores follow. Returns an Interactive. Lesson 05."""
    pointer = Pointer(label="Photo with a patch: drag it, or move it with the arrow keys", side=48)

    def draw(name, place, side):
        pointer.side = side
        pointer.show(photographs()[name])
        return patch_figure(name, tuple(place), side)

    controls = {
        "name": choice("photo", list(photographs()), "coffee"),
        "side": Slider("patch, pixels", _SIDES, 48),
        "place": pointer,
    }
    return Interactive(draw, "Drag the patch", controls)
