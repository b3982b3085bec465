"""What several interactive figures ask: the network that reads drawn digits, and the one that knows photographs, each loaded once."""

from contextlib import redirect_stdout
from functools import cache
from io import StringIO

from xailab.data import photos
from xailab.models import digit_network, efficientnet_lite0, vgg16_gap


@cache
def digit_reader():
    """The trained digit network, loaded once."""
    return digit_network()


@cache
def photo_classifier():
    """EfficientNet-Lite0, 5 ms per photo, loaded once."""
    with redirect_stdout(StringIO()):  # where the weights were found is not for the audience
        return efficientnet_lite0()


@cache
def vgg16():
    """VGG16 with twelve everyday classes, loaded once."""
    with redirect_stdout(StringIO()):
        return vgg16_gap()


@cache
def photographs():
    """The course's nine photographs, {name: uint8 (224, 224, 3)}, read once."""
    return photos()
