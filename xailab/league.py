"""A league of explanations: every method of the course, and three that cannot know anything, by every measure.

All take the same pictures and are called the same way: explain(model, images, targets) -> maps (N, H, W).
"""

from functools import partial
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas

from xailab import cam, shapley
from xailab.evaluate import deletion, insertion, iou, mean_and_interval, pointing_game, rank_correlation, stability
from xailab.lime import explain_image
from xailab.occlusion import occlusion

MEASURES = ("deletion", "insertion", "pointing game", "IoU", "randomised", "stability")
FOX_MEASURES = ("points to the fox", "IoU with the fox", "points to its head")  # lesson 11 fills these in itself


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


def league(model, untrained, images, masks, targets, *, methods=METHODS, steps=20, tolerance=3, noise=4.0, copies=1):
    """Judge methods on pictures of which the truth is known.

    model: Classifier with probabilities. untrained: the same with a network that has learned nothing.
    images: uint8 photos (N, H, W, 3). masks: bool (N, H, W), where the evidence is. targets: N class indices.
    methods: {name: explain}. steps: of deletion and insertion. tolerance: pixels, of the pointing game. noise: grey levels,
    and copies: noisy copies a picture, of stability.
    Returns {method: {measure of MEASURES: float (N,)}}: areas under the curves of the probability; hits; IoU; the rank
    correlation with the untrained network's map; that with noisy copies' maps. A map that is constant, and so says
    nothing, is judged as a random one. Raises ValueError as the measures do. Lesson 11.
    """
    table = {}
    for name, explain in methods.items():
        maps = with_an_order(explain(model, images, targets), images)
        columns = (
            [deletion(model, *pair, target=t, steps=steps).auc for *pair, t in zip(images, maps, targets)],
            [insertion(model, *pair, target=t, steps=steps).auc for *pair, t in zip(images, maps, targets)],
            pointing_game(maps, masks, tolerance=tolerance),
            iou(maps, masks),
            rank_correlation(maps, explain(untrained, images, targets)),
            stability(
                lambda noisy, explain=explain: with_an_order(explain(model, noisy, targets), noisy),
                images,
                noise=noise,
                copies=copies,
            ),
        )
        table[name] = {measure: np.asarray(values) for measure, values in zip(MEASURES, columns)}
    return table


def summary(table):
    """The league in numbers: a DataFrame with a row for each method and measure.

    table: what league returned. Columns: method, measure, pictures, mean, half (half the 95 % confidence interval's width),
    both in the measure's unit. Lesson 11.
    """
    rows = [
        (method, measure, len(values), *mean_and_interval(values))
        for method, measures in table.items()
        for measure, values in measures.items()
    ]
    return pandas.DataFrame(rows, columns=["method", "measure", "pictures", "mean", "half"])


def long_run():
    """The summary of 100 pictures that datasets/league_table.py made, as a DataFrame like summary's. Lesson 11."""
    return pandas.read_csv(Path(__file__).with_name("league_100.csv"))


def as_text(rows):
    """A summary as it is read: a DataFrame of "mean ± half" with a row a method and a column a measure. Lesson 11."""
    written = rows.assign(text=[f"{row.mean:.2f} ± {row.half:.2f}" for row in rows.itertuples()])
    methods, measures = (list(dict.fromkeys(rows[name])) for name in ("method", "measure"))
    return written.pivot(index="method", columns="measure", values="text").loc[methods, measures]
