"""Train ordinary and interpretable networks on rendered creatures, five seeds each, for the tables of lesson 07.

    python datasets/train_creatures.py [RESULTS.json]

Each network is measured on 800 pictures that it has not seen. A run that is in the file already is not done again, so an
interrupted call can be taken up. About three quarters of an hour on one free core.
"""

import argparse
from pathlib import Path

import numpy as np
from tqdm import tqdm

from results import read_results, write_results
from xailab._tensorflow import keras
from xailab.cam import grad_cam
from xailab.data import PARTS, creatures
from xailab.filters import weight_schedule
from xailab.instability import location_instability, part_association, part_iou, peaks
from xailab.twins import measure, prepare, small_base, top_losses, train, twin

SEEDS = range(5)
RADII = 4, 6, 8  # pixels: of the round field of a marked cell, whose size the paper does not give
WEIGHTS = 3e-4, 0.03, 0.3, 3.0, 30.0  # of the filter loss without labels
SCALED = 0.03, 0.3, 3.0  # the same, times the mean of the maps' maxima, divided by the epoch: the paper's scale
LABELLED = 3e-5, 3e-4, 3e-3, 0.03, 0.3
SIZE = {"pictures": 2000, "epochs": 8, "rate": 1e-3, "widths": (16, 32), "filters": 32}


def labels(weight):
    return {"kind": "filter loss with labels", "weight": weight}


CASES = {
    "negatives without heads": {
        "ordinary": {"kind": "ordinary"},
        "masks only": {"kind": "masks only"},
        **{f"labels, {weight:g}": labels(weight) for weight in LABELLED},
        **{f"no labels, {weight:g}": {"kind": "filter loss", "weight": weight} for weight in WEIGHTS},
        **{
            f"paper's scale, {weight:g}": {"kind": "filter loss", "weight": weight, "scaled": True} for weight in SCALED
        },
    },
    "negatives keep their heads": {
        "ordinary": {"kind": "ordinary"},
        "masks only": {"kind": "masks only"},
        "labels, 0.0003": labels(3e-4),
    },
}
PICTURES = {
    "negatives without heads": {"heads": False},
    "negatives keep their heads": {"heads": True},
}
ABOUT = {"command": "python datasets/train_creatures.py", "pictures": PICTURES, "size": SIZE}


def run(case, row, seed):
    """Train and measure one network: a flat dict of the numbers of measure, overlap and pointing, and the loss in nats."""
    about = CASES[case][row]
    shown, unseen, chosen = (
        creatures(count, seed=start, **PICTURES[case]) for count, start in ((SIZE["pictures"], 1), (800, 2), (400, 3))
    )
    keras.utils.set_random_seed(seed)
    scaled = about.get("scaled", False)
    network = twin(small_base(widths=SIZE["widths"]), 1, about["kind"], filters=SIZE["filters"], scaled=scaled)
    more = (
        {"untrained grad-cam": grad_cam(network.predicts, *foxes(unseen))} if case == "negatives without heads" else {}
    )
    schedule = [weight_schedule(network.tops, fade(about))] if "weight" in about else []
    train(network, prepare(shown.pictures), shown.labels, epochs=SIZE["epochs"], rate=SIZE["rate"], callbacks=schedule)
    found = measure(network, prepare(unseen.pictures), unseen.labels, unseen.landmarks)
    del found["parts"], found["crowding"]
    found["loss"] = float(top_losses(network, prepare(unseen.pictures)).mean())
    return found | overlap(network, unseen) | pointing(network, unseen, chosen, more)


def fade(about):
    """The loss weight of an epoch, counted from 0."""
    return lambda epoch: about["weight"] / (epoch + 1 if about.get("scaled") else 1)


def foxes(drawn):
    """The pictures with a creature as the network takes them, and the class whose map is asked for."""
    return prepare(drawn.pictures[drawn.labels > 0]), 1


def overlap(network, unseen):
    """The paper's part interpretability and how many filters sit on each part, for each radius of a cell's disc."""
    maps = network.maps.predict(foxes(unseen)[0], batch_size=64, verbose=0)
    parts, found = unseen.parts[unseen.labels > 0], {}
    for radius in RADII:
        association = part_association(part_iou(maps, parts, (64, 64), radius=radius))
        best = np.where(association.max(axis=1) > 0, association.argmax(axis=1), len(PARTS))
        counts = np.bincount(best, minlength=len(PARTS) + 1).tolist()
        found[f"interpretability, {radius} pixels"] = float(association.max(axis=1).mean())
        found |= {f"filters on {part}, {radius} pixels": count for part, count in zip((*PARTS, "none"), counts)}
    return found


def on_parts(places, parts):
    """The share of places (N, C, 2) on each part and, last, on none: (C, 5)."""
    x, y = places.round().astype(int).clip(0, parts.shape[1] - 1).transpose(2, 0, 1)
    hit = parts[np.arange(len(parts))[:, None], y, x]
    return np.stack([(hit == part).mean(axis=0) for part in (*range(1, len(PARTS) + 1), 0)], axis=1)


def pointing(network, unseen, chosen, more):
    """How often filters and maps point at each part, and how steadily: all filters on average, the one that points at heads
    best on other pictures, Grad-CAM, and controls. `more`: further maps (N, 64, 64) by name."""
    there = unseen.labels > 0
    parts, landmarks = unseen.parts[there], unseen.landmarks[there]
    maps, others = (network.maps.predict(foxes(drawn)[0], batch_size=64, verbose=0) for drawn in (unseen, chosen))
    best = on_parts(peaks(others, (64, 64)), chosen.parts[chosen.labels > 0])[:, 0].argmax()
    centre = np.zeros((len(parts), 64, 64, 1))
    centre[:, 32, 32] = 1
    noise = np.random.default_rng(0).uniform(size=centre.shape)
    pointers = {"mean filter": maps, "best filter": maps[..., best : best + 1], "centre": centre, "random place": noise}
    heats = {"grad-cam": grad_cam(network.predicts, *foxes(unseen)), **more}
    pointers |= {name: heat[..., None] for name, heat in heats.items()}
    found = {}
    for name, each in pointers.items():
        shares = on_parts(peaks(each, (64, 64)), parts).mean(axis=0).tolist()
        found |= {f"{name} on {part}": share for part, share in zip((*PARTS, "none"), shares)}
        found[f"{name}, instability"] = float(location_instability(each, landmarks, (64, 64)).mean())
    return found


def main():
    """Do the runs that are missing, and save after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, nargs="?", default=Path(__file__).with_name("interpretable_cnn.json"))
    path = parser.parse_args().results
    runs = read_results(path, runs=[])["runs"]
    done = {(each["case"], each["row"], each["seed"]) for each in runs}
    wanted = [(case, row, seed) for seed in SEEDS for case, rows in CASES.items() for row in rows]
    for case, row, seed in tqdm([each for each in wanted if each not in done], unit="network"):
        runs.append({"case": case, "row": row, "seed": seed, **run(case, row, seed)})
        runs.sort(key=lambda each: (list(CASES).index(each["case"]), list(CASES[each["case"]]).index(each["row"])))
        write_results(path, {**ABOUT, "runs": runs})


if __name__ == "__main__":
    main()
