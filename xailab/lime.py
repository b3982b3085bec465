"""LIME for pictures: switch parts of a photo off, ask the model again, and fit a linear model to its answers.

The model is any function from uint8 photos to one row of numbers a photo, so nothing of its inside is needed. Changed
photos are made a batch at a time, so that memory does not grow with the number of samples.
"""

from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from xailab._validate import check_photo

_KERNEL_WIDTH = 0.25
_RIDGE = 1.0
_BATCH = 32
_POOR_FIT = 0.5


@dataclass(frozen=True)
class ImageExplanation:
    """What LIME found for one photo and one class.

    segments: int (H, W), numbered from 0. weights: float (segments,), in units of the prediction, 0 for those not chosen.
    intercept: prediction of the linear model with every segment off. score: its weighted R^2 on the samples.
    local_prediction: its value for the whole photo. target: the column of the predictions that is explained. Lesson 06.
    """

    segments: np.ndarray
    weights: np.ndarray
    intercept: float
    score: float
    local_prediction: float
    target: int

    def heatmap(self):
        """The weight of each pixel's segment, float (H, W)."""
        return self.weights[self.segments]

    def __str__(self):
        text = (
            f"target {self.target}: linear model {self.local_prediction:.3f} on the whole photo, R^2 {self.score:.2f}"
        )
        if self.score >= _POOR_FIT:
            return text
        return f"{text}. Poor fit: the linear model does not follow this network near this photo; do not trust the weights."


def explain_image(
    predict, image, *, target=None, samples=1000, segments=None, features=None, batch_size=_BATCH, seed=0, progress=True
):
    """LIME for one photo: the weight of each superpixel in a linear model of the predictions around it.

    predict: function from uint8 photos (N, H, W, 3) to finite numbers (N, outputs), such as a Classifier.
    image: uint8 (H, W, 3). target: column of the predictions, or None for the largest one on the photo.
    samples: photos to ask about, the first of them unchanged. segments: int (H, W), or None for quickshift.
    features: number of segments chosen by the lasso path (K-Lasso), or None for all of them.
    batch_size: photos at once. seed: of the random choice of segments. progress: whether to show a bar.
    Returns an ImageExplanation. Raises ValueError for arguments or predictions that do not fit.
    Ribeiro, Singh, Guestrin (2016), Algorithm 1. Lesson 06.
    """
    image = check_photo(image)
    segments = _check_segments(_superpixels(image) if segments is None else segments, image)
    count = segments.max() + 1
    if samples < 2:
        raise ValueError(f"samples is {samples}: at least 2 are needed to fit a line; 1000 is usual.")
    if features is not None and not 1 <= features <= count:
        raise ValueError(
            f"features is {features}, but the photo has {count} segments: pass 1 to {count}, or None for all."
        )
    on = np.random.RandomState(seed).randint(0, 2, samples * count).reshape(samples, count).astype(bool)
    on[0] = True
    predictions = _ask(predict, image, _mean_colours(image, segments), segments, on, batch_size, progress)
    outputs = predictions.shape[1]
    target = int(predictions[0].argmax()) if target is None else target
    if not 0 <= target < outputs:
        raise ValueError(
            f"target {target} is out of range: predict returns {outputs} column(s), numbered 0 to {outputs - 1}."
        )
    distances = 1 - np.sqrt(on.mean(axis=1))  # the cosine distance of a row of ones and zeros to all ones
    nearness = np.sqrt(np.exp(-((distances / _KERNEL_WIDTH) ** 2)))
    return ImageExplanation(segments, *_fit(on.astype(float), predictions[:, target], nearness, features), target)


def submodular_pick(weights, budget):
    """SP-LIME: the explanations that together show most of what matters, chosen greedily.

    weights: float (explanations, features), the weight of each feature in each explanation. budget: how many to choose.
    Returns a list of row numbers, in the order chosen; of equal candidates the last one, as in the authors' package.
    Raises ValueError for weights that are not a table of finite numbers, and for a budget that does not fit.
    Ribeiro, Singh, Guestrin (2016), Algorithm 2. Lesson 06.
    """
    sizes = np.abs(np.asarray(weights, float))
    if sizes.ndim != 2 or 0 in sizes.shape or not np.isfinite(sizes).all():
        raise ValueError(
            f"weights have shape {sizes.shape}: a table of finite numbers (explanations, features) was expected."
        )
    if not 1 <= budget <= len(sizes):
        raise ValueError(f"budget is {budget} for {len(sizes)} explanation(s): pass 1 to {len(sizes)}.")
    importance = np.sqrt(sizes.sum(axis=0))
    chosen = []
    while len(chosen) < budget:
        left = [row for row in range(len(sizes)) if row not in chosen]
        chosen.append(max(reversed(left), key=lambda row: np.dot(sizes[[*chosen, row]].any(axis=0), importance)))
    return chosen


def _superpixels(image):
    from skimage.segmentation import quickshift  # here, because it takes a second to import

    return quickshift(image, kernel_size=4, max_dist=200, ratio=0.2, rng=42)


def _check_segments(segments, image):
    segments = np.asarray(segments)
    if segments.shape != image.shape[:2] or not np.issubdtype(segments.dtype, np.integer):
        raise ValueError(
            f"segments have shape {segments.shape} and dtype {segments.dtype}: one whole number a pixel, {image.shape[:2]}, was expected."
        )
    names, numbered = np.unique(segments, return_inverse=True)
    if len(names) < 2:
        raise ValueError(
            "the photo has one segment only, so there is nothing to compare: pass segments=, such as a grid, or another photo."
        )
    return numbered.reshape(segments.shape)


def _mean_colours(image, segments):
    flat = segments.ravel()
    sums = np.stack([np.bincount(flat, channel.ravel()) for channel in np.moveaxis(image, -1, 0)], axis=-1)
    return (sums / np.bincount(flat)[:, None]).astype(np.uint8)[segments]


def _ask(predict, image, hidden, segments, on, batch_size, progress):
    rows = []
    for start in tqdm(range(0, len(on), batch_size), desc="LIME", leave=False, disable=not progress):
        shown = on[start : start + batch_size][:, segments]
        answer = np.asarray(predict(np.where(shown[..., None], image, hidden)))
        if answer.ndim != 2 or len(answer) != len(shown):
            raise ValueError(
                f"predict returned shape {answer.shape} for {len(shown)} photos: ({len(shown)}, outputs) was expected."
            )
        if not np.isfinite(answer).all():
            raise ValueError(
                "predict returned NaN or infinite values: finite numbers were expected. Try it on the photo itself."
            )
        rows.append(answer)
    return np.concatenate(rows)


def _fit(on, values, nearness, features):
    """Weights (segments,), intercept, weighted R^2 and prediction for the first row, by weighted ridge regression."""
    values = values.astype(float)
    mean_on, mean_value = np.average(on, axis=0, weights=nearness), np.average(values, weights=nearness)
    root = np.sqrt(nearness)
    x, y = (on - mean_on) * root[:, None], (values - mean_value) * root
    used = np.arange(on.shape[1]) if features is None else _lasso_path(x, y, features)
    weights = np.zeros(on.shape[1])
    weights[used] = np.linalg.solve(x[:, used].T @ x[:, used] + _RIDGE * np.eye(len(used)), x[:, used].T @ y)
    total = y @ y
    score = 1 - np.sum((y - x @ weights) ** 2) / total if total > 0 else 1.0
    intercept = mean_value - mean_on @ weights
    return weights, float(intercept), float(score), float(intercept + on[0] @ weights)


def _lasso_path(x, y, features):
    """The columns that the lasso keeps at the last point of its path with at most `features` of them."""
    from sklearn.linear_model import lars_path

    path = lars_path(x, y, method="lasso")[2].T
    return next(np.flatnonzero(point) for point in path[::-1] if np.count_nonzero(point) <= features)
