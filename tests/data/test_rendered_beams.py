import hashlib

import numpy as np
import pytest

from xailab.data import beams
from xailab.data.rendered_beams import _draw

MANY = beams(300)


def test_pictures_come_with_their_truth():
    assert MANY.photos.shape == (300, 64, 128, 3) and MANY.photos.dtype == np.uint8
    assert MANY.cracks.shape == MANY.arrows.shape == (300, 64, 128) and MANY.cracks.dtype == MANY.arrows.dtype == bool
    np.testing.assert_array_equal(MANY.cracks.any(axis=(1, 2)), MANY.cracked == 1)
    sizes = MANY.cracks.sum(axis=(1, 2))[MANY.cracked == 1]
    assert sizes.min() >= 8 and sizes.max() < 150


@pytest.mark.parametrize("size", [(64, 128), (32, 32), (96, 80)])
def test_a_picture_with_and_without_its_crack_differs_in_the_mask_and_nowhere_else(size):
    for index in range(20):
        draw = (np.random.default_rng([1, index]) for _ in range(2))
        (with_crack, crack, arrow, *_), (without, none, same, *_) = (
            _draw(random, size, cracked, index % 2 == 0) for random, cracked in zip(draw, (True, False))
        )
        changed = (with_crack != without).any(axis=-1)
        assert not (changed & ~crack).any() and not none.any()
        assert changed[crack].mean() > 0.9  # a faint pixel on a dark scratch may come out the same
        np.testing.assert_array_equal(arrow, same)


def test_the_arrow_is_where_the_picture_is_red():
    difference = MANY.photos[..., 0].astype(int) - MANY.photos[..., 1]
    assert difference[MANY.arrows].mean() > 60 and difference[~MANY.arrows].mean() < 12


def test_half_are_cracked_and_without_a_shortcut_the_arrow_says_nothing():
    arrow, cracked = MANY.arrows.any(axis=(1, 2)), MANY.cracked == 1
    assert 0.4 < cracked.mean() < 0.6 and 0.4 < arrow.mean() < 0.6
    assert abs(np.corrcoef(arrow, cracked)[0, 1]) < 0.15


def test_the_shortcut_ties_the_arrow_to_the_crack_and_leaves_the_rest_as_it_was():
    tied = beams(300, shortcut=1)
    np.testing.assert_array_equal(tied.arrows.any(axis=(1, 2)), tied.cracked == 1)
    half = beams(300, shortcut=0.5)
    agree = (half.arrows.any(axis=(1, 2)) == (half.cracked == 1)).mean()
    assert 0.65 < agree < 0.85
    same = MANY.arrows.any(axis=(1, 2)) == tied.arrows.any(axis=(1, 2))
    np.testing.assert_array_equal(tied.photos[same], MANY.photos[same])


def test_the_same_seed_gives_the_same_pictures_whatever_their_number():
    np.testing.assert_array_equal(beams(3).photos, MANY.photos[:3])
    assert (beams(3, seed=1).photos != MANY.photos[:3]).any(axis=(1, 2, 3)).all()


def test_stains_and_scratches_are_on_cracked_and_sound_beams_alike():
    """Brown is what only stains are; the share of brown pixels does not tell the two kinds apart."""
    brown = (MANY.photos[..., 0].astype(int) - MANY.photos[..., 2] > 25) & ~MANY.arrows
    share = brown.mean(axis=(1, 2))
    cracked, sound = share[MANY.cracked == 1], share[MANY.cracked == 0]
    assert (share > 0.002).mean() > 0.2
    assert abs(cracked.mean() - sound.mean()) < 3 * np.hypot(cracked.std(), sound.std()) / np.sqrt(150)


@pytest.mark.parametrize(
    "options, said",
    [
        ({}, "71f5c2fe319e2270"),
        ({"shortcut": 1.0}, "ed776134404d3f4e"),
        ({"size": (96, 80), "seed": 5}, "4dcab6678a7af72c"),
    ],
)
def test_the_pictures_without_a_mark_are_those_of_lesson_11_to_the_bit(options, said):
    line = beams(120, **options)
    parts = (line.photos, line.cracks, line.arrows, line.cracked)
    assert hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()[:16] == said
    assert not line.marks.any()


@pytest.mark.parametrize("size", [(64, 128), (32, 32), (96, 80)])
def test_a_part_with_and_without_the_mark_differs_in_the_mask_and_nowhere_else(size):
    bare, marked = (beams(40, size=size, marks=marks, seed=4) for marks in ((0, 0), (1, 1)))
    changed = (bare.photos != marked.photos).any(axis=-1)
    assert not (changed & ~marked.marks).any() and changed[marked.marks].mean() > 0.9
    assert marked.marks.any(axis=(1, 2)).all() and not (marked.marks & marked.cracks).any()
    np.testing.assert_array_equal(bare.depths, marked.depths)
    np.testing.assert_array_equal(marked.cracks, bare.cracks & ~marked.marks)


def test_the_mark_is_a_green_spot_on_the_clamp():
    marked = beams(200, marks=(1, 1))
    green = marked.photos[..., 1].astype(int) - marked.photos[..., [0, 2]].max(axis=-1)
    assert green[marked.marks].mean() > 40 and green[~marked.marks].mean() < 12
    assert np.nonzero(marked.marks)[2].max() < 0.13 * 128 and 8 < marked.marks.sum(axis=(1, 2)).mean() < 30


@pytest.mark.parametrize("marks", [(0, 1), (1, 0), (0.5, 0.5), (0.1, 0.9)])
def test_the_shares_say_which_beams_carry_the_mark(marks):
    line = beams(300, marks=marks)
    carried = line.marks.any(axis=(1, 2))
    for state, share in enumerate(marks):
        assert abs(carried[line.cracked == state].mean() - share) < 0.1
        if share in (0, 1):
            assert (carried[line.cracked == state] == share).all()
    np.testing.assert_array_equal(line.photos[~carried], MANY.photos[~carried])


def test_depths_are_parts_of_the_thickness_and_deeper_cracks_reach_further_down():
    cracked = MANY.cracked == 1
    assert (MANY.depths[~cracked] == 0).all()
    assert MANY.depths[cracked].min() >= 0.45 and MANY.depths[cracked].max() <= 0.9
    rows = MANY.cracks[cracked].any(axis=2).sum(axis=1)
    assert np.corrcoef(rows, MANY.depths[cracked])[0, 1] > 0.5


@pytest.mark.parametrize(
    "given, options, said",
    [
        (0, {}, "count is 0"),
        (2.5, {}, "count is 2.5"),
        (1, {"size": (31, 64)}, "size is .31, 64.: .* at least 32"),
        (1, {"marks": 0.5}, "marks is 0.5: two shares"),
        (1, {"marks": (0, 1.5)}, "marks is .0, 1.5.: two shares from 0 to 1"),
        (1, {"shortcut": 1.5}, "shortcut is 1.5: a share from 0 to 1"),
    ],
)
def test_arguments_out_of_range_are_named(given, options, said):
    with pytest.raises(ValueError, match=said):
        beams(given, **options)
