"""The figure of lesson 11: four maps of a photo, of which one is the network's."""

from functools import cache, lru_cache
from zlib import crc32

import numpy as np

from course.lessons.networks import photo_classifier, photographs
from course.student.controls import Interactive, choice
from xailab import plot
from xailab.cam import grad_cam
from xailab.evaluate import shuffle_weights
from xailab.network import copy_of

NAMES = "ABCD"


@cache
def _copy():
    """A copy of the classifier, whose weights may be shuffled."""
    return copy_of(photo_classifier())


@lru_cache(maxsize=12)
def candidates(name):
    """Four maps of a photo in an order that depends on the photo alone: one is the network's.

    Returns [(what it is, map float (224, 224))] of four: Grad-CAM of the network; Grad-CAM after all its weights were
    shuffled; the edges of the photo; a blob in the middle. Lesson 11.
    """
    from skimage.filters import gaussian, sobel

    photo, classifier = photographs()[name], photo_classifier()
    target = int(classifier.logits(photo[None])[0].argmax())
    real = grad_cam(classifier, photo[None], target)[0]
    random = np.random.default_rng(crc32(name.encode()))
    untaught = _copy()
    untaught.model.set_weights(classifier.model.get_weights())
    for layer in untaught.model.layers:
        shuffle_weights(layer, random)
    shuffled = grad_cam(untaught, photo[None], target)[0]
    edges = gaussian(sobel(photo.mean(axis=2)), 8)
    rows, columns = np.indices(photo.shape[:2])
    blob = np.exp(-(((rows - 112) / 50) ** 2) - ((columns - 112) / 50) ** 2)
    maps = [
        ("Grad-CAM of the network", real),
        ("Grad-CAM of the network with all weights shuffled", shuffled),
        ("the photo's edges; no network was asked", edges),
        ("a blob in the middle, the same for every photo", blob),
    ]
    return [maps[index] for index in random.permutation(4)]


def guess_figure(name, guess):
    """Lesson 11's figure: four maps of a photo; with a guess, what each of them is. Returns a Figure."""
    maps = candidates(name)
    real = next(
        letter
        for letter, (what, _) in zip(NAMES, maps)
        if what.startswith("Grad-CAM of the network") and "shuffled" not in what
    )
    if guess in NAMES:
        verdict = "Right" if guess == real else f"No, {guess} is {maps[NAMES.index(guess)][0]}"
        title = f"{verdict}: {real} is the network's map"
        alt = f"{title}. " + "; ".join(f"{letter}: {what}" for letter, (what, _) in zip(NAMES, maps)) + "."
    else:
        title = "One of these maps shows what the network saw. Which one?"
        alt = f"{title} A photo of {name} and four heat maps, A to D."
    figure = plot.new_figure(title, 9.2, 2.6, alt)
    panels = figure.subplots(1, 5)
    panels[0].imshow(photographs()[name])
    panels[0].set_title(name, fontsize=9)
    for axes, letter, (what, heatmap) in zip(panels[1:], NAMES, maps):
        largest = heatmap.max() or 1
        drawn = axes.imshow(heatmap / largest, cmap="inferno", vmin=0, vmax=1)
        short = (
            what.split(";")[0]
            .replace(" with all weights shuffled", ",\nall weights shuffled")
            .replace(", the same", ",\nthe same")
        )
        axes.set_title(f"{letter}: {short}" if guess in NAMES else letter, fontsize=8)
    for axes in panels:
        axes.set(xticks=[], yticks=[])
    figure.colorbar(drawn, ax=list(panels), shrink=0.7, label="share of the\nmap's largest")
    return figure


def find_the_real_map():
    """Which of four maps is the network's? Returns an Interactive. Lesson 11."""
    controls = {
        "name": choice("photo", list(photographs())),
        "guess": choice("your guess", ["not yet", *NAMES]),
    }
    return Interactive(guess_figure, "Which map is the real one?", controls)
