"""Is the explanation true? Measures that put a heat map to the test instead of to the eye.

Deletion and insertion ask the network itself. The pointing game and IoU compare with a place that is known. The
randomisation check and stability ask what a map depends on: on what the network has learned, and not on chance.
"""

from dataclasses import dataclass

import numpy as np

from xailab._validate import check_heatmap

_BLUR = 10  # the shorter side over the blur's sigma: of what a picture shows, nothing but broad light and shade is left


@dataclass(frozen=True)
class Curve:
    """How a score moves while pixels go or come.

    fractions: float (steps + 1,), share of the pixels changed, from 0 to 1. scores: float (steps + 1,), what the network
    says at each. auc: area under the curve by the trapezoidal rule, in units of the score. Lesson 11.
    """

    fractions: np.ndarray
    scores: np.ndarray
    auc: float

    def until(self, share):
        """Mean score until this share of the pixels, above 0 and at most 1, has changed; until(1) is auc.

        Returns float, in units of the score; between two steps the curve is a line. Raises ValueError for another share.
        Lesson 11.
        """
        if not 0 < share <= 1:
            raise ValueError(f"share is {share}: a part of the pixels, above 0 and at most 1, was expected.")
        places = np.append(self.fractions[self.fractions < share], share)
        return float(np.trapezoid(np.interp(places, self.fractions, self.scores), places) / share)


def deletion(predict, image, heatmap, *, target, steps=50, ties="random", orders=5):
    """Deletion curve: the score while pixels turn to the picture's mean colour, those that the map marks highest first.

    predict: function from images (N, H, W, C) to numbers (N, outputs), called once an order; a Classifier, for instance.
    image: uint8 photo (H, W, 3) or float (H, W, C), as predict takes it. heatmap: float (H, W), higher = more evidence.
    target: column of the predictions. steps: how many equal parts the pixels go in. ties: what pixels of equal value do,
    of which the map says nothing: "random" takes the mean of the curves of so many random `orders` of them, always the same
    ones, an estimate of the mean over all orders; "rows" takes them row by row, from the top, as the authors' code does.
    Returns a Curve; the lower its area, the better the map. Without equal values both are the same curve.
    Raises ValueError for a map of another size, with NaN or constant, for a target that is not there or never
    predicted, for other ties and fewer than one order. Petsiuk, Das, Saenko (2018), section 4.3; Samek et al. (2017),
    equation 12. Lesson 11.
    """
    image, heatmap = _check_pair(image, heatmap, steps)
    mean = image.mean(axis=(0, 1))
    flat = np.broadcast_to(mean.round() if image.dtype == np.uint8 else mean, image.shape).astype(image.dtype)
    return _mean_curve(predict, image, flat, heatmap, target, steps, ties, orders)


def insertion(predict, image, heatmap, *, target, steps=50, ties="random", orders=5):
    """Insertion curve: the score while the blurred picture turns sharp, where the map is highest first.

    Arguments and errors as in deletion. The blur is Gaussian, its sigma a tenth of the picture's shorter side.
    Returns a Curve; the higher its area, the better the map. Petsiuk, Das, Saenko (2018), section 4.3. Lesson 11.
    """
    from scipy.ndimage import gaussian_filter

    image, heatmap = _check_pair(image, heatmap, steps)
    sigma = min(image.shape[:2]) / _BLUR
    blurred = gaussian_filter(image.astype(np.float32), (sigma, sigma, 0), truncate=2)
    blurred = blurred.round() if image.dtype == np.uint8 else blurred
    return _mean_curve(predict, blurred.astype(image.dtype), image, heatmap, target, steps, ties, orders)


def pointing_game(heatmaps, masks, *, tolerance=0):
    """Pointing game: does the highest pixel of the map lie on the thing?

    heatmaps: float (N, H, W). masks: bool (N, H, W), where the thing is. tolerance: pixels by which the point may miss it.
    Returns float (N,): 1 for a hit, 0 for a miss; of several highest pixels, the share that hits. The game's score is the
    mean. Raises ValueError for masks of another size or without a pixel, and for a map with NaN or constant.
    Zhang, Bargal, Lin, Brandt, Shen, Sclaroff (2018), section 4.2, where the tolerance is 15 pixels. Lesson 11.
    """
    from scipy.ndimage import distance_transform_edt

    heatmaps, masks = _check_truth(heatmaps, masks)
    hits = [distance_transform_edt(~mask) <= tolerance for mask in masks]
    return np.array([hit[heatmap == heatmap.max()].mean() for heatmap, hit in zip(heatmaps, hits)])


def iou(heatmaps, masks):
    """Intersection over union of what the map marks and where the thing is.

    heatmaps: float (N, H, W), of which as many of the highest pixels are marked as the mask has, so that there is no
    threshold to choose; or bool (N, H, W), the marked pixels themselves. masks: bool (N, H, W).
    Returns float (N,), from 0 to 1. Raises ValueError as pointing_game. Jaccard (1912); marking as many pixels as the
    mask has: Arras, Osman, Samek (2022), relevance rank accuracy. Lesson 11.
    """
    heatmaps, masks = _check_truth(heatmaps, masks)
    if heatmaps.dtype != bool:
        heatmaps = np.stack([_highest(heatmap, mask.sum()) for heatmap, mask in zip(heatmaps, masks)])
    both, either = heatmaps & masks, heatmaps | masks
    return both.sum(axis=(1, 2)) / either.sum(axis=(1, 2))


def randomization_check(explain, model, images, targets=None, *, cascading=True, seeds=10):
    """Sanity check: how like the map of the trained network is the map of a network that has lost its knowledge?

    explain: function (model, images, targets) -> float (N, H, W), such as cam.grad_cam. model: keras.Model or Classifier,
    logits out. images: float (N, H, W, C), uint8 photos for a Classifier. targets: class index, N of them, or None for
    the trained network's top class. The weights of a layer are shuffled among themselves, which keeps their scale.
    cascading: shuffle the last layer, then also the one before it, and so on down; False: each layer alone.
    seeds: how many shuffled networks, from seed 0; they are copies, and the model itself is not touched.
    Returns {layer's full path: float (seeds, N)}, the rank correlation with the trained network's map, NaN for a map that has
    become constant: it is empty, and neither like the first one nor unlike it. An interval is one over seeds, since many
    pictures of one shuffled network do not stand for another one. A method that explains the network must come down; an
    edge detector stays at 1. Raises ValueError for images or targets that do not fit, and for fewer than one seed.
    Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim (2018), section 3. Lesson 11.
    """
    if not isinstance(seeds, (int, np.integer)) or seeds < 1:
        raise ValueError(f"seeds is {seeds!r}: a whole number of shuffled networks, at least 1, was expected.")
    from xailab.network import Network, copy_of  # here, so that the other measures do without TensorFlow

    network = Network.of(model)
    images, targets = network.check(images, targets)
    if targets is None:
        targets = network.logits(images).argmax(axis=1)
    trained, shuffled = explain(model, images, targets), copy_of(model)
    layers = layers_with_weights(shuffled)
    own = {path: layer.get_weights() for path, layer in layers.items()}
    similarity = {path: [] for path in layers}
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        for path, layer in layers.items():
            shuffle_weights(layer, random)
            similarity[path].append(rank_correlation(trained, explain(shuffled, images, targets)))
            if not cascading:
                layer.set_weights(own[path])
        for path, layer in layers.items():
            layer.set_weights(own[path])
    return {path: np.stack(values) for path, values in similarity.items()}


def layers_with_weights(model):
    """The layers of a model that have weights, the last first, by full path such as "base/conv": {path: keras.Layer}.

    model: keras.Model or Classifier; one whose call is code of its own counts as one layer. Raises TypeError or ValueError
    for anything else. Lesson 11.
    """
    from xailab.network import Network

    network = Network.of(model)
    if not network.steps:
        return {network.name: network.model}
    found = {}
    for step in network.steps:
        if getattr(step.operation, "weights", None) and step.operation not in found.values():
            found[step.path] = step.operation
    return dict(reversed(found.items()))


def shuffle_weights(layer, random):
    """Shuffle each of a Keras layer's arrays of weights in itself, by the order that a NumPy generator draws. Lesson 11."""
    layer.set_weights([random.permutation(array.ravel()).reshape(array.shape) for array in layer.get_weights()])


def rank_correlation(maps, others):
    """Spearman's rank correlation of two maps of each image: do they put the pixels in the same order?

    maps, others: float (N, H, W). Returns float (N,) from -1 to 1; NaN where the other map is constant and has no order.
    Raises ValueError for maps of different shapes, for NaN, and where the first of the two is constant. Lesson 11.
    """
    from scipy.stats import rankdata

    maps, others, constant = _check_two(maps, others)
    # Ranks in double precision, whatever the maps are in: SciPy from 1.18 on would keep to theirs.
    ranks = [rankdata(array.reshape(len(array), -1).astype(float), axis=1) for array in (maps, others)]
    one, two = (rank - rank.mean(axis=1, keepdims=True) for rank in ranks)
    size = np.sqrt((one**2).sum(axis=1) * (two**2).sum(axis=1))
    return np.where(constant, np.nan, (one * two).sum(axis=1) / np.where(constant, 1, size))


def top_intersection(maps, others, *, share=0.05):
    """Top-k intersection of two maps of each image: how many of the highest pixels of one are among those of the other?

    maps, others: float (N, H, W). share: of the pixels that count as the highest, above 0 and below 1; k is that many.
    Returns float (N,): common pixels / k, from 0 to 1, where chance alone reaches the share; NaN where the other map is
    constant. Unlike a rank correlation it does not ask for the order of the pixels that a map says nothing of.
    Raises ValueError as rank_correlation, and for another share. Ghorbani, Abid, Zou (2019), section 2. Lesson 11.
    """
    if not 0 < share < 1:
        raise ValueError(f"share is {share}: a part of the pixels, above 0 and below 1, was expected.")
    maps, others, constant = _check_two(maps, others)
    count = max(1, round(share * maps[0].size))
    both = [np.sum(_highest(one, count) & _highest(two, count)) / count for one, two in zip(maps, others)]
    return np.where(constant, np.nan, both)


def stability(explain, images, *, noise, copies=5, seed=0, similarity=rank_correlation):
    """How much of a map stays when the picture gets a little noise.

    explain: function from images (N, H, W, C) to maps (N, H, W), with its targets fixed. images: uint8 photos or float.
    noise: standard deviation of Gaussian noise, in the images' unit. copies: noisy copies of each image. seed: of the noise.
    similarity: function of two stacks of maps: rank_correlation, top_intersection, or one of your own.
    Returns float (N,): the mean similarity of the noisy copies' maps to the image's own; 1 is perfectly stable.
    Raises ValueError for noise that is not positive. Ghorbani, Abid, Zou (2019), section 2; Alvarez-Melis and Jaakkola
    (2018). Lesson 11.
    """
    if not 0 < noise < np.inf or copies < 1:
        raise ValueError(f"noise is {noise} and copies is {copies}: noise above 0 and at least one copy were expected.")
    images, random = np.asarray(images), np.random.default_rng(seed)
    clean, similarities = explain(images), []
    for _ in range(copies):
        noisy = images + random.normal(0, noise, images.shape)
        noisy = noisy.round().clip(0, 255) if images.dtype == np.uint8 else noisy
        similarities.append(similarity(clean, explain(noisy.astype(images.dtype))))
    return np.mean(similarities, axis=0)


def mean_and_interval(values):
    """Mean of a measure over pictures or networks, and half the width of its 95 % confidence interval, by Student's t.

    values: float (N,), at least two. Returns (mean, half width), in the values' unit: of the intervals mean - half to
    mean + half of many draws, 95 in 100 hold the mean that is meant, of all pictures or networks. The mean of another draw
    is less likely to lie in one. For shares right, or hits, take share_and_interval, for two methods on the same pictures
    mean_difference. Raises ValueError for fewer than two, and for NaN. Student (1908). Lesson 11.
    """
    from scipy.stats import t

    values = np.asarray(values, float)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"the values have shape {values.shape}: at least two numbers in a row were expected.")
    if np.isnan(values).any():
        raise ValueError("the values hold NaN: leave out what was not measured, and say how many these are.")
    error = values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean()), float(error * t.ppf(0.975, len(values) - 1))


def mean_difference(values, others):
    """Mean of the differences of two measures of the same pictures or networks, and half of its 95 % interval.

    values, others: float (N,), pair by pair, at least two. Returns (mean of values - others, half width) as
    mean_and_interval: what is hard for both does not widen it. Raises ValueError for different numbers. Lesson 11.
    """
    if np.shape(values) != np.shape(others):
        raise ValueError(f"the values have shapes {np.shape(values)} and {np.shape(others)}: pairs were expected.")
    return mean_and_interval(np.subtract(values, others, dtype=float))


def share_and_interval(hits):
    """Share of hits, and the ends of its exact 95 % confidence interval.

    hits: bool or float (N,), at least one, from 0 to 1; what lies between counts as part of a hit, as pointing_game gives
    it for several highest pixels, and makes the interval wider than it need be. Returns (share, low, high), from 0 to 1
    each: in at least 95 draws of 100 the ends enclose the share that is meant, however few hits there are.
    Raises ValueError for no hits, NaN and what is not between 0 and 1. Clopper and Pearson (1934). Lesson 11.
    """
    from scipy.stats import beta

    hits = np.asarray(hits, float)
    if hits.ndim != 1 or not len(hits):
        raise ValueError(f"the hits have shape {hits.shape}: at least one number in a row was expected.")
    if not ((hits >= 0) & (hits <= 1)).all():
        raise ValueError("the hits hold values that are not from 0 to 1: 1 for a hit and 0 for a miss were expected.")
    count, total = hits.sum(), len(hits)
    low = beta.ppf(0.025, count, total - count + 1) if count > 0 else 0.0
    high = beta.ppf(0.975, count + 1, total - count) if count < total else 1.0
    return float(count / total), float(low), float(high)


def _mean_curve(predict, before, after, heatmap, target, steps, ties, orders):
    """The curve, or where the map has ties its mean over random orders of them."""
    if ties not in ("random", "rows"):
        raise ValueError(f"ties is {ties!r}: 'random' or 'rows' was expected.")
    if not isinstance(orders, (int, np.integer)) or orders < 1:
        raise ValueError(f"orders is {orders!r}: a whole number of random orders, at least 1, was expected.")
    rows, tied = np.arange(heatmap.size), len(np.unique(heatmap)) < heatmap.size
    random = np.random.default_rng(0)
    begin = [random.permutation(rows) for _ in range(orders)] if tied and ties == "random" else [rows]
    ranked = [pixels[np.argsort(-heatmap.ravel()[pixels], kind="stable")] for pixels in begin]
    curves = [_curve(predict, before, after, order, target, steps) for order in ranked]
    fractions, scores = curves[0][0], np.mean([scores for _, scores in curves], axis=0)
    return Curve(fractions, scores, float(np.trapezoid(scores, fractions)))


def _curve(predict, before, after, order, target, steps):
    """Ask once about all pictures on the way from one to the other, whose pixels change in this order: (shares, scores)."""
    counts = np.round(np.linspace(0, order.size, steps + 1)).astype(int)
    pictures = np.empty((steps + 1, *before.shape), before.dtype)
    pixels, after = pictures.reshape(steps + 1, order.size, -1), after.reshape(order.size, -1)
    pictures[0] = before
    for step in range(steps):
        pixels[step + 1] = pixels[step]
        changed = order[counts[step] : counts[step + 1]]
        pixels[step + 1, changed] = after[changed]
    answers = np.asarray(predict(pictures))
    if answers.ndim != 2 or len(answers) != steps + 1 or not np.isfinite(answers).all():
        raise ValueError(
            f"predict returned shape {answers.shape} for {steps + 1} images: finite numbers ({steps + 1}, outputs) were expected."
        )
    if not 0 <= target < answers.shape[1]:
        raise ValueError(
            f"target {target} is out of range: predict returns {answers.shape[1]} column(s), numbered 0 to {answers.shape[1] - 1}."
        )
    scores = answers[:, target].astype(float)
    if not scores.any():
        raise ValueError(
            f"target {target} is never predicted: its score is 0 from the first picture to the last, and there is nothing to "
            "lose or win. Take a class that the network sees here, such as its top class."
        )
    return counts / order.size, scores


def _highest(heatmap, count):
    """Mark the highest pixels of a map, bool (H, W); of equal ones a random choice, always the same."""
    shuffled = np.random.default_rng(0).permutation(heatmap.size)
    marked = np.zeros(heatmap.size, bool)
    marked[shuffled[np.argsort(-heatmap.ravel()[shuffled], kind="stable")[:count]]] = True
    return marked.reshape(heatmap.shape)


def _check_pair(image, heatmap, steps):
    image = np.asarray(image)
    if image.ndim != 3 or 0 in image.shape:
        raise ValueError(f"the image has shape {image.shape}: one image (height, width, channels) was expected.")
    heatmap = _check_order(check_heatmap(heatmap, image))
    if not isinstance(steps, (int, np.integer)) or not 1 <= steps <= heatmap.size:
        raise ValueError(f"steps is {steps!r}: a whole number from 1 to the {heatmap.size} pixels was expected.")
    return image, heatmap


def _check_order(heatmap):
    if heatmap.min() == heatmap.max():
        raise ValueError(
            f"the heat map is {heatmap.flat[0]:g} everywhere: it puts no pixel before another, so there is nothing to judge. "
            "Look at where it was computed; Grad-CAM's ReLU, for one, may cut all of a map off."
        )
    return heatmap


def _check_two(maps, others):
    """Both stacks of maps as arrays, and which of the others are constant."""
    maps, others = np.asarray(maps), np.asarray(others)
    if maps.ndim != 3 or maps.shape != others.shape:
        raise ValueError(f"the maps have shapes {maps.shape} and {others.shape}: (N, H, W) was expected, twice.")
    maps = np.stack([_check_order(check_heatmap(heatmap)) for heatmap in maps])
    others = np.stack([check_heatmap(other) for other in others])
    return maps, others, np.ptp(others, axis=(1, 2)) == 0


def _check_truth(heatmaps, masks):
    heatmaps, masks = np.asarray(heatmaps), np.asarray(masks)
    if heatmaps.ndim != 3 or heatmaps.shape != masks.shape:
        hint = " For a single map pass heatmap[None] and mask[None]." if heatmaps.ndim == 2 else ""
        raise ValueError(
            f"the heat maps have shape {heatmaps.shape} and the masks {masks.shape}: (N, H, W) was expected for both.{hint}"
        )
    if not np.isin(masks, (0, 1)).all():
        raise ValueError("the masks hold other values than 0 and 1: True where the thing is was expected, else False.")
    masks = masks.astype(bool)
    empty = np.flatnonzero(~masks.any(axis=(1, 2)))
    if len(empty):
        raise ValueError(
            f"mask {empty[0]} marks no pixel: there is nothing to point at. Leave pictures without the thing out."
        )
    checked = np.stack([_check_order(check_heatmap(heatmap)) for heatmap in heatmaps])
    return heatmaps if heatmaps.dtype == bool else checked, masks
