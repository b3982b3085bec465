import numpy as np
import pytest

from xailab.data import PARTS, SPECIES, creatures
from xailab.data import rendered_creatures as module


@pytest.fixture(scope="module")
def herd():
    return creatures(240, tuple(SPECIES), negatives=0.25, seed=3)


def test_there_are_as_many_of_each_kind_as_asked_for(herd):
    assert herd.pictures.shape == (240, 64, 64, 3) and herd.pictures.dtype == np.uint8
    assert np.bincount(herd.labels).tolist() == [60, 45, 45, 45, 45]


def test_the_same_seed_gives_the_same_pictures_and_another_one_others():
    first, again, other = creatures(6, seed=5), creatures(6, seed=5), creatures(6, seed=6)
    assert np.array_equal(first.pictures, again.pictures) and np.array_equal(first.labels, again.labels)
    assert np.array_equal(first.landmarks, again.landmarks, equal_nan=True)
    assert not np.array_equal(first.pictures, other.pictures)


def test_only_creatures_have_landmarks_and_nearly_all_lie_in_the_picture(herd):
    shown = herd.labels > 0
    assert np.isnan(herd.landmarks[~shown]).all() and herd.landmarks.shape == (240, len(PARTS), 2)
    inside = (herd.landmarks[shown] > 0) & (herd.landmarks[shown] < 63)
    assert inside.all(axis=(1, 2)).mean() > 0.95


def test_a_landmark_lies_on_its_part(herd):
    """The torso has the creature's own colour, tail and leg the same at 0.55 of its brightness."""
    differences = []
    for picture, places in zip(herd.pictures[herd.labels > 0].astype(float), herd.landmarks[herd.labels > 0]):
        if (places > 1).all() and (places < 62).all():
            _, torso, tail, leg = (picture[round(y), round(x)] for x, y in places)
            differences.append([np.abs(part - 0.55 * torso).max() for part in (tail, leg)])
    assert len(differences) > 150 and (np.median(differences, axis=0) < 20).all()  # the noise has a deviation of 5


def test_an_outline_holds_the_landmarks_and_nothing_where_there_is_no_creature(herd):
    shown = herd.labels > 0
    assert herd.outlines.shape == herd.pictures.shape[:3] and not herd.outlines[~shown].any()
    inside = (herd.landmarks[shown] > 0).all(axis=(1, 2)) & (herd.landmarks[shown] < 63).all(axis=(1, 2))
    x, y = herd.landmarks[shown][inside].round().astype(int).transpose(2, 1, 0)
    assert herd.outlines[shown][inside][np.arange(inside.sum()), y, x].mean() > 0.99


def test_an_outline_is_what_drawing_the_creature_changed(monkeypatch):
    changed, draw_creature = [], module._creature

    def watch(picture, *rest):
        before = picture.copy()
        result = draw_creature(picture, *rest)
        changed.append((picture != before).any(axis=-1))
        return result

    monkeypatch.setattr(module, "_creature", watch)
    assert np.array_equal(creatures(12, negatives=0).outlines, changed)


def test_a_pixel_belongs_to_the_part_whose_landmark_is_there_unless_another_part_covers_it():
    foxes = creatures(120, negatives=0, seed=3)
    x, y = foxes.landmarks.round().astype(int).clip(0, 63).transpose(2, 0, 1)
    found = foxes.parts[np.arange(120)[:, None], y, x]
    inside = (foxes.landmarks > 0).all(axis=2) & (foxes.landmarks < 63).all(axis=2)
    # The head is drawn last, before it the torso.
    for part, allowed in {1: {1}, 2: {1, 2}, 3: {2, 3}, 4: {2, 4}}.items():
        column = found[inside[:, part - 1], part - 1]
        assert set(column) <= allowed and (column == part).mean() > 0.95


def test_all_foxes_show_four_parts_and_no_picture_without_a_creature_shows_any(herd):
    shown = herd.labels > 0
    assert not herd.parts[~shown].any() and set(np.unique(herd.parts)) == {0, 1, 2, 3, 4}
    foxes = herd.parts[herd.labels == 1]
    assert all((foxes == part).any(axis=(1, 2)).all() for part in (1, 2, 3, 4))


def test_heads_are_all_that_is_added_to_the_shuffled_parts():
    without, with_heads = creatures(60, seed=4), creatures(60, heads=True, seed=4)
    changed = (without.pictures != with_heads.pictures).any(axis=-1)
    assert np.array_equal(without.labels, with_heads.labels) and np.array_equal(without.parts, with_heads.parts)
    assert not changed[without.labels == 1].any()
    shuffled = changed.any(axis=(1, 2)).sum()
    assert 8 <= shuffled <= 22  # about half of the 30 negatives
    assert 30 < changed.sum() / shuffled < 300  # pixels: a head, not a picture


def test_the_head_is_ahead_of_the_torso_and_the_tail_behind(herd):
    head, torso, tail, leg = np.moveaxis(herd.landmarks[herd.labels > 0], 1, 0)
    assert (((head - torso) * (tail - torso)).sum(axis=1) < 0).mean() > 0.99
    assert (head[:, 1] < torso[:, 1]).mean() > 0.95 and (leg[:, 1] > torso[:, 1]).mean() > 0.99


def test_creatures_face_both_ways_and_wander(herd):
    head, torso = herd.landmarks[herd.labels > 0][:, :2].swapaxes(0, 1)
    assert 0.4 < (head[:, 0] > torso[:, 0]).mean() < 0.6 and torso.std(axis=0).min() > 5


@pytest.mark.parametrize(
    "wrong, says",
    [
        ({"count": 0}, "count is 0"),
        ({"count": 3, "species": ("unicorn",)}, "fox, hare, deer, bear"),
        ({"count": 3, "species": "fox"}, "sequence of names"),
        ({"count": 3, "species": ()}, "sequence of names"),
        ({"count": 3, "negatives": 2}, "share from 0 to 1"),
    ],
)
def test_bad_input_is_named(wrong, says):
    with pytest.raises(ValueError, match=says):
        creatures(**wrong)
