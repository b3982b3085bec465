"""Exercises of lesson 09, explaining a model of tables as a whole."""

from itertools import permutations

import numpy as np

from course.student.exercises import Exercise, Mistake

SIGNS = {"weight alone": "-", "mpg alone": "+"}

PREDICTED = {"to the forest": "hardly anything", "to the line": "clearly more", "better": "line"}


def beyond_noise(column, controls):
    return np.mean(column > controls.max(axis=1))


NEARER = {"inputs that go together": "ALE", "independent inputs": "neither"}


def ice_curves(predict, rows, column, values):
    answers = []
    for value in values:
        changed = rows.copy()
        changed[:, column] = value
        answers.append(predict(changed))
    return np.stack(answers, axis=1)


def shapley_values(game):
    shares = dict.fromkeys("ABC", 0)
    for order in permutations("ABC"):
        there = ""
        for player in order:
            before, there = there, "".join(sorted(there + player))
            shares[player] += (game[there] - game[before]) / 6
    return shares


def _falls(draw, *sizes):
    """Falls of a column and of its controls, near each other, so that splits go either way."""
    return [(draw.uniform(0.2, 1.0, splits), draw.uniform(0, 0.8, (splits, controls))) for splits, controls in sizes]


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


def _games():
    quiz = {"": 0, "A": 12, "B": 24, "C": 0, "AB": 60, "AC": 18, "BC": 36, "ABC": 90}
    odd = {"": 5, "A": 1, "B": 8, "C": -2, "AB": 7, "AC": 11, "BC": 6.5, "ABC": 20}
    return [(quiz,), (odd,)]


def _in_one_order(game):
    return {"A": game["A"] - game[""], "B": game["AB"] - game["A"], "C": game["ABC"] - game["AB"]}


EXERCISES = [
    Exercise(
        id="09.1",
        title="one input left out",
        reference=SIGNS,
        hints=(
            "The slide holds the other input still. Alone, an input also speaks for whatever goes with it.",
            "From 1970 to 1982 cars changed in two ways. How did their weight change, and how far did they go per gallon?",
            "Cars became lighter, and they went further.",
        ),
        insight="The same column, the same cars, another question: what goes with the input, or what it adds while the other is held still.",
        mistakes=(
            Mistake(
                "the sign of the slide stays",
                {**SIGNS, "weight alone": "+"},
                "Look at the weight again: on the slide it was plus among cars of equal mpg. Were the cars of 1982 heavier?",
            ),
            Mistake(
                "both turn",
                {"weight alone": "-", "mpg alone": "-"},
                "Look at mpg again: did the cars of 1982 use more petrol than those of 1970?",
            ),
            Mistake(
                "the wrong one turns",
                {"weight alone": "+", "mpg alone": "-"},
                "The other way round: ask of each column alone how it changed from 1970 to 1982.",
            ),
        ),
    ),
    Exercise(
        id="09.2",
        title="has sex shown nothing?",
        reference=PREDICTED,
        hints=(
            "In the figure, how far does the score of the forest fall without sex, and how far without the coin?",
            "A line cannot help but use each column to its best; a forest cuts where most is gained at once.",
            "The two models part, and the plainer one is the better one here.",
        ),
        insight="Two models of the same patients part about one column. An importance is a statement about a model.",
        mistakes=(
            Mistake(
                "what the forest leaves, the line leaves",
                {**PREDICTED, "to the line": "hardly anything"},
                "Look at the line again: it has a coefficient for each column, and need not choose between them.",
            ),
            Mistake(
                "sex must count for both",
                {**PREDICTED, "to the forest": "clearly more"},
                "Look at the figure again: the forest's bar for sex is as short as those of the noise.",
            ),
            Mistake(
                "the forest is better",
                {**PREDICTED, "better": "forest"},
                "Look at the last one again: 309 patients are few, and a forest has far more to fit than eleven numbers.",
            ),
        ),
    ),
    Exercise(
        id="09.3",
        title="beyond the noise",
        reference=beyond_noise,
        cases=lambda: _falls(np.random.default_rng(9), (12, 2), (15, 3)),
        hidden=lambda draw: _falls(draw, (12, 2), (15, 3), (20, 4)),
        hints=(
            "In each split the column has to beat the strongest of its controls, so first find that one.",
            "controls.max(axis=1) is the strongest control of each split. Compare, and take the share of True.",
            "A comparison gives True or False for each split; the mean of those is a share.",
        ),
        insight="A pair decides in each split, so it does not matter that some splits are easier than others.",
        mistakes=(
            Mistake(
                "any control",
                lambda column, controls: np.mean(column > controls.min(axis=1)),
                "You asked whether the column beats *one* of its controls. It has to beat every one.",
            ),
            Mistake(
                "the mean control",
                lambda column, controls: np.mean(column > controls.mean(axis=1)),
                "You compared with the mean of the controls. Chance goes as far as the strongest of them.",
            ),
            Mistake(
                "the mean column",
                lambda column, controls: np.mean(column.mean() > controls.max(axis=1)),
                "You averaged the column over the splits first. Compare within each split.",
            ),
            Mistake(
                "counted, not shared",
                lambda column, controls: np.sum(column > controls.max(axis=1)),
                "That is how many splits. Their share is asked for.",
            ),
        ),
    ),
    Exercise(
        id="09.4",
        title="individual conditional expectation",
        reference=ice_curves,
        cases=_questions,
        hidden=_drawn_questions,
        hints=(
            "One value at a time: copy the rows, set the column to that value in all of them, ask the model.",
            "Each value gives N answers. They become one column of the result.",
            "Collect the arrays in a list, and stack them so that each becomes a column.",
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
        id="09.5",
        title="where ALE ought to gain nothing",
        reference=NEARER,
        hints=(
            "Which rows does the PDP of b ask about that are not there? And are there such rows when a and b are independent?",
            "ALE's advantage was that it avoids the empty corners of the band. Without a band there are no corners.",
            "In one case there is a gain. In the other, both ask about rows as they are.",
        ),
        insight="That is what a control is for: where the reason is missing, the gain has to be missing, too.",
        mistakes=(
            Mistake(
                "ALE always",
                {**NEARER, "independent inputs": "ALE"},
                "Look at the independent inputs again: any a occurs with any b. What is left for ALE to avoid?",
            ),
            Mistake(
                "PDP where inputs go together",
                {**NEARER, "inputs that go together": "PDP"},
                "Look at the first again: the PDP asks about a small a with a large b, and no such row was learned from.",
            ),
            Mistake(
                "never a difference",
                {**NEARER, "inputs that go together": "neither"},
                "Look at the first again: in the empty corners the forest says something, and the PDP averages it in.",
            ),
        ),
    ),
    Exercise(
        id="09.6",
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
]
