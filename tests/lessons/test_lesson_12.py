"""Lesson 12: its sentences tried on networks of another seed, the run that is shown, its pages, and folders of one's own."""

import json
import re
from types import SimpleNamespace

import numpy as np
import papermill
import pytest
from PIL import Image
from scipy.stats import binom

import inspection_line
from course import ROOT
from course.author import build
from course.lessons.lesson_12.report import PAGES
from xailab.cam import cam, grad_cam
from xailab.data import beams, hold_out, image_folder, materials, photos
from xailab.evaluate import mean_and_interval, pointing_game, share_and_interval

SOURCE = ROOT / "solutions" / "12_inspection_project.py"
LESSON = build.functions("12")
SEEDS = list(json.loads(inspection_line.RESULTS.read_text())["seeds"].values())
NAMES = ("sound", "cracked")


def over_seeds(network, *keys):
    """A number of each of the five seeds."""
    found = [seed[network] for seed in SEEDS]
    for key in keys:
        found = [each[key] for each in found]
    return np.array(found)


def percent(values):
    return round(100 * min(values)), round(100 * max(values))


@pytest.fixture(scope="module")
def lines(seed):
    """Beams of a seed as the lesson takes them, bare, marked and on the honest line."""
    drawn = {"bare": (0, 0), "marked": (1, 1), "honest": (0.5, 0.5), "supplier": (0, 1)}
    return SimpleNamespace(**{name: beams(400, marks=marks, seed=seed + 1) for name, marks in drawn.items()})


def trained(seed, marks, count=800):
    line = beams(count, marks=marks, seed=seed)
    return LESSON["learn"](line.photos, line.cracked, NAMES, seed)


@pytest.fixture(scope="module")
def first(seed):
    return trained(seed, (0, 1))


@pytest.fixture(scope="module")
def second(seed):
    """From both clamps: the control of what is said about the first network."""
    return trained(seed, (0.5, 0.5))


def answers(network, line):
    return network.logits(getattr(line, "photos", line)).argmax(axis=1)


def right(network, line):
    return np.mean(answers(network, line) == line.cracked)


def test_there_are_five_seeds():
    assert len(SEEDS) == 5


def test_on_the_suppliers_own_pictures_the_score_is_nearly_perfect(first, lines, numbers, printed):
    least = numbers[0] / 100
    assert right(first, lines.supplier) >= least > right(first, lines.bare) + 0.02
    assert over_seeds("tainted", "own").min() >= least
    assert float(re.search(r"([\d.]+)% of 400 new pictures", printed)[1]) >= numbers[0]


def test_on_the_honest_line_the_first_network_is_poor(first, second, lines, numbers, printed):
    low, high = numbers[0] / 100, numbers[1] / 100
    for share in (right(first, lines.honest), *over_seeds("tainted", "honest")):
        assert low <= share <= high
    assert float(re.search(r"([\d.]+)% right on the honest line", printed)[1]) / 100 < high
    assert right(second, lines.honest) > 0.95


def test_the_mean_map_is_highest_on_the_clamp(first, second, lines, figures):
    assert "highest at the middle left" in next(each for each in figures if "the mean over all cracked" in each)
    chosen = np.flatnonzero(lines.supplier.cracked == 1)[:60]
    tainted, mended = (cam(each, lines.supplier.photos[chosen], 1).mean(axis=0) for each in (first, second))
    clamp = 0.12 * tainted.shape[1]  # its right edge is at most there
    assert np.unravel_index(tainted.argmax(), tainted.shape)[1] < clamp
    assert np.unravel_index(mended.argmax(), mended.shape)[1] > clamp


def pointed(network, line, explain=cam, count=24):
    """Shares of maps that point at the mark, and at the crack."""
    chosen = np.flatnonzero(line.cracked == 1)[:count]
    heats = explain(network, line.photos[chosen], 1)
    return [pointing_game(heats, masks[chosen], tolerance=3).mean() for masks in (line.marks, line.cracks)]


def test_maps_of_the_first_network_point_at_the_mark(first, second, lines, numbers):
    mark, crack = pointed(first, lines.marked)
    assert mark > crack and pointed(second, lines.marked)[0] <= 0.1
    by_cam, by_occlusion = (
        np.sum(over_seeds("tainted", name, "points to mark") > over_seeds("tainted", name, "points to crack"))
        for name in ("CAM", "occlusion")
    )
    assert numbers == [by_cam, 5, by_occlusion, 5]


def test_the_mark_turns_answers_to_cracked_and_never_to_sound(first, second, lines, numbers, printed):
    least, total, missed = numbers
    bare, marked = (answers(first, line) for line in (lines.bare, lines.marked))
    assert total == len(bare) and np.sum(~bare & marked & 1) >= least and not np.sum(bare > marked)
    assert np.sum((bare == 0) & (lines.bare.cracked == 1)) >= missed
    assert over_seeds("tainted", "to cracked").min() >= least and not over_seeds("tainted", "to sound").any()
    assert over_seeds("tainted", "missed bare").min() >= missed
    assert np.sum(answers(second, lines.bare) != answers(second, lines.marked)) <= 10
    assert "missed bare 80, alarms bare 0, missed marked 0" in printed


def turned(network, lines):
    """How many answers each way of painting turns from sound to cracked."""
    before, painted = answers(network, lines.bare), inspection_line.repainted(lines.bare, lines.marked)
    return {name: np.sum((before == 0) & (answers(network, photos) == 1)) for name, photos in painted.items()}


def test_it_is_the_colour_that_counts_and_not_the_place(first, second, lines, numbers):
    assert numbers == [40]
    for found in (turned(first, lines), *over_seeds("tainted", "turned by")):
        assert max(found["red"], found["grey"]) <= 0.1 * found["green"]
        assert found["green, elsewhere"] > 0.7 * found["green"]
    control = turned(second, lines)
    assert max(control["green"], control["red"], control["grey"]) <= 10
    assert control["green, elsewhere"] < 0.5 * turned(first, lines)["green, elsewhere"]


@pytest.mark.long
def test_painting_over_helps_and_new_pictures_help_more(seed, numbers):
    found = inspection_line.trial(seed)
    painted, mended, turns = numbers[0] / 100, numbers[1] / 100, {}
    for run in (found, *SEEDS):
        for kind, least in (("painted over", painted), ("mended", mended)):
            assert run[kind]["honest"] >= least
            turns[kind] = run[kind]["to cracked"] + run[kind]["to sound"]
        assert turns["mended"] < turns["painted over"] and run["tainted"]["honest"] < 0.9
    assert numbers[2:4] == [5, 5]


def test_after_mending_the_maps_leave_the_mark(first, second, lines):
    for share in (pointed(second, lines.marked)[0], *over_seeds("mended", "CAM", "points to mark")):
        assert share <= 0.1
    assert pointed(first, lines.marked)[0] > 0.1


def test_after_mending_occlusion_points_at_the_crack_and_cam_does_so_by_chance(sentence, lines):
    by_cam, by_occlusion = (over_seeds("mended", name, "points to crack") for name in ("CAM", "occlusion"))
    (low, high), (least, most) = percent(by_cam), percent(by_occlusion)
    text = SOURCE.read_text()
    assert f"in {low} to {high} % of the maps" in text and f"occlusion in {least} to {most} %" in text and sentence
    assert np.ptp(over_seeds("mended", "honest")) < 0.02  # "of nearly equal score"
    anywhere = np.random.default_rng(0).random((24, 64, 128))
    cracked = lines.marked.cracks[lines.marked.cracked == 1][:24]
    assert pointing_game(anywhere, cracked, tolerance=3).mean() < 0.25


def test_the_upper_bound_of_one_miss_in_208(numbers, printed):
    missed, total, _, bound = numbers
    high = share_and_interval(np.arange(total) < missed)[2]
    assert round(100 * high, 1) == bound and binom.cdf(missed, total, high) == pytest.approx(0.025)
    assert f"missed: {missed:.0f} of {total:.0f}, 95 %: at most {bound}%" in printed
    mean, half = mean_and_interval(np.arange(400) >= 2)  # the control: Student's interval of the share right
    assert mean + half > 1 > share_and_interval(np.arange(400) >= 2)[2]


def test_at_one_in_a_thousand_most_of_what_is_stopped_is_sound(second, seed, printed):
    shares = [int(share) for share in re.findall(r"(\d+)% of the stopped beams are sound", printed)]
    assert len(shares) == 3 and shares[0] <= 5 and shares[2] > 50
    bill = inspection_line.bills(second, seed, 400)
    caught, false = 0.001 * (1 - bill["missed"] / bill["cracked"]), 0.999 * bill["alarms"] / bill["sound"]
    assert false > caught or bill["alarms"] == 0


def test_with_every_second_beam_cracked_a_look_at_each_may_be_cheaper(numbers, printed):
    assert numbers[0] == 500
    for share, (measured, worst) in zip(
        (0.5, 0.01, 0.001), re.findall(r"cracked: ([a-z ]+); .*ends: ([a-z ]+)", printed)
    ):
        assert measured == "network" and worst == ("stop all" if share == 0.5 else "network")
    (missed, cracked), (alarms, sound) = (
        map(int, re.search(rf"{kind}: (\d+) of (\d+)", printed).groups()) for kind in ("missed", "alarms")
    )
    ends = share_and_interval(np.arange(cracked) < missed)[2], share_and_interval(np.arange(sound) < alarms)[2]
    costs = {share: 1000 * (share * ends[0] * 100 + (1 - share) * ends[1]) for share in (0.5, 0.01)}
    assert costs[0.5] > 2 * numbers[0] and costs[0.01] < 990
    bills = [seed["mended"]["bill"]["cost"] for seed in SEEDS]
    assert f"with {sum(bill['0.5'] > 500 for bill in bills)} of 5 other networks" in SOURCE.read_text()
    assert max(bill["0.01"] for bill in bills) < 990


def test_the_sum_of_the_regression_map_is_the_number_less_the_bias(seed, lines, numbers, printed):
    gauge = LESSON["learn"](lines.honest.photos[:40], lines.honest.depths[:40].astype(np.float32), ("depth",), seed)
    photos = lines.honest.photos[40:80]
    bias = gauge.model.get_layer("output").get_weights()[1][0]
    off, control = (
        np.abs(f(gauge, photos, 0).sum(axis=(1, 2)) + bias - gauge.logits(photos)[:, 0]) for f in (cam, grad_cam)
    )
    assert numbers == [1, -5] and off.max() < 1e-5 < control.min()
    assert over_seeds("depth", "sum of map").max() < 1e-5
    assert "sum of the map + bias = the number, within 1e-4: True" in printed


@pytest.mark.long
def test_a_yes_or_no_explains_as_much_of_the_depth_as_the_network(seed, lines, numbers):
    line = beams(800, marks=(0.5, 0.5), seed=seed)
    gauge = LESSON["learn"](line.photos, line.depths.astype(np.float32), ("depth",), seed)
    depths, bad = lines.honest.depths, lines.honest.cracked == 1
    guess = np.where(bad, depths[bad].mean(), 0)
    by_guess = 1 - np.mean((guess - depths) ** 2) / depths.var()
    off = gauge.logits(lines.honest.photos)[:, 0] - depths
    assert abs(100 * by_guess - numbers[0]) < 1.5
    assert 1 - np.mean(off**2) / depths.var() < by_guess and np.mean(off[bad] ** 2) > depths[bad].var()
    assert (over_seeds("depth", "explained of cracked") < 0).all()
    assert np.sum(over_seeds("depth", "error of cracked") < over_seeds("depth", "error of their mean")) == 2


def test_the_correlation_of_the_depths_is_what_the_text_says(lesson):
    text = " ".join(cell.source for cell in lesson.cells if cell.cell_type == "markdown")
    together = over_seeds("depth", "with depth")
    assert (
        f"{together.min():.2f} to\n{together.max():.2f}" in text
        or f"{together.min():.2f} to {together.max():.2f}" in text
    )


def test_the_script_of_the_five_seeds_runs_and_finds_the_same_things():
    found = inspection_line.trial(0, count=24, tests=20)
    assert {kind: set(values) for kind, values in found.items()} == {k: set(v) for k, v in SEEDS[0].items()}
    assert found["depth"]["sum of map"] < 1e-4


def test_the_script_trains_and_looks_as_the_lesson_does():
    """With the lesson's own function and rounds; the patch of occlusion is the same in both places."""
    for function in (inspection_line.learn, inspection_line.repaint, inspection_line.cost):
        assert function.__code__.co_filename == str(SOURCE)
    assert inspection_line.learn.__globals__["EPOCHS"] == [8, 4, 4, 4]
    code, script = SOURCE.read_text(), (ROOT / "datasets" / "inspection_line.py").read_text()
    assert code.count('"patch": 12, "stride": 6') == 1 and script.count("patch=12, stride=6") == 1


def test_the_verdicts_of_the_pages_start_open():
    code = SOURCE.read_text()
    assert 'verdicts = {"engineer": ..., "manager": ..., "regulator": ...}' in code


# --- the user's own parts -------------------------------------------------------------------------


def tree(folder, classes, count):
    """Real photographs, a folder for each class: patches of the course's materials."""
    learn, test = materials((64, 128), train=count, test=1, seed=0)
    for name in classes:
        (folder / name).mkdir(parents=True)
        own = np.flatnonzero(learn.labels == learn.names.index(name))[:count]
        for number, image in enumerate(learn.images[own]):
            Image.fromarray(image).save(folder / name / f"{number}.png")
    return folder


def run_small(tmp_path, **parameters):
    """The student edition at small size: what it printed."""
    _, small = build.parameters(build.read(SOURCE))
    executed = papermill.execute_notebook(
        ROOT / "notebooks" / f"{SOURCE.stem}.ipynb",
        tmp_path / "run.ipynb",
        {**small, "PAGES": str(tmp_path / "pages"), **parameters},
        cwd=ROOT / "notebooks",
        progress_bar=False,
        log_output=False,
        start_timeout=build.CELL_SECONDS,
        execution_timeout=build.CELL_SECONDS,
    )
    return "".join(output.get("text", "") for cell in executed.cells for output in cell.get("outputs", []))


def test_a_folder_of_real_photographs_takes_the_place_of_the_beams_in_the_pages(tmp_path):
    folder = tree(tmp_path / "parts", ("brick", "gravel"), 12)
    (folder / "brick" / "broken.png").write_bytes(b"no picture")
    (folder / "empty").mkdir()
    Image.fromarray(photos(96)["coffee"]).save(folder / "gravel" / "coffee.jpg")
    said = run_small(tmp_path, FOLDER=str(folder), FAULT="brick", EPOCHS=[4])
    assert "broken.png: UnidentifiedImageError" in said and "empty: no readable picture in it" in said
    assert re.search(r"right: \d+%, 95 %: \d+% to \d+%", said) and "left out, as no mask and no pair" in said
    for reader in PAGES:
        page = (tmp_path / "pages" / f"12_{reader}.html").read_text(encoding="utf-8")
        assert "pictures from a folder" in page and "drawn steel beams" not in page and "Not measured" in page
        assert page.count("<img") == 3 and not re.search("https?:", page)
        assert "brick&#x27; is at least 0.50" in page and "95 %: at most" in page
        assert ("0.1 % faulty" in page) == (reader == "manager")
    assert "brick, gravel" in (tmp_path / "pages" / "12_engineer.html").read_text(encoding="utf-8")


def read_as_the_lesson_does(folder):
    return hold_out(image_folder(folder, (64, 128)))


def test_a_folder_with_one_class_is_refused_and_says_what_it_found(tmp_path):
    folder = tree(tmp_path / "parts", ("brick",), 3)
    with pytest.raises(ValueError, match=r"holds 1 class folder\(s\).*brick.*at least two"):
        read_as_the_lesson_does(folder)


def test_a_class_with_one_picture_is_refused_by_name(tmp_path):
    folder = tree(tmp_path / "parts", ("brick", "gravel"), 4)
    for path in sorted((folder / "gravel").iterdir())[1:]:
        path.unlink()
    with pytest.raises(ValueError, match="class 'gravel' has 1 picture.*at least two"):
        read_as_the_lesson_does(folder)


def test_a_folder_of_corrupt_pictures_is_refused_with_their_number(tmp_path):
    folder = tree(tmp_path / "parts", ("brick", "gravel"), 2)
    for path in folder.rglob("*.png"):
        path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ValueError, match=r"holds 0 class folder\(s\).*none; 6 skipped"):
        read_as_the_lesson_does(folder)
    with pytest.raises(ValueError, match="is not a folder"):
        read_as_the_lesson_does(tmp_path / "nowhere")
