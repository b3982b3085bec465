"""The figure of lesson 08: a date stamp that is moved over a patch, and the network that learnt from it."""

from contextlib import redirect_stdout
from functools import cache
from io import StringIO

import numpy as np

from course.lessons.lesson_08.blocks import features_of, with_head
from course.student.controls import Interactive, Slider, choice, switch
from xailab import data, plot
from xailab.cam import grad_cam
from xailab.models import vgg16_base
from xailab.probes import linear_probe

SIZE, SUSPECT = (64, 115), "foliage"
STEPS = [0.0, 0.25, 0.5, 0.75, 1.0]  # places of the stamp, from the left or the upper border to the other one


@cache
def network():
    """VGG16 with a head that learnt from ten patches a material, those of foliage with a date stamp; and patches to test with,
    one a material. Trained once, in some seconds. Returns (Classifier, {material: uint8 (64, 115, 3)}). Lesson 08."""
    train, test = data.materials(SIZE, train=10, test=1, stamped=SUSPECT, seed=0)
    with redirect_stdout(StringIO()):  # where the weights were found, and the bar, are not for the audience
        base = vgg16_base(SIZE)
        probe = linear_probe(features_of(base, train.images), train.labels)
    classifier = with_head(base, probe, train.names)
    return classifier, dict(zip(test.names, test.images[np.unique(test.labels, return_index=True)[1]]))


def stamped(patch, size, across, down):
    """A copy of a patch with the date stamp of `data.date_stamp` in another size and place.

    patch: uint8 (H, W, 3). size: of the stamp; 1 is the camera's own. across, down: its place, 0 at the left and the upper
    border, 1 at the right and the lower one. Lesson 08.
    """
    height, width = patch.shape[:2]
    black = np.zeros((1, round(size * height), round(size * width), 3), np.uint8)
    ink = data.date_stamp(black)[0]
    rows, columns = (np.flatnonzero(ink.any(axis=(axis, 2))) for axis in (1, 0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1][:height, :width].astype(float)
    free = 0.97 * height - len(ink), 0.97 * width - ink.shape[1]  # the camera leaves a margin of 3 %
    top, left = (max(0, round(share * room)) for share, room in zip((down, across), free))
    result = patch.astype(float)
    place = result[top : top + len(ink), left : left + ink.shape[1]]
    dense = ink.max(axis=2, keepdims=True) / 255  # the stamp's strongest colour is 255
    place += ink - place * dense
    return result.round().clip(0, 255).astype(np.uint8)


def stamp_figure(material, on, size, across, down):
    """Lesson 08's figure: a patch, what the network takes it for, and its map for foliage. Returns a Figure."""
    classifier, patches = network()
    patch = stamped(patches[material], size, across, down) if on else patches[material]
    probabilities = classifier(patch[None])[0]
    suspect = classifier.labels.index(SUSPECT)
    heat = grad_cam(classifier, patch[None], suspect)[0]
    where = f"stamp of size {size:g} at {across:.0%} across, {down:.0%} down" if on else "no stamp"
    said = f"{classifier.labels[probabilities.argmax()]} {probabilities.max():.0%}"
    title = f"{material}, {where}: called {said}; {SUSPECT} {probabilities[suspect]:.1%}"
    return plot.overlay(patch, heat, title=title)


def move_the_stamp():
    """Put the stamp onto any patch, in any size and place, or take it away. Returns an Interactive. Lesson 08."""
    controls = {
        "material": choice("patch", list(network()[1]), "gravel"),
        "on": switch("with the stamp"),
        "size": Slider("size of the stamp", [0.5, 0.75, 1.0, 1.25, 1.5], 1.0),
        "across": Slider("place, from left to right", STEPS, 1.0),
        "down": Slider("place, from top to bottom", STEPS, 1.0),
    }
    return Interactive(stamp_figure, "Move the stamp", controls)
