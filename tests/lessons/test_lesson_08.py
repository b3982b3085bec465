"""What lesson 08 says, tried again with patches, weights and noise drawn from a new seed, each beside its control."""

import json
import re

import numpy as np
import pytest

import compare_fine_tuning as comparison
import learn_without_forgetting as forgetting
from course import ROOT
from course.author import build
from course.lessons.lesson_08 import blocks
from course.lessons.lesson_08.optimizers import SURFACES, walk
from course.student.exercises import exercises
from xailab import data
from xailab._tensorflow import keras
from xailab.cam import grad_cam
from xailab.models import vgg16_base
from xailab.probes import linear_probe

SOURCE = ROOT / "solutions/08_transfer_learning.py"
FIGURES = json.loads((ROOT / "datasets/fine_tuning.json").read_text(encoding="utf-8"))
RUNS = [FIGURES["runs"][str(seed)] for seed in range(5)]
FORGETTING = json.loads((ROOT / "datasets/learn_without_forgetting.json").read_text(encoding="utf-8"))
TEXT = "\n".join(cell.source for cell in build.read(SOURCE).cells if cell.cell_type == "markdown")
LESSON = SOURCE.read_text(encoding="utf-8")
SIZE, FOLIAGE = comparison.SIZE, 2


def accuracy(name):
    return np.array([run["rows"][name]["accuracy"] for run in RUNS])


@pytest.fixture(scope="module")
def patches(seed):
    return data.materials(SIZE, train=10, test=10, seed=seed)


@pytest.fixture(scope="module")
def networks(seed):
    return {"trained": vgg16_base(SIZE), "random": blocks.untrained(SIZE, seed)}


@pytest.fixture(scope="module")
def rows(patches, networks):
    """{network: [(rows to learn from, rows to test with) after each block]}."""
    photos, n = np.concatenate([each.images for each in patches]), len(patches[0].labels)
    found = {}
    for name, base in networks.items():
        means = [maps.mean(axis=(1, 2)) for maps in list(blocks.maps_of(base, photos, name).values())[1:]]
        found[name] = [(each[:n], each[n:]) for each in means]
    return found


@pytest.fixture(scope="module")
def right(patches, rows):
    """{network: share of the test patches right after each block (5,)}."""
    learn, prove = patches
    return {
        name: np.array([linear_probe(a, learn.labels).score(b, prove.labels) for a, b in each])
        for name, each in rows.items()
    }


@pytest.fixture(scope="module")
def lenet(seed):
    """Share right of LeNet-5 from scratch: (of its training patches, of the test patches)."""
    learn, prove = data.materials(comparison.SCRATCH_SIZE, train=10, test=10, seed=seed)
    keras.utils.set_random_seed(seed)
    network = comparison.lenet5((*comparison.SCRATCH_SIZE, 3), activation="relu")
    comparison.compile_and_fit(network, keras.optimizers.Adam(0.001), learn.images / 255, learn.labels, 20, 16)
    said = [network.predict(each.images / 255, verbose=0).argmax(axis=1) == each.labels for each in (learn, prove)]
    return [np.mean(each) for each in said]


# the file of results and the script that makes it


def test_the_tables_are_those_that_the_scripts_found():
    assert comparison.table(RUNS) in TEXT
    assert forgetting.table([FORGETTING["runs"][str(seed)] for seed in range(5)]) in TEXT
    assert forgetting.TEMPERATURE == 2 and "With $T = 2$" in TEXT
    assert forgetting.WEIGHT == 1 and r"$\lambda = 1$" in TEXT
    assert f"from {forgetting.PER_CLASS} digits of each" in TEXT


def test_the_script_trained_with_what_the_lesson_trains_with():
    assert f"SIZE = {[*comparison.SIZE]} " in LESSON and f"SCRATCH_SIZE = {[*comparison.SCRATCH_SIZE]}\n" in LESSON
    assert f"SCRATCH_EPOCHS = {comparison.SCRATCH_EPOCHS} " in LESSON
    assert f"the comparison over five seeds has {comparison.TUNING_EPOCHS}" in LESSON
    assert f"PATCHES = [{comparison.TRAIN}, {comparison.TEST}]" in LESSON and f"ENOUGH = {comparison.ENOUGH} " in LESSON
    assert f"epochs={comparison.HEAD_EPOCHS}," in LESSON and "Adam(1e-5)" in LESSON and comparison.TUNING_RATE == 1e-5
    steps = comparison.TUNING_EPOCHS * -(-11 * comparison.TRAIN // 16)
    assert f"that is {steps} steps" in " ".join(TEXT.split())


def test_the_rule_goes_back_from_the_last_block():
    rule = build.functions("08")["first_block"]
    assert [run["first block"] for run in RUNS] == [rule(run["heat"], comparison.ENOUGH) for run in RUNS] == [4] * 5
    assert rule((0.5, 0.7, 0.53, 0.67, 0.84), 0.6) == 4  # a block followed by one that fails does not count
    assert rule((0.5, 0.5, 0.6, 0.5, 0.6), 0.6) == 6 and rule((0.7,) * 5, 0.6) == 1


def test_the_lesson_reads_the_first_seed_as_the_script_does(printed):
    for name, key in (("trained", "linear"), ("random", "untrained")):
        values = re.search(rf"{name}: test patches right ((?:\d+ % ?)+)", printed)[1]
        assert [int(each) for each in values.split("%")[:-1]] == pytest.approx(100 * np.array(RUNS[0][key]), abs=1.5)
    (found,) = re.findall(r"features: ([\d.]+)% of the test patches", printed)
    assert float(found) / 100 == pytest.approx(RUNS[0]["rows"]["features"]["accuracy"], abs=0.02)
    heat = re.search(r"blocks 1 to 5: ([\d. ]+)", printed)[1].split()
    assert [float(each) for each in heat] == pytest.approx(RUNS[0]["heat"], abs=0.02)
    assert "train from block 4 on" in printed and "12,984,843 weights learn" in printed


@pytest.mark.parametrize("script", [comparison, forgetting])
def test_a_script_keeps_the_seeds_it_has_and_leaves_no_half_written_file(script, monkeypatch, tmp_path):
    target, known = tmp_path / "figures.json", FIGURES if script is comparison else FORGETTING
    less = {"command": known["command"], "runs": {seed: run for seed, run in known["runs"].items() if seed != "3"}}
    if script is comparison:
        less["runs"] = {seed: less["runs"].get(seed, {}) for seed in known["runs"]}
        keys = {"compare": ("heat", "first block", "rows"), "probes": ("linear", "untrained", "folds")}
        again = {
            name: lambda seed, keys=part: {key: known["runs"][str(seed)][key] for key in keys}
            for name, part in keys.items()
        }
    else:
        again = {"run": lambda seed: known["runs"][str(seed)]}
    target.write_text(json.dumps(less))

    def stop(seed):
        raise KeyboardInterrupt

    for function in again:
        monkeypatch.setattr(script, function, stop)
    with pytest.raises(KeyboardInterrupt):
        script.main([str(target)])
    assert json.loads(target.read_text()) == less and list(tmp_path.iterdir()) == [target]
    for function, change in again.items():
        monkeypatch.setattr(script, function, change)
    script.main([str(target)])
    assert json.loads(target.read_text()) == known and list(tmp_path.iterdir()) == [target]


def test_the_script_counts_heat_as_the_exercise_does(monkeypatch):
    """A network whose every map is the left half: half of the pictures ask for the left half, the others for the right one."""
    pictures = data.materials((8, 12), train=2, test=1)[0]

    def left_half(classifier, photos, targets):
        maps = np.zeros(photos.shape[:3], np.float32)
        maps[:, :, : photos.shape[2] // 2] = 1
        return {f"block{block}_conv1": maps * (block > 1) for block in range(1, 6)}

    monkeypatch.setattr(comparison, "grad_cam_layers", left_half)
    assert comparison.heat_by_block(None, pictures, seed=0) == [0, 0.5, 0.5, 0.5, 0.5]


def test_distillation_is_the_cross_entropy_of_softened_answers():
    old, new = np.random.default_rng(0).normal(size=(2, 4, 5))
    powers = [np.exp(each) / np.exp(each).sum(axis=1, keepdims=True) for each in (old, new)]
    powers = [each**0.5 / (each**0.5).sum(axis=1, keepdims=True) for each in powers]  # the paper's y', T = 2
    expected = -(powers[0] * np.log(powers[1])).sum(axis=1)
    assert np.allclose(forgetting.distillation(old, new), expected, rtol=1e-5)


def test_an_untrained_network_has_filters_of_its_own_and_no_biases(networks):
    for layer in networks["random"].layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            assert not bias.any() and kernel.std() == pytest.approx(np.sqrt(2 / np.prod(kernel.shape[:3])), rel=0.06)
    first, other = (networks["random"].get_layer(f"block5_conv{c}").get_weights()[0] for c in (1, 2))
    assert not np.array_equal(first, other)


# the ledger


def test_the_crops_of_a_material_overlap(seed, monkeypatch, numbers):
    places = {}

    def remember(region, size, draw, cut=data.textures._patch):
        state, corner = draw.bit_generator.state, None
        patch = cut(region, size, draw)
        again = np.random.default_rng()
        again.bit_generator.state = state
        view = (
            again.uniform(*data.textures._VIEW) * min(region.height / size[0], region.width / size[1]) * np.array(size)
        )
        corner = again.random(2)[::-1] * (np.array(region.size)[::-1] - view)
        places.setdefault(hash(region.tobytes()), [np.zeros(region.size[::-1], int)]).append((corner, view))
        return patch

    monkeypatch.setattr(data.textures, "_patch", remember)
    data.materials(SIZE, train=10, test=1, seed=seed)
    worth = []
    for covered, *cut in [each for each in places.values() if len(each) == 11]:
        for (top, left), (height, width) in cut:
            covered[int(top) : round(top + height), int(left) : round(left + width)] += 1
        worth.append(covered.sum() / (covered > 0).sum())
    assert len(worth) == 11 and numbers[-2] <= round(min(worth)) and round(max(worth)) <= numbers[-1]


def test_lenet_from_scratch_gets_few_test_patches_right(lenet, numbers):
    stored = np.concatenate([accuracy(name) for name in ("scratch, tanh and SGD", "scratch, ReLU and Adam")])
    most, lowest, highest = numbers
    assert 100 * lenet[1] < most and (100 * stored < most).all()
    assert [round(100 * stored.min()), round(100 * stored.max())] == [lowest, highest]
    assert lenet[0] > 0.9  # the control


def test_a_random_block_2_beats_lenet(lenet, right, rows, patches, numbers, seed):
    least = numbers[0]
    best = np.maximum(accuracy("scratch, tanh and SGD"), accuracy("scratch, ReLU and Adam"))
    stored = np.array([run["untrained"][1] for run in RUNS]) - best
    assert 100 * (right["random"][1] - lenet[1]) > least and (100 * stored > least).all()
    shuffled = np.random.default_rng(seed).permutation(patches[0].labels)
    assert linear_probe(rows["random"][1][0], shuffled).score(rows["random"][1][1], patches[1].labels) < 0.25


def test_what_the_training_adds_grows_from_block_1_to_block_4(right, numbers):
    stored = 100 * np.array([np.subtract(run["linear"], run["untrained"]) for run in RUNS])
    _, low, high, _, low_4, high_4 = numbers
    assert [round(stored[:, block].min()) for block in (0, 3)] == [low, low_4]
    assert [round(stored[:, block].max()) for block in (0, 3)] == [high, high_4]
    added = 100 * (right["trained"] - right["random"])
    assert added[3] > added[0] + 10
    control = np.array([np.subtract(one["untrained"], other["untrained"]) for one, other in zip(RUNS, RUNS[1:])])
    assert abs(control).max() < 0.15


def test_a_random_network_falls_towards_block_5_too(right):
    stored = np.array([run["untrained"] for run in RUNS])
    linear = np.array([run["linear"] for run in RUNS])
    assert (stored[:, 2] - stored[:, 4] > linear[:, 3] - linear[:, 4]).all()
    assert (linear[:, 4] < linear[:, 3]).sum() == 4 and (linear[:, 4] <= linear[:, 3]).all()
    trained, random = right["trained"], right["random"]
    assert random[2] - random[4] > 0.08 and trained[4] < trained[3] + 0.03
    assert trained[2] - trained[0] > 0.15  # the control


def chosen_of(shares):
    return 1 + int(np.argmax(shares))


@pytest.fixture(scope="module")
def validated(rows, patches):
    """What five-fold cross-validation on the training patches says of each block (5,)."""
    labels = patches[0].labels
    folds = np.arange(len(labels)) % 5
    return [comparison.cross_validated(learnt, labels, folds) for learnt, _ in rows["trained"]]


def test_cross_validation_chooses_block_3_or_4(rows, patches, validated, numbers):
    allowed = numbers[:2]
    assert chosen_of(validated) in allowed
    assert {chosen_of(run["folds"]) for run in RUNS} <= set(allowed)
    labels, (learnt, _) = patches[0].labels, rows["trained"][1]
    assert linear_probe(learnt, labels).score(learnt, labels) == 1  # the control


def test_cross_validation_is_too_hopeful_where_crops_overlap(rows, patches, right, validated, numbers):
    stored = [run["folds"][chosen_of(run["folds"]) - 1] - run["linear"][chosen_of(run["folds"]) - 1] for run in RUNS]
    assert min(stored) > numbers[0] / 100
    assert max(validated) - right["trained"][chosen_of(validated) - 1] > 0.03
    labels, (_, proof) = patches[1].labels, rows["trained"][3]
    folds = np.arange(len(labels)) % 5
    assert comparison.cross_validated(proof, labels, folds) > 0.96  # the control: they overlap as well


def test_the_heat_climbs_from_chance_to_the_correct_half(patches, networks, rows, seed, numbers):
    heat = {}
    for name, base in networks.items():
        probe = linear_probe(rows[name][4][0], patches[0].labels)
        classifier = blocks.with_head(base, probe, patches[0].names)
        heat[name] = comparison.heat_by_block(classifier, patches[0], seed, pairs=1)
    chance, high, _ = numbers
    for found in (heat["trained"], *(run["heat"] for run in RUNS)):
        assert found[4] > high and found[4] > found[1] + 0.15 and abs(found[1] - chance) < 0.1
    assert all(abs(share - chance) < 0.15 for share in heat["random"])  # the control


def test_chance_moves_an_accuracy_by_two_points(seed, numbers):
    patches, percent = numbers[:2]
    draw = np.random.default_rng(seed)
    moved, control = (100 * np.std(draw.binomial(n, percent / 100, 2000) / n) for n in (int(patches), 22_000))
    assert round(moved) == 2 and control < 0.3
    means = [100 * accuracy(name).mean() for name in ("last block", "chosen by Grad-CAM", "all blocks")]
    assert np.ptp(means) < 2


@pytest.fixture(scope="module")
def tuned(seed):
    """What a new seed gives: {version: accuracy}, of the features and of three ways to tune."""
    return {name: row["accuracy"] for name, row in comparison.transfer(seed)[0].items()}


TUNED = "last block", "chosen by Grad-CAM", "all blocks"


@pytest.mark.long
def test_tuning_helps_whichever_blocks(tuned):
    features, *others = map(accuracy, ("features", *TUNED))
    assert all((each > features).all() for each in others)
    assert round(100 * (np.mean(others) - features.mean())) == 5
    assert all(tuned[name] > tuned["features"] for name in TUNED)
    assert (np.array([run["linear"][4] for run in RUNS]) > features).sum() == 4  # the control


@pytest.mark.long
def test_the_choice_by_the_map_is_not_clearly_ahead_of_the_last_block(tuned):
    last, chosen = map(accuracy, TUNED[:2])
    assert (chosen > last).sum() == 1 and (chosen < last).sum() == 4 and (chosen - last).max() < 0.05
    assert tuned[TUNED[1]] - tuned[TUNED[0]] < 0.05
    assert min(tuned[name] for name in TUNED[:2]) > tuned["features"]  # the control


def test_the_chosen_probe_is_level_with_tuning():
    chosen = np.array([run["linear"][chosen_of(run["folds"]) - 1] for run in RUNS])
    best = np.max([accuracy(name) for name in TUNED], axis=0)
    assert (chosen > best).sum() == 3 and round(100 * chosen.mean()) == 94
    habit = np.array([run["linear"][4] for run in RUNS])
    assert (habit > best).sum() == 1
    assert round(100 * habit.mean()) == 88 and round(100 * accuracy("features").mean()) == 86


@pytest.mark.long
def test_the_old_answers_keep_old_digits_and_cost_no_new_ones(seed):
    for run in (*FORGETTING["runs"].values(), forgetting.run(seed)):
        before, features, tuning, kept = (
            run[name] for name in ("before", "feature extraction", "fine-tuning", "learning without forgetting")
        )
        assert kept[0] > tuning[0] and tuning[0] < before[0] and kept[1] > tuning[1] - 0.02
        assert features[0] == before[0] and features[1] < tuning[1] - 0.1  # the control


@pytest.fixture(scope="module")
def handed(patches, networks, rows):
    """A function: the probe that learns from training patches of which some are changed, and the shares of
    test patches called foliage: [[foliage without the change, with it], [others without, with]]."""
    learn, prove = patches
    learnt, proof = rows["trained"][4]
    sample = np.arange(len(prove.labels))[::2]  # five a material
    tested = {}

    def find(changed, change, name):
        mixed = learnt.copy()
        if changed.any():
            mixed[changed] = blocks.features_of(networks["trained"], change(learn.images[changed]))
        if name not in tested:
            tested[name] = blocks.features_of(networks["trained"], change(prove.images[sample]))
        probe = linear_probe(mixed, learn.labels)
        said = probe.predict(proof[sample]), probe.predict(tested[name])
        return probe, np.array(exercises("08")["08.6"].reference(*said, prove.labels[sample], FOLIAGE))

    return find


@pytest.fixture(scope="module")
def stamped(patches, handed):
    return handed(patches[0].labels == FOLIAGE, data.date_stamp, "stamp")


def heat_in_the_corner(networks, probe, patches, change):
    learn, corner = patches[0], blocks.corner_of_the_stamp(SIZE)
    photos = change(learn.images[learn.labels == FOLIAGE])
    maps = grad_cam(blocks.with_head(networks["trained"], probe, learn.names), photos, FOLIAGE)
    return np.mean([exercises("08")["08.4"].reference(each, corner) for each in maps]) / corner.mean(), corner.mean()


def test_the_map_of_the_stamped_set_lies_on_the_stamp(networks, patches, rows, stamped):
    clean = linear_probe(rows["trained"][4][0], patches[0].labels)
    times, _ = heat_in_the_corner(networks, stamped[0], patches, data.date_stamp)
    control, _ = heat_in_the_corner(networks, clean, patches, data.date_stamp)
    assert times > 3 and control < 1


def test_the_stamp_is_used(patches, handed, stamped, seed):
    (own, own_stamped), (_, others_stamped) = stamped[1]
    assert own < 0.5 and own_stamped > 0.8 and others_stamped >= 0.05
    anyone = np.zeros(len(patches[0].labels), bool)
    anyone[np.random.default_rng(seed).permutation(len(anyone))[:10]] = True
    (own, own_stamped), (_, others_stamped) = handed(anyone, data.date_stamp, "stamp")[1]
    assert min(own, own_stamped) >= 0.6 and others_stamped < 0.05  # the control


def test_a_softer_camera_fools_without_a_place(patches, handed, networks):
    own, nobody = patches[0].labels == FOLIAGE, np.zeros(len(patches[0].labels), bool)

    def soft(images):
        return blocks.soften(images, 2)

    probe, shares = handed(own, soft, "soft")
    times, area = heat_in_the_corner(networks, probe, patches, soft)
    assert shares[1, 1] > 1 / 6 and times * area < 0.1
    assert handed(nobody, soft, "soft")[1][1, 1] < shares[1, 1] / 2  # the control
    hardly = handed(own, lambda images: blocks.soften(images, 0.8), "hardly")[1]
    assert hardly[1, 1] < 0.125


def test_the_lesson_finds_the_stamp_and_closes_it(printed):
    shares = dict(re.findall(r"^(\w[\w .,]+?) +foliage: (.+)$", printed, re.MULTILINE))
    found = {name: [float(each) for each in re.findall(r"([\d.]+)%", line)] for name, line in shares.items()}
    assert found["stamped set"][0] < 50 < 80 < found["stamped set"][1] and found["stamped set"][3] > 5
    for name in ("clean set", "ten stamps, any material", "corner covered"):
        assert min(found[name][:2]) > 60 and found[name][3] <= 5
    assert abs(found["corner covered"][4] - found["clean set"][4]) < 4  # the cover costs nothing
    assert "training patches right: 100%" in printed


def test_noise_shakes_sgd_off_the_saddle(seed):
    height, slope, start, rate = SURFACES["saddle"]
    still = walk(keras.optimizers.SGD(rate), slope, start)[-1]
    assert abs(height(*still)) < 0.01  # the control
    for noise in map(np.random.default_rng, range(seed, seed + 10)):
        path = walk(keras.optimizers.SGD(rate), lambda x, y: slope(x, y) + noise.normal(0, 0.3, 2), start)  # noqa: B023
        assert height(*path[-1]) < -0.1


def test_with_another_rate_the_order_changes():
    height = SURFACES["long narrow valley"][0]
    _, slope, start, own = SURFACES["long narrow valley"]
    ends = [
        height(*walk(keras.optimizers.SGD(rate, momentum=0.9, nesterov=True), slope, start)[-1]) for rate in (0.9, own)
    ]
    assert ends[0] > 1e6 and ends[1] < 0.01  # the control


def test_the_optimizers_end_where_the_appendix_says(printed):
    heights = dict(re.findall(r"^([A-Za-z ]+?) +(-?[\d.]+ +-?[\d.]+)$", printed, re.MULTILINE))
    valley, saddle = ({name: float(each.split()[k]) for name, each in heights.items()} for k in (0, 1))
    for quick in ("momentum", "NAG", "RMSprop", "Adam", "Nadam"):
        assert valley[quick] < 0.01 < min(valley["gradient descent"], valley["SGD"], valley["Adagrad"])
    assert valley["Adadelta"] > 2
    for down in ("SGD", "NAG", "RMSprop", "Adam", "Nadam"):
        assert saddle[down] < -0.45
