"""Exercises of lesson 03, class activation maps on MNIST."""

import numpy as np

from course.student.exercises import Exercise, Mistake


def scores(features, weights):
    return features.mean(axis=(0, 1)) @ weights


def class_maps(features, weights, targets):
    cells = features.shape[1] * features.shape[2]
    return np.einsum("nhwk,kn->nhw", features, weights[:, np.asarray(targets)]) / cells


def contrast_map(features, weights, this, other):
    return _mean_map(features, weights[:, this] - weights[:, other])


def _mean_map(features, weights):
    return features @ weights / (features.shape[0] * features.shape[1])


def sum_of_map(logits, bias, target):
    return logits[target] - bias[target]


def _logits_and_biases(draw, *settings):
    return [(draw.normal(size=classes) * 5, draw.normal(size=classes), target) for classes, target in settings]


def _softmax(logits):
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()


def _features(draw, *shapes):
    return [(np.maximum(draw.normal(size=maps), 0), draw.normal(size=weights)) for maps, weights in shapes]


def _batches(draw):
    """Two batches; each asks for every class at least once."""
    return [
        (features, weights, draw.permutation(np.arange(len(features)) % weights.shape[1]))
        for features, weights in _features(draw, ((5, 4, 6, 3), (3, 3)), ((4, 6, 2, 8), (8, 4)))
    ]


def _pairs(draw):
    """Two pairs of classes, once the smaller number first, once the larger one: `other` is not always 0."""
    cases = []
    for (features, weights), step in zip(_features(draw, ((5, 3, 6), (6, 3)), ((2, 8, 9), (9, 5))), (1, -1)):
        pair = sorted(draw.permutation(weights.shape[1])[:2].tolist())
        cases.append((features, weights, *pair[::step]))
    return cases


EXERCISES = [
    Exercise(
        id="03.1",
        title="from maps to scores",
        reference=scores,
        cases=lambda: _features(np.random.default_rng(5), ((7, 7, 64), (64, 2)), ((3, 5, 4), (4, 3))),
        hidden=lambda draw: _features(draw, ((5, 3, 6), (6, 4)), ((2, 8, 9), (9, 5))),
        hints=(
            "First one number a channel, then one number a class.",
            "Pool with a mean over the two axes of positions, then multiply with the weights.",
            "features.mean(axis=(0, 1)) @ weights",
        ),
        insight="Those are the logits. There is no bias in this network, so nothing else goes into them.",
        mistakes=(
            Mistake(
                "softmax instead of logit",
                lambda f, w: _softmax(scores(f, w)),
                "You went on to the softmax. The scores before it, the logits, are what a map can be a share of.",
            ),
            Mistake(
                "summed instead of averaged",
                lambda f, w: f.sum(axis=(0, 1)) @ w,
                "You summed over the positions. Keras' GlobalAveragePooling2D takes the mean.",
            ),
            Mistake(
                "maximum instead of mean",
                lambda f, w: f.max(axis=(0, 1)) @ w,
                "You took the largest cell of each channel. Here it is the mean.",
            ),
        ),
    ),
    Exercise(
        id="03.2",
        title="class activation maps of a batch",
        reference=class_maps,
        cases=lambda: [
            (*maps_and_weights, np.array(targets))
            for maps_and_weights, targets in zip(
                _features(np.random.default_rng(5), ((4, 7, 7, 64), (64, 2)), ((3, 3, 5, 4), (4, 3))),
                ([1, 0, 0, 1], [2, 0, 1]),
            )
        ],
        hidden=_batches,
        hints=(
            "For one image: exchange the two sums of exercise 03.1. Weigh the channels first, and do not pool.",
            "image @ weights[:, target] keeps the positions. What is missing for its sum, not its mean, to be the logit?",
            "np.stack([image @ weights[:, target] for image, target in zip(features, targets)]) / (height * width)",
        ),
        insight="Every cell holds its share of the logit, and the shares add up to it: nothing is left unexplained.",
        mistakes=(
            Mistake(
                "mean instead of sum",
                lambda f, w, t: class_maps(f, w, t) * f.shape[1] * f.shape[2],
                "Nearly: the mean of each map is the logit. Divide by the number of cells, then the sum is.",
            ),
            Mistake(
                "cut off below zero",
                lambda f, w, t: np.maximum(class_maps(f, w, t), 0),
                "You put a ReLU behind it. Without the negative cells the sum is no longer the logit.",
            ),
            Mistake(
                "forgot the weights",
                lambda f, w, t: f.sum(axis=-1) / f[0, ..., 0].size,
                "You added the channels unweighted: the same picture for every class.",
            ),
            Mistake(
                "divided by the channels",
                lambda f, w, t: np.einsum("nhwk,kn->nhw", f, w[:, t]) / f.shape[-1],
                "You divided by the number of channels. It is the positions that the mean ran over.",
            ),
            Mistake(
                "divided by the batch as well",
                lambda f, w, t: class_maps(f, w, t) / len(f),
                "You divided by the number of images, too. Images do not touch each other.",
            ),
            Mistake(
                "one class for all",
                lambda f, w, t: class_maps(f, w, np.full(len(f), t[0])),
                "All images got the first one's class. Each has a target of its own.",
            ),
            Mistake(
                "every class of every image",
                lambda f, w, t: f @ w / (f.shape[1] * f.shape[2]),
                "These are the maps of all classes. Choose each image's own: its column of the weights.",
            ),
        ),
    ),
    Exercise(
        id="03.3",
        title="why this and not that",
        reference=contrast_map,
        cases=lambda: [
            (f, w, this, other)
            for (f, w), this, other in zip(
                _features(np.random.default_rng(5), ((7, 7, 64), (64, 2)), ((3, 5, 4), (4, 3)), ((4, 3, 5), (5, 4))),
                (1, 0, 1),
                (0, 2, 3),
            )
        ],
        hidden=_pairs,
        hints=(
            "A softmax of two classes depends on one number only: the difference of their logits.",
            "That difference has a map too: the map of one class minus the map of the other.",
            "features @ (weights[:, this] - weights[:, other]) / (height * width)",
        ),
        insight="The sum of this map is the difference of the logits, the very number that decides between two classes.",
        mistakes=(
            Mistake(
                "the wrong way round",
                lambda f, w, t, o: contrast_map(f, w, o, t),
                "You have it the wrong way round: positive cells should speak for `this`.",
            ),
            Mistake(
                "only one class",
                lambda f, w, t, o: _mean_map(f, w[:, t]),
                "That is the map of `this` alone. What speaks for the other class has to be taken off.",
            ),
            Mistake(
                "added the two",
                lambda f, w, t, o: _mean_map(f, w[:, t] + w[:, o]),
                "You added the two maps. What speaks for both does not decide: subtract.",
            ),
            Mistake(
                "always against class 0",
                lambda f, w, t, o: _mean_map(f, w[:, t] - w[:, 0]),
                "You took off class 0, whatever `other` is.",
            ),
            Mistake(
                "mean instead of sum",
                lambda f, w, t, o: f @ (w[:, t] - w[:, o]),
                "Nearly: its mean is the difference of the logits. Divide by the number of cells, then its sum is.",
            ),
        ),
    ),
    Exercise(
        id="03.4",
        title="what a map sums to when there is a bias",
        reference=sum_of_map,
        cases=lambda: _logits_and_biases(np.random.default_rng(6), (4, 2), (7, 5)),
        hidden=lambda draw: _logits_and_biases(
            draw, *((classes, int(draw.integers(classes))) for classes in (3, 6, 9))
        ),
        hints=(
            "Exchange the sums as before. Which term of the equation belongs to no position?",
            "The map holds all of the logit but the bias: S_c - b_c, for the class that is asked.",
            "logits[target] - bias[target]",
        ),
        insight="A bias speaks for its class whatever the picture shows. A map leaves it out, and may not hide that it does.",
        mistakes=(
            Mistake(
                "the whole logit",
                lambda logits, bias, target: logits[target],
                "That was so without a bias. The bias adds to the logit, and it belongs to no cell.",
            ),
            Mistake(
                "bias added",
                lambda logits, bias, target: logits[target] + bias[target],
                "You added the bias. It is in the logit already, and not in the map: take it off.",
            ),
            Mistake(
                "all biases",
                lambda logits, bias, target: logits[target] - bias.sum(),
                "You took off the biases of all classes. A logit holds only its own.",
            ),
            Mistake(
                "the bias alone",
                lambda logits, bias, target: bias[target],
                "That is what the map leaves out. Asked for is what it holds.",
            ),
        ),
    ),
]
