"""LIME: change the input a little and often, ask the model each time, and fit a linear model to its answers.

Photos are changed by hiding superpixels, rows of a table by drawing other values for their columns. The model is any
function from inputs to one number or one row of numbers each, so nothing of its inside is needed.
"""

from dataclasses import dataclass
from itertools import combinations
from numbers import Real
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from xailab._linear import CHOICES, fit, nearness, shapley_line
from xailab._rows import check_background, check_rows, interpretable, neighbours
from xailab._validate import check_answers, check_photo
from xailab.superpixels import at_random, balanced, mean_colours, superpixels

_IMAGE_KERNEL_WIDTH = 0.25
_TABLE_KERNEL_WIDTH = 0.75  # times the root of the number of columns
_FAINT = 0.001  # a sample that counts less beside the row itself moves no line
_BATCH_PIXELS = 2_000_000  # about 40 photos of 224 x 224
_POOR_FIT = 0.5
_FAR_APART = 0.1  # of the range of the answers: a line that misses the input by more does not hold there
_MOST = 500  # photos that samples="auto" asks about at most
_MOST_ROWS = 2_000_000  # that kernel_shap asks about at once
_LEADERS, _AGREEING = 5, 3  # how many weights must settle, and how many blocks must agree on them


@dataclass(frozen=True)
class Explanation:
    """The linear model that LIME fitted around one input, for one column of the predictions.

    weights: float (features,), in units of the prediction, 0 for features that were not chosen.
    intercept: its prediction with every feature at 0. score: its R^2 on the samples, weighted by their nearness.
    local_prediction: its value for the input itself. target: the column of the predictions it explains.
    prediction: the model's own value for the input. reach: the model's highest value on the samples less its lowest.
    Its text says so when score is below 0.5, and when the two values for the input part by more than a tenth of reach.
    Lesson 06.
    """

    weights: np.ndarray
    intercept: float
    score: float
    local_prediction: float
    target: int
    prediction: float
    reach: float

    _advice = "cut the photo in another way, or hide its parts one at a time with xailab.occlusion"

    def __str__(self):
        says = f"the model says {self.prediction:.3f}, the linear model {self.local_prediction:.3f}"
        text = f"target {self.target}: at the input {says}; R^2 {self.score:.2f}"
        if self.score < _POOR_FIT:
            text += ". Poor fit: the model is not linear in these features here; do not trust the weights"
        if abs(self.prediction - self.local_prediction) > _FAR_APART * self.reach:
            text += f". The two part by more than a tenth of the answers' range ({self.reach:.3g}): {self._advice}"
        return text


@dataclass(frozen=True)
class ImageExplanation(Explanation):
    """An Explanation whose features are superpixels, 1 when shown and 0 when hidden.

    segments: int (H, W), the number of each pixel's superpixel, from 0. samples: photos that the model was asked about.
    Lesson 06.
    """

    segments: np.ndarray
    samples: int

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

    _advice = 'come nearer with around="row"'

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
    samples: photos to ask about, the first of them unchanged; hidden superpixels take their mean colour. "auto" asks about
    balanced blocks of photos, in which each superpixel is shown as often as hidden, together with each other one as often
    as without it, and each photo has its opposite. It stops when the `features` (5 for None) largest weights and their
    order were the same after three blocks in a row, or after 500 photos.
    segments: int (H, W), or "quickshift" (None means this), "slic" or "grid".
    features: number of superpixels to choose, or None for all. choose: how, see explain_tabular.
    batch_size: photos at once; memory does not grow with samples. seed: of the choice of what to hide.
    progress: whether to show a bar. Returns an ImageExplanation.
    Raises ValueError for arguments or predictions that do not fit, and for a photo with one superpixel only.
    Ribeiro, Singh, Guestrin (2016), Algorithm 1. Lesson 06.
    """
    image = check_photo(image)
    segments = superpixels(image, segments)
    count = int(segments.max()) + 1
    _check_counts(samples, features, choose, automatic=True)
    if features is not None and features > count:
        raise ValueError(
            f"features is {features}, but the photo has {count} segments: pass at most {count}, or None for all."
        )
    if batch_size == "auto":
        batch_size = max(1, _BATCH_PIXELS // segments.size)
    random, hidden = np.random.RandomState(seed), mean_colours(image, segments)
    difference, each = image ^ hidden, np.repeat(segments[..., None], 3, axis=-1)
    automatic = samples == "auto"
    designs = balanced(count, _MOST, random) if automatic else [at_random(samples, count, random)]
    shown, answers, leaders = np.empty((0, count), bool), [], []
    with tqdm(total=_MOST if automatic else samples, desc="LIME", leave=False, disable=not progress) as bar:
        for design in designs:
            shown = np.concatenate([shown, design])
            masks = -design.astype(np.uint8)  # all bits set where shown
            for start in range(0, len(design), batch_size):
                photos = masks[start : start + batch_size][:, each]
                photos &= difference  # in place, a quarter of the time of np.where
                photos ^= hidden
                answers.append(check_answers(predict(photos), len(photos)))
                bar.update(len(photos))
            target, values = _column(np.concatenate(answers), target)
            distances = 1 - np.sqrt(shown.mean(axis=1))  # the cosine distance of a row of ones and zeros to all ones
            fitted = fit(shown.astype(float), values, nearness(distances, _IMAGE_KERNEL_WIDTH), features, choose)
            leaders.append(tuple(np.argsort(-np.abs(fitted[0]), kind="stable")[: features or _LEADERS]))
            if len(leaders) >= _AGREEING and len(set(leaders[-_AGREEING:])) == 1:
                break
    return ImageExplanation(*fitted, target, *_value_and_range(values), segments, len(shown))


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
    kernel_width=None,
    around="data",
    seed=0,
):
    """LIME for one row of a table: the weight of each column in a linear model of the predictions around it.

    predict: function from rows (N, columns) to finite numbers (N, outputs) or (N,), such as predict_proba of a classifier
    or predict of a regressor. row: (columns,). training_data: numbers (rows, columns), from which the values of the samples
    are drawn, each column for itself. target: column of the predictions, or None for the largest one.
    samples: rows to ask about, the first of them the row itself. features: how many columns to choose at most, or None.
    categorical: indices of columns whose numbers are names. discretize: describe the other columns by their quartiles;
    False takes their values, in standard deviations. choose: "lasso" (K-Lasso: the last point of the lasso path with few
    enough), "highest" (weights of a first fit) or "forward" (add the best one, again and again).
    names: of the columns. kernel_width: of the bell that weighs a sample by its distance, in the unit in which a row that
    left its quarter (or one standard deviation) in every column is at sqrt(columns); None means 0.75 sqrt(columns).
    around: "data" draws every column of every sample. "row" comes near the row as section 3.3 of the paper does: for each
    sample it draws how many columns change, 1 to all of them, then which ones; the others keep the row's values.
    seed: of the samples. Returns a TabularExplanation; a constant column gets weight 0.
    Raises ValueError for arguments or predictions that do not fit, for a category that the training data lack, for
    training data without two different rows, and for a width at which no sample counts.
    Ribeiro, Singh, Guestrin (2016), Algorithm 1. Lesson 06.
    """
    row, table, names = check_rows(row, training_data, categorical, names)
    _check_counts(samples, features, choose)
    width = _width(kernel_width, table.shape[1])
    rows = neighbours(row, table, samples, around, np.random.RandomState(seed))
    inputs, conditions = interpretable(rows, table, categorical, discretize, names)
    target, values = _column(check_answers(predict(rows), samples), target)
    distances = np.linalg.norm(inputs - inputs[0], axis=1)
    near = nearness(distances, width)
    if near[1:].max() < _FAINT:
        raise ValueError(
            f"the width of the bell is {width:.3g}, and the nearest of {samples} samples is {distances[1:].min():.3g} away: "
            'none of them counts. Pass a larger kernel_width, around="row", or more samples.'
        )
    fitted = fit(inputs, values, near, features, choose)
    return TabularExplanation(*fitted, target, *_value_and_range(values), conditions)


def kernel_shap(predict, row, background, *, target=None):
    """Shapley values of one row, as LIME with another kernel: a weighted line through all coalitions of its columns.

    predict: function from rows (N, columns) to finite numbers (N, outputs) or (N,). row: (columns,).
    background: numbers (rows, columns): a column that is switched off takes each of these values, and the answers are
    averaged. target: column of the predictions, or None for the row's largest one.
    Returns (weights float (columns,), in units of the prediction, base): the base is the mean answer over the background,
    and the base and all weights add up to the row's own answer.
    Raises ValueError for arguments or predictions that do not fit, and if 2^columns times the rows of the background are more
    than two million. Lundberg and Lee (2017), theorem 2. Lesson 06.
    """
    row, table = check_background(row, background)
    count = 2 ** len(row) * len(table)
    if count > _MOST_ROWS:
        raise ValueError(
            f"{len(row)} columns and {len(table)} rows of the background would take {count:,} questions: at most "
            f"{_MOST_ROWS:,} are asked. Pass fewer rows, or take shapley.kernel, which draws coalitions."
        )
    shown = (np.arange(2 ** len(row) - 1, -1, -1)[:, None] >> np.arange(len(row))) % 2 == 1  # the row itself first
    rows = np.where(shown[:, None], row, table).reshape(-1, len(row))
    _, values = _column(check_answers(predict(rows), count), target)
    return shapley_line(shown, values.reshape(len(shown), len(table)).mean(axis=1))


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


def _check_counts(samples, features, choose, automatic=False):
    if automatic and isinstance(samples, str) and samples == "auto":
        samples = _MOST
    if not isinstance(samples, (int, np.integer)):
        raise ValueError(
            f"samples is {samples!r}: a whole number{', or' * automatic}{' auto' * automatic} was expected."
        )
    if samples < 2:
        raise ValueError(f"samples is {samples}: at least 2 are needed to fit a line; 1000 is usual.")
    if features is not None and features < 1:
        raise ValueError(f"features is {features}: at least 1 was expected, or None for all.")
    if choose not in CHOICES:
        raise ValueError(f"choose is {choose!r}: 'lasso', 'highest' or 'forward' was expected.")


def _value_and_range(values):
    """The model's value for the input, and the range of its values on the samples."""
    return float(values[0]), float(np.ptp(values))


def _width(width, columns):
    """The width of the bell for a table of so many columns."""
    if width is None:
        return _TABLE_KERNEL_WIDTH * np.sqrt(columns)
    if isinstance(width, bool) or not isinstance(width, Real) or not width > 0:
        raise ValueError(
            f"kernel_width is {width!r}: a number above 0 was expected, or None for {_TABLE_KERNEL_WIDTH} times the root of the "
            "number of columns."
        )
    return width


def _column(answers, target):
    """The explained column's number, and its values."""
    target = int(answers[0].argmax()) if target is None else target
    if not 0 <= target < answers.shape[1]:
        raise ValueError(
            f"target {target} is out of range: predict returns {answers.shape[1]} column(s), numbered 0 to {answers.shape[1] - 1}."
        )
    return target, answers[:, target]
