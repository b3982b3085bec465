"""Exercises of lesson 03, class activation maps on MNIST."""

import numpy as np

from xailab.course.exercises import Exercise, Mistake


def scores(features, weights):
    return features.mean(axis=(0, 1)) @ weights


def class_map(features, weights):
    return features @ weights / (features.shape[0] * features.shape[1])


def contrast_map(features, weights, this, other):
    return class_map(features, weights[:, this] - weights[:, other])


def _softmax(logits):
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()


def _features(*shapes):
    draw = np.random.default_rng(5)
    return [(np.maximum(draw.normal(size=maps), 0), draw.normal(size=weights)) for maps, weights in shapes]


EXERCISES = [
    Exercise(
        id="03.1",
        title="from maps to scores",
        reference=scores,
        cases=lambda: _features(((7, 7, 64), (64, 2)), ((3, 5, 4), (4, 3))),
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
        title="the class activation map",
        reference=class_map,
        cases=lambda: _features(((7, 7, 64), (64,)), ((3, 5, 4), (4,))),
        hints=(
            "Exchange the two sums of exercise 03.1: weigh the channels first, and do not pool.",
            "features @ weights keeps the positions. What is missing for its sum, not its mean, to be the logit?",
            "features @ weights / (height * width)",
        ),
        insight="Every cell holds its share of the logit, and the shares add up to it: nothing is left unexplained.",
        mistakes=(
            Mistake(
                "mean instead of sum",
                lambda f, w: f @ w,
                "Nearly: this map's mean is the logit. Divide by the number of cells, then its sum is.",
            ),
            Mistake(
                "cut off below zero",
                lambda f, w: np.maximum(class_map(f, w), 0),
                "You put a ReLU behind it. Without the negative cells the sum is no longer the logit.",
            ),
            Mistake(
                "forgot the weights",
                lambda f, w: f.sum(axis=-1) / f[..., 0].size,
                "You added the channels unweighted: the same picture for every class.",
            ),
            Mistake(
                "divided by the channels",
                lambda f, w: f @ w / f.shape[-1],
                "You divided by the number of channels. It is the positions that the mean ran over.",
            ),
        ),
    ),
    Exercise(
        id="03.3",
        title="why this and not that",
        reference=contrast_map,
        cases=lambda: [
            (f, w, this, other)
            for (f, w), this, other in zip(_features(((7, 7, 64), (64, 2)), ((3, 5, 4), (4, 3))), (1, 2), (0, 0))
        ],
        hints=(
            "A softmax of two classes depends on one number only: the difference of their logits.",
            "That difference has a map too: the map of one class minus the map of the other.",
            "class_map(features, weights[:, this] - weights[:, other])",
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
                lambda f, w, t, o: class_map(f, w[:, t]),
                "That is the map of `this` alone. What speaks for the other class has to be taken off.",
            ),
            Mistake(
                "added the two",
                lambda f, w, t, o: class_map(f, w[:, t] + w[:, o]),
                "You added the two maps. What speaks for both does not decide: subtract.",
            ),
        ),
    ),
]
