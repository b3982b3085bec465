"""Exercises of lesson 12, the inspection project."""

import numpy as np

from course.student.exercises import Exercise, Mistake


def by_the_mark_alone(cracked, marked):
    return np.max(_table(cracked, marked), axis=1).sum() / len(cracked)


def errors(without, with_mark, cracked):
    found = {}
    for clamp, logits in {"bare": without, "marked": with_mark}.items():
        said = np.argmax(logits, axis=1)
        found[f"missed {clamp}"] = np.sum((said == 0) & (cracked == 1))
        found[f"alarms {clamp}"] = np.sum((said == 1) & (cracked == 0))
    return found


def repaint(photos, masks, colour):
    painted = np.array(photos)
    painted[masks] = np.round(colour)
    return painted


def cost(probabilities, cracked, threshold, miss, alarm, prevalence):
    stopped = np.asarray(probabilities) >= threshold
    missed, alarms = np.mean(~stopped[cracked == 1]), np.mean(stopped[cracked == 0])
    return 1000 * (prevalence * missed * miss + (1 - prevalence) * alarms * alarm)


def decide(missed, alarms, miss, alarm, prevalence):
    return _cheapest(
        prevalence * missed * miss + (1 - prevalence) * alarms * alarm, prevalence * miss, (1 - prevalence) * alarm
    )


def _cheapest(*costs):
    return ("network", "stop none", "stop all")[int(np.argmin(costs))]


def _table(cracked, marked):
    """How many parts are (unmarked, marked) by (sound, cracked)."""
    return np.array([[np.sum((marked == mark) & (cracked == state)) for state in (0, 1)] for mark in (0, 1)])


def _lines(draw, count, more):
    """Cracked and marked: tied, independent, tied the other way round; and, among `more` parts, rarely cracked."""
    cracked, cases = draw.integers(0, 2, count), []
    for marked in (
        cracked.copy(),
        draw.integers(0, 2, count),
        np.where(draw.random(count) < 0.1, cracked, 1 - cracked),
    ):
        cases.append((cracked, marked))
    rare = (draw.random(more) < 0.15).astype(int)
    return [*cases, (rare, draw.integers(0, 2, more))]


def _two_answers(draw, *settings):
    """Logits of so many parts without the mark and with it, which pushes towards cracked or away from it; and the truth."""
    cases = []
    for count, push in settings:
        cracked, without = draw.integers(0, 2, count), draw.normal(size=(count, 2))
        cracked[:4] = 0, 1, 0, 1
        without[:, 1] += 1.2 * cracked - 0.5
        cases.append((without, without + draw.normal(0, 0.8, (count, 2)) + [0, push], cracked))
    return cases


def _spots(draw, *counts):
    """Photos, masks of a few pixels each, and a colour whose channels differ and are no whole numbers."""
    cases = []
    for count in counts:
        photos, masks = draw.integers(0, 256, (count, 6, 8, 3), dtype=np.uint8), draw.random((count, 6, 8)) < 0.15
        masks[:, 2, 3] = True
        cases.append((photos, masks, draw.permutation([20.0, 120.0, 220.0]) + draw.uniform(0.6, 0.9, 3)))
    return cases


def _judged(draw, *settings):
    """Probabilities of a sample in which a third is cracked, one of them just at the threshold; costs and prevalence."""
    cases = []
    for count, threshold, miss, alarm, prevalence in settings:
        probabilities, cracked = draw.random(count), (np.arange(count) % 3 == 0).astype(int)
        probabilities[0] = threshold
        cases.append((probabilities, cracked, threshold, miss, alarm, prevalence))
    return cases


def _choices(draw):
    """Three lines on which the network, no stop, and a stop of everything are cheapest in turn, and one where shares mislead."""
    return [
        (float(draw.uniform(0.05, 0.1)), float(draw.uniform(0.01, 0.03)), 100, 1, 0.01),
        (float(draw.uniform(0.3, 0.4)), float(draw.uniform(0.3, 0.4)), 100, 1, float(draw.uniform(0.0005, 0.001))),
        (float(draw.uniform(0.03, 0.05)), float(draw.uniform(0.01, 0.03)), 100, 1, float(draw.uniform(0.45, 0.5))),
        (float(draw.uniform(0.001, 0.002)), float(draw.uniform(0.2, 0.3)), 20, 5, float(draw.uniform(0.02, 0.03))),
    ]


EXERCISES = [
    Exercise(
        id="12.1",
        title="how good is the mark alone",
        reference=by_the_mark_alone,
        cases=lambda: _lines(np.random.default_rng(121), 40, 50),
        hidden=lambda draw: _lines(draw, 33, 57),
        hints=(
            "A rule that looks at the mark only has one answer for parts with it, and one for parts without it. Which ones?",
            "For parts with the mark the best answer is what most of them are; the same for parts without it.",
            "Make a table of counts, a row for each mark and a column for each state. Which number of a row does the best rule get right?",
        ),
        insight="Do this for everything that you can name in the pictures before you train: it takes no network at all.",
        mistakes=(
            Mistake(
                "marked means cracked",
                lambda cracked, marked: np.mean(np.asarray(cracked) == marked),
                "You fixed the rule as 'marked is cracked'. Where the mark is on the sound parts, the other rule is the better one.",
            ),
            Mistake(
                "a number of parts",
                lambda cracked, marked: by_the_mark_alone(cracked, marked) * len(cracked),
                "You counted the parts. The share is that count over all parts.",
            ),
            Mistake(
                "the largest of each column",
                lambda cracked, marked: np.max(_table(cracked, marked), axis=0).sum() / len(cracked),
                "You took the best mark for each state. The rule sees the mark and has to say the state.",
            ),
            Mistake(
                "one of the two rules",
                lambda cracked, marked: max(np.mean(cracked == marked), np.mean(cracked != marked)),
                "Two rules are missing: where nearly all parts are sound, the best answer may be 'sound' with and without a mark.",
            ),
        ),
    ),
    Exercise(
        id="12.2",
        title="mistakes, split by truth and by clamp",
        reference=errors,
        cases=lambda: _two_answers(np.random.default_rng(122), (30, 1.0), (25, -0.5), (14, 2.0)),
        hidden=lambda draw: _two_answers(draw, (40, 1.5), (28, -1.0), (24, 0.5)),
        hints=(
            "What does the network say of each part, on the one clamp and on the other? And which answers are mistakes?",
            "Answers are logits.argmax(axis=1): 0 is sound, 1 is cracked. A missed crack is cracked and called sound.",
            "Four counts, one for each clamp and each kind of mistake; the keys are given in the docstring.",
        ),
        insight="Nothing but the mark differs within a pair. And the half that nobody sees is the dangerous one: cracks missed on the bare clamp.",
        mistakes=(
            Mistake(
                "clamps exchanged",
                lambda without, with_mark, cracked: errors(with_mark, without, cracked),
                "You exchanged the two clamps: the first logits are those of the bare one.",
            ),
            Mistake(
                "misses and alarms exchanged",
                lambda without, with_mark, cracked: errors(-without, -with_mark, 1 - cracked),
                "You exchanged the two kinds of mistakes. A cracked part that is called sound is missed.",
            ),
            Mistake(
                "answers, not mistakes",
                lambda without, with_mark, cracked: {
                    f"{kind} {clamp}": np.sum(_answers(logits) == said)
                    for clamp, logits in {"bare": without, "marked": with_mark}.items()
                    for kind, said in {"missed": 0, "alarms": 1}.items()
                },
                "You counted answers. Whether one is a mistake depends on the truth.",
            ),
            Mistake(
                "shares",
                lambda *given: {name: count / len(given[2]) for name, count in errors(*given).items()},
                "You gave shares. Counts were asked for.",
            ),
        ),
    ),
    Exercise(
        id="12.3",
        title="a control for the pairs",
        reference=repaint,
        cases=lambda: _spots(np.random.default_rng(123), 3, 2),
        hidden=lambda draw: _spots(draw, 4, 2),
        hints=(
            "Only the pixels of the masks may change, and the photos that you are given are still needed.",
            "Work on photos.copy(). Where a mask is True, an assignment reaches the pixels.",
            "painted[masks] takes one colour of three numbers; whole numbers are wanted, so round it first.",
        ),
        insight="A pair proves what differs in it. To learn which property it was, change one property at a time.",
        mistakes=(
            Mistake(
                "everything but the mask",
                lambda photos, masks, colour: repaint(photos, ~masks, colour),
                "You painted everything but the spot.",
            ),
            Mistake(
                "one grey for all channels",
                lambda photos, masks, colour: repaint(photos, masks, np.full(3, np.mean(colour))),
                "You painted the mean of the three numbers. A colour has one for each channel.",
            ),
            Mistake(
                "cut off instead of rounded",
                lambda photos, masks, colour: repaint(photos, masks, np.floor(colour)),
                "An assignment to whole numbers cuts the colour off. Round it first.",
            ),
            Mistake(
                "one mask for all",
                lambda photos, masks, colour: repaint(photos, np.repeat(masks[:1], len(masks), axis=0), colour),
                "You used the first mask for all photos. Each has its own.",
            ),
        ),
    ),
    Exercise(
        id="12.4",
        title="what mistakes cost on the line",
        reference=cost,
        cases=lambda: _judged(
            np.random.default_rng(124), (42, 0.5, 100, 1, 0.01), (24, 0.25, 20, 3, 0.1), (60, 0.75, 500, 10, 0.5)
        ),
        hidden=lambda draw: _judged(
            draw,
            (45, float(draw.uniform(0.1, 0.3)), int(draw.integers(20, 200)), int(draw.integers(2, 10)), 0.02),
            (36, float(draw.uniform(0.7, 0.9)), int(draw.integers(20, 200)), int(draw.integers(2, 10)), 0.2),
        ),
        hints=(
            "How often is a cracked part missed, how often is a sound one stopped? Two shares, each of its own kind.",
            "Of 1,000 parts on the line, 1000 * prevalence are cracked, whatever share of the test pictures is.",
            "Cracked parts on the line, times the share missed, times the cost of a miss; the same for sound ones and alarms; and add.",
        ),
        insight="The threshold is a decision about money and safety, not about the network. Never leave it at the default.",
        mistakes=(
            Mistake(
                "costs exchanged",
                lambda probabilities, cracked, threshold, miss, alarm, prevalence: cost(
                    probabilities, cracked, threshold, alarm, miss, prevalence
                ),
                "You exchanged the two costs: a missed crack is a cracked part that was not stopped.",
            ),
            Mistake(
                "the prevalence of the test pictures",
                lambda probabilities, cracked, threshold, miss, alarm, prevalence: cost(
                    probabilities, cracked, threshold, miss, alarm, np.mean(cracked)
                ),
                "That is the cost on a line that is as the test pictures are. Take the share missed among the cracked, and weigh it by the prevalence.",
            ),
            Mistake(
                "per part",
                lambda *given: cost(*given) / 1000,
                "That is the cost per part. The manager counts in thousands.",
            ),
            Mistake(
                "at the threshold it passes",
                lambda probabilities, cracked, threshold, miss, alarm, prevalence: cost(
                    probabilities, cracked, np.nextafter(threshold, 2), miss, alarm, prevalence
                ),
                "You let a part pass whose probability is exactly the threshold. It is stopped from there on: >=.",
            ),
        ),
    ),
    Exercise(
        id="12.5",
        title="worth it, compared with no network",
        reference=decide,
        cases=lambda: _choices(np.random.default_rng(125)),
        hidden=_choices,
        hints=(
            "Two rules need no network. What does each of them cost a part?",
            "Stop none: every cracked part is missed. Stop all: every sound part is a false alarm.",
            "Three costs per part, weighed by the prevalence; the name of the smallest is the answer.",
        ),
        insight="A network is worth its price only against what could be done without it. Where every second part is cracked, looking at each is cheap.",
        mistakes=(
            Mistake(
                "without the prevalence",
                lambda missed, alarms, miss, alarm, prevalence: _cheapest(missed * miss + alarms * alarm, miss, alarm),
                "You left the prevalence out: only cracked parts can be missed, only sound ones falsely stopped.",
            ),
            Mistake(
                "the dearest",
                lambda missed, alarms, miss, alarm, prevalence: ("network", "stop none", "stop all")[
                    int(
                        np.argmax(
                            [
                                prevalence * missed * miss + (1 - prevalence) * alarms * alarm,
                                prevalence * miss,
                                (1 - prevalence) * alarm,
                            ]
                        )
                    )
                ],
                "You named the most expensive of the three.",
            ),
            Mistake(
                "fewest mistakes",
                lambda missed, alarms, miss, alarm, prevalence: decide(missed, alarms, 1, 1, prevalence),
                "You took what makes the fewest mistakes. A missed crack costs more than a false alarm.",
            ),
        ),
    ),
]


def _answers(logits):
    return np.argmax(logits, axis=1)
