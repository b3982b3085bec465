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

SAMPLES, BATCH = 1000, 40


def rows():
    """Yield (what, ratio, largest ratio allowed or None)."""
    classifier, photo = efficientnet_lite0(), photos()["cat"]
    batch = np.stack([photo] * BATCH)

    def ours():
        return explain_image(classifier, photo, samples=SAMPLES, batch_size=BATCH, progress=False)

    def bare():
        for _ in range(SAMPLES // BATCH):
            classifier(batch)

    probabilities = keras.Sequential([classifier.model, keras.layers.Softmax()])

    def predict(images):
        return probabilities.predict(classifier.preprocess(images), verbose=0)

    def package(answer, **options):
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):  # its progress bar
            LimeImageExplainer().explain_instance(
                photo.astype("double"), answer, top_labels=5, hide_color=0, num_samples=SAMPLES, **options
            )

    def tutorial():  # as its tutorial for Keras calls it
        package(predict)

    def same():  # given the same compiled network and batches as ours
        package(lambda images: classifier(images.astype(np.uint8)), batch_size=BATCH)

    def settled():
        return explain_image(classifier, photo, samples="auto", batch_size=BATCH, progress=False)

    bare_seconds, our_seconds, same_seconds, tutorial_seconds, auto_seconds = seconds(
        bare, ours, same, tutorial, settled, rounds=2
    )
    name = "LIME for a photo, EfficientNet-Lite0, 1,000 samples"
    yield f"{name} / bare forwards", our_seconds / bare_seconds, 1.10
    yield f"{name} / lime package, same predict", our_seconds / same_seconds, 1.15
    yield f"{name} / lime package, its tutorial", our_seconds / tutorial_seconds, 0.8
    yield f'LIME with samples="auto" ({settled().samples} photos) / 1,000 samples', auto_seconds / our_seconds, None
