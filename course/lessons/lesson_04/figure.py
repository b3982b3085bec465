"""The figure of lesson 04: Grad-CAM of any layer of VGG16, on any photo."""

from functools import lru_cache

import numpy as np

from course.lessons.networks import photographs, vgg16
from course.student.controls import Interactive, PhotoFile, Slider, choice
from xailab import plot
from xailab.cam import grad_cam_layers


@lru_cache(maxsize=4)
def _layers(photo):
    """Top classes of a photo (its bytes) and the Grad-CAM of each convolution for the first one."""
    images = np.frombuffer(photo, np.uint8).reshape(1, 224, 224, 3)
    return vgg16().top(images[0], 3), grad_cam_layers(vgg16(), images)


def layer_names():
    """The thirteen convolutions of VGG16, in order."""
    return [f"block{block}_conv{number}" for block in range(1, 6) for number in range(1, 3 + (block > 2))]


def layer_figure(photo, layer):
    """Lesson 04's figure: Grad-CAM of one layer of VGG16. photo: uint8 (224, 224, 3). Returns a Figure."""
    top, maps = _layers(photo.tobytes())
    said = ", ".join(f"{name} {share:.0%}" for name, share in top)
    return plot.overlay(photo, maps[layer][0], title=f"{layer} · {said}")


def slide_through_the_layers():
    """Grad-CAM of any layer of VGG16, on any photo or one of your own. Returns an Interactive. Lesson 04."""
    seen = {"count": 0, "name": None}

    def draw(name, layer, own):
        if own.count > seen["count"]:
            seen["count"] = own.count
            seen["own"] = own.photo()
            seen["name"] = name  # the own photo stays until another one is chosen
        if name != seen["name"]:
            seen.pop("own", None)
        return layer_figure(seen.get("own", photographs()[name]), layer)

    controls = {
        "name": choice("photo", list(photographs())),
        "layer": Slider("layer", layer_names(), layer_names()[-1]),
        "own": PhotoFile(),
    }
    return Interactive(draw, "Which layer looks where?", controls)
