"""The figure of lesson 06: parts of a photo switched on and off, and how many samples LIME needs to say the same twice."""

from functools import cache
from itertools import product

import numpy as np
from skimage.segmentation import find_boundaries, slic

from course.lessons.networks import photo_classifier, photographs
from course.student.controls import Interactive, Slider, choice, switch
from xailab import plot
from xailab.lime import explain_image, stability
from xailab.superpixels import mean_colours

PARTS = 6  # all 64 ways to hide some of them are asked at once, within a second
SAMPLES = [10, 20, 40, 80, 160, 320]


@cache
def pieces(name):
    """A photo cut into six superpixels, and the answers for all 64 ways to hide some of them.

    Returns (segments int (224, 224) from 0 to 5, target, {6 truth values: probability of the target}). Lesson 06.
    """
    photo = photographs()[name]
    for wanted in range(PARTS, 40):  # scikit-image's number is a wish
        segments = slic(photo, n_segments=wanted, compactness=20, sigma=3, start_label=0)
        if segments.max() + 1 >= PARTS:
            break
    segments = np.minimum(segments, PARTS - 1)  # what is one too many joins the last
    target = int(photo_classifier().logits(photo[None])[0].argmax())
    masks = list(product([True, False], repeat=PARTS))
    photos = np.stack([with_parts(photo, segments, shown) for shown in masks])
    return segments, target, dict(zip(masks, photo_classifier()(photos)[:, target].tolist()))


def with_parts(photo, segments, shown):
    """The photo with the parts that are not shown in their mean colour. shown: a truth value per part."""
    return np.where(np.asarray(shown)[segments][..., None], photo, mean_colours(photo, segments))


@cache
def explained(name, samples):
    """LIME's explanation of a photo, seed 0, and its stability over five seeds. Returns (weights (6,), R^2, Stability)."""
    photo, (segments, _, answers) = photographs()[name], pieces(name)
    hidden = mean_colours(photo, segments)
    firsts = [tuple(np.argwhere((segments == part) & (photo != hidden).any(axis=2))[0]) for part in range(PARTS)]

    def predict(photos):  # LIME asks about photos; the answers for all of them are known
        shown = [[bool((each[place] != hidden[place]).any()) for place in firsts] for each in photos]
        return np.array([answers[tuple(each)] for each in shown])

    def explain(seed):
        return explain_image(predict, photo, samples=samples, segments=segments, seed=seed, progress=False)

    first = explain(0)
    return first.weights, first.score, stability(explain, top=3)


def parts_figure(name, samples, *shown):
    """Lesson 06's figure: the photo with some parts hidden, the network's answer, LIME's weights. Returns a Figure."""
    segments, target, answers = pieces(name)
    weights, score, agreement = explained(name, samples)
    label = photo_classifier().labels[target]
    title = f"{label}: {answers[tuple(shown)]:.0%} with these parts, {answers[(True,) * PARTS]:.0%} with all"
    listed = ", ".join(f"part {number} {weight:+.2f}" for number, weight in enumerate(weights, 1))
    stable = f"{samples} samples: R² {score:.2f}; over 5 seeds, rank correlation {agreement.rank_correlation:.2f}"
    figure = plot.new_figure(title, 8.4, 3.1, f"{title}. LIME's weights: {listed}. {stable}.")
    photo, why, bars = figure.subplots(1, 3)
    photo.imshow(with_parts(photographs()[name], segments, shown))
    drawn = why.imshow(weights[segments], **plot.colours(np.append(weights, -np.abs(weights).max())))
    for axes in (photo, why):
        axes.imshow(np.where(find_boundaries(segments)[..., None], [1.0, 1.0, 1.0, 0.9], 0.0))
        axes.set(xticks=[], yticks=[])
        for part in range(PARTS):
            row, column = np.median(np.argwhere(segments == part), axis=0)
            box = {"boxstyle": "circle,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.8}
            axes.text(column, row, part + 1, ha="center", va="center", fontsize=8, bbox=box)
    photo.set_title("what the network is shown", fontsize=9)
    why.set_title("LIME's weights", fontsize=9)
    figure.colorbar(drawn, ax=why, shrink=0.8, orientation="horizontal", label="change of the probability")
    bars.barh(["rank correlation", "same top three"], agreement, color="#31688e")
    bars.set(xlim=(-0.2, 1), xlabel="agreement of five seeds")
    bars.invert_yaxis()
    bars.set_title(f"{samples} samples, R² {score:.2f}", fontsize=9)
    return figure


def hide_the_parts():
    """Switch parts of a photo on and off, and let LIME explain it with more or fewer samples. Returns an Interactive. Lesson 06."""
    numbers = {f"part {part + 1}": switch(f"part {part + 1}") for part in range(PARTS)}
    controls = {
        "name": choice("photo", list(photographs())),
        "samples": Slider("samples", SAMPLES, SAMPLES[2]),
        **numbers,
    }

    def draw(name, samples, **shown):
        return parts_figure(name, samples, *shown.values())

    return Interactive(draw, "Hide the parts", controls)
