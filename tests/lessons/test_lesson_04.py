"""Numbers and claims in the text of lesson 04 that no other test computes."""

import json
import re

import numpy as np
import pytest

import left_digit
from xailab._tensorflow import keras, tf
from xailab.cam import cam, grad_cam
from xailab.data import photos, square
from xailab.models import efficientnet_lite0, vgg16_gap


def drawn(seed, count):
    """Parts of the course's photographs at places that the seed draws, enlarged, some mirrored: uint8 (count, 224, 224, 3)."""
    draw, nine = np.random.default_rng(seed), list(photos().values())
    parts = []
    for photo in (nine[index] for index in draw.permutation(9)[:count]):
        side = int(draw.integers(150, 224))
        top, left = draw.integers(0, 225 - side, 2)
        part = square(photo[top : top + side, left : left + side])
        parts.append(part[:, ::-1] if draw.random() < 0.5 else part)
    return np.stack(parts)


@pytest.fixture(scope="module")
def pictures(seed):
    """Five drawn ones, a plain grey one, and one of noise."""
    noise = np.random.default_rng(seed).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    return np.stack([*drawn(seed, 5), np.full_like(noise, 128), noise])


@pytest.fixture(scope="module")
def vgg():
    return vgg16_gap()


def correlations(maps, others):
    return np.array([np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in zip(maps, others)])


class Last:
    """The end of VGG16 from one layer of the last block on: its maps of each picture, and gradients of any score of the logits."""

    def __init__(self, network, layer, before):
        output = network.get_layer(layer).output
        self.maps = tf.constant(keras.Model(network.get_layer("block4_pool").output, output).predict(before, verbose=0))
        self.head = keras.Model(output, network.outputs[0])
        self.logits = self.head.predict(self.maps, verbose=0)

    def gradient(self, score):
        with tf.GradientTape() as tape:
            tape.watch(self.maps)
            value = tf.reduce_sum(score(self.head(self.maps)))
        return tape.gradient(value, self.maps).numpy()

    def grad_cam(self, score, of=lambda gradient: gradient):
        weights = of(self.gradient(score)).mean(axis=(1, 2), keepdims=True)
        return np.maximum((weights * self.maps.numpy()).sum(axis=-1), 0)

    def of_class(self, targets):
        return lambda logits: logits * tf.one_hot(np.broadcast_to(targets, len(self.logits)), logits.shape[1])


@pytest.fixture(scope="module")
def before(vgg, pictures):
    first = keras.Model(vgg.model.inputs[0], vgg.model.get_layer("block4_pool").output)
    return first.predict(vgg.preprocess(pictures), verbose=0)


@pytest.fixture(scope="module")
def last(vgg, before):
    return Last(vgg.model, "block5_conv3", before)


def test_the_map_of_the_probability_is_much_smaller_and_mostly_alike(last, numbers):
    order = last.logits[:5].argsort(axis=1)
    order = np.concatenate([order, order[:2]])  # the last two, grey and noise, are no photos
    top, second = last.of_class(order[:, -1]), last.of_class(order[:, -2])
    of_logit, of_second = (last.grad_cam(score)[:5] for score in (top, second))
    of_probability = last.grad_cam(lambda logits: tf.nn.softmax(logits) * top(tf.ones_like(logits)))[:5]
    p = tf.reduce_max(tf.nn.softmax(last.logits[:5]), axis=1).numpy()
    shrunk = of_probability.max(axis=(1, 2)) / of_logit.max(axis=(1, 2)) / (p * (1 - p))
    assert (correlations(of_logit, of_probability) > numbers[0]).all() and numbers[0] == 0.75
    assert (correlations(of_logit, of_second) < numbers[0]).all()  # the control
    assert (shrunk > 0.5).all() and (shrunk < 1.7).all()


def test_in_a_photo_of_two_classes_the_heat_lies_on_the_half_that_was_asked_for(vgg, seed, numbers):
    draw, nine = np.random.default_rng(seed), photos()
    pairs = [("cat", "coffee"), ("hopper", "motorcycle"), ("cat", "palace"), ("coffee", "motorcycle")]
    shown = {"cat": "cat", "coffee": "food or drink", "hopper": "clothing", "motorcycle": "land vehicle"}
    shown["palace"] = "building"
    names = pairs[draw.integers(4)][:: draw.choice([-1, 1])]
    cut = int(draw.integers(46, 67))
    paste = np.hstack([nine[name][:, cut : cut + 112] for name in names])
    maps = grad_cam(vgg, np.stack([paste] * 2), [vgg.labels.index(shown[name]) for name in names])
    on_left = maps[:, :, :112].sum(axis=(1, 2)) / maps.sum(axis=(1, 2))
    least = numbers[-1] / 100
    assert least == 0.7 and on_left[0] > least > 1 - least > on_left[1]


def test_the_mean_gradient_says_little_in_an_early_layer(vgg, pictures, numbers):
    network, agree = vgg.model, []
    layers = [network.get_layer(name).output for name in ("block1_conv2", "block5_conv3")]
    all_three = keras.Model(network.inputs[0], [*layers, network.outputs[0]])
    for picture in pictures[:5]:
        with tf.GradientTape() as tape:
            *maps, logits = all_three(vgg.preprocess(picture[None]))
            score = tf.reduce_max(logits)
        agree.append([])
        for values, slopes in zip(maps, tape.gradient(score, maps)):
            mean = tf.reduce_mean(slopes, axis=(1, 2), keepdims=True)
            weighed = [tf.nn.relu(tf.reduce_sum(values * by, axis=-1)).numpy() for by in (mean, slopes)]
            agree[-1] += list(correlations(*weighed))
    early, late = np.array(agree).T
    assert late.mean() > numbers[0] == 0.5 and abs(early.mean()) < numbers[1] == 0.2


def test_on_efficientnet_grad_cam_is_cam_without_its_negative_part(seed, numbers):
    lite, pictures = efficientnet_lite0(), drawn(seed, 5)
    top, second = lite.logits(pictures).argsort(axis=1)[:, [-1, -2]].T
    maps = grad_cam(lite, pictures, top)
    assert (correlations(np.maximum(cam(lite, pictures, top), 0), maps) > numbers[-1]).all() and numbers[-1] == 0.999
    assert (correlations(np.maximum(cam(lite, pictures, second), 0), maps) < numbers[-1]).all()  # the control


def test_the_blackout_agrees_with_hires_cam_and_often_not_with_grad_cam(seed, numbers):
    least, most = numbers[-2:]
    trainings = list(json.loads(left_digit.RESULTS.read_text())["seeds"].values())
    for each in [left_digit.trial(seed, pairs=4000, epochs=4), *trainings]:
        assert each["grad_cam"]["disagrees"] > least / 100 and each["hires_cam"]["disagrees"] <= most / 100
        assert 0.4 < each["random"]["disagrees"] < 0.6  # the control
        assert each["accuracy"] > 0.85 and each["fall left"] > 2 * each["fall right"]
    assert (least, most, len(trainings)) == (20, 2, 5)


def test_the_two_sums_of_hires_cam_come_near_to_the_two_blackouts(printed):
    sums, falls = (
        np.array(re.findall(r"[-\d.]+", re.search(rf"mean {what}.*\[(.*)\]", printed)[1]), float)
        for what in ("sum of", "fall by")
    )
    assert (np.abs(sums - falls) < 2).all() and falls[0] > 4 * falls[1]


def test_hires_cam_sums_to_the_logit_where_nothing_adds_a_constant(vgg, before, last, numbers):
    earlier, bias = Last(vgg.model, "block5_conv2", before), vgg.model.get_layer("output").bias.numpy()
    top = last.logits.argmax(axis=1)
    logits = (last.logits - bias)[np.arange(len(top)), top]
    off = [
        np.abs((each.gradient(each.of_class(top)) * each.maps.numpy()).sum(axis=(1, 2, 3)) - logits)
        for each in (last, earlier)
    ]
    assert off[0].max() < numbers[-2] == 0.001 and 0.01 < off[1].max() < 2 * numbers[-1]


def plus_plus(last, score):
    maps, slopes = last.maps.numpy(), last.gradient(score)
    below = 2 * slopes**2 + maps.sum(axis=(1, 2), keepdims=True) * slopes**3
    alphas = np.divide(slopes**2, below, out=np.zeros_like(slopes), where=below != 0)
    weights = (alphas * np.maximum(slopes, 0)).sum(axis=(1, 2), keepdims=True)
    return np.maximum((weights * maps).sum(axis=-1), 0)


def test_grad_cam_plus_plus_is_nearly_grad_cam_on_positive_gradients(last, numbers):
    top = last.of_class(last.logits.argmax(axis=1))
    maps = plus_plus(last, top)[:5]
    positive = correlations(maps, last.grad_cam(top, lambda gradient: np.maximum(gradient, 0))[:5])
    every = correlations(maps, last.grad_cam(top)[:5])
    assert (positive > numbers[-1]).all() and numbers[-1] == 0.9
    assert every.min() < numbers[-1] and (positive >= every - 0.01).all()  # the control


def test_the_collar_carries_most_and_the_corner_turns_the_answer_by_its_rival(vgg, seed, numbers):
    draw, astronaut = np.random.default_rng(seed), photos()["astronaut"]
    places = [(96, 64), (0, 128), (0, 0), (160, 160), (64, 128), (128, 0), (128, 32), (160, 64)]
    covered, colour = np.stack([astronaut] * len(places)), draw.integers(0, 256, 3)
    for picture, (top, left) in zip(covered, places):
        picture[top : top + 64, left : left + 64] = colour
    instrument, clothing = (vgg.labels.index(name) for name in ("musical instrument", "clothing"))
    now = vgg.logits(astronaut[None])[0]
    changes = vgg.logits(covered) - now
    falls, rises = -changes[:, instrument], changes[:, clothing]
    cost, rise = numbers
    assert falls[0] > cost == 0.75 and rises[0] < rise == 0.5
    assert rises[1] > rise and rises[1] - rises[0] > rise
    assert (falls[2:] < falls[0]).all()  # the control: other places


def test_the_lessons_scan_says_what_the_verdict_says(printed):
    firsts = re.findall(r"largest falls:\n +\((\d+), (\d+)\): falls ([\d.]+), rival rises ([-+][\d.]+), (.*)", printed)
    assert [(int(top), int(left)) for top, left, *_ in firsts] == [(96, 64)] * 3
    assert all(float(rise) < 0 and said == "it stays" for *_, rise, said in firsts)
    assert re.search(r"fill mean.*\n.*\n +\(0, 128\).*FLIPS", printed)


def test_every_class_has_a_map_in_every_photo_and_in_noise(vgg, last, pictures, numbers):
    classes = range(len(vgg.labels))
    assert len(classes) == numbers[-1]
    heat = np.stack([last.grad_cam(last.of_class(target)) for target in classes])
    there = (heat.max(axis=(2, 3)) > 0).sum(axis=0)
    assert (there[[*range(5), 6]] == 12).all() and there[5] < 12  # of plain grey not every class
    enlarged = tf.image.resize(heat[3, :1, ..., None], pictures.shape[1:3])[..., 0]
    np.testing.assert_allclose(enlarged, grad_cam(vgg, pictures[:1], 3), atol=1e-4 * heat[3, 0].max())
