"""Exercises of lesson 04, Grad-CAM on VGG16."""

import numpy as np

from xailab.course.exercises import Exercise, Mistake


def channel_weights(gradients):
    return np.mean(gradients, axis=(0, 1))


def grad_cam_map(maps, gradients):
    return np.maximum(np.asarray(maps) @ channel_weights(gradients), 0)


def factor(height, width):
    return height * width


def target_score(logits, target):
    return logits[target]


def _softmax(logits):
    exponentials = np.exp(logits - np.max(logits))
    return exponentials / exponentials.sum()


def _pairs():
    draw = np.random.default_rng(6)
    return [(np.maximum(draw.normal(size=shape), 0), draw.normal(size=shape)) for shape in ((14, 14, 8), (7, 5, 3))]


def _gradients():
    return [(gradients,) for _, gradients in _pairs()]


EXERCISES = [
    Exercise(
        id="04.1",
        title="what to differentiate",
        reference=target_score,
        cases=[(np.array([2.0, -1.0, 0.5]), 0), (np.array([0.1, 12.0, -3.0, 4.0]), 2)],
        hints=(
            "The heat map should answer for one class, and not change because another class's score moves.",
            "A probability depends on all scores. What does not?",
            "logits[target]",
        ),
        insight="The logit moves for reasons of its own class only. With a sure network the softmax is flat, its gradients vanish, and the map turns to noise.",
        mistakes=(
            Mistake(
                "softmax instead of logit",
                lambda z, t: _softmax(z)[t],
                "That is the probability. It also rises when other classes fall, and its gradient vanishes when the network is sure.",
            ),
            Mistake(
                "top class instead of target",
                lambda z, t: z.max(),
                "You took the largest logit, whatever was asked for.",
            ),
            Mistake(
                "cross-entropy",
                lambda z, t: -np.log(_softmax(z)[t]),
                "That is the training loss: it falls when the evidence rises, so the map would be upside down.",
            ),
        ),
    ),
    Exercise(
        id="04.2",
        title="one weight a channel",
        reference=channel_weights,
        cases=_gradients,
        hints=(
            "A gradient tells how the logit moves with each cell. One number a channel is wanted.",
            "Pool the gradients just as the maps of lesson 02 were pooled.",
            "np.mean(gradients, axis=(0, 1))",
        ),
        insight="Global average pooling again, of gradients this time: by how much the logit moves when the whole channel does, per cell.",
        mistakes=(
            Mistake(
                "summed",
                lambda g: np.sum(g, axis=(0, 1)),
                "You summed over the positions. Equation 1 has 1/Z in front: the mean.",
            ),
            Mistake(
                "absolute values",
                lambda g: np.mean(np.abs(g), axis=(0, 1)),
                "You took absolute values. A channel that speaks against the class has a negative weight.",
            ),
            Mistake(
                "averaged over channels",
                lambda g: np.mean(g, axis=-1),
                "You averaged over the channels and kept the positions. It is the other way round.",
            ),
            Mistake(
                "positive gradients only",
                lambda g: np.mean(np.maximum(g, 0), axis=(0, 1)),
                "You dropped the negative gradients. Grad-CAM++ does something like it; Grad-CAM keeps the sign.",
            ),
        ),
    ),
    Exercise(
        id="04.3",
        title="Grad-CAM",
        reference=grad_cam_map,
        cases=_pairs,
        hints=(
            "Weigh the channels as in lesson 02, with the weights of exercise 04.2.",
            "One step more: which cells does a picture of evidence *for* the class leave out?",
            "np.maximum(maps @ channel_weights(gradients), 0)",
        ),
        insight="A forward pass, a gradient, a mean, a weighted sum, a ReLU: that is the whole of Grad-CAM.",
        mistakes=(
            Mistake(
                "forgot the ReLU",
                lambda m, g: m @ channel_weights(g),
                "The ReLU is missing: cells that speak against the class are still in.",
            ),
            Mistake(
                "gradient times map, cell by cell",
                lambda m, g: np.maximum((m * g).sum(axis=-1), 0),
                "You multiplied maps and gradients cell by cell. That is another method, HiResCAM; Grad-CAM takes the mean gradient of a channel.",
            ),
            Mistake(
                "ReLU on the weights",
                lambda m, g: np.maximum(m @ np.maximum(channel_weights(g), 0), 0),
                "You cut the weights off below zero. The ReLU comes last, on the weighted sum.",
            ),
            Mistake(
                "averaged over channels",
                lambda m, g: np.maximum((m * channel_weights(g)).mean(axis=-1), 0),
                "You averaged over the channels; they are added.",
            ),
        ),
    ),
    Exercise(
        id="04.4",
        title="CAM and Grad-CAM on a GAP network",
        reference=factor,
        cases=[(7, 7), (14, 14), (3, 5)],
        hints=(
            "Write the logit as a function of one cell: S = sum_k w_k / Z * sum_xy f_k(x, y) + b.",
            "The derivative with respect to any cell of channel k is w_k / Z; so is its mean. What is Z?",
            "Z is the number of cells: height * width.",
        ),
        insight="On a GAP network Grad-CAM is CAM, divided by the number of cells and cut off below zero. A generalization worth its name.",
        mistakes=(
            Mistake(
                "the other way round",
                lambda h, w: 1 / (h * w),
                "That is the factor from CAM to Grad-CAM. You are asked for the way back.",
            ),
            Mistake("only one side", lambda h, w: h, "You counted the cells of one side only."),
            Mistake(
                "no factor",
                lambda h, w: 1,
                "They differ by a factor: the pooling takes a mean, and its derivative has 1/Z.",
            ),
        ),
    ),
]
