import numpy as np
import pytest

from xailab import data


def test_a_watch_is_drawn_beside_the_photo_and_the_photo_stays_as_it_was():
    photo = np.full((224, 224, 3), 99, np.uint8)
    watched = data.with_watch(photo, 40)
    assert (photo == 99).all() and watched.dtype == np.uint8
    assert (watched[:, 81:] == 99).all() and (watched[112, 20:35] == [250, 250, 245]).all()
    with pytest.raises(ValueError, match="radius is 0"):
        data.with_watch(photo, 0)


def test_a_stamp_is_orange_in_the_lower_right_corner_and_leaves_the_original_alone():
    photos = np.full((2, 64, 115, 3), 128, np.uint8)
    stamped = data.date_stamp(photos)
    assert (photos == 128).all()
    rows, columns = np.nonzero((stamped != photos).any(axis=(0, 3)))
    assert rows.min() > 64 * 0.8 and columns.min() > 115 * 0.5
    red, _, blue = stamped[0][rows, columns].astype(int).T
    assert (red >= blue).all() and (red - blue).max() > 100


def test_a_plate_runs_through_every_photo_and_the_photos_stay_as_they_were():
    photos = np.full((6, 60, 80, 3), 120, np.uint8)
    plates = data.on_plate(photos)
    assert (photos == 120).all() and plates.shape == photos.shape
    shares = np.stack([(plates == value).mean(axis=(1, 2, 3)) for value in (120, 235, 60)])
    assert (shares > [[0.3], [0.02], [0.03]]).all() and np.allclose(shares.sum(axis=0), 1)
    np.testing.assert_array_equal(plates, data.on_plate(photos))
    assert not np.array_equal(plates, data.on_plate(photos, seed=1))


def test_rim_and_table_come_apart_at_the_same_places():
    photos = np.random.default_rng(0).integers(0, 200, (4, 60, 80, 3), dtype=np.uint8)
    both, rim, table = (data.on_plate(photos, 3, *parts) for parts in ((True, True), (True, False), (False, True)))
    white, dark = (rim != photos).any(axis=-1), (table != photos).any(axis=-1)
    assert (rim[white] == 235).all() and (table[dark] == 60).all() and not (white & dark).any()
    np.testing.assert_array_equal(both, np.where(white[..., None], rim, table))
    np.testing.assert_array_equal(data.on_plate(photos, 3, rim=False, table=False), photos)
