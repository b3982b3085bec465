"""LIME: change the input a little and often, ask the model each time, and fit a linear model to its answers.

Photos are changed by hiding superpixels, rows of a table by drawing other values for their columns. The model is any
function from inputs to one number or one row of numbers each, so nothing of its inside is needed.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from xailab._linear import CHOICES, fit, nearness
from xailab._validate import check_photo

_IMAGE_KERNEL_WIDTH = 0.25
_TABLE_KERNEL_WIDTH = 0.75  # times the root of the number of columns
_BATCH_PIXELS = 2_000_000  # about 40 photos of 224 x 224
_POOR_FIT = 0.5


@dataclass(frozen=True)
class Explanation:
    """The linear model that LIME fitted around one input, for one column of the predictions.

    weights: float (features,), in units of the prediction, 0 for features that were not chosen.
    intercept: its prediction with every feature at 0. score: its R^2 on the samples, weighted by their nearness.
    local_prediction: its value for the input itself. target: the column of the predictions it explains. Lesson 06.
    """

    weights: np.ndarray
    intercept: float
    score: float
    local_prediction: float
    target: int

    def __str__(self):
        text = f"target {self.target}: linear model {self.local_prediction:.3f} at the input, R^2 {self.score:.2f}"
        if self.score >= _POOR_FIT:
            return text
        return f"{text}. Poor fit: near this input the model is not linear in these features; do not trust the weights."


@dataclass(frozen=True)
class ImageExplanation(Explanation):
    """An Explanation whose features are superpixels, 1 when shown and 0 when hidden.

    segments: int (H, W), the number of each pixel's superpixel, from 0. Lesson 06.
    """

    segments: np.ndarray

    def heatmap(self):
        """The weight of each pixel's superpixel, float32 (H, W)."""
        return self.weights[self.segments].astype(np.float32)


@dataclass(frozen=True)
class TabularExplanation(Explanation):
    """An Explanation whose features are the columns of a table.

    names: one a column. A condition such as "3 < age <= 5", which is 1 where it holds and 0 elsewhere; or, without
    discretizing, the column's own name, and its weight is per standard deviation. Lesson 06.
    """

    names: tuple

    def top(self, count=5):
        """The features of largest absolute weight, largest first: [(name, weight)], those of weight 0 left out."""
        order = np.argsort(-np.abs(self.weights), kind="stable")[:count]
        return [(self.names[index], float(self.weights[index])) for index in order if self.weights[index]]


def explain_image(
    predict,
    image,
    *,
    target=None,
    samples=1000,
    segments=None,
    features=None,
    choose="lasso",
    batch_size="auto",
    seed=0,
    progress=True,
):
    """LIME for one photo: the weight of each superpixel in a linear model of the predictions around it.

    predict: function from uint8 photos (N, H, W, 3) to finite numbers (N, outputs) or (N,), such as a Classifier.
    image: uint8 (H, W, 3). target: column of the predictions, or None for the largest one on the photo.
    samples: photos to ask about, the first of them unchanged; hidden superpixels take their mean colour.
    segments: int (H, W), or "quickshift" (None means this), "slic" or "grid".
    features: number of superpixels to choose, or None for all. choose: how, see explain_tabular.
    batch_size: photos at once; memory does not grow with samples. seed: of the choice of what to hide.
    progress: whether to show a bar. Returns an ImageExplanation.
    Raises ValueError for arguments or predictions that do not fit, and for a photo with one superpixel only.
    Ribeiro, Singh, Guestrin (2016), Algorithm 1. Lesson 06.
    """
    image = check_photo(image)
    segments = _check_segments(_superpixels(image, segments), image)
    count = int(segments.max()) + 1
    _check_counts(samples, features, choose)
    if features is not None and features > count:
        raise ValueError(
            f"features is {features}, but the photo has {count} segments: pass at most {count}, or None for all."
        )
    if batch_size == "auto":
        batch_size = max(1, _BATCH_PIXELS // segments.size)
    shown = np.random.RandomState(seed).randint(0, 2, samples * count).reshape(samples, count).astype(bool)
    shown[0] = True
    hidden, answers = _mean_colours(image, segments), []
    difference = image ^ hidden
    masks, each = -shown.astype(np.uint8), np.repeat(segments[..., None], 3, axis=-1)  # all bits set where shown
    for start in tqdm(range(0, samples, batch_size), desc="LIME", leave=False, disable=not progress):
        photos = masks[start : start + batch_size][:, each]
        photos &= difference  # in place, a quarter of the time of np.where
        photos ^= hidden
        answers.append(_ask(predict, photos))
    target, values = _column(np.concatenate(answers), target)
    distances = 1 - np.sqrt(shown.mean(axis=1))  # the cosine distance of a row of ones and zeros to all ones
    fitted = fit(shown.astype(float), values, nearness(distances, _IMAGE_KERNEL_WIDTH), features, choose)
    return ImageExplanation(*fitted, target, segments)


def explain_tabular(
    predict,
    row,
    training_data,
    *,
    target=None,
    samples=5000,
    features=10,
    categorical=(),
    discretize=True,
    choose="lasso",
    names=None,
    seed=0,
):
    """LIME for one row of a table: the weight of each column in a linear model of the predictions around it.

    predict: function from rows (N, columns) to finite numbers (N, outputs) or (N,), such as predict_proba of a classifier
    or predict of a regressor. row: (columns,). training_data: numbers (rows, columns), from which each column of the
    samples is drawn, independently of the others. target: column of the predictions, or None for the largest one.
    samples: rows to ask about, the first of them the row itself. features: how many columns to choose at most, or None.
    categorical: indices of columns whose numbers are names. discretize: describe the other columns by their quartiles;
    False takes their values, in standard deviations. choose: "lasso" (K-Lasso: the last point of the lasso path with few
    enough), "highest" (weights of a first fit) or "forward" (add the best one, again and again).
    names: of the columns. seed: of the samples. Returns a TabularExplanation; a constant column gets weight 0.
    Raises ValueError for arguments or predictions that do not fit, for a category that the training data lack, and for
    training data without two different rows. Ribeiro, Singh, Guestrin (2016), Algorithm 1. Lesson 06.
    """
    row, table, names = _check_table(row, training_data, categorical, names)
    _check_counts(samples, features, choose)
    random = np.random.RandomState(seed)
    rows = np.stack([random.choice(column, samples) for column in table.T], axis=1)
    rows[0] = row
    inputs, conditions = _interpretable(rows, table, categorical, discretize, names)
    target, values = _column(_ask(predict, rows), target)
    distances = np.linalg.norm(inputs - inputs[0], axis=1)
    near = nearness(distances, _TABLE_KERNEL_WIDTH * np.sqrt(table.shape[1]))
    return TabularExplanation(*fit(inputs, values, near, features, choose), target, conditions)


def submodular_pick(explanations, budget):
    """SP-LIME: the explanations that together show most of what matters, chosen greedily.

    explanations: TabularExplanations; features of the same name count as the same. budget: how many to choose.
    Returns a list of their positions, in the order chosen; of equal candidates the last one, as in the authors' package.
    Raises ValueError for explanations without names (superpixels of two photos are not the same feature), and for a
    budget that does not fit. Ribeiro, Singh, Guestrin (2016), Algorithm 2. Lesson 06.
    """
    if not all(isinstance(explanation, TabularExplanation) for explanation in explanations):
        raise ValueError("submodular_pick compares features by name: a list of TabularExplanations was expected.")
    if not 1 <= budget <= len(explanations):
        raise ValueError(f"budget is {budget} for {len(explanations)} explanation(s): pass 1 to {len(explanations)}.")
    weights = importance_matrix(explanations)[1]
    importance = np.sqrt(weights.sum(axis=0))
    chosen = []
    while len(chosen) < budget:
        left = [row for row in range(len(weights)) if row not in chosen]
        chosen.append(max(reversed(left), key=lambda row: np.dot(weights[[*chosen, row]].any(axis=0), importance)))
    return chosen


def importance_matrix(explanations):
    """The table that SP-LIME reads: how much each explanation makes of each feature.

    explanations: TabularExplanations. Returns (names of the features, absolute weights float (explanations, names)).
    Ribeiro, Singh, Guestrin (2016), section 4. Lesson 06.
    """
    names = list(dict.fromkeys(name for explanation in explanations for name in explanation.names))
    rows = [dict(zip(explanation.names, np.abs(explanation.weights))) for explanation in explanations]
    return names, np.array([[row.get(name, 0.0) for name in names] for row in rows])


class Stability(NamedTuple):
    """Agreement of repeated explanations, 1 when they are the same: means over all pairs of seeds. Lesson 06."""

    rank_correlation: float
    jaccard: float


def stability(explain, *, seeds=5, top=5):
    """Repeat an explanation with other seeds and see how much of it stays.

    explain: function from a seed to an Explanation. seeds: how many, from 0. top: how many features count as the answer.
    Returns Stability(Spearman's rank correlation of the weights, Jaccard index of the sets of the top features).
    Raises ValueError for fewer than two seeds, and for weights that are all equal, which have no order.
    Visani, Bagli, Chesani, Poluzzi, Capuzzo (2022) measure the same with other indices. Lesson 06.
    """
    from scipy.stats import spearmanr

    if seeds < 2 or top < 1:
        raise ValueError(f"seeds is {seeds} and top is {top}: at least 2 seeds and 1 feature were expected.")
    weights = [explain(seed).weights for seed in range(seeds)]
    if any(np.ptp(each) == 0 for each in weights):
        raise ValueError(
            "all weights of an explanation are equal, so they have no order: does the prediction ever change?"
        )
    sets = [set(np.argsort(-np.abs(each), kind="stable")[:top]) for each in weights]
    correlations = [spearmanr(one, other).statistic for one, other in combinations(weights, 2)]
    jaccards = [len(one & other) / len(one | other) for one, other in combinations(sets, 2)]
    return Stability(float(np.mean(correlations)), float(np.mean(jaccards)))


def _superpixels(image, segments):
    from skimage.segmentation import quickshift, slic  # here, because it takes a second to import

    if segments is None or isinstance(segments, str) and segments == "quickshift":
        return quickshift(image, kernel_size=4, max_dist=200, ratio=0.2, rng=42)
    if not isinstance(segments, str):
        return segments
    if segments == "slic":
        return slic(image, n_segments=50, compactness=10, start_label=0)
    if segments == "grid":
        rows, columns = (np.arange(size) * 7 // size for size in image.shape[:2])
        return rows[:, None] * 7 + columns
    raise ValueError(f"segments is {segments!r}: 'quickshift', 'slic', 'grid' or a number a pixel (H, W) was expected.")


def _check_segments(segments, image):
    segments = np.asarray(segments)
    if segments.shape != image.shape[:2] or not np.issubdtype(segments.dtype, np.integer):
        raise ValueError(
            f"segments have shape {segments.shape} and dtype {segments.dtype}: one whole number a pixel, {image.shape[:2]}, was expected."
        )
    names, numbered = np.unique(segments, return_inverse=True)
    if len(names) < 2:
        raise ValueError(
            "the photo has one segment only, so there is nothing to compare: pass segments='grid', or another photo."
        )
    return numbered.reshape(segments.shape)


def _check_counts(samples, features, choose):
    if samples < 2:
        raise ValueError(f"samples is {samples}: at least 2 are needed to fit a line; 1000 is usual.")
    if features is not None and features < 1:
        raise ValueError(f"features is {features}: at least 1 was expected, or None for all.")
    if choose not in CHOICES:
        raise ValueError(f"choose is {choose!r}: 'lasso', 'highest' or 'forward' was expected.")


def _check_table(row, table, categorical, names):
    try:
        row, table = np.asarray(row, float), np.asarray(table, float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"the table holds something that is no number ({error}): number the categories first."
        ) from error
    if table.ndim != 2 or row.shape != table.shape[1:] or not table.size:
        raise ValueError(
            f"the row has shape {row.shape} and training_data {table.shape}: (columns,) and (rows, columns) were expected."
        )
    names = tuple(f"column {index}" for index in range(len(row))) if names is None else tuple(map(str, names))
    if len(set(names)) != len(row):
        raise ValueError(f"there are {len(set(names))} different names for {len(row)} columns: one each was expected.")
    for name, values in zip(names, np.vstack([row, table]).T):
        if not np.isfinite(values).all():
            raise ValueError(f"{name} has a missing or infinite value: fill or drop it first.")
    if (table == table[0]).all():
        raise ValueError(
            "training_data has no two different rows, so nothing can be varied: pass the data the model saw."
        )
    for index in categorical:
        if not 0 <= index < len(row):
            raise ValueError(f"categorical names column {index}: 0 to {len(row) - 1} was expected.")
        if row[index] not in table[:, index]:
            raise ValueError(
                f"{names[index]} of the row is {row[index]:g}, a category that training_data lack: they have "
                f"{', '.join(f'{value:g}' for value in np.unique(table[:, index]))}."
            )
    return row, table, names


def _mean_colours(image, segments):
    flat = segments.ravel()
    sums = np.stack([np.bincount(flat, channel.ravel()) for channel in np.moveaxis(image, -1, 0)], axis=-1)
    return (sums / np.bincount(flat)[:, None]).astype(np.uint8)[segments]


def _interpretable(rows, table, categorical, discretize, names):
    """What the linear model sees of each row, float (N, columns), and what it is called."""
    inputs, conditions = np.empty(rows.shape), list(names)
    for index, name in enumerate(names):
        column = rows[:, index]
        if index in categorical:
            inputs[:, index] = column == column[0]
            conditions[index] = f"{name} = {column[0]:g}"
        elif discretize:
            edges = np.unique(np.percentile(table[:, index], [25, 50, 75]))
            quarter = np.searchsorted(edges, column)
            inputs[:, index] = quarter == quarter[0]
            below = f"{edges[quarter[0] - 1]:.4g} < " if quarter[0] else ""
            above = f" <= {edges[quarter[0]]:.4g}" if quarter[0] < len(edges) else ""
            conditions[index] = f"{below}{name}{above}" if above else f"{name} > {edges[-1]:.4g}"
        else:
            spread = table[:, index].std()
            inputs[:, index] = (column - table[:, index].mean()) / (spread if spread > 0 else 1)
    return inputs, tuple(conditions)


def _ask(predict, inputs):
    """The model's answers, float (N, outputs)."""
    answer = np.asarray(predict(inputs))
    if answer.ndim == 1:
        answer = answer[:, None]
    if answer.ndim != 2 or len(answer) != len(inputs) or not answer.shape[1]:
        raise ValueError(
            f"predict returned shape {answer.shape} for {len(inputs)} inputs: ({len(inputs)}, outputs) or ({len(inputs)},) was expected."
        )
    if not np.issubdtype(answer.dtype, np.floating):
        raise ValueError(
            f"predict returned {answer.dtype}, as for names of classes, which lie on no scale: pass predict_proba instead, or "
            "turn real quantities into float."
        )
    if not np.isfinite(answer).all():
        raise ValueError(
            "predict returned NaN or infinite values: finite numbers were expected. Try it on the input itself."
        )
    return answer.astype(float)


def _column(answers, target):
    """The explained column's number, and its values."""
    target = int(answers[0].argmax()) if target is None else target
    if not 0 <= target < answers.shape[1]:
        raise ValueError(
            f"target {target} is out of range: predict returns {answers.shape[1]} column(s), numbered 0 to {answers.shape[1] - 1}."
        )
    return target, answers[:, target]
