"""LIME for a photo on EfficientNet-Lite0 against the bare forward passes, and against the lime package."""

import contextlib
import os

import numpy as np
from lime.lime_image import LimeImageExplainer

from benchmarks.measure import seconds
from xailab._tensorflow import keras
from xailab.data import photos
from xailab.lime import explain_image
from xailab.models import efficientnet_lite0


def rows(small=False):
    """Yield (what, ratio, largest ratio allowed or None). small: as little as shows that it runs."""
    samples, size = (16, 8) if small else (1000, 40)
    classifier, photo = efficientnet_lite0(), photos()["cat"]
    batch = np.stack([photo] * size)

    def ours():
        return explain_image(classifier, photo, samples=samples, batch_size=size, progress=False)

    def bare():
        for _ in range(samples // size):
            classifier(batch)

    probabilities = keras.Sequential([classifier.model, keras.layers.Softmax()])

    def predict(images):
        return probabilities.predict(classifier.preprocess(images), verbose=0)

    def package(answer, **options):
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):  # its progress bar
            LimeImageExplainer().explain_instance(
                photo.astype("double"), answer, top_labels=5, hide_color=0, num_samples=samples, **options
            )

    def tutorial():  # as its tutorial for Keras calls it
        package(predict)

    def same():  # given the same compiled network and batches as ours
        package(lambda images: classifier(images.astype(np.uint8)), batch_size=size)

    def settled():
        return explain_image(classifier, photo, samples=samples if small else "auto", batch_size=size, progress=False)

    bare_seconds, our_seconds, same_seconds, tutorial_seconds, auto_seconds = seconds(
        bare, ours, same, tutorial, settled, rounds=1 if small else 2
    )
    name = f"LIME for a photo, EfficientNet-Lite0, {samples:,} samples"
    yield f"{name} / bare forwards", our_seconds / bare_seconds, 1.10
    yield f"{name} / lime package, same predict", our_seconds / same_seconds, 1.15
    yield f"{name} / lime package, its tutorial", our_seconds / tutorial_seconds, 0.8
    yield (
        f'LIME with samples="auto" ({settled().samples} photos) / {samples:,} samples',
        auto_seconds / our_seconds,
        None,
    )
