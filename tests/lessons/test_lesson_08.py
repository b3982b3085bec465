"""Lesson 08 says what its own cells print, and what the comparison over three seeds found."""

import importlib.util
import json
import re

import nbformat
import numpy as np
import pytest

from xailab.course import ROOT, build
from xailab.course.exercises import exercises

SOURCE = ROOT / "solutions/08_transfer_learning.py"
SCRIPT = ROOT / "datasets/compare_fine_tuning.py"
RUNS = json.loads((ROOT / "datasets/fine_tuning.json").read_text(encoding="utf-8"))
TEXT = "\n".join(cell.source for cell in build.read(SOURCE).cells if cell.cell_type == "markdown")
LESSON = SOURCE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def printed():
    cells = nbformat.read(SOURCE.with_suffix(".ipynb"), as_version=4).cells
    return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))


def accuracy(name):
    return np.array([run["rows"][name]["accuracy"] for run in RUNS])


def percent(pattern, text):
    return [float(number) for number in re.search(pattern, text).groups()]


def test_the_table_is_the_one_that_the_script_found(script):
    assert script.table(RUNS) in TEXT


def test_the_script_trained_with_what_the_lesson_trains_with(script):
    assert f"SIZE = {[*script.SIZE]} " in LESSON and f"SCRATCH_SIZE = {[*script.SCRATCH_SIZE]}\n" in LESSON
    assert f"SCRATCH_EPOCHS = {script.SCRATCH_EPOCHS} " in LESSON
    assert f"the comparison over three seeds has {script.TUNING_EPOCHS}" in LESSON
    assert f"train={script.TRAIN}, test={script.TEST}, seed=0" in LESSON and f"ENOUGH = {script.ENOUGH}\n" in LESSON
    assert f"epochs={script.HEAD_EPOCHS}," in LESSON and "Adam(1e-5)" in LESSON and script.TUNING_RATE == 1e-5


def test_every_run_chose_by_its_rule(script):
    for run in RUNS:
        assert run["first block"] == 1 + [share > script.ENOUGH for share in run["heat"]].index(True)


def test_features_beat_scratch_by_a_wide_margin_in_every_seed():
    best = np.maximum(accuracy("scratch, tanh and SGD"), accuracy("scratch, ReLU and Adam"))
    assert (accuracy("features") - best > 0.4).all()


def test_tuning_helps_in_every_seed_and_the_choice_by_the_map_does_not_beat_the_last_block():
    features, last, chosen, whole = map(accuracy, ("features", "last block", "chosen by Grad-CAM", "all blocks"))
    assert all((tuned > features).all() for tuned in (last, chosen, whole))
    assert 0.04 < np.mean([last, chosen, whole]) - features.mean() < 0.06
    assert (chosen > last).sum() == 1 and (chosen < last).sum() == 2
    spread = np.ptp([last.mean(), chosen.mean(), whole.mean()])
    chance = np.sqrt(0.9 * 0.1 / 220)
    assert round(100 * chance) == 2 and spread < chance
    assert "84 % against 24 %" in TEXT and round(100 * features.mean()) == 84
    assert (
        round(100 * accuracy("scratch, tanh and SGD").mean())
        == round(100 * accuracy("scratch, ReLU and Adam").mean())
        == 24
    )


def test_the_seconds_of_the_versions_are_as_many_times_those_of_the_last_block():
    last, chosen, whole = (
        np.mean([run["rows"][name]["seconds"] for run in RUNS])
        for name in ("last block", "chosen by Grad-CAM", "all blocks")
    )
    assert 2 < chosen / last < 3 and round(whole / last) == 5


def test_the_heat_climbs_from_chance_to_the_right_half():
    for run in RUNS:
        heat = run["heat"]
        assert all(abs(share - 0.5) < 0.06 for share in heat[:2]) and heat[2] < heat[3] < heat[4] and heat[4] > 0.7


def test_the_blocks_of_vgg16_have_the_weights_that_exercise_4_states():
    from xailab.models import vgg16_base

    base = vgg16_base((64, 115), weights=None)
    counts = [
        sum(layer.count_params() for layer in base.layers if layer.name.startswith(f"block{block}"))
        for block in range(1, 6)
    ]
    assert f"BLOCKS = {counts}" in re.sub(r"(?<=\d)_(?=\d)", "", LESSON)
    assert exercises("08")["08.4"].reference(1, 0) == sum(counts)
    assert round(100 * sum(counts[3:]) / sum(counts)) == 88


def test_lenet_has_more_than_ten_thousand_weights_for_every_patch(printed):
    weights, patches = re.search(r"([\d,]+) weights, (\d+) patches", printed).groups()
    assert int(weights.replace(",", "")) > 10_000 * int(patches)


def test_the_optimizers_end_where_the_text_says():
    space = {"np": np}
    exec("from xailab._tensorflow import keras\nfrom keras import optimizers", space)
    for cell in build.read(SOURCE).cells:
        if cell.cell_type == "code" and re.match(r"def (walk|valley|saddle)\b", cell.source):
            exec(cell.source.split("\npaths")[0], space)
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


def test_about_a_quarter_of_the_test_patches_is_right_from_scratch():
    for name in ("scratch, tanh and SGD", "scratch, ReLU and Adam"):
        assert 0.18 < RUNS[0]["rows"][name]["accuracy"] < 0.32


def test_the_features_of_the_lesson_are_those_of_the_first_seed(printed):
    (found,) = percent(r"features: ([\d.]+)% of the test patches", printed)
    assert found / 100 == pytest.approx(RUNS[0]["rows"]["features"]["accuracy"], abs=0.02)


def test_the_blocks_of_the_lesson_look_where_those_of_the_first_seed_do(printed):
    found = percent(r"blocks 1 to 5: ([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+)", printed)
    assert found == pytest.approx(RUNS[0]["heat"], abs=0.02)
    assert f"above 0.6: block {RUNS[0]['first block']}" in printed


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


def test_the_script_writes_all_figures_or_leaves_the_file_as_it_was(script, monkeypatch, tmp_path, capsys):
    target = tmp_path / "figures.json"
    target.write_text("old")

    def stop(seed):
        raise KeyboardInterrupt

    monkeypatch.setattr(script, "run", stop)
    with pytest.raises(KeyboardInterrupt):
        script.main([str(target)])
    assert target.read_text() == "old" and list(tmp_path.iterdir()) == [target]
    monkeypatch.setattr(script, "run", lambda seed: RUNS[seed])
    script.main([str(target)])
    assert json.loads(target.read_text()) == RUNS and "| features |" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [target]


def test_the_script_counts_heat_as_exercise_3_does(script, monkeypatch):
    """A network whose every map is the left half: half of the pictures ask for the left half, the others for the right one."""
    from xailab.data import materials

    pictures = materials((8, 12), train=2, test=1)[0]

    def left_half(classifier, photos, targets):
        maps = np.zeros(photos.shape[:3], np.float32)
        maps[:, :, : photos.shape[2] // 2] = 1
        return {f"block{block}_conv1": maps * (block > 1) for block in range(1, 6)}

    monkeypatch.setattr(script, "grad_cam_layers", left_half)
    assert script.heat_by_block(None, pictures, seed=0) == [0, 0.5, 0.5, 0.5, 0.5]


def test_block_5_looks_at_a_corner_of_the_bricks_that_are_taken_for_stars():
    cells = nbformat.read(SOURCE.with_suffix(".ipynb"), as_version=4).cells
    shown = " ".join(o["data"].get("text/html", "") for c in cells for o in c.get("outputs", []) if "data" in o)
    assert "Wrong: brick, taken for stars" in shown
    assert re.search(r"The same patch, asked for brick[^<]*block5_conv3 top right", shown)
