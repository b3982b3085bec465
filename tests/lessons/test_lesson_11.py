"""Numbers and claims in the text of lesson 11: of the run that is shown, and of the table over 100 beams."""

import json
import re

import pytest

import randomize_labels
from course import ROOT
from xailab import league
from xailab.evaluate import mean_and_interval


@pytest.fixture(scope="module")
def rows():
    return league.long_run()


@pytest.fixture(scope="module")
def means(rows):
    return rows.pivot(index="method", columns="measure", values="mean")


def test_the_honest_network_tells_beams_apart_and_the_tainted_one_only_where_the_arrow_does(printed):
    assert float(re.search(r"([\d.]+)% of 400 new beams", printed)[1]) > 97
    assert float(re.search(r"([\d.]+)% right on beams from that plant", printed)[1]) > 99
    assert 35 < float(re.search(r"([\d.]+)% right on beams elsewhere", printed)[1]) < 65


def test_deleting_by_cam_convicts_at_10_percent_and_acquits_of_nothing_at_90(figures):
    text = next(figure for figure in figures if figure.startswith("Deleting"))
    by_cam, at_random = (lambda found: (found[:5], found[5:]))([int(n) for n in re.findall(r"cracked: (\d+)%", text)])
    assert by_cam[0] > 90 and by_cam[2] < 20 and by_cam[4] > 50
    assert min(at_random[:4]) > 90


@pytest.fixture(scope="module")
def forgotten(printed):
    """What the table of shuffled networks says: {method: [(mean, half, empty share in %)] from the output to conv1}."""
    part = printed.split("shuffled down to")[1].split("cracked:")[0]
    rows = re.findall(r"^([A-Z][\w+ -]+?|guided backprop|edge detector) {2,}(.*%)$", part, re.M)
    numbers = {name: re.findall(r"(-?[\d.]+|nan) ± ([\d.]+|nan) +(\d+)%", row) for name, row in rows}
    return {
        name: [(float(mean), float(half), int(empty)) for mean, half, empty in row] for name, row in numbers.items()
    }


def test_the_edge_detector_does_not_notice_that_the_network_forgets(forgotten):
    assert forgotten["edge detector"] == [(1.0, 0.0, 0)] * 4


def test_grad_cam_of_a_shuffled_network_is_empty_or_anything(forgotten):
    assert all(empty >= 50 and half > abs(mean) for mean, half, empty in forgotten["Grad-CAM"]) and (
        forgotten["Grad-CAM"][0][2] > 50
    )
    assert all(empty == 0 for _, _, empty in forgotten["CAM"])


def test_grad_cam_plus_plus_and_guided_backprop_keep_much_of_the_order(forgotten):
    for name, least in (("Grad-CAM++", 0.6), ("guided backprop", 0.35)):
        assert all(mean > least and half < 0.1 and not empty for mean, half, empty in forgotten[name])


RUNS = json.loads((ROOT / "datasets" / "randomized_labels.json").read_text())
SEEDS = [RUNS[str(seed)] for seed in range(10)]


def likeness(method, other, measure="rank"):
    """Mean over the ten seeds and half of its interval."""
    return mean_and_interval([run[method][other][measure] for run in SEEDS])


def test_shuffled_labels_separate_grad_cam_from_an_edge_detector(lesson):
    (same, narrow), (nonsense, wide) = likeness("Grad-CAM", "control"), likeness("Grad-CAM", "labels")
    assert same - narrow > nonsense + wide + 0.3 and abs(nonsense) < wide
    for other in ("control", "labels"):
        assert likeness("edge detector", other)[0] == pytest.approx(1)
        assert max(run["Grad-CAM"][other]["empty"] for run in SEEDS) == 0
    text = next(cell.source for cell in lesson.cells if "cleanest of all tests" in cell.source)
    for method, other in (("Grad-CAM", "control"), ("Grad-CAM", "labels"), ("guided backprop", "control")):
        assert f"{likeness(method, other)[0]:.2f}" in text
    assert f"{likeness('guided backprop', 'labels')[0]:.2f}" in text


def test_the_network_cannot_learn_shuffled_labels_by_heart():
    learned = [run["accuracy"]["labels"] for run in SEEDS]
    assert 0.45 < min(learned) and round(100 * max(learned)) == 57
    assert min(run["accuracy"][own] for run in SEEDS for own in ("first", "control")) > 0.97


def test_the_script_of_the_shuffled_labels_runs_and_finds_the_edge_detector_at_one():
    found = randomize_labels.run(0, count=16, pictures=2, questioned=("Grad-CAM", "edge detector"))
    assert found["edge detector"]["labels"]["rank"] == pytest.approx(1) and set(found["accuracy"]) == set(
        SEEDS[0]["accuracy"]
    )


def test_lime_wobbles_and_grad_cam_does_not(printed):
    found = dict(re.findall(r"(Grad-CAM|LIME) +rank correlation ([+-][\d.]+)", printed))
    assert float(found["Grad-CAM"]) > 0.9 and float(found["LIME"]) < 0.5


def test_lime_keeps_half_of_its_top_and_none_of_its_order(means):
    assert means.stability["LIME"] < 0.25 and 0.45 < means["same top"]["LIME"] < 0.6


def test_on_the_tainted_network_true_maps_show_the_arrow_and_the_edge_detector_the_crack(printed):
    found = {
        name.strip(): (int(arrow), int(crack))
        for name, arrow, crack in re.findall(r"^([\w+ -]+?) +(\d+)% +(\d+)%$", printed, re.M)
    }
    for name in ("CAM", "Grad-CAM", "Grad-CAM++", "guided backprop", "occlusion"):
        assert found[name][0] > 90 and found[name][1] == 0
    for name in ("LIME", "partition Shapley"):
        assert 35 < found[name][0] < 70
    assert found["edge detector"][0] < 20 and found["edge detector"][1] > 70


def test_what_is_missing_is_decided_by_the_bias(printed):
    missed, quiet = map(int, re.search(r"(\d+) of (\d+) cracked beams without an arrow", printed).groups())
    assert missed > 0.8 * quiet
    sound, cracked = re.findall(r"sum of the map ([+-][\d.]+), bias ([+-][\d.]+)", printed)
    assert float(sound[0]) < 0 < float(cracked[0])  # the crack speaks against 'sound', and for 'cracked'
    assert float(sound[1]) - float(cracked[1]) > float(cracked[0]) - float(sound[0]) > 0  # but the bias is larger


def test_the_long_table_holds_every_method_and_measure_over_at_least_100_pictures(rows):
    measures = league.MEASURES + league.FOX_MEASURES
    assert sorted(zip(rows.method, rows.measure)) == sorted((a, b) for a in league.METHODS for b in measures)
    networks = rows.measure.isin(["randomised", "empty"])
    assert rows["count"][~networks].min() >= 100 and rows[rows.measure == "empty"]["count"].min() == 10
    assert rows.half.min() >= 0 and rows.half[~networks].max() < 0.15


def test_the_text_quotes_the_long_table(lesson, means):
    text = next(cell.source for cell in lesson.cells if cell.source.startswith("Read it column by column"))
    quoted = {
        "Deletion": {"partition Shapley": "0.06", "occlusion": "0.07", "centred blob": "0.22", "CAM": "0.39"}
        | {"Grad-CAM++": "0.40", "LIME": "0.54", "Grad-CAM": "0.13"},
        "Pointing": {"guided backprop": "0.99", "edge detector": "0.82", "CAM": "0.49"},
        "Stability": {"centred blob": "1.00", "LIME": "0.18"},
    }
    for start, values in quoted.items():
        line = next(part for part in text.split("\n- ") if part.startswith(f"**{start}"))
        column = {"Deletion": "deletion", "Pointing": "pointing game", "Stability": "stability"}[start]
        for method, value in values.items():
            assert f"{means.loc[method, column]:.2f}" == value and value in line
    for method, value in {"guided backprop": "0.58", "edge detector": "0.19", "CAM": "0.10"}.items():
        assert f"{means.loc[method, 'IoU']:.2f}" == value and value in text


def test_what_the_text_says_about_each_column_of_the_long_table_is_so(rows, means):
    half = rows.pivot(index="method", columns="measure", values="half")
    blob, real = "centred blob", list(league.METHODS)[:7]
    assert means.deletion.idxmin() == "partition Shapley" and means.deletion.nsmallest(2).index[1] == "occlusion"
    for loser in ("CAM", "Grad-CAM++", "LIME"):  # by more than both intervals
        assert means.deletion[loser] - means.deletion[blob] > half.deletion[loser] + half.deletion[blob]
    for column in ("pointing game", "IoU"):
        assert means[column]["CAM"] == means[column]["Grad-CAM"] and means[column].idxmax() == "guided backprop"
    assert (means.insertion.round(2) == 0.97).sum() == 8 and round(means.insertion["edge detector"], 2) == 0.97
    assert (means.randomised[list(league.METHODS)[7:]] == 1).all()
    assert f"{means.randomised[real].max():.2f}" == "0.76" and f"{means['same top']['LIME']:.2f}" == "0.53"
    assert round(means["empty"]["Grad-CAM"], 1) == 0.5 and means["empty"].drop("Grad-CAM").max() == 0
    assert means.stability.idxmax() == blob and means.stability[blob] == 1


def test_by_every_measure_but_one_an_impostor_beats_a_real_method(means):
    real, impostors = means.loc[list(league.METHODS)[:7]], means.loc[list(league.METHODS)[7:]]
    for measure in league.MEASURES:
        sign = -1 if measure in ("deletion", "randomised", "empty") else 1
        beaten = (sign * impostors[measure]).max() > (sign * real[measure]).min()
        assert beaten == (measure != "randomised")


def test_the_text_quotes_the_long_table_of_foxes_and_what_it_says_is_so(lesson, rows, means):
    text = next(cell.source for cell in lesson.cells if cell.source.startswith("- **Points to the fox"))
    half, real = rows.pivot(index="method", columns="measure", values="half"), list(league.METHODS)[:7]
    fox, overlap, head = league.FOX_MEASURES
    quoted = {
        fox: {"edge detector": "0.98", "centred blob": "0.53"},
        overlap: {"edge detector": "0.45", "centred blob": "0.29", "CAM": "0.27", "occlusion": "0.25"}
        | {"partition Shapley": "0.23"},
        head: {
            "CAM": "0.93",
            "Grad-CAM++": "0.92",
            "centred blob": "0.07",
            "edge detector": "0.85",
            "occlusion": "0.76",
        }
        | {"partition Shapley": "0.75"},
    }
    for measure, line in zip(quoted, text.split("\n- ")):
        for method, value in quoted[measure].items():
            assert f"{means.loc[method, measure]:.2f}" == value and value in line
    nearly = means.loc[["CAM", "Grad-CAM", "Grad-CAM++", "guided backprop"], fox]
    assert (f"{nearly.min():.2f}", f"{nearly.max():.2f}") == ("0.97", "0.99")
    assert round(100 * means.loc["centred blob", "pointing game"]) == 8
    assert means[overlap].idxmax() == "edge detector" and means[head].idxmax() == "CAM"
    assert means[head].round(4).nlargest(3, keep="all").index.tolist() == ["CAM", "Grad-CAM", "Grad-CAM++"]
    blob = means.loc["centred blob", overlap] - half.loc["centred blob", overlap]
    assert means.loc["centred blob", overlap] > means.loc["CAM", overlap]
    assert all(blob > (means + half).loc[name, overlap] for name in ("occlusion", "partition Shapley"))
    assert means[head][real].min() > 0.7 > means.loc["centred blob", head]


def test_covering_the_head_and_no_other_part_takes_most_foxes_away(printed):
    left = {part: int(share) for part, share in re.findall(r"(\w+) +covered: +(\d+)% are still foxes", printed)}
    assert list(left) == ["head", "torso", "tail", "leg"]
    assert left.pop("head") < 50 and min(left.values()) > 90


def test_the_network_tells_foxes_from_pictures_without_one(printed):
    assert float(re.search(r"([\d.]+)% of 400 new pictures", printed)[1]) > 95


def test_occlusion_and_guided_backpropagation_are_those_that_pass_all_three(means):
    better = means.randomised < 1
    for column in ("pointing game", "IoU"):
        better &= means[column] > means[column][["edge detector", "centred blob"]].max()
    better &= means.deletion < means.deletion["centred blob"]
    assert set(means.index[better]) == {"occlusion", "guided backprop"}


def test_the_noisy_beam_is_still_cracked(printed):
    shares = re.search(r"cracked: (\d+)%, with noise (\d+)%", printed).groups()
    assert min(map(int, shares)) > 95


def test_a_crack_is_less_than_one_pixel_in_a_hundred():
    from xailab.data import beams

    held_out = beams(400, seed=3)
    assert held_out.cracks[held_out.cracked == 1].mean() < 0.01
