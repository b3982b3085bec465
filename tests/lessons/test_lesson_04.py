"""Numbers and claims in the text of lesson 04 that no other test computes."""

import json

import numpy as np
import pytest
from PIL import Image

import left_digit
from course.author import build
from xailab._tensorflow import keras, tf
from xailab.cam import cam, grad_cam, guided_backprop
from xailab.data import photos, square
from xailab.models import efficientnet_lite0, vgg16_gap

TRAININGS = list(json.loads(left_digit.RESULTS.read_text())["seeds"].values())


@pytest.fixture(scope="module")
def pictures():
    """Twelve: the nine photographs, and parts of three of them, enlarged and mirrored."""
    nine = list(photos().values())
    return np.stack([*nine, *(square(photo[20:200, 30:210])[:, ::-1] for photo in nine[:3])])


@pytest.fixture(scope="module")
def vgg():
    return vgg16_gap()


def correlations(maps, others):
    return np.array([np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in zip(maps, others)])


@pytest.fixture(scope="module")
def last_maps(vgg, pictures):
    """The maps of block5_conv3 for each picture, and the network that turns them into logits."""
    network = vgg.model
    last = network.get_layer("block5_conv3").output
    maps = keras.Model(network.inputs[0], last).predict(vgg.preprocess(pictures), verbose=0)
    return tf.constant(maps), keras.Model(last, network.outputs[0])


def weighed(score, maps):
    """Equations 1 and 2 of Grad-CAM for a score of the maps, by hand."""
    with tf.GradientTape() as tape:
        tape.watch(maps)
        value = score(maps)
    weights = tf.reduce_mean(tape.gradient(value, maps), axis=(1, 2), keepdims=True)
    return tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1)).numpy()


@pytest.fixture(scope="module")
def by_score(last_maps):
    """Grad-CAM's maps of the top class by its logit and by its probability, and that probability."""
    maps, head = last_maps
    logit = weighed(lambda maps: tf.reduce_max(head(maps), axis=1), maps)
    probability = weighed(lambda maps: tf.reduce_max(tf.nn.softmax(head(maps)), axis=1), maps)
    return logit, probability, tf.reduce_max(tf.nn.softmax(head(maps)), axis=1).numpy()


def test_the_map_of_the_probability_is_much_smaller_and_mostly_alike(by_score):
    of_logit, of_probability, p = by_score
    shrunk = of_probability.max(axis=(1, 2)) / of_logit.max(axis=(1, 2)) / (p * (1 - p))
    alike = correlations(of_logit, of_probability)
    assert (shrunk > 0.6).all() and (shrunk < 1.3).all() and (alike > 0.8).all()


def test_on_efficientnet_grad_cam_is_cam_without_its_negative_part(pictures):
    lite = efficientnet_lite0()
    assert (correlations(np.maximum(cam(lite, pictures), 0), grad_cam(lite, pictures)) > 0.999).all()


def test_the_mean_gradient_says_little_in_an_early_layer(vgg, pictures):
    network, agree = vgg.model, []
    layers = [network.get_layer(name).output for name in ("block1_conv2", "block5_conv3")]
    all_three = keras.Model(network.inputs[0], [*layers, network.outputs[0]])
    for picture in pictures:
        with tf.GradientTape() as tape:
            *maps, logits = all_three(vgg.preprocess(picture[None]))
            score = tf.reduce_max(logits)
        agree.append([])
        for values, slopes in zip(maps, tape.gradient(score, maps)):
            mean = tf.reduce_mean(slopes, axis=(1, 2), keepdims=True)
            weighed = [tf.nn.relu(tf.reduce_sum(values * by, axis=-1)).numpy() for by in (mean, slopes)]
            agree[-1] += list(correlations(*weighed))
    early, late = np.array(agree).T
    assert (early < late).all() and abs(early.mean()) < 0.2 and late.mean() > 0.6


def test_guided_backpropagation_depends_less_on_the_class_than_grad_cam(vgg, last_maps, pictures):
    maps, head = last_maps
    classes = vgg.labels.index("cat"), vgg.labels.index("building")
    guided = correlations(*(guided_backprop(vgg, pictures, target) for target in classes))
    grad_cams = correlations(*(weighed(lambda maps, c=c: head(maps)[:, c], maps) for c in classes))
    assert (guided > grad_cams).all() and np.median(guided) > 0.8 > np.median(grad_cams)


def test_the_astronaut_stays_an_instrument_without_the_ring_and_not_without_the_shuttle(vgg):
    astronaut = photos()["astronaut"]
    heatmap = grad_cam(vgg, astronaut[None])[0]
    top, left = np.unravel_index(heatmap.argmax(), heatmap.shape)
    assert 72 <= top < 136 and 56 <= left < 120  # the ring holds the peak
    assert heatmap[:64, 128:192].max() < heatmap.max() * 2 / 3
    without = []
    for row, column in ((72, 56), (0, 128)):
        covered = astronaut.copy()
        covered[row : row + 64, column : column + 64] = astronaut.mean(axis=(0, 1))
        without.append(covered)
    before, ring, shuttle = vgg.logits(np.stack([astronaut, *without]))
    instrument = vgg.labels.index("musical instrument")
    assert before.argmax() == ring.argmax() == instrument != shuttle.argmax()
    assert shuttle[instrument] < ring[instrument] < before[instrument]


def test_nearly_every_class_has_a_map_in_every_photo(vgg, last_maps, pictures):
    maps, head = last_maps
    heat = np.stack([weighed(lambda maps, c=c: head(maps)[:, c], maps) for c in range(len(vgg.labels))])
    assert (heat.max(axis=(2, 3)) > 0).mean() > 0.9
    enlarged = tf.image.resize(heat[3, :1, ..., None], pictures.shape[1:3])[..., 0]
    np.testing.assert_allclose(enlarged, grad_cam(vgg, pictures[:1], 3), atol=1e-4 * heat[3, 0].max())


def test_grad_cam_is_often_empty_or_on_the_wrong_digit_and_hires_cam_hardly_ever():
    assert len(TRAININGS) >= 5
    for each in TRAININGS:
        assert each["accuracy"] > 0.9 and each["fall left"] > 10 * abs(each["fall right"])
        lost = each["grad_cam"]["empty"] + (1 - each["grad_cam"]["empty"]) * each["grad_cam"]["peaks"]
        assert lost > 0.4 and each["grad_cam"]["empty"] > 0.1 and each["grad_cam"]["peaks"] > 0.2
        assert each["hires_cam"]["empty"] == 0 and each["hires_cam"]["peaks"] <= 0.02


def test_a_short_training_misleads_grad_cam_already():
    short = left_digit.trial(0, pairs=1000, epochs=2)
    assert short["hires_cam"]["peaks"] < 0.1 < short["grad_cam"]["empty"] + short["grad_cam"]["peaks"]


def code_between(path, begin, end):
    """The code of a lesson from the cell that holds one text to the cell that holds another."""
    cells = [cell.source for cell in build.read(path).cells if cell.cell_type == "code"]
    first, last = (next(n for n, source in enumerate(cells) if text in source) for text in (begin, end))
    return "\n".join(cells[first : last + 1])


def test_the_case_of_the_x_rays_runs_on_a_folder_of_your_own(tmp_path):
    for name in ("cat", "coffee"):
        (tmp_path / name).mkdir()
        photo = photos(300)[name]
        for number in range(4):
            Image.fromarray(photo[number * 10 :, number * 20 :]).save(tmp_path / name / f"{number}.png")
    path = build.source("04")
    imports = next(cell.source for cell in build.read(path).cells if cell.cell_type == "code")
    space = {"FOLDER": tmp_path}
    exec(imports, space)
    space["lite"] = efficientnet_lite0()
    exec(code_between(path, "if FOLDER:", "by_lime"), space)
    assert space["sorter"].labels == ("cat", "coffee") and space["right"].all()
    assert space["by_grad_cam"].shape == space["by_lime"].shape == (224, 224)
