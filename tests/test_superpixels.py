import numpy as np
import pytest

from xailab.superpixels import at_random, balanced


@pytest.mark.parametrize("count", [2, 16, 31, 32])
def test_a_balanced_block_shows_each_and_each_pair_equally_often(count):
    first, second = (block for block, _ in zip(balanced(count, 1000, np.random.RandomState(3)), range(2)))
    assert first[0].all()
    for block in (first[1:], second):
        signs = 2 * block.astype(int) - 1
        np.testing.assert_array_equal(signs.sum(axis=0), 0)
        np.testing.assert_array_equal(signs.T @ signs, len(signs) * np.eye(count, dtype=int))
    np.testing.assert_array_equal(second[::2], ~second[1::2])
    assert not np.array_equal(first[1:], second)


def test_blocks_end_with_the_last_photo_that_may_be_asked_about():
    blocks = list(balanced(19, 1000, np.random.RandomState(0)))
    assert sum(map(len, blocks)) == 1000 and len(blocks[0]) == 65 and {len(block) for block in blocks[1:-1]} == {64}


def test_what_two_superpixels_do_together_leaks_into_none():
    """A product of two signs is orthogonal to every single one in a block with its opposites, and not at random."""
    signs = 2.0 * next(balanced(12, 1000, np.random.RandomState(1)))[1:] - 1
    products = signs[:, :1] * signs[:, 1:]
    np.testing.assert_array_equal(signs.T @ products, 0)
    tossed = 2.0 * at_random(len(signs), 12, np.random.RandomState(1)) - 1
    assert np.abs(tossed.T @ (tossed[:, :1] * tossed[:, 1:])).max() > 5
