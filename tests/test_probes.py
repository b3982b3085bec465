"""Linear probes against a fit that knows nothing of scikit-learn."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp

from xailab.probes import linear_probe


@pytest.fixture
def rows():
    draw = np.random.default_rng(3)
    labels = np.repeat([0, 1, 2], 12)
    return draw.normal(size=(36, 4)) * [1, 10, 0.1, 3] + labels[:, None] * [0.8, 0, 0.1, -2], labels


def fit_by_hand(features, labels, C):
    """Scores (N, classes) at the minimum of C times the summed cross-entropy plus half the squared weights."""
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    classes = labels.max() + 1

    def scores(flat):
        weights, bias = np.split(flat, [scaled.shape[1] * classes])
        return scaled @ weights.reshape(-1, classes) + bias, weights

    def cost(flat):
        said, weights = scores(flat)
        return C * (logsumexp(said, axis=1) - said[np.arange(len(said)), labels]).sum() + (weights**2).sum() / 2

    found = minimize(cost, np.zeros((scaled.shape[1] + 1) * classes), method="L-BFGS-B", options={"ftol": 1e-13})
    return scores(found.x)[0]


@pytest.mark.parametrize("C", [0.1, 2.0])
def test_the_probabilities_are_those_of_a_fit_by_hand(rows, C):
    features, labels = rows
    by_hand = fit_by_hand(features, labels, C)
    expected = np.exp(by_hand - logsumexp(by_hand, axis=1, keepdims=True))
    given = features.copy()
    np.testing.assert_allclose(linear_probe(features, labels, C=C).predict_proba(features), expected, atol=2e-3)
    np.testing.assert_array_equal(features, given)


def test_units_do_not_matter_and_a_feature_that_never_changes_does_no_harm(rows):
    features, labels = rows
    more = np.column_stack([features * [1e-3, 1e3, 1, 1], np.full(len(features), 7.0)])
    one, other = linear_probe(features, labels), linear_probe(more, labels)
    np.testing.assert_allclose(one.predict_proba(features), other.predict_proba(more), atol=1e-3)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda f, y: (f.reshape(36, 2, 2, 1), y), r"shape \(36, 2, 2, 1\): \(N, D\) was expected; of maps"),
        (lambda f, y: (f[:0], y[:0]), r"shape \(0, 4\)"),
        (lambda f, y: (np.where(f > 5, np.nan, f), y), "hold NaN"),
        (lambda f, y: (f.astype(str), y), "no numbers"),
        (lambda f, y: (f, y[:-1]), r"shape \(35,\): 36 whole numbers"),
        (lambda f, y: (f, y.astype(float)), "float64"),
        (lambda f, y: (f, np.zeros(36, int)), "at least two classes"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_words(rows, change, message):
    with pytest.raises(ValueError, match=message):
        linear_probe(*change(*rows))


@pytest.mark.parametrize("C", [0, -1, np.nan, "much"])
def test_a_strength_that_cannot_be_is_refused(rows, C):
    with pytest.raises(ValueError, match="C is"):
        linear_probe(*rows, C=C)
