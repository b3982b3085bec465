"""The networks that are explained: two to train, two that come trained on ImageNet, and how their weights get onto this machine.

A new network is a function in networks; a new file from elsewhere is an entry of manifest.toml. Public names are listed below.
"""

from xailab.models.files import FetchError, fetch, manifest
from xailab.models.networks import (
    Classifier,
    digit_network,
    efficientnet_lite0,
    gap_cnn,
    imagenet_labels,
    lenet5,
    linear_head,
    vgg16,
    vgg16_base,
    vgg16_gap,
    vgg16_head,
    vgg16_preprocess,
)

__all__ = [
    "Classifier",
    "FetchError",
    "digit_network",
    "efficientnet_lite0",
    "fetch",
    "gap_cnn",
    "imagenet_labels",
    "lenet5",
    "linear_head",
    "manifest",
    "vgg16",
    "vgg16_base",
    "vgg16_gap",
    "vgg16_head",
    "vgg16_preprocess",
]
