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


def disagree(maps, falls):
    return _disagree(maps, falls)


def _disagree(maps, falls, of=lambda half: half.sum(axis=(1, 2))):
    middle = maps.shape[2] // 2
    return np.mean((of(maps[:, :, :middle]) > of(maps[:, :, middle:])) != (falls[:, 0] > falls[:, 1]))


def _halves(draw):
    """Maps of which the blackout contradicts a few, drawn until each named mistake would show; every one of another shape."""
    cases = []
    for shape in ((40, 6, 8), (25, 7, 4)):
        falls = draw.normal(size=(shape[0], 2))
        maps = draw.normal(size=shape)
        half = shape[2] // 2
        for index in np.flatnonzero(draw.random(shape[0]) < 0.7):  # most of them agree
            larger = slice(half) if falls[index, 0] > falls[index, 1] else slice(half, None)
            maps[index, :, larger] += 1
        cases.append((maps, falls))
    return cases


def scan(ask, image, places, side, filling, answer):
    return _scan(ask, image, places, side, filling, answer)


def _scan(ask, image, places, side, filling, answer, uncover=True, fixed=False, others=np.delete):
    covered = np.stack([image] * len(places))
    for number, (top, left) in enumerate(places):
        patch = np.s_[top : top + side, left : left + side]
        covered[(slice(number, number + 1) if uncover else slice(number, None), *patch)] = filling[patch]
    before, after = ask(image[None])[0], ask(covered)
    if fixed:
        second = [index for index in np.argsort(-before) if index != answer][0]
        rise = after[:, second] - before[second]
    else:
        rise = np.array([others(each, answer).max() for each in after]) - others(before, answer).max()
    return np.stack([before[answer] - after[:, answer], rise], axis=1)


def _scans(draw):
    """Logits that weigh every pixel, of images of two shapes; drawn again until a patch puts another class second."""
    cases = []
    for height, width, side in ((8, 6, 3), (7, 9, 4)):
        case = None
        while case is None or np.allclose(_scan(*case), _scan(*case, fixed=True)):
            case = _one_scan(draw, height, width, side)
        cases.append(case)
    return cases


def _one_scan(draw, height, width, side):
    weights = draw.normal(size=(height * width * 3, 5))
    image, filling = draw.random((2, height, width, 3))
    places = [tuple(map(int, draw.integers(0, (height - side + 1, width - side + 1)))) for _ in range(6)]

    def ask(images):
        return np.reshape(images, (len(images), -1)) @ weights

    return ask, image, places, side, filling, int(ask(image[None])[0].argmax())


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
            "If tape.gradient gives None, the logit was picked behind the `with`: indent that line, too. tf.reduce_mean with keepdims=True "
            "keeps the weights in a shape that multiplies the maps; tf.reduce_sum over the last axis and tf.nn.relu do the rest.",
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
            Mistake(
                "scaled to 1",
                lambda *given: _map(*given) / _map(*given).max(),
                "You divided the map by its largest value. Then every class in every picture gets a map as bright as any other: keep "
                "the unit.",
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
            "Both cells are multiplied by the same weight, so within a map they keep the ratio 4 to 2, unless the weight is 0.",
        ),
        insight="One weight for all positions: what counts in one place lights up in all of them, and opposite signs cancel.",
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
            "Take your solution of 04.1 and drop two things: the mean, and the ReLU.",
        ),
        insight="One step less than Grad-CAM, and the place of the gradient is kept.",
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
    Exercise(
        id="04.4",
        title="a map judged by the blackout",
        reference=disagree,
        cases=lambda: _halves(np.random.default_rng(5)),
        hidden=_halves,
        hints=(
            "Two questions a picture: which half of the map has the larger sum, and which half's blackout costs more?",
            "Each question gives one True or False a picture. Where the two differ, map and blackout disagree.",
            "Cut the maps at half of their last axis and sum over both axes of each half; the mean of a row of True and False is a share.",
        ),
        insight="A judge that the map does not know. What knows nothing disagrees in half of the cases: that is the figure to compare with.",
        mistakes=(
            Mistake(
                "agreement",
                lambda maps, falls: 1 - disagree(maps, falls),
                "That is the share that agrees. The others were asked for.",
            ),
            Mistake(
                "peaks",
                lambda maps, falls: _disagree(maps, falls, of=lambda half: half.max(axis=(1, 2))),
                "You compared the halves' peaks. A peak is one cell; the sum is all that a half says.",
            ),
            Mistake(
                "upper and lower half",
                lambda maps, falls: _disagree(np.swapaxes(maps, 1, 2), falls),
                "You cut the maps into an upper and a lower half. Left and right are parts of the last axis.",
            ),
            Mistake(
                "sizes without sign",
                lambda maps, falls: _disagree(np.abs(maps), falls),
                "You took absolute values. What speaks against the answer would count as if it spoke for it.",
            ),
        ),
    ),
    Exercise(
        id="04.5",
        title="cover every place, and watch the rival",
        reference=scan,
        cases=lambda: _scans(np.random.default_rng(6)),
        hidden=_scans,
        tolerance=1e-4,
        hints=(
            "First the pictures: a copy for each place, in which a square of the image is replaced by the same square of the filling.",
            "Then two numbers a place: the answer's logit before minus after, and the best other logit after minus before.",
            "np.delete(logits, answer, axis=1) leaves the others; their maximum along that axis is the rival. It may be another class "
            "before than after. Fall and rise become the two columns.",
        ),
        insight="An answer flips when fall and rise together exceed its lead. Looking at answers alone, you cannot tell the two apart.",
        mistakes=(
            Mistake(
                "never uncovered",
                lambda *given: _scan(*given, uncover=False),
                "The patches stay: each one is added to those before it. Begin with a new copy for each place.",
            ),
            Mistake(
                "rise instead of fall",
                lambda *given: _scan(*given) * [-1, 1],
                "Your first column has the wrong sign: a fall is the logit before minus the logit after.",
            ),
            Mistake(
                "answer among its rivals",
                lambda *given: _scan(*given, others=lambda logits, answer: logits),
                "The answer is still among its own rivals. Leave it out before you take the largest logit.",
            ),
            Mistake(
                "rival of the uncovered picture",
                lambda *given: _scan(*given, fixed=True),
                "You followed the class that was second before. Behind a patch another class may be the strongest rival.",
            ),
        ),
    ),
    Exercise(
        id="04.6",
        title="what flips the astronaut?",
        reference={"falls most": "collar", "flips": "corner", "because of": "rival"},
        hints=(
            "Look at each fill: which place comes first, and behind which place does it say FLIPS?",
            "At the collar the fall is larger, and still the answer stays. So what else must differ in the corner?",
            "Compare the second numbers: at the collar the rival goes down, in the corner it goes up.",
        ),
        insight="The same fall can leave an answer or turn it. What decides is the difference to the rival, as in lesson 03.",
        mistakes=(
            Mistake(
                "the flip is the evidence",
                {"falls most": "corner", "flips": "corner", "because of": "answer"},
                "The answer flips in the corner, but its own logit does not fall most there. Compare the first numbers of the two places.",
            ),
            Mistake(
                "the largest fall flips",
                {"falls most": "collar", "flips": "collar", "because of": "answer"},
                "The largest fall is at the collar, and the answer stays there. Look for the word FLIPS.",
            ),
            Mistake(
                "by its own fall",
                {"falls most": "collar", "flips": "corner", "because of": "answer"},
                "The fall in the corner is the smaller one of the two. By itself it would not turn the answer: look at the second number.",
            ),
        ),
    ),
]
