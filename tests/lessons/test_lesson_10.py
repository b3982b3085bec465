"""The ledger of lesson 10: each sentence tried again with seeds that the lesson does not use, beside its control."""

import re

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_limits

from course.author import build
from course.lessons.lesson_00.exercises import EXERCISES as FIRST
from course.lessons.networks import photo_classifier, photographs
from course.student.exercises import exercises
from xailab import shapley
from xailab._tensorflow import keras
from xailab.data import materials, mnist
from xailab.models import lenet5

PATH = build.source("10")
TEXT = PATH.read_text(encoding="utf-8")
POINTS = 300


@pytest.fixture(scope="module")
def space():
    """The lesson's own functions."""
    with threadpool_limits(1):
        yield build.functions("10")


@pytest.fixture(scope="module")
def networks(seed):
    """Two networks as the lesson trains one, with less of it: what they make of digits that they have not seen.

    [(network, digits, names, maps, features, features before training)].
    """
    images, labels = mnist()
    images, found = (images[..., None] / 255).astype("float32"), []
    for number in (seed, seed + 1):
        keras.utils.set_random_seed(number)
        learn, held_out = np.split(np.random.default_rng(number).permutation(len(images)), [2000])
        digits, names = images[held_out[:1000]], labels[held_out[:1000]]
        network = lenet5((28, 28, 1), classes=10, activation="relu")
        look = keras.Model(network.inputs, [network.get_layer(name).output for name in ("C3", "F6")])
        untrained = look.predict(digits[:POINTS], verbose=0)[1]
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        network.compile("adam", loss, steps_per_execution=25)
        network.fit(images[learn], labels[learn], batch_size=32, epochs=2, verbose=0)
        found.append((network, digits, names, *look.predict(digits, verbose=0), untrained))
    return found


@pytest.fixture(scope="module")
def layouts(networks, space, seed):
    """Three maps of the features of each network, from random starts."""
    return [[space["layout"](features, 30, seed + n) for n in range(3)] for *_, features, _ in networks]


def neighbours_right(points, names):
    return cross_val_score(KNeighborsClassifier(5), points, names, cv=5).mean()


def kept(space, points, drawn):
    return exercises("10")["10.4"].reference(space["nearest"](points), space["nearest"](drawn))


# 1 · Shapley values of a picture


def test_partition_maps_sum_to_the_logit_and_follow_the_exact_quarters(seed):
    model, exact = photo_classifier(), exercises("10")["10.1"].reference
    coalitions = [np.array(list(f"{number:04b}"), int).reshape(2, 2) for number in range(16)]
    found, off, chosen = [], [], np.random.default_rng(seed).permutation(list(photographs()))[:4]
    for photo in (photographs()[name] for name in chosen):
        half, target = len(photo) // 2, int(model.logits(photo[None])[0].argmax())
        empty = np.full_like(photo, photo.mean(axis=(0, 1)).round())
        shown = [np.where(on.repeat(half, 0).repeat(half, 1)[..., None], photo, empty) for on in coalitions]
        logits = dict(zip(map(bytes, coalitions), model.logits(np.stack(shown))[:, target]))
        full, none = logits[bytes(coalitions[-1])], logits[bytes(coalitions[0])]
        heat = shapley.partition(model, photo[None], target, evaluations=40)[0]
        assert heat.sum() == pytest.approx(full - none, abs=0.01)
        covered = sum(full - logits[bytes(coalitions[15 - 2**quarter])] for quarter in range(4))
        off.append(abs(covered - (full - none)))
        quarters = exact(lambda on, logits=logits: logits[bytes(on.astype(int))])
        found.append((quarters.ravel(), heat.reshape(2, half, 2, half).sum(axis=(1, 3)).ravel()))
    alike = [np.corrcoef(quarters, blocks)[0, 1] for quarters, blocks in found]
    others = [np.corrcoef(found[n - 1][0], blocks)[0, 1] for n, (_, blocks) in enumerate(found)]
    assert min(alike) >= 0.9 > np.mean(others) and np.mean(off) > 0.3
    assert not any(np.allclose(quarters, blocks, atol=0.02) for quarters, blocks in found)


# 2 · t-SNE


def test_maps_of_features_group_digits_better_than_maps_of_pixels(networks, layouts, space, seed, numbers):
    (more,) = numbers[:1]
    for (_, digits, names, _, _, untrained), (by_features, *_) in zip(networks, layouts):
        pixels, control = (space["layout"](each.reshape(len(each), -1), 30, seed) for each in (digits, untrained))
        base = neighbours_right(pixels, names[:POINTS])
        assert neighbours_right(by_features, names[:POINTS]) >= base + more / 100
        assert neighbours_right(control, names[:POINTS]) < base


def test_the_map_of_features_keeps_neighbours_and_that_of_noise_does_not(networks, layouts, space, seed, numbers):
    low, high, least, most = np.array(numbers) / 100
    for number, ((*_, features, _), (drawn, *_)) in enumerate(zip(networks, layouts)):
        assert low < kept(space, features, drawn) < high
        noise = np.random.default_rng(seed + number).normal(size=(POINTS, 84))
        assert least < kept(space, noise, space["layout"](noise, 3, seed)) < most


def test_a_planted_cluster_is_clearer_on_the_map_than_it_is(space, seed, numbers):
    low, high, least = np.array(numbers[:3]) / 100

    def own(points):
        return np.mean(space["nearest"](points)[: POINTS // 10] < POINTS // 10)

    assert "planted = noise + 0.6 * (np.arange(POINTS) < POINTS // 10)" in TEXT
    for number in range(seed, seed + 2):
        noise = np.random.default_rng(number).normal(size=(POINTS, 84))
        planted = noise + 0.6 * (np.arange(POINTS) < POINTS // 10)[:, None]
        on_map = own(space["layout"](planted, 30, number))
        assert low < own(planted) < high and on_map >= least and on_map > own(planted)
        assert own(space["layout"](noise, 30, number)) < 0.25


def test_spreads_on_a_map_depend_on_the_start(networks, layouts, space, seed, numbers):
    wander, low, high = numbers
    space["kept"] = exercises("10")["10.4"].reference
    for (_, _, names, _, features, _), drawn in zip(networks, layouts):
        space["names"] = names
        distances, spreads, _ = np.transpose([space["agreement"](features, one) for one in drawn])
        assert low < distances.min() and distances.max() < high and np.ptp(spreads) >= wander
    one, other = (space["layout"](features, 30, number, init="pca") for number in (seed, seed + 1))
    assert np.allclose(one, other, atol=0.001)


def test_pca_alone_keeps_distances_and_not_neighbours(networks, layouts, space):
    space["kept"] = exercises("10")["10.4"].reference
    for (_, _, names, _, features, _), (drawn, *_) in zip(networks, layouts):
        space["names"] = names
        flat = space["PCA"](2).fit_transform(features[:POINTS])
        (distances, _, share), by_tsne = space["agreement"](features, flat), kept(space, features, drawn)
        assert distances > 0.5 and share < by_tsne / 2 and by_tsne > 0.6


def test_the_features_know_more_neighbours_than_the_pixels(networks):
    for _, digits, names, _, features, _ in networks:
        assert neighbours_right(features, names) > neighbours_right(digits.reshape(len(digits), -1), names) + 0.03


def test_patches_of_one_photograph_lie_together(seed, numbers):
    model, least = photo_classifier(), numbers[-1] / 100
    pooling = keras.Model(model.model.inputs, model.model.get_layer("gap").output)
    for number in range(seed, seed + 2):
        _, patches = materials((224, 224), train=1, test=4, seed=number)

        def share(points, labels=patches.labels):
            return cross_val_score(KNeighborsClassifier(3), points, labels, cv=4).mean()

        assert share(pooling.predict(model.preprocess(patches.images), verbose=0)) >= least
        assert share(patches.images[..., 0].reshape(len(patches.labels), -1) / 255) < 0.7


# 3 · Filters


def test_nearly_any_one_filter_can_go(networks, numbers, seed):
    (most,) = numbers[-1:]
    for network, _, names, maps, _, _ in networks:
        r = exercises("10")["10.5"].reference(maps) - 2 * np.eye(16)
        one, two = np.unravel_index(r.argmax(), r.shape)
        rest = keras.Model(network.get_layer("C3").output, network.outputs[0])

        def right(keep, rest=rest, maps=maps, names=names):
            return 100 * (np.argmax(rest(maps * keep), axis=1) == names).mean()

        every = right(np.ones(16))
        lost = [every - right(np.arange(16) != number) for number in range(16)]
        assert r[one, two] > 0.7 and np.median(lost) < most
        draw = np.random.default_rng(seed)
        assert every - np.mean([right(draw.permutation(16) < 2) for _ in range(4)]) > 10


# 4 · The map


def test_the_closing_table_has_fifteen_methods_where_lesson_00_puts_them():
    rows = re.findall(r"^# \| ([^|]+?) \| (intrinsic|post-hoc) \| (\w+)[^|]* \| (\w+)[^|]* \|", TEXT, re.MULTILINE)
    placed = {name: axes for name, *axes in rows}
    assert len(placed) == len(rows) == 15
    first = build.source("00").read_text(encoding="utf-8")
    for row, complexity, dependency in (
        ("intrinsic", "intrinsic", "specific"),
        ("post-hoc, specific", "post-hoc", "specific"),
        ("post-hoc, agnostic", "post-hoc", "agnostic"),
    ):
        local, world = re.search(rf"^# \| \*\*{row}\*\*[^|]*\|([^|]*)\|([^|]*)\|", first, re.MULTILINE).groups()
        for scope, names in (("local", local), ("global", world)):
            for name in filter(None, map(str.strip, names.split("·"))):
                short = re.search(r"\(([A-Z]+)\)", name)
                key = {"regression with its coefficient table": "regression table", "tree models": "tree"}.get(
                    name, short[1] if short else name
                )
                assert placed.pop(key) == [complexity, scope, dependency], name
    assert not placed


def test_the_closing_table_agrees_with_the_exercise_of_lesson_00():
    right = next(exercise for exercise in FIRST if exercise.id == "00.3").reference
    for name, axes in right.items():
        row = "regression table" if name == "regression" else "occlusion sensitivity" if name == "occlusion" else name
        assert re.search(
            rf"^# \| {row} \| " + r" \| ".join(rf"{axis}[^|]*?" for axis in axes) + r" \|", TEXT, re.MULTILINE
        )
