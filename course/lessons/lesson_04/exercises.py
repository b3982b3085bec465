"""Exercises of lesson 04, Grad-CAM on VGG16."""

from functools import partial

import numpy as np

from course.student.exercises import Exercise, Mistake


def grad_cam_map(both, image, target):
    return _map(both, image, target)


def hires_cam_map(both, image, target):
    return _hires(both, image, target)


def _slopes(both, image, target, score=lambda logits, target: logits[target]):
    """Maps (h, w, K) of one image, and the gradient of a score with respect to them."""
    from xailab._tensorflow import tf  # here, so that the other lessons' exercises do without it

    with tf.GradientTape() as tape:
        maps, logits = both(image)
        value = score(logits[0], target)
    return maps[0].numpy(), tape.gradient(value, maps)[0].numpy()


def _map(both, image, target, pool=np.mean, cut=True, weights_cut=False, add=np.sum, **score):
    maps, gradient = _slopes(both, image, target, **score)
    weights = pool(gradient, axis=(0, 1))
    total = add(maps * (np.maximum(weights, 0) if weights_cut else weights), axis=-1)
    return np.maximum(total, 0) if cut else total


def _hires(both, image, target, of=lambda gradient: gradient, add=np.sum, cut=False, **score):
    maps, gradient = _slopes(both, image, target, **score)
    total = add(maps * of(gradient), axis=-1)
    return np.maximum(total, 0) if cut else total


def _probability(logits, target):
    from xailab._tensorflow import tf

    return tf.nn.softmax(logits)[target]


def _largest(logits, target):
    from xailab._tensorflow import tf

    return tf.reduce_max(logits)


def _loss(logits, target):
    from xailab._tensorflow import tf

    return -tf.nn.log_softmax(logits)[target]


def _network(draw, height, width, channels, place):
    """A network with a convolution, a ReLU and a dense layer, so that each cell has its own weights; an image; a class.

    place: that of the class among the three logits, 0 for the smallest."""
    from xailab._tensorflow import tf

    kernel = tf.Variable(draw.normal(size=(3, 3, 2, channels)).astype(np.float32))
    dense = tf.Variable(draw.normal(size=(height * width * channels, 3)).astype(np.float32) / 9)

    def both(image):
        maps = tf.nn.relu(tf.nn.conv2d(tf.convert_to_tensor(image, tf.float32), kernel, 1, "SAME"))
        return maps, tf.reshape(maps, (1, -1)) @ dense

    image = draw.normal(size=(1, height, width, 2)).astype(np.float32)
    logits = both(image)[1].numpy()[0]
    return both, image, int(np.argsort(logits)[place])


def _networks():
    """The class asked for is never the top class."""
    return [_network(np.random.default_rng(0), 6, 5, 4, 0), _network(np.random.default_rng(1), 4, 7, 3, 1)]


def _drawn_networks(draw):
    """Two more, drawn again until the sum that Grad-CAM cuts off has both signs: an empty map would tell nothing."""
    cases = []
    for sizes in ((5, 6, 4, 1), (7, 3, 5, 0)):
        total = np.zeros(1)
        while min(total.max(), -total.min()) <= 0.2 * np.abs(total).max():
            case = _network(draw, *sizes)
            total = _map(*case, cut=False)
        cases.append(case)
    return cases


_SCORES = (
    (
        "softmax instead of logit",
        _probability,
        "That is the map of the probability. It also rises when other classes fall: differentiate the logit.",
    ),
    ("top class instead of target", _largest, "You took the largest logit, whatever class was asked for."),
    (
        "cross-entropy",
        _loss,
        "That is the gradient of the training loss: it falls when the evidence rises, so the map is upside down.",
    ),
)

EXERCISES = [
    Exercise(
        id="04.1",
        title="Grad-CAM with the tape",
        reference=grad_cam_map,
        cases=_networks,
        hidden=_drawn_networks,
        tolerance=1e-4,  # float32
        hints=(
            "Call both(image) inside `with tf.GradientTape() as tape:` and pick the logit of the target there; the gradient is taken "
            "behind it.",
            "tape.gradient(score, maps) has the shape of the maps. Its mean over height and width is one weight per channel: weigh, add "
            "over the channels, cut off below zero, and take the one image out of its batch.",
            "weights = tf.reduce_mean(tape.gradient(logits[0, target], maps), axis=(1, 2), keepdims=True), with logits[0, target] inside "
            "the with; then tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1))[0]",
        ),
        insight="A forward pass, a gradient, a mean, a weighted sum, a ReLU: that is the whole of Grad-CAM.",
        mistakes=(
            *(Mistake(name, partial(_map, score=score), said) for name, score, said in _SCORES),
            Mistake(
                "summed",
                partial(_map, pool=np.sum),
                "You summed the gradient over the positions. Equation 1 has 1/Z in front: the mean.",
            ),
            Mistake(
                "absolute values",
                partial(_map, pool=lambda gradient, axis: np.abs(gradient).mean(axis)),
                "You took absolute values. A channel that speaks against the class has a negative weight.",
            ),
            Mistake(
                "forgot the ReLU",
                partial(_map, cut=False),
                "The ReLU is missing: cells that speak against the class are still in.",
            ),
            Mistake(
                "ReLU on the weights",
                partial(_map, weights_cut=True),
                "You cut the weights off below zero. The ReLU comes last, on the weighted sum.",
            ),
            Mistake(
                "gradient times map, cell by cell",
                partial(_hires, cut=True),
                "You multiplied maps and gradient cell by cell. That is nearly HiResCAM, which comes later; Grad-CAM takes a channel's mean.",
            ),
            Mistake(
                "averaged over channels", partial(_map, add=np.mean), "You averaged over the channels; they are added."
            ),
        ),
    ),
    Exercise(
        id="04.2",
        title="what the mean makes of it",
        reference=[[2, 1], [0, 0]],
        hints=(
            "Equation 1 first: the mean of (1, 0) is one number, and so is the mean of (1, -1).",
            "The weight of the channel is 1/2 in the first case and 0 in the second. Multiply both cells by it.",
            "First (4, 2) times 1/2, then (4, 2) times 0.",
        ),
        insight="One weight for all positions: what counts in one place lights up in all of them, and what has two signs goes out.",
        mistakes=(
            Mistake(
                "cell by cell",
                [[4, 0], [4, -2]],
                "You multiplied cell by cell. That would be a good map; Grad-CAM first takes the mean of the gradient.",
            ),
            Mistake(
                "cell by cell, cut off",
                [[4, 0], [4, 0]],
                "You multiplied cell by cell. That would be a good map; Grad-CAM first takes the mean of the gradient.",
            ),
            Mistake("summed", [[4, 2], [0, 0]], "You summed the gradient. Equation 1 has 1/Z in front, and Z is 2."),
            Mistake(
                "without the map",
                [[0.5, 0.5], [0, 0]],
                "Those are the weights of the channel. Equation 2 multiplies the map by them.",
            ),
        ),
    ),
    Exercise(
        id="04.3",
        title="HiResCAM",
        reference=hires_cam_map,
        cases=_networks,
        hidden=_drawn_networks,
        tolerance=1e-4,  # float32
        hints=(
            "Begin as in exercise 04.1: the tape, the logit, the gradient. What is left out then?",
            "Gradient and maps have the same shape. Multiply them, add over the channels, and leave the signs as they are.",
            "tf.reduce_sum(tape.gradient(score, maps) * maps, axis=-1)[0]",
        ),
        insight="One step less than Grad-CAM, and the place of the gradient is kept. Behind one linear layer the map sums to the logit less its bias.",
        mistakes=(
            *(Mistake(name, partial(_hires, score=score), said) for name, score, said in _SCORES),
            Mistake(
                "still Grad-CAM",
                _map,
                "That is Grad-CAM: the gradient is averaged over the positions. Multiply it by the maps as it is.",
            ),
            Mistake(
                "Grad-CAM without its ReLU",
                partial(_map, cut=False),
                "The gradient is still averaged over the positions. Multiply it by the maps as it is.",
            ),
            Mistake(
                "cut off below zero",
                partial(_hires, cut=True),
                "Equation 3 has no ReLU: evidence against the class keeps its sign, else the map cannot sum to the logit.",
            ),
            Mistake(
                "averaged over channels",
                partial(_hires, add=np.mean),
                "You averaged over the channels; they are added.",
            ),
            Mistake(
                "absolute values",
                partial(_hires, of=np.abs),
                "You took absolute values of the gradient: evidence against the class has become evidence for it.",
            ),
        ),
    ),
]
