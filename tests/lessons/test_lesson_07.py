"""What the text of lesson 07 says, held against the file of results, the executed lesson and the talk's tables."""

import json
import re

import numpy as np
import pandas
import pytest

import train_creatures
from course import ROOT
from course.author import build
from xailab.data import creatures
from xailab.filters import filter_loss, templates
from xailab.instability import controls, part_association, part_iou

PATH = build.source("07")
TEXT = " ".join("\n".join(cell.source for cell in build.read(PATH).cells if cell.cell_type == "markdown").split())
RESULTS = json.loads((ROOT / "datasets" / "interpretable_cnn.json").read_text())
RUNS = pandas.DataFrame(RESULTS["runs"])
ONE, HEADS = "negatives without heads", "negatives keep their heads"
LABELS, OVERLAP = "labels, 0.0003", "interpretability, 6 pixels"
SMALL_WEIGHTS = ["labels, 3e-05", LABELS]
LARGE_WEIGHTS = ["labels, 0.03", "labels, 0.3"]
SOUND = [0, 1, 2, 3]  # the seeds whose networks the loss with labels did not damage
INERT = ["no labels, 0.0003", "no labels, 0.03", "no labels, 0.3", "paper's scale, 0.03", "paper's scale, 0.3"]
DESTROYED = ["no labels, 3", "no labels, 30", "paper's scale, 3"]


def seeds(case, row, key):
    """A measure of one row, seed after seed."""
    found = RUNS[(RUNS["case"] == case) & (RUNS["row"] == row)].set_index("seed").sort_index()[key]
    assert found.index.tolist() == [0, 1, 2, 3, 4]
    return found.to_numpy()


def pairs(case, key, *rows):
    """A measure of several rows: (rows, seeds)."""
    return np.array([seeds(case, row, key) for row in rows])


def mean(case, row, key):
    return seeds(case, row, key).mean()


def fall(case, row):
    """By how many per cent the instability is lower than the ordinary network's."""
    return 100 * (1 - mean(case, row, "instability") / mean(case, "ordinary", "instability"))


def gains(case, row):
    """By how many points each network is more accurate than the ordinary one of the same seed."""
    theirs, ordinary = pairs(case, "accuracy", row, "ordinary")
    return 100 * (theirs - ordinary)


def says(sentence):
    return " ".join(sentence.split()) in re.sub(r"<!--.*?--> ?", "", TEXT)


@pytest.fixture(scope="module")
def foxes():
    drawn = creatures(800, seed=2)
    return drawn.landmarks[drawn.labels == 1], drawn.parts[drawn.labels == 1]


def test_the_file_of_results_is_what_the_script_would_write():
    expected = json.loads(json.dumps(train_creatures.ABOUT))
    assert {key: RESULTS[key] for key in expected} == expected
    wanted = [
        (case, row, seed)
        for case, rows in train_creatures.CASES.items()
        for row in rows
        for seed in train_creatures.SEEDS
    ]
    assert [(run["case"], run["row"], run["seed"]) for run in RESULTS["runs"]] == wanted
    assert len(train_creatures.WEIGHTS) >= 5 and len(train_creatures.LABELLED) >= 5 and len(train_creatures.SEEDS) == 5


def test_a_short_run_of_the_script_already_obeys_the_large_weight(monkeypatch):
    monkeypatch.setattr(
        train_creatures, "SIZE", {"pictures": 192, "epochs": 10, "rate": 3e-3, "widths": (16, 32), "filters": 8}
    )
    monkeypatch.setattr(train_creatures, "creatures", lambda count, **options: creatures(min(count, 192), **options))
    found = train_creatures.run(ONE, "no labels, 30", 0)
    assert found.keys() == RESULTS["runs"][0].keys() - {"case", "row", "seed"}
    assert found["loss"] < -1 and found["accuracy"] < 0.75


def test_the_tables_of_the_talk_are_as_in_the_talk():
    rows = re.findall(r"\| (Animal-Part.*?|Pascal VOC.*?|CUB.*?|ILSVRC Part.*?) \|(.*?)\|(.*?)\|(.*?)\|(.*?)\|", TEXT)
    assert {name: [cell.strip() for cell in cells] for name, *cells in rows} == {
        "Animal-Part, 30 animals": [".146 → .091", ".144 → .085", ".147 → .090", ""],
        "Pascal VOC Part, 6 animals": [".140 → .088", ".139 → .096", ".141 → .088", ".139 → .089"],
        "CUB200-2011": [".150 → .070", ".137 → .076", ".148 → .065", ".148 → .073"],
        "ILSVRC Part, multi-category": ["", "", ".167 → .096", ".131 → .083"],
    }


def test_random_maps_can_lower_the_loss_and_one_place_cannot(printed):
    losses = dict(re.findall(r"^(ideal|noise|always the same place) +(-?[\d.]+)$", printed, re.MULTILINE))
    assert float(losses["always the same place"]) == 0
    assert float(losses["ideal"]) == pytest.approx(-np.log(17), abs=0.01)
    peaks = np.maximum(templates(4, tau=1.0)[:16], 0).reshape(16, 4, 4)
    for seed in range(20):
        draw = np.random.default_rng(seed)
        noise, other = draw.uniform(size=(17, 4, 4)), peaks[draw.permutation(16)]
        two = np.concatenate([(peaks + other) / 2, np.zeros((1, 4, 4))])
        for_noise, for_two = filter_loss(600 * np.stack([noise, two], axis=-1))
        assert -2.1 < for_two < -1.4 and -2.1 < for_noise < -0.5


def test_a_perfect_detector_is_steadier_than_the_centre_and_that_than_a_random_place(foxes):
    found = controls(foxes[0], (64, 64))
    assert 0 < found["perfect detector"] < found["centre of the picture"] < found["random place"]
    assert (RUNS[RUNS["case"] == ONE][list(found)].to_numpy() == list(found.values())).all()


def test_the_centre_of_the_picture_beats_ordinary_filters():
    centre = seeds(ONE, "ordinary", "centre of the picture")[0]
    assert (centre < seeds(ONE, "ordinary", "instability")).all()


def test_the_centre_beats_ordinary_filters_on_average_by_overlap_too(foxes, printed):
    centre = np.zeros((400, 16, 16, 1))
    centre[:, 8, 8] = 1
    at_the_centre = part_association(part_iou(centre, foxes[1], (64, 64), radius=6)).max()
    ordinary = seeds(ONE, "ordinary", OVERLAP)
    assert ordinary.mean() < at_the_centre and (ordinary < at_the_centre).sum() >= 3
    assert says(
        f"comes to {at_the_centre:.2f}, the ordinary filters to {ordinary.mean():.2f} on average".replace("0.", ".")
    )
    assert f"centre of the picture   {at_the_centre:.2f}" in printed


def test_the_order_by_overlap_is_the_same_for_all_three_discs():
    for radius in (4, 6, 8):
        ordinary, masks, *labels = (
            mean(ONE, row, f"interpretability, {radius} pixels") for row in ("ordinary", "masks only", *SMALL_WEIGHTS)
        )
        assert ordinary < masks < min(labels)


def test_the_loss_without_labels_is_inert_or_destroys_the_network():
    for key in ("accuracy", "instability"):
        masks = seeds(ONE, "masks only", key)
        assert all(abs(mean(ONE, row, key) - masks.mean()) < 2 * masks.std(ddof=1) for row in INERT)
        inert = [mean(ONE, row, key) for row in INERT]
    inert = min(seeds(ONE, row, "loss").min() for row in INERT)
    obeyed = np.concatenate([seeds(ONE, row, "loss") for row in DESTROYED])
    assert says(f"the loss ends at {inert:.4f} nats at most") and inert > -0.001
    assert says(f"it comes to {obeyed.max():.1f} to {obeyed.min():.1f} nats") and obeyed.max() < -3
    assert max(seeds(ONE, row, "accuracy").max() for row in DESTROYED) < 0.55


def test_the_loss_with_labels_works_in_four_of_five_networks_at_small_weights():
    for row in SMALL_WEIGHTS:
        right = seeds(ONE, row, "accuracy")[SOUND]
        assert round(100 * right.min()) >= 96 and round(100 * right.max()) == 98
    steady, ordinary = seeds(ONE, LABELS, "instability")[SOUND], seeds(ONE, "ordinary", "instability")
    for values in (steady, ordinary):
        assert says(f"{values.min():.3f} to {values.max():.3f}".replace("0.", "."))
    assert (steady < 0.57 * ordinary[SOUND]).all() and abs(steady.mean() / ordinary.mean() - 0.5) < 0.05


def test_the_loss_with_labels_damages_one_network_at_small_weights_and_all_at_large_ones():
    rows = [*SMALL_WEIGHTS, "labels, 0.003", *LARGE_WEIGHTS]
    assert [int((seeds(ONE, row, "accuracy") < 0.9).sum()) for row in rows] == [1, 1, 2, 5, 5]
    assert all((seeds(ONE, row, "accuracy") > 0.9).all() for row in ("ordinary", "masks only"))
    worse = [round(100 * seeds(ONE, row, "accuracy")[4]) for row in SMALL_WEIGHTS]
    unsteady = f"{seeds(ONE, LABELS, 'instability')[4]:.3f}".replace("0.", ".")
    assert says(f"{worse[0]} and {worse[1]} % right, at 3e-4 an instability of {unsteady}")
    assert all(seeds(ONE, row, "accuracy")[4] < seeds(ONE, "masks only", "accuracy")[4] for row in SMALL_WEIGHTS)
    assert says(f"falls by {fall(ONE, LABELS):.0f} % (masks alone: {fall(ONE, 'masks only'):.0f} %)")


def test_the_loss_with_labels_does_not_lower_equation_1():
    rows = [*SMALL_WEIGHTS, "labels, 0.003", *LARGE_WEIGHTS]
    assert min(seeds(ONE, row, "loss").min() for row in rows) > -0.001


def test_destroyed_networks_score_no_worse_by_overlap_than_ordinary_ones():
    ordinary, destroyed = seeds(ONE, "ordinary", OVERLAP), pairs(ONE, OVERLAP, *DESTROYED)
    sentence = (
        f"{destroyed.mean():.2f} on average (from {destroyed.min():.2f} to {destroyed.max():.2f}), "
        f"no less than ordinary ones with their {ordinary.mean():.2f}."
    )
    assert destroyed.mean() > ordinary.mean() and says(sentence.replace("0.", "."))


def test_nearly_all_labelled_filters_sit_on_the_head_unless_the_network_is_damaged(printed):
    *heads, fifth = seeds(ONE, LABELS, "filters on head, 6 pixels").astype(int)
    assert min(heads) >= 31 > 16 > fifth and says(f"it is {', '.join(map(str, heads))}, and {fifth} in the network")
    assert "filters on head 32, torso 0, tail 0, leg 0" in printed


def test_the_cut_outs_are_heads_more_often_than_with_ordinary_filters():
    labels, ordinary = pairs(ONE, "mean filter on head", LABELS, "ordinary")
    assert (labels > ordinary + 0.05)[SOUND].all() and (labels - ordinary)[SOUND].mean() > 0.3


def test_negatives_with_heads_cost_accuracy_and_steadiness_and_filters_stay_on_the_head():
    assert says(f"falls by {fall(HEADS, LABELS):.0f} %, not by {fall(ONE, LABELS):.0f} %")
    masks, labels = gains(HEADS, "masks only"), gains(HEADS, LABELS)
    assert says(f"by {-masks.mean():.1f} points with masks alone, by {-labels.mean():.1f} with the loss")
    assert (masks < 0).all() and (labels < 0).sum() == 4
    *heads, fifth = seeds(HEADS, LABELS, "filters on head, 6 pixels").astype(int)
    assert says(f"{', '.join(map(str, heads))} and {fifth} of 32 filters still sit on the head")
    assert min(*heads, fifth) > mean(HEADS, "ordinary", "filters on head, 6 pixels")


def test_the_loss_helps_the_average_filter_but_not_the_best_one_or_grad_cam():
    rows = "ordinary", "masks only", LABELS
    average, best, heat = (
        [round(100 * mean(ONE, row, f"{name} on head")) for row in rows]
        for name in ("mean filter", "best filter", "grad-cam")
    )
    assert says(f"on the head in {average[0]} % of the foxes, on average, but the *best* one in {best[0]} %")
    assert says(f"a best filter ({best[1]} %) and a Grad-CAM ({heat[1]} %)")
    assert says(f"does not beat ({best[2]} % and {heat[2]} %)") and best[2] < best[1] and heat[2] < heat[1]
    assert says(f"from {average[1]} % with masks to {average[2]} % on average")
    labels, masks = pairs(ONE, "mean filter on head", LABELS, "masks only")
    assert average[1] < average[2] and (labels - masks)[SOUND].mean() > 0.2


def test_an_untrained_network_with_masks_points_at_heads_already():
    untrained, centre = (seeds(ONE, LABELS, f"{name} on head") for name in ("untrained grad-cam", "centre"))
    assert says(f"at the head in {100 * untrained.mean():.0f} % of the foxes") and (untrained > 2 * centre).all()


def test_the_accuracy_gains_of_the_text_are_those_of_the_pairs():
    labels, masks = gains(ONE, LABELS), gains(ONE, "masks only")
    four = labels[SOUND]
    assert says(f"gained {four.min():.1f} to {four.max():.1f} points with four seeds and lost {-labels[4]:.1f}")
    assert says(f"{labels.mean():.1f} on average, and {masks.mean():+.1f} with masks alone")
    assert all(gains(HEADS, row).mean() < -4 for row in ("masks only", LABELS))


def test_seeds_alone_move_the_ordinary_network():
    accuracy = 100 * seeds(ONE, "ordinary", "accuracy")
    assert says(f"accuracy runs from {accuracy.min():.1f} to {accuracy.max():.1f} %") and np.ptp(accuracy) > 3


def test_the_executed_lesson_shows_what_its_text_says(printed):
    steady = dict(re.findall(r"^(ordinary|interpretable) +([\d.]+) +accuracy", printed, re.MULTILINE))
    assert float(steady["interpretable"]) < 0.6 * float(steady["ordinary"])
    overlap = dict(
        re.findall(r"^(ordinary|interpretable|centre of the picture) +([\d.]+) +filters", printed, re.MULTILINE)
    )
    assert float(overlap["ordinary"]) < float(overlap["centre of the picture"]) < float(overlap["interpretable"])
    assert "equation 5 holds: True" in printed and "equation 7 as printed: False" in printed
