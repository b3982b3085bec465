"""Lesson 08 says what its own cells print, and what the comparisons over five seeds found."""

import json
import re

import nbformat
import numpy as np
import pytest

import compare_fine_tuning as comparison
import learn_without_forgetting as forgetting
from course import ROOT
from course.author import build
from course.student.exercises import exercises

SOURCE = ROOT / "solutions/08_transfer_learning.py"
FIGURES = json.loads((ROOT / "datasets/fine_tuning.json").read_text(encoding="utf-8"))
RUNS = [FIGURES["runs"][str(seed)] for seed in range(5)]
LINEAR = np.array([run["linear"] for run in RUNS])
FORGETTING = json.loads((ROOT / "datasets/learn_without_forgetting.json").read_text(encoding="utf-8"))
TEXT = "\n".join(cell.source for cell in build.read(SOURCE).cells if cell.cell_type == "markdown")
LESSON = SOURCE.read_text(encoding="utf-8")


def accuracy(name):
    return np.array([run["rows"][name]["accuracy"] for run in RUNS])


def digits_right(way):
    """Shares of (old, new) digits right, (2, seeds)."""
    return np.array([FORGETTING["runs"][str(seed)][way] for seed in range(5)]).T


def percent(pattern, text):
    return [float(number) for number in re.search(pattern, text).groups()]


def test_the_table_is_the_one_that_the_script_found():
    assert comparison.table(RUNS) in TEXT


def test_the_script_trained_with_what_the_lesson_trains_with():
    assert f"SIZE = {[*comparison.SIZE]} " in LESSON and f"SCRATCH_SIZE = {[*comparison.SCRATCH_SIZE]}\n" in LESSON
    assert f"SCRATCH_EPOCHS = {comparison.SCRATCH_EPOCHS} " in LESSON
    assert f"the comparison over five seeds has {comparison.TUNING_EPOCHS}" in LESSON
    assert f"PATCHES = [{comparison.TRAIN}, {comparison.TEST}]" in LESSON and f"ENOUGH = {comparison.ENOUGH} " in LESSON
    assert f"epochs={comparison.HEAD_EPOCHS}," in LESSON and "Adam(1e-5)" in LESSON and comparison.TUNING_RATE == 1e-5


def test_every_run_chose_by_its_rule():
    for run in RUNS:
        assert run["first block"] == exercises("08")["08.4"].reference(run["heat"], comparison.ENOUGH) == 4


def test_features_beat_scratch_by_a_wide_margin_in_every_seed():
    best = np.maximum(accuracy("scratch, tanh and SGD"), accuracy("scratch, ReLU and Adam"))
    assert (accuracy("features") - best > 0.4).all()


def test_tuning_helps_in_every_seed():
    features, *tuned = map(accuracy, ("features", "last block", "chosen by Grad-CAM", "all blocks"))
    assert all((each > features).all() for each in tuned)
    assert round(100 * (np.mean(tuned) - features.mean())) == 5


def test_the_choice_by_the_map_does_not_beat_the_last_block():
    last, chosen, whole = map(accuracy, ("last block", "chosen by Grad-CAM", "all blocks"))
    assert (chosen > last).sum() == 1 and (chosen < last).sum() == 4 and whole.mean() < last.mean()


def test_chance_moves_an_accuracy_by_more_than_the_three_differ():
    means = [accuracy(name).mean() for name in ("last block", "chosen by Grad-CAM", "all blocks")]
    chance = np.sqrt(0.9 * 0.1 / 220)
    assert round(100 * chance) == 2 and np.ptp(means) < chance


def test_a_linear_layer_reads_the_blocks_as_the_text_says():
    means = " %, ".join(f"{100 * value:.0f}" for value in LINEAR.mean(axis=0)[:4])
    assert f"the means are {means} % and {100 * LINEAR.mean(axis=0)[4]:.0f} %" in TEXT
    assert LINEAR.mean(axis=0).argmax() + 1 == exercises("08")["08.1"].reference
    first, second, third, fourth, fifth = 100 * LINEAR.mean(axis=0)
    assert fourth - third < 2 and fourth - fifth > 6 and second > 85


def test_the_lesson_reads_the_first_seed_as_the_script_does():
    cells = nbformat.read(SOURCE.with_suffix(".ipynb"), as_version=4).cells
    shown = " ".join(o["data"].get("text/html", "") for c in cells for o in c.get("outputs", []) if "data" in o)
    values = [float(value) for value in re.findall(r"behind block \d ([\d.]+\d)", shown)]
    assert values == pytest.approx(RUNS[0]["linear"], abs=0.01)


def test_block_1_beats_scratch_twice_over():
    best = np.maximum(accuracy("scratch, tanh and SGD"), accuracy("scratch, ReLU and Adam"))
    assert (LINEAR[:, 0] > 2 * best).all() and (accuracy("features").mean() > 3 * best.mean())


def test_block_5_never_beats_block_4():
    assert (LINEAR[:, 4] < LINEAR[:, 3]).sum() == 4 and (LINEAR[:, 4] <= LINEAR[:, 3]).all()


def test_the_linear_layer_behind_block_4_is_ahead_of_all_tuning_in_four_seeds():
    tuned = [accuracy(name) for name in ("last block", "chosen by Grad-CAM", "all blocks")]
    assert (LINEAR[:, 3] > np.max(tuned, axis=0)).sum() == 4
    assert LINEAR[:, 3].mean() > max(each.mean() for each in tuned)


def test_the_table_of_digits_is_the_one_that_the_script_found():
    assert forgetting.table([FORGETTING["runs"][str(seed)] for seed in range(5)]) in TEXT
    assert forgetting.TEMPERATURE == 2 and "With $T = 2$" in TEXT
    assert forgetting.WEIGHT == 1 and r"$\lambda = 1$" in TEXT
    assert f"from {forgetting.PER_CLASS} digits of each" in TEXT


def test_the_old_answers_keep_the_old_digits_and_cost_no_new_ones():
    before, tuned, kept = map(digits_right, ("before", "fine-tuning", "learning without forgetting"))
    assert (tuned[0] < before[0]).all() and round(100 * (before[0] - tuned[0]).max()) == 5
    assert (abs(kept[0] - before[0]) < 0.005).all()
    assert (kept[1] > tuned[1] - 0.005).all() and kept[1].mean() > tuned[1].mean()


def test_feature_extraction_keeps_the_old_and_learns_three_in_four():
    before, features = map(digits_right, ("before", "feature extraction"))
    assert (features[0] == before[0]).all() and (abs(features[1] - 0.77) < 0.025).all()


def test_distillation_is_the_cross_entropy_of_softened_answers():
    old, new = np.random.default_rng(0).normal(size=(2, 4, 5))
    powers = [np.exp(each) / np.exp(each).sum(axis=1, keepdims=True) for each in (old, new)]
    powers = [each**0.5 / (each**0.5).sum(axis=1, keepdims=True) for each in powers]  # the paper's y', T = 2
    expected = -(powers[0] * np.log(powers[1])).sum(axis=1)
    assert np.allclose(forgetting.distillation(old, new), expected, rtol=1e-5)


def test_a_short_run_freezes_what_it_says_it_freezes():
    found = forgetting.run(0, per_class=8, epochs=1)
    assert list(found) == ["before", "feature extraction", "fine-tuning", "learning without forgetting"]
    assert found["feature extraction"][0] == found["before"][0]


def test_the_seconds_of_the_versions_are_as_many_times_those_of_the_last_block():
    last, chosen, whole = (
        np.mean([run["rows"][name]["seconds"] for run in RUNS])
        for name in ("last block", "chosen by Grad-CAM", "all blocks")
    )
    assert 2 < chosen / last < 3 and round(whole / last) == 5


def test_the_heat_climbs_from_chance_to_the_correct_half():
    for run in RUNS:
        heat = run["heat"]
        assert all(abs(share - 0.5) < 0.06 for share in heat[:2]) and heat[2] < heat[3] < heat[4] and heat[4] > 0.7


def test_lenet_has_more_than_ten_thousand_weights_for_every_patch(printed):
    weights, patches = re.search(r"([\d,]+) weights, (\d+) patches", printed).groups()
    assert int(weights.replace(",", "")) > 10_000 * int(patches)


def test_the_optimizers_end_where_the_text_says():
    space = build.functions("08")
    valley = {
        name: space["valley"](*path[-1])
        for name, path in space["walk_all"](lambda x, y: np.array([0.02 * x, 2 * y]), (-9.0, 1.5), 0.3).items()
    }
    for quick in ("momentum", "NAG", "RMSprop", "Adam", "Nadam"):
        assert valley[quick] < 0.01 < min(valley["gradient descent"], valley["SGD"], valley["Adagrad"])
    assert valley["Adadelta"] > 2
    assert (
        space["valley"](*space["walk_all"](lambda x, y: np.array([0.02 * x, 2 * y]), (-9.0, 1.5), 0.9)["NAG"][-1]) > 1e6
    )
    slope = lambda x, y: np.array([2 * x, -2 * y + 2 * y**3])  # noqa: E731
    saddle = {name: space["saddle"](*path[-1]) for name, path in space["walk_all"](slope, (1.2, 0.0001), 0.05).items()}
    assert abs(saddle["gradient descent"]) < 0.01
    for down in ("SGD", "NAG", "RMSprop", "Adam", "Nadam"):
        assert saddle[down] < -0.45
    for seed in range(10):
        noise = np.random.default_rng(seed)
        noisy = lambda x, y: slope(x, y) + noise.normal(0, 0.3, 2)  # noqa: B023, E731
        path = space["walk"](space["optimizers"].SGD(0.05), noisy, (1.2, 0.0001))
        assert space["saddle"](*path[-1]) < -0.1  # left the saddle; nine of the ten are in a hollow, at -0.5


def test_about_a_quarter_of_the_test_patches_is_right_from_scratch():
    for name in ("scratch, tanh and SGD", "scratch, ReLU and Adam"):
        assert (0.18 < accuracy(name)).all() and (accuracy(name) < 0.32).all()


def test_the_features_of_the_lesson_are_those_of_the_first_seed(printed):
    (found,) = percent(r"features: ([\d.]+)% of the test patches", printed)
    assert found / 100 == pytest.approx(RUNS[0]["rows"]["features"]["accuracy"], abs=0.02)


def test_the_blocks_of_the_lesson_look_where_those_of_the_first_seed_do(printed):
    found = percent(r"blocks 1 to 5: ([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+)", printed)
    assert found == pytest.approx(RUNS[0]["heat"], abs=0.02)
    assert f"the rule at 0.6: train from block {RUNS[0]['first block']} on" in printed


def test_the_shortcut_is_seen_by_the_map_used_by_the_network_and_closed(printed):
    seen, area = percent(r"stamped set: ([\d.]+)% of the heat in the corner, ([\d.]+)% of the area", printed)
    assert seen > 3 * area and percent(r"clean set: ([\d.]+)% of the heat", printed)[0] < 1.5 * area
    report = r"{} +foliage with stamp ([\d.]+)%, without ([\d.]+)% · all patches without stamp ([\d.]+)%"
    report += r" · others with stamp called foliage ([\d.]+)%"
    clean, fooled, mended = (percent(report.format(name), printed) for name in ("clean set", "stamped set", "mended"))
    assert fooled[0] > 70 and fooled[1] < 30 and min(clean[:2]) > 80 and mended[1] > 70
    assert abs(mended[2] - clean[2]) < 4  # the cover costs nothing
    assert fooled[3] > 15 and max(clean[3], mended[3]) < 5
    assert "training patches right: 100%" in printed


@pytest.mark.parametrize("script", [comparison, forgetting])
def test_a_script_keeps_the_seeds_it_has_and_leaves_no_half_written_file(script, monkeypatch, tmp_path):
    target, known = tmp_path / "figures.json", FIGURES if script is comparison else FORGETTING
    less = {"command": known["command"], "runs": {seed: run for seed, run in known["runs"].items() if seed != "3"}}
    if script is comparison:
        less["runs"] = {seed: less["runs"].get(seed, {}) for seed in known["runs"]}
        again = {
            "compare": lambda seed: {key: known["runs"][str(seed)][key] for key in ("heat", "first block", "rows")}
        }
        again["probe"] = lambda seed: known["runs"][str(seed)]["linear"]
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


def test_the_script_counts_heat_as_exercise_3_does(monkeypatch):
    """A network whose every map is the left half: half of the pictures ask for the left half, the others for the right one."""
    from xailab.data import materials

    pictures = materials((8, 12), train=2, test=1)[0]

    def left_half(classifier, photos, targets):
        maps = np.zeros(photos.shape[:3], np.float32)
        maps[:, :, : photos.shape[2] // 2] = 1
        return {f"block{block}_conv1": maps * (block > 1) for block in range(1, 6)}

    monkeypatch.setattr(comparison, "grad_cam_layers", left_half)
    assert comparison.heat_by_block(None, pictures, seed=0) == [0, 0.5, 0.5, 0.5, 0.5]


def test_block_5_looks_at_a_corner_of_the_bricks_that_are_taken_for_stars():
    cells = nbformat.read(SOURCE.with_suffix(".ipynb"), as_version=4).cells
    shown = " ".join(o["data"].get("text/html", "") for c in cells for o in c.get("outputs", []) if "data" in o)
    assert "Wrong: brick, taken for stars" in shown
    assert re.search(r"The same patch, asked for brick[^<]*block5_conv3 top right", shown)
