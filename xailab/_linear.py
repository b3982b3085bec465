"""A linear model around one input: weighted ridge regression on chosen features, as LIME fits it."""

import numpy as np
from scipy.special import comb

CHOICES = ("lasso", "highest", "forward")
_RIDGE = 1.0


def nearness(distances, width):
    """Weight of each sample by its distance (N,) from the input: the root of a Gaussian of this width."""
    return np.sqrt(np.exp(-((distances / width) ** 2)))


def fit(inputs, values, near, features, choose):
    """Weights (features,), intercept, weighted R^2 and prediction for the first row, by weighted ridge regression."""
    mean_input, mean_value = np.average(inputs, axis=0, weights=near), np.average(values, weights=near)
    root = np.sqrt(near)
    x, y = (inputs - mean_input) * root[:, None], (values - mean_value) * root
    used = np.arange(x.shape[1]) if features is None else _choose(x, y, inputs[0], features, choose)
    weights = np.zeros(x.shape[1])
    weights[used] = _ridge(x[:, used], y, _RIDGE)
    total = y @ y
    score = 1 - np.sum((y - x @ weights) ** 2) / total if total > 0 else 1.0
    intercept = mean_value - mean_input @ weights
    return weights, float(intercept), float(score), float(intercept + inputs[0] @ weights)


def shapley_line(shown, values):
    """Weights (features,) and intercept of the line through the values of all coalitions, bool (2^features, features), the
    whole one first and the empty one last. The kernel of Lundberg and Lee (2017), theorem 2, is infinite at these two."""
    whole, base, features = values[0], values[-1], shown.shape[1]
    inner, size = shown[1:-1].astype(float), shown[1:-1].sum(axis=1)
    near = (features - 1) / (comb(features, size) * size * (features - size))
    x = inner[:, :-1] - inner[:, -1:]  # the last weight is what the others leave, so that the line meets both ends
    y = values[1:-1] - base - inner[:, -1] * (whole - base)
    root = np.sqrt(near)
    weights = np.linalg.lstsq(x * root[:, None], y * root)[0] if features > 1 else np.zeros(0)
    return np.append(weights, whole - base - weights.sum()), float(base)


def _ridge(x, y, alpha):
    return np.linalg.solve(x.T @ x + alpha * np.eye(x.shape[1]), x.T @ y)


def _choose(x, y, first, features, choose):
    """Which columns of the centred and weighted x to use for y: at most `features` of them."""
    if choose == "highest":
        return np.argsort(-np.abs(_ridge(x, y, 0.01) * first), kind="stable")[:features]
    if choose == "forward":
        used = []
        while len(used) < min(features, x.shape[1]):
            left = [column for column in range(x.shape[1]) if column not in used]
            used.append(min(left, key=lambda column: _residual(x[:, [*used, column]], y)))
        return np.array(used)
    from sklearn.linear_model import lars_path

    path = lars_path(x, y, method="lasso")[2].T
    return next(np.flatnonzero(point) for point in path[::-1] if np.count_nonzero(point) <= features)


def _residual(x, y):
    return np.sum((y - x @ np.linalg.lstsq(x, y)[0]) ** 2)
