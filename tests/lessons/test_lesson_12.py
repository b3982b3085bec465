"""Lesson 12: the numbers of its text over five seeds, those of the run that is shown, its pages, and folders of one's own."""

import json
import re

import numpy as np
import papermill
import pytest
from PIL import Image

import inspection_line
from course import ROOT
from course.author import build
from course.lessons.lesson_12.report import PAGES
from xailab.data import hold_out, image_folder, materials, photos

SOURCE = ROOT / "solutions" / "12_inspection_project.py"
SEEDS = list(json.loads(inspection_line.RESULTS.read_text())["seeds"].values())


def over_seeds(network, *keys):
    """A number of each of the five seeds."""
    found = [seed[network] for seed in SEEDS]
    for key in keys:
        found = [each[key] for each in found]
    return np.array(found)


def percent(values):
    return round(100 * min(values)), round(100 * max(values))


@pytest.fixture(scope="module")
def text(lesson):
    return " ".join(" ".join(cell.source for cell in lesson.cells if cell.cell_type == "markdown").split())


def test_there_are_five_seeds():
    assert len(SEEDS) == 5


def test_on_the_suppliers_own_pictures_the_score_is_nearly_perfect(text, printed):
    assert over_seeds("tainted", "own").min() >= 0.9975 and "never below 99.7 %" in text
    assert float(re.search(r"([\d.]+)% of 400 new pictures", printed)[1]) > 99


def test_on_the_honest_line_the_first_network_is_poor(text, printed):
    assert percent(over_seeds("tainted", "honest")) == (70, 85) and "70 to 85 %" in text
    assert 50 < float(re.search(r"([\d.]+)% right on the honest line", printed)[1]) < 90


def test_in_this_run_maps_and_their_mean_are_highest_on_the_clamp(figures, printed):
    assert "highest at the middle left" in next(each for each in figures if "the mean over all cracked" in each)
    share, heat, points = map(float, re.search(r"mark +([\d.]+)% .* ([\d.]+)% of the heat; (\d+)%", printed).groups())
    crack = int(re.search(r"crack .*; (\d+)% of the maps", printed)[1])
    assert heat > 10 * share and points >= 90 > 20 > crack
    assert "right by the mark alone: 100%" in printed


def test_maps_of_the_first_network_point_at_the_mark_but_not_all_of_them(text):
    mark, crack = (over_seeds("tainted", "CAM", f"points to {thing}") for thing in ("mark", "crack"))
    assert (mark > crack).all() and percent(mark) == (46, 96)
    closest = np.argmin(mark - crack)
    assert (round(100 * mark[closest]), round(100 * crack[closest])) == (46, 38) and "46 to 38 %" in text
    by_occlusion = over_seeds("tainted", "occlusion", "points to mark")
    assert percent(by_occlusion) == (20, 66)
    assert np.sum(by_occlusion > over_seeds("tainted", "occlusion", "points to crack")) == 4


def test_the_mark_turns_answers_to_cracked_and_never_to_sound(text, printed):
    turned = over_seeds("tainted", "to cracked")
    assert (turned.min(), turned.max()) == (122, 242) and "122 to 242 of 400" in text
    assert over_seeds("tainted", "to sound").max() == 0
    assert int(re.search(r"the mark turns (\d+) answers", printed)[1]) > 100
    assert "and 0 from cracked to sound" in printed


def test_painting_over_helps_and_new_pictures_help_more(text):
    painted, mended = over_seeds("painted over", "honest"), over_seeds("mended", "honest")
    assert 100 * painted.min() == pytest.approx(90.75) and 100 * painted.max() == pytest.approx(98.5)
    assert 100 * mended.min() == pytest.approx(97.75) and 100 * mended.max() == pytest.approx(99.5)
    assert "91 to 99 %" in text and "98 to 99.5 %" in text and painted.min() > over_seeds("tainted", "honest").max()
    turned = [over_seeds(kind, "to cracked") + over_seeds(kind, "to sound") for kind in ("painted over", "mended")]
    assert (turned[0].min(), turned[0].max(), turned[1].max()) == (3, 8, 1) and "3 to 8 of 400 answers" in text


@pytest.fixture(scope="module")
def table(printed):
    """The lesson's table of measures: {first words: (before, after)}."""
    rows = re.findall(r"^(.+?) +([\d.e+]+) -> ([\d.e+-]+)$", printed, re.M)
    return {name: (float(before), float(after)) for name, before, after in rows}


def test_after_mending_the_maps_leave_the_mark(table):
    assert percent(over_seeds("mended", "CAM", "points to mark")) == (0, 4)
    before, after = table["share of maps that point at the mark"]
    assert before > 0.9 and after < 0.1
    assert table["share right on the honest line"][1] > 0.95 and table["answers that the mark changed"][1] < 10


def test_after_mending_occlusion_points_at_the_crack_and_cam_does_so_by_chance(text):
    by_cam, by_occlusion = (over_seeds("mended", name, "points to crack") for name in ("CAM", "occlusion"))
    assert percent(by_cam) == (17, 88) and "17 to 88 %" in text and percent(by_occlusion) == (94, 95)
    assert np.ptp(over_seeds("mended", "honest")) < 0.02  # "of nearly equal score"


def test_the_deletion_area_does_not_tell_the_two_networks_apart():
    moved = over_seeds("mended", "CAM", "deletion") - over_seeds("tainted", "CAM", "deletion")
    assert np.sum(moved < 0) == 2 and np.sum(moved > 0) == 3


def test_the_sum_of_the_regression_map_is_the_number_less_the_bias(printed):
    assert over_seeds("depth", "sum of map").max() < 1e-6
    assert "sum of the map + bias = the number, within 1e-4: True" in printed
    assert "your map has the same sum: True" in printed


def test_the_depth_tells_cracked_from_sound_and_hardly_one_crack_from_another(text, printed):
    assert percent(over_seeds("depth", "explained")) in ((87, 91), (87, 92)) and "87 to 92 %" in text
    assert over_seeds("depth", "explained of cracked").max() < 0
    together = over_seeds("depth", "with depth")
    assert (round(together.min(), 2), round(together.max(), 2)) == (0.59, 0.68) and "0.59 to 0.68" in text
    error, guess = (
        float(re.search(f"{words}.*: (0.[0-9]+)", printed)[1])
        for words in ("mean error on cracked", "and of the guess")
    )
    assert error > 0.9 * guess and int(re.search(r"all beams: (\d+)%", printed)[1]) > 85


def test_the_script_of_the_five_seeds_runs_and_finds_the_same_things():
    found = inspection_line.trial(0, count=24, tests=20)
    assert {kind: set(values) for kind, values in found.items()} == {k: set(v) for k, v in SEEDS[0].items()}
    assert found["depth"]["sum of map"] < 1e-4


def test_the_script_trains_and_looks_as_the_lesson_does():
    """With the lesson's own function and rounds; the patch of occlusion is the same in both places."""
    for function in (inspection_line.learn, inspection_line.share_of_heat):
        assert function.__code__.co_filename == str(SOURCE)
    assert inspection_line.learn.__globals__["EPOCHS"] == [8, 4, 4, 4]
    code, script = SOURCE.read_text(), (ROOT / "datasets" / "inspection_line.py").read_text()
    patch = "patch=12, stride=6"
    assert code.count("patch=") == code.count(patch) > 0 and script.count("patch=") == script.count(patch) > 0


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
    said = run_small(tmp_path, FOLDER=str(folder), EPOCHS=[4])
    assert "broken.png: UnidentifiedImageError" in said and "empty: no readable picture in it" in said
    assert re.search(r"right on those it has not seen: \d+%", said) and "left out, as no mask and no pair" in said
    for reader in PAGES:
        page = (tmp_path / "pages" / f"12_{reader}.html").read_text(encoding="utf-8")
        assert "parts from a folder" in page and "drawn steel beams" not in page and "Not measured" in page
        assert page.count("<img") == 3 and not re.search("https?:", page)
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
