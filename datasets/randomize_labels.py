"""Train the network of lesson 11 on beams with true and with shuffled labels, ten seeds each, and compare their maps.

    python datasets/randomize_labels.py [RESULTS.json]

For each seed three networks learn, as the lesson's cell `learn` says: one from the true labels, another one from the true
labels and other first weights (the control), and one from the same labels in random order. Kept are, for each method, the
mean rank correlation and the mean share of common top pixels of the first network's maps with those of the other two, over
24 cracked beams, and the share of maps that are empty. A seed that is in the file already is not done again. About eight
minutes on two cores.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np

from course.author import build
from results import add_missing, read_results
from xailab.data import beams
from xailab.evaluate import rank_correlation, top_intersection
from xailab.league import METHODS

SEEDS, PICTURES, BEAMS = 10, 24, 800
QUESTIONED = "CAM", "Grad-CAM", "Grad-CAM++", "guided backprop", "edge detector"


def run(seed, *, count=BEAMS, pictures=PICTURES, questioned=QUESTIONED):
    """Train three networks and compare their maps: {"accuracy": of each on its own labels, method: {control or labels: …}}."""
    learn, names = build.functions("11")["learn"], ("sound", "cracked")
    drawn, unseen = beams(count, seed=1), beams(400, seed=3)
    shuffled = np.random.default_rng(seed).permutation(drawn.cracked)
    learned = {
        "first": learn(drawn.photos, drawn.cracked, names, seed=seed),
        "control": learn(drawn.photos, drawn.cracked, names, seed=seed + 100),
        "labels": learn(drawn.photos, shuffled, names, seed=seed),
    }
    own = {"first": drawn.cracked, "control": drawn.cracked, "labels": shuffled}
    accuracy = {
        name: float((network(drawn.photos).argmax(axis=1) == own[name]).mean()) for name, network in learned.items()
    }
    photos = unseen.photos[unseen.cracked == 1][:pictures]
    found = {"accuracy": accuracy}
    for method in questioned:
        maps = {name: METHODS[method](network, photos, [1] * len(photos)) for name, network in learned.items()}
        kept = np.ptp(maps["first"], axis=(1, 2)) > 0
        found[method] = {"empty": float(1 - kept.mean())}
        for other in ("control", "labels"):
            found[method][other] = compare(maps["first"][kept], maps[other][kept])
    return found


def compare(maps, others):
    """Mean rank correlation and mean share of common top pixels where the others are not empty, None if all are."""
    if not len(maps):
        return {"rank": None, "top": None, "empty": None}
    full = np.ptp(others, axis=(1, 2)) > 0
    measures = {"rank": rank_correlation, "top": top_intersection}
    means = {name: float(m(maps[full], others[full]).mean()) if full.any() else None for name, m in measures.items()}
    return means | {"empty": float(1 - full.mean())}


def main():
    """Do the seeds that are missing, and save after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, nargs="?", default=Path(__file__).with_name("randomized_labels.json"))
    path = parser.parse_args().results
    found = read_results(path, command="python datasets/randomize_labels.py")
    add_missing(path, found, found, {str(seed): partial(run, seed) for seed in range(SEEDS)})


if __name__ == "__main__":
    main()
