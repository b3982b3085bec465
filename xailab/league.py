"""A league of explanations: every method of the course, and three that cannot know anything, by every measure.

All take the same pictures and are called the same way: explain(model, images, targets) -> maps (N, H, W).
"""

from functools import partial
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas

from xailab import cam, shapley
from xailab.evaluate import (
    deletion,
    insertion,
    iou,
    layers_with_weights,
    mean_and_interval,
    pointing_game,
    rank_correlation,
    shuffle_weights,
    stability,
    top_intersection,
)
from xailab.lime import explain_image
from xailab.network import copy_of
from xailab.occlusion import occlusion

MEASURES = (
    *("deletion", "deletion, first 30 %", "deletion, ties by rows", "insertion", "insertion, first 30 %"),
    *("pointing game", "IoU", "randomised", "empty", "stability", "same top"),
)
_FEW = 12  # pictures of the randomisation check: its interval is one over networks, which more pictures do not narrow
FOX_MEASURES = ("points to the fox", "IoU with the fox", "points to its head")  # of the long run alone
TWIN = "twin"  # of the long run: likeness to the map of another trained network


def random_map(model, images, targets=None):
    """A map of random numbers, float (N, H, W): what chance reaches. The same picture always gets the same one. Lesson 11."""
    return np.stack([np.random.default_rng(crc32(image)).random(image.shape[:2]) for image in images])


def with_an_order(maps, images):
    """The maps, float (N, H, W), but a random one for each that is constant, and so says nothing about its image. Lesson 11."""
    constant = np.ptp(maps, axis=(1, 2)) == 0
    return np.where(constant[:, None, None], random_map(None, images), maps)


def edge_detector(model, images, targets=None):
    """Where the picture's brightness changes, float (N, H, W): Sobel's gradient. It never asks the model. Lesson 11."""
    from skimage.filters import sobel

    return np.stack([sobel(image.mean(axis=-1)) for image in images])


def centred_blob(model, images, targets=None):
    """A bell in the middle of every picture, float (N, H, W). It looks at nothing at all. Lesson 11."""
    rows, columns = (np.linspace(-2, 2, pixels) for pixels in np.shape(images)[1:3])
    return np.tile(np.exp(-(rows[:, None] ** 2) - columns**2), (len(images), 1, 1))


def lime(model, images, targets, *, samples=300):
    """LIME's maps of the logit, float (N, H, W): about a hundred superpixels, so that a crack has one of its own. Lesson 11."""
    from skimage.segmentation import slic

    explanations = [
        explain_image(
            model.logits,
            image,
            target=int(target),
            samples=samples,
            segments=slic(image, n_segments=100),
            progress=False,
        )
        for image, target in zip(images, targets)
    ]
    return np.stack([explanation.heatmap() for explanation in explanations])


METHODS = {
    "CAM": cam.cam,
    "Grad-CAM": cam.grad_cam,
    "Grad-CAM++": cam.grad_cam_plus_plus,
    "guided backprop": cam.guided_backprop,
    "occlusion": partial(occlusion, patch=12, stride=6, progress=False),
    "LIME": lime,
    "partition Shapley": partial(shapley.partition, evaluations=300),
    "random map": random_map,
    "edge detector": edge_detector,
    "centred blob": centred_blob,
}


def league(model, images, masks, targets, *, methods=METHODS, steps=20, tolerance=3, noise=4.0, copies=1, networks=3):
    """Judge methods on pictures of which the truth is known.

    model: Classifier with probabilities. images: uint8 photos (N, H, W, 3). masks: bool (N, H, W), where the evidence is.
    targets: N class indices. methods: {name: explain}. steps: of deletion and insertion. tolerance: pixels, of the
    pointing game. noise: grey levels, and copies: noisy copies a picture, of stability. networks: how many times all
    weights are shuffled, for the randomisation check.
    Returns {method: {measure of MEASURES: floats}}, (N,) but where it says otherwise: areas under the curves of the
    probability, their mean over the first 30 % of the pixels, and for deletion the area where pixels of equal value go row
    by row instead of at random; hits; IoU; "randomised" (networks,), on the first 12 images, the mean rank correlation with
    a shuffled network's maps that are not constant, and "empty" (networks,), the share of those that are; the rank
    correlation with noisy copies' maps, and how many of the highest twentieth of the pixels are the same. A map of the
    trained network that is constant, and so says nothing, is judged as a random one. Raises ValueError as the measures do.
    Lesson 11.
    """
    table = {}
    for name, explain in methods.items():
        maps = with_an_order(explain(model, images, targets), images)
        likeness = np.stack(
            [
                rank_correlation(maps[:_FEW], each)
                for each in _shuffled(explain, model, images[:_FEW], targets[:_FEW], networks)
            ]
        )
        empty = np.isnan(likeness).mean(axis=1)
        steady, top = stability(
            lambda noisy, explain=explain: with_an_order(explain(model, noisy, targets), noisy),
            images,
            noise=noise,
            copies=copies,
            similarity=lambda *pair: np.stack([rank_correlation(*pair), top_intersection(*pair)]),
        )
        away, rows, back = (
            [measure(model, *pair, target=t, steps=steps, ties=ties) for *pair, t in zip(images, maps, targets)]
            for measure, ties in ((deletion, "random"), (deletion, "rows"), (insertion, "random"))
        )
        columns = (
            [curve.auc for curve in away],
            [curve.until(0.3) for curve in away],
            [curve.auc for curve in rows],
            [curve.auc for curve in back],
            [curve.until(0.3) for curve in back],
            pointing_game(maps, masks, tolerance=tolerance),
            iou(maps, masks),
            np.where(empty < 1, np.nansum(likeness, axis=1) / np.maximum(1, (~np.isnan(likeness)).sum(axis=1)), np.nan),
            empty,
            steady,
            top,
        )
        table[name] = {measure: np.asarray(values) for measure, values in zip(MEASURES, columns)}
    return table


def _shuffled(explain, model, images, targets, networks):
    """The maps that a method makes of networks whose weights are all shuffled, one stack after the other."""
    shuffled = copy_of(model)
    layers = layers_with_weights(shuffled).values()  # in the order of randomization_check: the same networks
    for seed in range(networks):
        random = np.random.default_rng(seed)
        shuffled.model.set_weights(model.model.get_weights())
        for layer in layers:
            shuffle_weights(layer, random)
        yield explain(shuffled, images, targets)


def summary(table):
    """The league in numbers: a DataFrame with a row for each method and measure.

    table: what league returned. Columns: method, measure, count (of pictures or networks; NaN do not count), mean, half
    (half the 95 % confidence interval's width), both in the measure's unit and NaN if there are fewer than two.
    Lesson 11.
    """
    rows = []
    for method, measures in table.items():
        for measure, values in measures.items():
            values = values[~np.isnan(values)]
            rows.append(
                (method, measure, len(values), *(mean_and_interval(values) if len(values) > 1 else 2 * [np.nan]))
            )
    return pandas.DataFrame(rows, columns=["method", "measure", "count", "mean", "half"])


def long_run():
    """What datasets/league_table.py measured with five networks that learned apart, each judged on the same 30 pictures.

    Returns a DataFrame with a row for each method, measure and network: method, measure, network (0 to 4), count (of
    pictures, or of shuffled networks), mean; NaN where all maps of the shuffled networks are empty. Measures are those of
    MEASURES and FOX_MEASURES, and TWIN, the rank correlation with the maps of the next network. Lesson 11.
    """
    return pandas.read_csv(Path(__file__).with_name("league.csv"))


def by_network(measures, rows=None):
    """A long run's numbers for plot.dots: {measure: float (methods, networks)}, in the order of METHODS. rows: by default
    those of long_run. Lesson 11."""
    table = (long_run() if rows is None else rows).pivot(index=["measure", "method"], columns="network", values="mean")
    return {measure: table.loc[measure].loc[list(METHODS)].to_numpy() for measure in measures}


def as_text(rows):
    """A summary as it is read: a DataFrame of "mean ± half", or a dash, a row per method and a column per measure. Lesson 11."""
    written = rows.assign(
        text=["–" if np.isnan(row.mean) else f"{row.mean:.2f} ± {row.half:.2f}" for row in rows.itertuples()]
    )
    methods, measures = (list(dict.fromkeys(rows[name])) for name in ("method", "measure"))
    return written.pivot(index="method", columns="measure", values="text").loc[methods, measures]
