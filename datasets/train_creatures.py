"""Train ordinary and interpretable networks on rendered creatures, three seeds each, for the tables of lesson 07.

    python datasets/train_creatures.py [RESULTS.json]

Each network is measured on 800 pictures that it has not seen. A run that is in the file already is not done again, so an
interrupted call can be taken up. About 15 minutes on two cores.
"""

import argparse
import json
import time
from pathlib import Path

from tqdm import tqdm

from xailab._tensorflow import keras
from xailab.build import write
from xailab.creatures import creatures
from xailab.filters import weight_schedule
from xailab.twins import KINDS, measure, prepare, small_base, train, twin

SEEDS = 0, 1, 2
CASES = {
    "one species": {
        "data": {"species": ("fox",)},
        "pictures": 2000,
        "twin": {"loss_weight": 3e-4},
        "train": {"epochs": 8},
    },
}


def run(case, kind, seed):
    """Train and measure one network. Returns measure's dict with "seconds" of training."""
    about = CASES[case]
    shown, unseen = (creatures(count, seed=which, **about["data"]) for count, which in ((about["pictures"], 1), (800, 2)))
    keras.utils.set_random_seed(seed)
    network = twin(small_base(), len(about["data"]["species"]), kind, **about["twin"])
    start = time.perf_counter()
    train(network, prepare(shown.pictures), shown.labels, **about["train"])
    seconds = time.perf_counter() - start
    return {**measure(network, prepare(unseen.pictures), unseen.labels, unseen.landmarks), "seconds": round(seconds, 1)}


def main():
    """Do the runs that are missing, and save after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, nargs="?", default=Path(__file__).with_name("interpretable_cnn.json"))
    path = parser.parse_args().results
    results = json.loads(path.read_text()) if path.exists() else {}
    wanted = [(case, kind, seed) for case in CASES for seed in SEEDS for kind in KINDS]
    for case, kind, seed in tqdm(wanted, unit="network"):
        done = results.setdefault(case, {}).setdefault(kind, {})
        if str(seed) not in done:
            done[str(seed)] = run(case, kind, seed)
            write(path, json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
