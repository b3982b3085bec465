import numpy as np
import pytest

from xailab._tensorflow import keras, tf
from xailab.data import creatures
from xailab.filters import InterpretableConv2D, filter_loss, weight_schedule
from xailab.instability import location_instability
from xailab.twins import KINDS, categories, measure, prepare, small_base, top_losses, train, twin, watch


@pytest.fixture(scope="module")
def herd():
    return creatures(48, ("fox", "hare"), negatives=0.25, seed=0)


def small_twin(kind, categories=2, **options):
    keras.utils.set_random_seed(0)
    return twin(small_base(widths=(4, 4, 4)), categories, kind, filters=6, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_the_twins_are_alike_but_for_their_tops(kind):
    network = small_twin(kind)
    assert network.predicts.output_shape == (None, 3) and network.maps.output_shape == (None, 8, 8, 6)
    trainable = [weight.shape for weight in network.predicts.trainable_weights]
    assert trainable == [weight.shape for weight in small_twin("ordinary").predicts.trainable_weights]
    assert all(isinstance(top, InterpretableConv2D) for top in network.tops) == (kind != "ordinary")
    assert {top.categories for top in network.tops if kind != "ordinary"} <= ({2} if "labels" in kind else {None})


def test_the_same_seed_gives_the_same_first_weights_whatever_the_kind():
    first, second = small_twin("ordinary"), small_twin("filter loss with labels")
    for one, other in zip(first.predicts.trainable_weights, second.predicts.trainable_weights):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("kind", ["ordinary", "filter loss with labels"])
def test_training_moves_all_views_at_once(kind, herd):
    network = small_twin(kind, loss_weight=1e-3)
    before = network.predicts(prepare(herd.pictures[:2])).numpy()
    schedule = [weight_schedule(network.tops, lambda epoch: 1e-4 * epoch)] if kind != "ordinary" else []
    history = train(network, prepare(herd.pictures), herd.labels, epochs=2, callbacks=schedule)
    assert len(history.history["accuracy"]) == 2 and np.isfinite(history.history["loss"]).all()
    assert not np.allclose(before, network.predicts(prepare(herd.pictures[:2])).numpy())


def test_a_watch_keeps_the_maps_from_before_the_training_and_after_each_epoch(herd):
    network, some = small_twin("masks only"), prepare(herd.pictures[:2])
    before = network.maps(some).numpy()
    look = watch(network, some)
    train(network, prepare(herd.pictures), herd.labels, epochs=2, callbacks=[look])
    assert len(look.maps) == 3 and np.array_equal(look.maps[0], before)
    assert np.array_equal(look.maps[2], network.maps(some)) and not np.array_equal(look.maps[1], look.maps[2])


def test_a_filter_is_measured_on_the_category_where_it_is_steadiest_and_counted_where_it_is_strongest(herd):
    network = small_twin("ordinary")
    found = measure(network, prepare(herd.pictures), herd.labels, herd.landmarks)
    maps = network.maps.predict(prepare(herd.pictures), verbose=0)
    spreads = [
        location_instability(maps[herd.labels == label], herd.landmarks[herd.labels == label], (64, 64)).mean(axis=1)
        for label in (1, 2)
    ]
    assert found["instability"] == pytest.approx(np.min(spreads, axis=0).mean()) and sum(found["crowding"]) == 6
    assert np.mean(found["parts"]) == pytest.approx(found["instability"])
    strengths = np.stack([maps[herd.labels == label].sum(axis=(1, 2)).mean(axis=0) for label in (1, 2)])
    assert np.array_equal(categories(maps, herd.labels), strengths.argmax(axis=0) + 1)
    answers = network.predicts.predict(prepare(herd.pictures), verbose=0).argmax(axis=1)
    assert found["accuracy"] == np.mean(answers == herd.labels)
    assert 0 < found["perfect detector"] < found["centre of the picture"] < found["random place"]


@pytest.mark.parametrize("kind", ["ordinary", "masks only"])
def test_the_loss_is_that_of_the_maps_before_their_masks_in_full_batches(kind, herd):
    network, pictures = small_twin(kind), prepare(herd.pictures)
    top = network.tops[-1]
    below = network.below.predict(pictures, verbose=0)
    plain = np.maximum(tf.nn.conv2d(below, top.kernel, 1, "SAME") + top.bias, 0)
    expected = np.mean([filter_loss(plain[start : start + 20]) for start in (0, 20)], axis=0)
    assert np.allclose(top_losses(network, pictures, batch=20), expected, rtol=1e-3, atol=1e-9)
    with pytest.raises(ValueError, match="at least one batch of 64"):
        top_losses(network, pictures)


def test_another_kind_is_refused():
    with pytest.raises(ValueError, match="'ordinary', 'masks only'"):
        small_twin("extraordinary")
