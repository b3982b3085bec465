"""Linear probes: what one linear layer can read in the maps of a network."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def linear_probe(features, labels, *, C=0.1):
    """Fit one linear layer to what a layer of a network makes of labelled pictures: logistic regression, every feature in units of
    its own spread.

    features: float (N, D), such as the mean of each channel, maps.mean(axis=(1, 2)). labels: int (N,), of at least two classes.
    C: scikit-learn's; the smaller, the smaller the weights. It has one best solution, so nothing hangs on a random start.
    Returns the fitted pipeline of scikit-learn: `.predict` and `.score` take new features (M, D), and `models.linear_head`
    makes a Dense layer of it.
    Raises ValueError for features that are not (N, D) or hold NaN, another number of labels, a single class, or a C that is not
    positive. Alain and Bengio (2016), "Understanding intermediate layers using linear classifier probes". Lesson 08.
    """
    features, labels = np.asarray(features), np.asarray(labels)
    if features.ndim != 2 or 0 in features.shape:
        raise ValueError(
            f"the features have shape {features.shape}: (N, D) was expected; of maps, take maps.mean(axis=(1, 2))."
        )
    if not np.issubdtype(features.dtype, np.number) or not np.isfinite(features).all():
        raise ValueError("the features hold NaN, infinite values or no numbers: look at where they were computed.")
    if labels.shape != (len(features),) or not np.issubdtype(labels.dtype, np.integer) or len(np.unique(labels)) < 2:
        raise ValueError(
            f"the labels are {labels.dtype} of shape {labels.shape}: {len(features)} whole numbers, of at least two classes, "
            "were expected."
        )
    if not (isinstance(C, (int, float)) and np.isfinite(C) and C > 0):
        raise ValueError(f"C is {C!r}: a positive number was expected.")
    return make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=1000)).fit(features, labels)
