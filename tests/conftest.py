"""What many tests need and what takes long to load, loaded once per worker; no test may change it."""

import pytest


@pytest.fixture(scope="session")
def efficientnet():
    from xailab.models import efficientnet_lite0

    return efficientnet_lite0()


@pytest.fixture(scope="session")
def vgg16_gap():
    from xailab.models import vgg16_gap

    return vgg16_gap()


@pytest.fixture(scope="session")
def cat():
    """One photo, (1, 224, 224, 3)."""
    from xailab.data import photos

    return photos()["cat"][None]
