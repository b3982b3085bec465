"""Train ordinary and interpretable networks on rendered creatures, three seeds each, for the table of lesson 07.

    python datasets/train_creatures.py [RESULTS.json]

Each network is measured on 800 pictures that it has not seen. A run that is in the file already is not done again, so an
interrupted call can be taken up. About ten minutes on two cores.
"""

import argparse
import json
from pathlib import Path

from tqdm import tqdm

from xailab._tensorflow import keras
from xailab.course.build import write
from xailab.data import creatures
from xailab.filters import weight_schedule
from xailab.twins import KINDS, measure, prepare, small_base, train, twin

SEEDS = 0, 1, 2
CASES = {
    "one species": {
        "species": ("fox",),
        "negatives": 0.5,
        "pictures": 2000,
        "kinds": KINDS,
        "widths": (16, 32),
        "filters": 32,
        "loss weight": lambda epoch: 3e-4,
        "epochs": 8,
        "rate": lambda steps: 1e-3,
    },
    "three species": {  # the loss sets in when the filters have begun to prefer one species
        "species": ("fox", "hare", "deer"),
        "negatives": 0,
        "pictures": 4000,
        "kinds": ("ordinary", "filter loss with labels"),
        "widths": (16, 32, 48),
        "filters": 64,
        "loss weight": lambda epoch: 4e-4 if epoch >= 4 else 0,
        "epochs": 12,
        "rate": lambda steps: keras.optimizers.schedules.CosineDecay(2e-3, steps),
    },
}


def run(case, kind, seed):
    """Train and measure one network. Returns measure's dict."""
    about = CASES[case]
    species, negatives = about["species"], about["negatives"]
    shown, unseen = (
        creatures(about["pictures"], species, negatives=negatives, seed=1),
        creatures(800, species, negatives=negatives, seed=2),
    )
    keras.utils.set_random_seed(seed)
    network = twin(small_base(widths=about["widths"]), len(species), kind, filters=about["filters"])
    losses = kind.startswith("filter loss")
    callbacks = [weight_schedule(network.tops, about["loss weight"])] if losses else []
    rate = about["rate"](about["epochs"] * -(-about["pictures"] // 64))
    train(network, prepare(shown.pictures), shown.labels, epochs=about["epochs"], rate=rate, callbacks=callbacks)
    return measure(network, prepare(unseen.pictures), unseen.labels, unseen.landmarks)


def main():
    """Do the runs that are missing, and save after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, nargs="?", default=Path(__file__).with_name("interpretable_cnn.json"))
    path = parser.parse_args().results
    results = json.loads(path.read_text()) if path.exists() else {}
    wanted = [(case, kind, seed) for case in CASES for seed in SEEDS for kind in CASES[case]["kinds"]]
    for case, kind, seed in tqdm(wanted, unit="network"):
        done = results.setdefault(case, {}).setdefault(kind, {})
        if str(seed) not in done:
            done[str(seed)] = run(case, kind, seed)
            write(path, json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
