"""Exercises of lesson 09, explaining a model of tables as a whole."""

from itertools import permutations

import numpy as np

from course.student.exercises import Exercise, Mistake


def coefficient_table(design, response, estimates):
    residuals = response - design @ estimates
    variance = np.sum(residuals**2) / (len(design) - design.shape[1])
    errors = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    return np.column_stack([estimates, errors, estimates / errors])


def ice_curves(predict, rows, column, values):
    answers = []
    for value in values:
        changed = rows.copy()
        changed[:, column] = value
        answers.append(predict(changed))
    return np.stack(answers, axis=1)


def accumulated_effects(predict, rows, column, edges, place):
    below, above = rows.copy(), rows.copy()
    below[:, column], above[:, column] = edges[place], edges[place + 1]
    steps = predict(above) - predict(below)
    means = np.bincount(place, steps) / np.bincount(place)
    return np.append(0, np.cumsum(means))


def shapley_values(game):
    shares = dict.fromkeys("ABC", 0)
    for order in permutations("ABC"):
        there = ""
        for player in order:
            before, there = there, "".join(sorted(there + player))
            shares[player] += (game[there] - game[before]) / 6
    return shares


def next_feature(relevance, shared, chosen):
    score = relevance - shared[:, chosen].mean(axis=1)
    score[chosen] = -np.inf
    return int(np.argmax(score))


def _table(relevance, shared, chosen, *, redundancy):
    score = relevance - redundancy(shared[:, chosen])
    score[chosen] = -np.inf
    return int(np.argmax(score))


def _with(design, response, estimates, errors):
    return np.column_stack([estimates, errors, estimates / errors])


def _scatter_of(design, response, estimates):
    return np.sum((response - design @ estimates) ** 2)


def _designs(draw, *sizes):
    cases = []
    for count, features in sizes:
        design = np.column_stack([np.ones(count), draw.normal(size=(count, features))])
        response = design @ draw.normal(size=features + 1) + draw.normal(size=count)
        cases.append((design, response, np.linalg.lstsq(design, response, rcond=None)[0]))
    return cases


def _formula(rows):
    return rows[:, 0] ** 2 + rows[:, 0] * rows[:, 1] - 2 * rows[:, 2]


def _questions():
    draw = np.random.default_rng(11)
    return [
        (_formula, draw.normal(size=(count, 3)), column, np.linspace(-1, 1, 4)) for count, column in ((6, 0), (9, 1))
    ]


def _model(draw, features):
    """A model in which any two features act together: (N, features) -> (N,)."""
    pairs = draw.normal(size=(features, features))
    return lambda rows: np.einsum("nf,fg,ng->n", rows, pairs, rows)


def _drawn_questions(draw):
    return [
        (
            _model(draw, features),
            draw.normal(size=(count, features)),
            int(draw.integers(features)),
            draw.normal(size=values),
        )
        for count, features, values in ((5, 4, 7), (8, 2, 3), (4, 5, 4))
    ]


def _drawn_cuts(draw):
    """Rows in bins of other widths, none of them empty, and another model each time."""
    cases = []
    for count, features, bins in ((11, 4, 5), (16, 2, 4)):
        rows, column = draw.normal(size=(count, features)), int(draw.integers(features))
        edges = draw.normal() + np.append(0, np.cumsum(draw.uniform(0.5, 2, bins)))
        place = draw.permutation(np.append(np.arange(bins), draw.integers(bins, size=count - bins)))
        rows[:, column] = draw.uniform(edges[place], edges[place + 1])
        cases.append((_model(draw, features), rows, column, edges, place))
    return cases


def _cuts():
    draw = np.random.default_rng(12)
    for count, column in ((9, 0), (14, 1)):
        rows = np.round(draw.uniform(0, 3, (count, 3)), 2)
        rows[:4, column] = [0, 0.6, 1.5, 3]
        edges = np.array([0.0, 1, 2, 3])
        rows[4, column] = 1.7
        yield _formula, rows, column, edges, np.maximum(np.searchsorted(edges, rows[:, column]) - 1, 0)


def _steps(predict, rows, column, edges, place):
    below, above = rows.copy(), rows.copy()
    below[:, column], above[:, column] = edges[place], edges[place + 1]
    return predict(above) - predict(below)


def _games():
    quiz = {"": 0, "A": 12, "B": 24, "C": 0, "AB": 60, "AC": 18, "BC": 36, "ABC": 90}
    odd = {"": 5, "A": 1, "B": 8, "C": -2, "AB": 7, "AC": 11, "BC": 6.5, "ABC": 20}
    return [(quiz,), (odd,)]


def _in_one_order(game):
    return {"A": game["A"] - game[""], "B": game["AB"] - game["A"], "C": game["ABC"] - game["AB"]}


def _choices():
    draw = np.random.default_rng(13)
    cases = []
    for _ in range(12):
        shared = draw.uniform(0, 1, (6, 6))
        shared = (shared + shared.T) / 2
        chosen = [int(feature) for feature in draw.permutation(6)[: draw.integers(2, 4)]]
        cases.append((draw.uniform(0.5, 1.2, 6), shared, chosen))
    return cases


def _copies(draw):
    """Seven features, of which two or three are chosen already.

    Of those left one is the most relevant and nearly a copy of the chosen ones, one is the best choice, and one shares
    nearly nothing with them. Numbers and order are drawn; the best choice stands at another place each time."""
    cases, order = [], draw.permutation(7)
    for turn, chosen in enumerate((2, 3, 2)):
        relevance = np.array([1.5] * chosen + [1.2, 1.0, 0.5] + [0.3] * (4 - chosen))
        likeness = np.array([0.5] * chosen + [0.9, 0.4, 0.05] + [0.3] * (4 - chosen))  # with each of the chosen
        shared = draw.uniform(0, 0.8, (7, 7))
        shared[:, :chosen] = likeness[:, None] + draw.uniform(0, 0.05, (7, chosen))
        shared[:chosen] = shared[:, :chosen].T
        shared = (shared + shared.T) / 2
        places = (order + turn) % 7
        at = np.argsort(places)  # the feature that comes to each place
        cases.append(((relevance + draw.uniform(0, 0.05, 7))[at], shared[np.ix_(at, at)], places[:chosen].tolist()))
    return cases


EXERCISES = [
    Exercise(
        id="09.1",
        title="a coefficient table",
        reference=coefficient_table,
        cases=lambda: _designs(np.random.default_rng(9), (12, 2), (20, 3)),
        hidden=lambda draw: _designs(draw, (15, 4), (30, 1)),
        hints=(
            "Begin with the residuals, response - design @ estimates. Their variance is their sum of squares over N - P.",
            "np.linalg.inv(design.T @ design) has the P variances of the estimates on its diagonal, up to that factor.",
            "errors = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design))), and t = estimates / errors.",
        ),
        insight="Any coefficient table can be checked with a pocket calculator: the third column is the first over the second.",
        mistakes=(
            Mistake(
                "divided by N",
                lambda d, y, b: _with(
                    d, y, b, np.sqrt(_scatter_of(d, y, b) / len(d) * np.diag(np.linalg.inv(d.T @ d)))
                ),
                "You divided by N. Each estimated coefficient uses up one row's freedom: N - P.",
            ),
            Mistake(
                "variances instead of errors",
                lambda d, y, b: _with(
                    d, y, b, _scatter_of(d, y, b) / (len(d) - d.shape[1]) * np.diag(np.linalg.inv(d.T @ d))
                ),
                "These are variances, in squared units. A standard error is the square root.",
            ),
            Mistake(
                "t upside down",
                lambda d, y, b: coefficient_table(d, y, b) ** [1, 1, -1],
                "Your t is upside down: it says how many standard errors the estimate is away from zero.",
            ),
            Mistake(
                "forgot the predictors' spread",
                lambda d, y, b: _with(d, y, b, np.sqrt(_scatter_of(d, y, b) / (len(d) - d.shape[1]) * np.ones(len(b)))),
                "You gave every coefficient the same error. A predictor that hardly varies is known badly: the inverse of X'X says so.",
            ),
        ),
    ),
    Exercise(
        id="09.2",
        title="individual conditional expectation",
        reference=ice_curves,
        cases=_questions,
        hidden=_drawn_questions,
        hints=(
            "One value at a time: copy the rows, set the column to that value in all of them, ask the model.",
            "Each value gives N answers. They become one column of the result.",
            "np.stack([...one array of N answers a value...], axis=1)",
        ),
        insight="A row of your result is the curve of one case. The mean over the rows is the partial dependence.",
        mistakes=(
            Mistake(
                "transposed",
                lambda f, x, c, v: ice_curves(f, x, c, v).T,
                "Rows and columns are exchanged: one row a case, one column a value.",
            ),
            Mistake(
                "averaged",
                lambda f, x, c, v: ice_curves(f, x, c, v).mean(axis=0),
                "You averaged over the cases. That is the partial dependence; keep the curves.",
            ),
            Mistake(
                "changed every column",
                lambda f, x, c, v: np.stack([f(np.full_like(x, value)) for value in v], axis=1),
                "You set every column to the value. All but one stay as they are.",
            ),
            Mistake(
                "already centred",
                lambda f, x, c, v: ice_curves(f, x, c, v) - ice_curves(f, x, c, v)[:, :1],
                "Your curves begin at zero: centring comes later, here the answers themselves are wanted.",
            ),
        ),
    ),
    Exercise(
        id="09.3",
        title="accumulated local effects",
        reference=accumulated_effects,
        cases=lambda: list(_cuts()),
        hidden=_drawn_cuts,
        hints=(
            "Two copies of the rows: in one each row stands on the lower edge of its bin, edges[place], in the other on the upper.",
            "The difference of the two answers is the row's step. Average the steps of each bin: np.bincount(place, steps) sums them.",
            "np.append(0, np.cumsum(np.bincount(place, steps) / np.bincount(place)))",
        ),
        insight="Every row was asked about its own neighbourhood only: no car of 8 cylinders had to be as light as one of 4.",
        mistakes=(
            Mistake(
                "every row in every bin",
                lambda f, x, c, e, p: ice_curves(f, x, c, e).mean(axis=0) - ice_curves(f, x, c, e).mean(axis=0)[0],
                "You moved every row through every bin: that is partial dependence. Each row steps through its own bin only.",
            ),
            Mistake(
                "not accumulated",
                lambda f, x, c, e, p: np.append(0, np.bincount(p, _steps(f, x, c, e, p)) / np.bincount(p)),
                "These are the local effects. Accumulate them: np.cumsum.",
            ),
            Mistake(
                "summed instead of averaged",
                lambda f, x, c, e, p: np.append(0, np.cumsum(np.bincount(p, _steps(f, x, c, e, p)))),
                "You added the steps of a bin: then crowded bins climb steeper. Take their mean.",
            ),
            Mistake(
                "no zero at the first edge",
                lambda f, x, c, e, p: accumulated_effects(f, x, c, e, p)[1:],
                "There is a value missing: K bins have K + 1 edges, and at the first one nothing is accumulated yet.",
            ),
        ),
    ),
    Exercise(
        id="09.4",
        title="Shapley values of three players",
        reference=shapley_values,
        cases=_games,
        hidden=lambda draw: [
            (dict(zip(("", "A", "B", "C", "AB", "AC", "BC", "ABC"), draw.uniform(0, 100, 8).tolist())),)
            for _ in range(3)
        ],
        hints=(
            "Let the players come in, one after the other, in each of the six orders: itertools.permutations('ABC').",
            "When a player comes in, credit them with what the value rises by. In the end divide by six.",
            'Names of coalitions are sorted: "".join(sorted(there + player)) is the key after the player has come in.',
        ),
        insight="The shares always add up to the whole. C is worth nothing alone and gets a share, because C makes others worth more.",
        mistakes=(
            Mistake(
                "what each is worth alone",
                lambda game: {player: game[player] - game[""] for player in "ABC"},
                "This is what each is worth alone: it need not add up, and nobody is paid for working together.",
            ),
            Mistake(
                "what is lost without each",
                lambda game: {p: game["ABC"] - game["ABC".replace(p, "")] for p in "ABC"},
                "This is what is lost when each one leaves. It need not add up: the last to come gets all the credit.",
            ),
            Mistake(
                "one order only",
                _in_one_order,
                "You let them come in one order only. Who comes last would argue: average over all six.",
            ),
            Mistake(
                "not divided by six",
                lambda game: {p: 6 * share for p, share in shapley_values(game).items()},
                "You summed over six orders. The share is the mean.",
            ),
        ),
    ),
    Exercise(
        id="09.5",
        title="minimum redundancy, maximum relevance",
        reference=next_feature,
        cases=_choices,
        hidden=_copies,
        hints=(
            "shared[:, chosen] holds what each feature has in common with each of the chosen ones.",
            "Score: relevance minus the mean of that over the chosen. And a feature cannot be chosen twice.",
            "score = relevance - shared[:, chosen].mean(axis=1); score[chosen] = -np.inf; np.argmax(score)",
        ),
        insight="A copy of a good feature is as relevant as the feature, and worth nothing once the feature is in.",
        mistakes=(
            Mistake(
                "relevance only",
                lambda r, s, c: _table(r, s, c, redundancy=lambda m: 0),
                "You took the most relevant feature that is left. It may say the same as those you have.",
            ),
            Mistake(
                "summed redundancy",
                lambda r, s, c: _table(r, s, c, redundancy=lambda m: m.sum(axis=1)),
                "You summed the redundancy. With every feature chosen it would weigh more against the relevance; take the mean.",
            ),
            Mistake(
                "redundancy added",
                lambda r, s, c: _table(r, s, c, redundancy=lambda m: -m.mean(axis=1)),
                "You added the redundancy: the more a feature repeats the others, the better it scores with you.",
            ),
            Mistake(
                "chosen again",
                lambda r, s, c: int(np.argmax(r - s[:, c].mean(axis=1))),
                "Your function may choose a feature that is chosen already.",
            ),
        ),
    ),
]
