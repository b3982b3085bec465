import numpy as np
import pytest

from xailab.arithmetic import receptive_field
from xailab.instability import (
    controls,
    crowding,
    cut_outs,
    dead_share,
    location_instability,
    part_association,
    part_iou,
    peaks,
)


def maps_with_peaks(cells, n=4, strength=None):
    """Maps (N, n, n, 1) that are strongest at the given cells (row, column)."""
    maps = np.zeros((len(cells), n, n, 1))
    for picture, (row, column) in enumerate(cells):
        maps[picture, row, column] = 1 if strength is None else strength[picture]
    return maps


def test_a_case_worked_out_by_hand():
    # Cells of 2 pixels, centres at 0.5, 2.5, 4.5, 6.5; the part always at (0.5, 0.5); image 8 x 8, diagonal 8 sqrt 2.
    maps = maps_with_peaks([(0, 0), (0, 2), (2, 0)])  # distances 0, 4, 4: mean 8/3, variance 16/3 with ddof 1
    landmarks = np.full((3, 1, 2), 0.5)
    assert location_instability(maps, landmarks, (8, 8))[0, 0] == pytest.approx(
        np.sqrt(16 / 3) / np.hypot(8, 8), abs=1e-12
    )


def test_x_is_the_column_and_a_picture_may_be_wide():
    maps = maps_with_peaks([(1, 3)])
    assert peaks(maps, (8, 8)).tolist() == [[[6.5, 2.5]]] and peaks(maps, (8, 16)).tolist() == [[[13.5, 2.5]]]


def test_the_centre_of_a_cell_is_that_of_its_receptive_field():
    pool = [(3, 1, 1), (2, 2)]
    maps = maps_with_peaks([(1, 2)], n=8)
    assert np.array_equal(peaks(maps, (64, 64)), peaks(maps, (64, 64), field=receptive_field(pool * 3)))
    valid = receptive_field([(5, 1), (2, 2)])  # starts at 2.5, step 2
    assert peaks(maps, (20, 20), field=valid).tolist() == [[[6.5, 4.5]]]


def test_only_the_strongest_pictures_in_which_the_part_is_seen_count():
    maps = maps_with_peaks([(0, 0), (0, 2), (2, 0), (3, 3)], strength=[3, 2, 9, 1])
    landmarks = np.full((4, 2, 2), 0.5)
    landmarks[2, 0] = np.nan  # not seen where the filter fires most
    found = location_instability(maps, landmarks, (8, 8), top=2)[0] * np.hypot(8, 8)
    assert found[0] == pytest.approx(np.std([0, 4], ddof=1)) and found[1] == pytest.approx(np.std([4, 0], ddof=1))
    everything = location_instability(maps, landmarks, (8, 8), top=100)[0, 0] * np.hypot(8, 8)
    assert everything == pytest.approx(np.std([0, 4, 6 * np.sqrt(2)], ddof=1))


def test_a_filter_at_a_fixed_offset_from_a_part_is_perfectly_stable():
    cells = [(0, 0), (1, 1), (2, 0)]
    landmarks = np.array([[(column * 2 + 3.5, row * 2 + 0.5)] for row, column in cells])
    assert location_instability(maps_with_peaks(cells), landmarks, (8, 8))[0, 0] == pytest.approx(0, abs=1e-12)


def test_the_controls_are_ordered_as_they_must_be():
    draw = np.random.default_rng(0)
    heads = draw.uniform(20, 44, (500, 1, 2))
    landmarks = np.concatenate([heads, heads + draw.normal(0, 2, (500, 1, 2))], axis=1)
    found = controls(landmarks, (64, 64))
    assert found["perfect detector"] < found["centre of the picture"] < found["random place"]
    assert found == controls(landmarks, (64, 64))


def test_the_perfect_detector_of_one_part_has_no_instability():
    assert controls(np.random.default_rng(0).uniform(0, 8, (9, 1, 2)), (8, 8))["perfect detector"] == 0


def test_filters_crowd_onto_the_part_they_are_nearest_to():
    landmarks = np.array([[(0.5, 0.5), (6.5, 6.5)]] * 3)
    landmarks[2, 1] = np.nan
    at_first, at_second = maps_with_peaks([(0, 0)] * 3), maps_with_peaks([(3, 3)] * 3)
    assert crowding(np.concatenate([at_first, at_second, at_second], -1), landmarks, (8, 8)).tolist() == [1, 2]


def test_a_filter_that_fires_nowhere_is_dead():
    maps = np.concatenate([maps_with_peaks([(0, 0)] * 5), np.zeros((5, 4, 4, 1)), -np.ones((5, 4, 4, 2))], axis=-1)
    assert dead_share(maps) == 0.75


def test_a_cut_out_shows_what_lies_around_the_strongest_cell_strongest_picture_first():
    pictures = np.arange(3 * 8 * 8 * 3).reshape(3, 8, 8, 3)
    maps = maps_with_peaks([(1, 2), (3, 3), (0, 0)], n=8, strength=[1, 3, 2])
    found = cut_outs(pictures, maps, half=2, count=3)
    assert found.shape == (1, 3, 4, 4, 3)
    assert np.array_equal(found[0, 0], pictures[1, 1:5, 1:5]) and np.array_equal(found[0, 2, 1:], pictures[0, 0:3, 0:4])
    assert np.array_equal(found[0, 1, :3, :3], np.broadcast_to(pictures[2, 0, 0], (3, 3, 3)))  # beyond the border
    with pytest.raises(ValueError, match="at least 8"):
        cut_outs(pictures, maps)
    with pytest.raises(ValueError, match="2 maps"):
        cut_outs(pictures, maps[:2], count=2)


def drawn_parts():
    """Three pictures of 8 x 8 pixels: part 1 a bar of six pixels, part 2 a corner of nine, which the last one lacks."""
    parts = np.zeros((3, 8, 8), int)
    parts[:, 2:4, 2:5], parts[:2, 5:, 5:] = 1, 2
    return parts


def test_the_overlap_of_drawn_masks_is_exact():
    # A cell of 4 x 4 covers 2 pixels; a disc of radius 1 around its centre holds just its own four pixels.
    maps = maps_with_peaks([(1, 1), (3, 3), (1, 2)], strength=[3, 2, 9])
    overlaps = part_iou(maps, drawn_parts(), (8, 8), radius=1, share=0.1)[:, 0]
    assert overlaps[0].tolist() == [4 / 6, 0] and overlaps[1].tolist() == [0, 4 / 9]
    assert overlaps[2, 0] == 2 / 8 and np.isnan(overlaps[2, 1])
    assert part_association(overlaps[:, None]).tolist() == [[2 / 3, 1 / 2]]
    assert part_association(overlaps[:, None], least=4 / 9).tolist() == [[1 / 3, 0]]  # enough is more than `least`


def test_a_larger_disc_is_a_round_one():
    parts = np.zeros((1, 9, 9), int)
    parts[0, 4, 4] = 1
    middle = maps_with_peaks([(4, 4)], n=9)
    sizes = {radius: 1 / part_iou(middle, parts, (9, 9), radius=radius)[0, 0, 0] for radius in (0.5, 1, 1.5, 2, 3)}
    assert sizes == {0.5: 1, 1: 5, 1.5: 9, 2: 13, 3: 29}  # pixels within the radius of a lattice point


def test_only_the_strongest_cells_of_all_pictures_are_marked_and_none_that_does_not_fire():
    maps = np.arange(48.0).reshape(3, 4, 4, 1)  # the strongest four cells are the last row of the last picture
    whole = np.ones((3, 8, 8), int)
    assert part_iou(maps, whole, (8, 8), radius=1, share=4 / 48)[:, 0, 0].tolist() == [0, 0, 16 / 64]
    assert not part_iou(np.zeros((3, 4, 4, 1)), whole, (8, 8), radius=1).any()
    one = maps_with_peaks([(0, 0)] * 3)
    assert part_iou(one, whole, (8, 8), radius=1, share=0.9)[:, 0, 0].tolist() == [4 / 64] * 3


@pytest.mark.parametrize(
    "change, says",
    [
        ({"parts": np.zeros((3, 8, 8), int)}, "1 to K on the parts"),
        ({"parts": np.ones((3, 8, 8))}, "float64"),
        ({"parts": np.ones((3, 4, 4), int)}, "shape"),
        ({"radius": 0}, "radius is 0"),
        ({"share": 1.0}, "share 1.0"),
        ({"maps": np.zeros((3, 4, 5, 1))}, "square maps"),
    ],
)
def test_what_cannot_overlap_is_named(change, says):
    given = {"maps": np.ones((3, 4, 4, 1)), "parts": drawn_parts(), "image_size": (8, 8), "radius": 2, **change}
    with pytest.raises(ValueError, match=says):
        part_iou(**given)


def test_a_part_that_is_shown_nowhere_has_no_share():
    with pytest.raises(ValueError, match="shown nowhere"):
        part_association(np.full((3, 2, 2), np.nan))


@pytest.mark.parametrize(
    "change, says",
    [
        ({"maps": np.zeros((3, 4, 5, 1))}, "square maps"),
        ({"maps": np.full((3, 4, 4, 1), np.nan)}, "NaN"),
        ({"landmarks": np.zeros((2, 1, 2))}, "landmarks have shape"),
        ({"landmarks": np.zeros((3, 2))}, "landmarks have shape"),
        ({"landmarks": np.full((3, 1, 2), np.nan)}, "part 0 is seen in 0 of 3 pictures"),
        ({"image_size": 64}, "image_size"),
        ({"top": 1}, "top is 1"),
    ],
)
def test_bad_input_is_named(change, says):
    given = {"maps": np.zeros((3, 4, 4, 1)), "landmarks": np.zeros((3, 1, 2)), "image_size": (8, 8), **change}
    with pytest.raises(ValueError, match=says):
        location_instability(**given)


def test_one_picture_is_too_few():
    with pytest.raises(ValueError, match="at least two"):
        location_instability(np.zeros((1, 4, 4, 1)), np.zeros((1, 1, 2)), (8, 8))
