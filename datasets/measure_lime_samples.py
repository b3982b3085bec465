"""How many photos LIME has to ask about: samples="auto" beside 1,000 and 500 at random, on the nine photographs.

    python datasets/measure_lime_samples.py [RESULTS.json]

EfficientNet-Lite0 is asked for its top class, with ten seeds each. Kept are the photos asked, and for each way the Jaccard
index of the five largest weights, mean over all pairs of seeds. What is in the file already is not measured again. About
half an hour on two cores.
"""

import argparse
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np

from results import add_missing, read_results
from xailab.data import photos
from xailab.lime import explain_image
from xailab.models import efficientnet_lite0

SEEDS, TOP = 10, 5
WAYS = {"auto": "auto", "1000": 1000, "500": 500}


def agreement(explanations):
    """Mean Jaccard index of the largest weights over all pairs of explanations."""
    sets = [set(np.argsort(-np.abs(each.weights), kind="stable")[:TOP]) for each in explanations]
    return float(np.mean([len(one & other) / len(one | other) for one, other in combinations(sets, 2)]))


def measure(predict, photo, *, seeds=SEEDS, **options):
    """Both numbers for each way: {way: {"samples": of each seed, "jaccard"}}."""
    remembered = {}

    def ask(photos):  # the first 500 of a seed's 1,000 photos are the 500: asked about once
        keys = [each.tobytes() for each in photos]
        new = [index for index, key in enumerate(keys) if key not in remembered]
        if new:
            remembered.update(zip((keys[index] for index in new), predict(photos[new])))
        return np.stack([remembered[key] for key in keys])

    found = {way: [] for way in WAYS}
    for seed in range(seeds):
        remembered.clear()
        for way, samples in WAYS.items():
            found[way].append(explain_image(ask, photo, samples=samples, seed=seed, progress=False, **options))
    return {
        way: {"samples": [each.samples for each in explained], "jaccard": agreement(explained)}
        for way, explained in found.items()
    }


def main():
    """Measure the photos that are missing, and save after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, nargs="?", default=Path(__file__).with_name("lime_samples.json"))
    path = parser.parse_args().results
    found, classifier = read_results(path, command="python datasets/measure_lime_samples.py"), efficientnet_lite0()
    add_missing(path, found, found, {name: partial(measure, classifier, photo) for name, photo in photos().items()})


if __name__ == "__main__":
    main()
