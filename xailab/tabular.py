"""Explaining models of tables: what a regression, a forest or any other model makes of each feature.

The model is a fitted scikit-learn regressor or two-class classifier; its answer is the prediction, or the probability of
the second class. Partial dependence and importance are scikit-learn's; accumulated local effects are ours.
"""

import numpy as np

from xailab._validate import check_answers, check_feature, check_table


def coefficients(table, response):
    """The coefficient table of an ordinary least-squares regression.

    table: DataFrame (N, F), the predictors. response: N numbers.
    Returns a DataFrame with a row for the intercept and each predictor: estimate and SE, its standard error, both in units
    of the response for one unit of the predictor; t = estimate / SE; p, the probability of a |t| at least as large if the
    true coefficient were zero, with N - F - 1 degrees of freedom.
    Raises ValueError for missing values, fewer rows than needed, and predictors that determine each other.
    Draper and Smith (1998), chapter 5. Lesson 09.
    """
    import pandas
    from scipy.stats import t as student

    table = check_table(table)
    response = _check_response(table, response)
    design = np.column_stack([np.ones(len(table)), table])
    freedom = len(design) - design.shape[1]
    if freedom < 1:
        raise ValueError(f"{len(table)} rows for {design.shape[1]} coefficients: at least one row more is needed.")
    scale = np.linalg.norm(design, axis=0)
    if scale.min() == 0 or np.linalg.matrix_rank(design / scale) < design.shape[1]:
        raise ValueError(
            f"the predictors {list(table.columns)} determine each other, or one of them is constant: their coefficients are not "
            "unique. Drop one of them."
        )
    orthogonal, triangle = np.linalg.qr(design)  # better conditioned than inverting X'X
    estimate = np.linalg.solve(triangle, orthogonal.T @ response)
    variance = np.sum((response - design @ estimate) ** 2) / freedom
    error = np.sqrt(variance * np.sum(np.linalg.inv(triangle) ** 2, axis=1))
    with np.errstate(divide="ignore"):  # a perfect fit has no error
        t = estimate / error
    columns = {"estimate": estimate, "SE": error, "t": t, "p": 2 * student.sf(np.abs(t), freedom)}
    return pandas.DataFrame(columns, index=["intercept", *table.columns])


def importance(model, table, response, *, repeats=10, seed=0):
    """How much worse a model gets when a feature is shuffled, beside what the model itself reports.

    model: fitted scikit-learn model. table: DataFrame (N, F). response: N right answers. repeats: shuffles a feature.
    seed: of the shuffles. Returns a DataFrame, a row a feature, largest first: permutation, the mean fall of model.score
    (R^2 or accuracy), sd over the shuffles, and impurity, the model's own share, for trees and forests of them.
    Raises ValueError for missing values, a single feature, or a response of another length. Breiman (2001), section 10,
    as in scikit-learn's permutation_importance. Lesson 09.
    """
    import pandas
    from sklearn.inspection import permutation_importance

    table = check_table(table, columns=2)
    response = _check_length(table, response)
    found = permutation_importance(model, table, response, n_repeats=repeats, random_state=seed)
    columns = {"permutation": found.importances_mean, "sd": found.importances_std}
    if hasattr(model, "feature_importances_"):
        columns["impurity"] = model.feature_importances_
    return pandas.DataFrame(columns, index=table.columns).sort_values("permutation", ascending=False, kind="stable")


def ice(model, table, feature, *, points=40, centred=False):
    """Individual conditional expectation: the answer for each row while one feature takes other values.

    model, table, feature: as in ale. points: at most so many values, from the 5th to the 95th percentile of the feature.
    centred: subtract each row's first value, so that all curves begin at 0.
    Returns (values (P,), answers (N, P)). Raises ValueError as ale does.
    Goldstein, Kapelner, Bleich, Pitkin (2015), sections 3.1 and 3.2; scikit-learn's partial_dependence. Lesson 09.
    """
    from sklearn.inspection import partial_dependence as sklearns

    table = check_table(table, columns=2)
    check_feature(table, feature)
    found = sklearns(model, table, [feature], kind="individual", grid_resolution=points)
    answers = found["individual"]
    if len(answers) != 1:
        raise ValueError(_TOO_MANY_CLASSES.format(len(answers)))
    return found["grid_values"][0], answers[0] - answers[0][:, :1] if centred else answers[0]


def partial_dependence(model, table, feature, *, points=40):
    """Partial dependence: the mean answer while one feature takes the same value in every row.

    Arguments and errors as in ice. Returns (values (P,), means (P,)): the mean of the curves of ice.
    Friedman (2001), section 8.2. Lesson 09.
    """
    values, answers = ice(model, table, feature, points=points)
    return values, answers.mean(axis=0)


def ale(model, table, feature, *, bins=20):
    """Accumulated local effects of one feature: small steps, each taken only by the rows that are there.

    model: fitted model with predict, or a two-class classifier with predict_proba. table: DataFrame (N, F) of numbers.
    feature: name of a column. bins: the feature's range is cut at so many quantiles; equal ones are merged.
    Returns (edges (K + 1,), effects (K + 1,)), in units of the answer; the mean effect over the rows is 0.
    Raises ValueError for missing values, a single or constant feature, an unknown name, or more than two classes.
    Apley and Zhu (2020), equations 15 and 16. Lesson 09.
    """
    table = check_table(table, columns=2)
    edges, place = _bins(table, feature, bins)
    steps = _answers(model, table.assign(**{feature: edges[place + 1]})) - _answers(
        model, table.assign(**{feature: edges[place]})
    )
    counts = np.bincount(place)
    effects = np.append(0, np.cumsum(np.bincount(place, steps) / counts))
    return edges, effects - np.average(_between(effects), weights=counts)


def ale_pair(model, table, features, *, bins=10):
    """Second-order accumulated local effects: what two features do together beyond what each does alone.

    model, table: as in ale. features: two names. bins: cuts along each of them.
    Returns (edges (K + 1,), edges (L + 1,), effects (K + 1, L + 1)), zero everywhere if the two do not interact. A cell
    without rows takes the step of the nearest cell that has some. Raises ValueError as ale does.
    Apley and Zhu (2020), the second-order estimators behind equation 16. Lesson 09.
    """
    table = check_table(table, columns=2)
    first, second = features
    if first == second:
        raise ValueError(f"features are '{first}' twice: two different ones were expected.")
    (edges, place), (others, beside) = (_bins(table, feature, bins) for feature in (first, second))
    corners = [
        [_answers(model, table.assign(**{first: edges[place + i], second: others[beside + j]})) for j in (0, 1)]
        for i in (0, 1)
    ]
    steps = corners[1][1] - corners[1][0] - corners[0][1] + corners[0][0]
    counts, sums = np.zeros((2, len(edges) - 1, len(others) - 1))
    np.add.at(counts, (place, beside), 1)
    np.add.at(sums, (place, beside), steps)
    means = _fill_empty(sums / np.maximum(counts, 1), counts, edges, others)
    effects = np.pad(means.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    along_first = (np.diff(_between(effects), axis=0) * counts).sum(axis=1) / counts.sum(axis=1)
    along_second = (np.diff(_between(effects.T).T, axis=1) * counts).sum(axis=0) / counts.sum(axis=0)
    effects -= np.append(0, np.cumsum(along_first))[:, None] + np.append(0, np.cumsum(along_second))
    return edges, others, effects - np.average(_between(_between(effects).T).T, weights=counts)


def mrmr(table, response, *, bins=8):
    """Order features by minimum redundancy and maximum relevance: each says much of the response, and little twice.

    table: DataFrame (N, F). response: N numbers or class names. bins: quantiles into which numbers are cut before their
    mutual information is counted. Returns a DataFrame, a row a feature in the order chosen: relevance, its mutual
    information with the response; redundancy, the mean of that with the features chosen before; score, relevance minus
    redundancy; all in nats. Raises ValueError for missing values, a single feature or a constant column.
    Peng, Long, Ding (2005), equations 4 to 7. Lesson 09.
    """
    import pandas
    from sklearn.metrics import mutual_info_score

    table = check_table(table, columns=2)
    for feature in table.columns:
        check_feature(table, feature)
    coded = {name: _codes(table[name].to_numpy(), bins) for name in table.columns}
    answer = _codes(_check_length(table, response), bins)
    relevance = {name: mutual_info_score(codes, answer) for name, codes in coded.items()}
    shared = dict.fromkeys(coded, 0.0)
    rows = {}
    while len(rows) < len(coded):
        redundancy = {name: shared[name] / max(len(rows), 1) for name in coded if name not in rows}
        best = max(redundancy, key=lambda name: relevance[name] - redundancy[name])
        rows[best] = (relevance[best], redundancy[best], relevance[best] - redundancy[best])
        for name in coded:
            shared[name] += mutual_info_score(coded[name], coded[best])
    return pandas.DataFrame.from_dict(rows, orient="index", columns=["relevance", "redundancy", "score"])


_TOO_MANY_CLASSES = (
    "the model answers with {} columns: a regressor or a classifier of two classes was expected. For one class against the "
    "rest, fit a model to response == 'class'."
)


def _answers(model, table):
    """One number per row: the prediction, or the probability of the second of two classes."""
    probable = hasattr(model, "predict_proba")
    answers = check_answers((model.predict_proba if probable else model.predict)(table), len(table))
    if answers.shape[1] != (2 if probable else 1):
        raise ValueError(_TOO_MANY_CLASSES.format(answers.shape[1]))
    return answers[:, -1]


def _bins(table, feature, bins):
    """Edges at quantiles that are values of the feature, and each row's bin; a row on an edge belongs to the bin below."""
    check_feature(table, feature)
    if not isinstance(bins, (int, np.integer)) or bins < 1:
        raise ValueError(f"bins is {bins!r}: a whole number from 1 up was expected.")
    values = table[feature].to_numpy()
    ranks = -(-len(values) * np.arange(bins + 1) // bins) - 1  # in whole numbers, so that no quantile slips by one
    edges = np.unique(np.sort(values)[np.maximum(ranks, 0)])
    return edges, np.maximum(np.searchsorted(edges, values) - 1, 0)


def _between(values):
    """The mean of neighbours along the last axis."""
    return (values[..., :-1] + values[..., 1:]) / 2


def _fill_empty(means, counts, edges, others):
    from scipy.interpolate import NearestNDInterpolator

    centres = np.stack(
        np.meshgrid(*((_between(each) / np.ptp(each)) for each in (edges, others)), indexing="ij"), axis=-1
    )
    return NearestNDInterpolator(centres[counts > 0], means[counts > 0])(centres)


def _codes(values, bins):
    """Whole numbers for classes or few different values, quantile bins for many."""
    names, codes = np.unique(values, return_inverse=True)
    if len(names) <= bins or names.dtype.kind not in "biuf":
        return codes
    return np.searchsorted(np.unique(np.quantile(values, np.arange(1, bins) / bins)), values, side="right")


def _check_length(table, response):
    response = np.asarray(response)
    if response.shape != (len(table),):
        raise ValueError(
            f"the response has shape {response.shape} for {len(table)} rows: one value a row was expected."
        )
    if response.dtype.kind == "f" and not np.isfinite(response).all():
        raise ValueError("the response has missing or infinite values: leave these rows out of table and response.")
    return response


def _check_response(table, response):
    response = _check_length(table, response)
    if response.dtype.kind not in "biuf":
        raise ValueError(f"the response has dtype {response.dtype}: numbers were expected.")
    return response.astype(float)
