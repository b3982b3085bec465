"""Compare six ways to recognise the materials of lesson 08, over five seeds, and write the figures to a file.

    python datasets/compare_fine_tuning.py [FIGURES.json]

Each seed draws patches and first weights anew. LeNet-5 learns from scratch, in two versions; on VGG16's convolutions a
head learns alone; then, starting from that head, the last block, the blocks that Grad-CAM chooses, or all blocks go on
learning with it. A frozen block runs once, and its result is kept. Seconds are processor time, all cores together, and
count what a version needs from the photos on; so they do not depend on what else the machine does. Linear probes say how well
one linear layer reads the materials after each block of the trained network and of one with random filters, and what five-fold
cross-validation on the training patches says of the trained one. Seeds that the file holds already are not run again. About
fifteen minutes.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from course.author import build
from course.lessons.lesson_08.blocks import maps_of, part, untrained, with_head
from results import read_results, write_results
from xailab._tensorflow import keras
from xailab.cam import grad_cam_layers
from xailab.data import halves, materials
from xailab.models import lenet5, vgg16_base, vgg16_preprocess
from xailab.probes import linear_probe

SEEDS = range(5)
SIZE, SCRATCH_SIZE = (64, 115), (32, 58)  # height and width of a patch, for VGG16 and for LeNet-5
TRAIN, TEST = 10, 20  # patches a class
SCRATCH_EPOCHS, HEAD_EPOCHS, TUNING_EPOCHS = 20, 60, 5
HEAD_RATE, TUNING_RATE = 1e-3, 1e-5
ENOUGH = 0.6  # a block looks at the material if it has this share of its heat on the material's half


def compile_and_fit(network, optimizer, images, labels, epochs, batch_size):
    """Train a network on cross-entropy; returns the processor time in seconds."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(optimizer, loss, metrics=["accuracy"])
    start = time.process_time()
    network.fit(images, labels, batch_size=batch_size, epochs=epochs, verbose=0)
    return time.process_time() - start


def row(network, images, labels, seconds, trained):
    """What the table says of one version."""
    accuracy = float((network.predict(images, verbose=0).argmax(axis=1) == labels).mean())
    return {"accuracy": round(accuracy, 4), "trained": int(trained), "seconds": round(seconds, 1)}


def scratch(activation, optimizer, seed):
    """LeNet-5 from random weights, on small patches."""
    train, test = materials(SCRATCH_SIZE, train=TRAIN, test=TEST, seed=seed)
    keras.utils.set_random_seed(seed)
    network = lenet5((*SCRATCH_SIZE, 3), activation=activation)
    seconds = compile_and_fit(network, optimizer, train.images / 255, train.labels, SCRATCH_EPOCHS, 16)
    return row(network, test.images / 255, test.labels, seconds, network.count_params())


def probes(seed, *, train=TRAIN, test=TEST, size=SIZE):
    """What linear probes read after each block, five numbers each, 1 / 11 is chance.

    Returns {"linear": share of the test patches right, "untrained": the same with random filters, "folds": share right in
    five-fold cross-validation on the training patches}.
    """
    learn, prove = materials(size, train=train, test=test, seed=seed)
    photos, n = np.concatenate([learn.images, prove.images]), len(learn.labels)
    folds, found = np.arange(n) % 5, {"linear": [], "untrained": [], "folds": []}
    for name, base in (("linear", vgg16_base(size)), ("untrained", untrained(size, seed))):
        for maps in [*maps_of(base, photos, name).values()][1:]:
            rows = maps.mean(axis=(1, 2))
            right = linear_probe(rows[:n], learn.labels).score(rows[n:], prove.labels)
            found[name].append(round(float(right), 4))
            if name == "linear":
                found["folds"].append(round(float(cross_validated(rows[:n], learn.labels, folds)), 4))
    return found


def cross_validated(rows, labels, folds):
    """Share right where each fold is answered by a probe that has learnt from the others."""
    said = np.zeros(len(labels), int)
    for fold in np.unique(folds):
        held = folds == fold
        said[held] = linear_probe(rows[~held], labels[~held]).predict(rows[held])
    return np.mean(said == labels)


def heat_by_block(classifier, pictures, seed, pairs=4):
    """Share of each block's heat that lies on the half of the class asked for: five numbers, 0.5 is chance."""
    photos, targets, masks = halves(pictures, pairs=pairs, seed=seed)
    shares = {block: [] for block in range(1, 6)}
    for name, maps in grad_cam_layers(classifier, photos, targets).items():
        total = maps.sum(axis=(1, 2))
        shares[int(name[5])].append((maps * masks).sum(axis=(1, 2)) / np.where(total > 0, total, 1))
    return [float(np.mean(values)) for values in shares.values()]


def transfer(seed):
    """The four versions on VGG16's convolutions. Returns (rows, shares of the heat by block, first block chosen)."""
    train, test = materials(SIZE, train=TRAIN, test=TEST, seed=seed)
    keras.utils.set_random_seed(seed)
    base = vgg16_base(SIZE)
    maps, seconds_to = {0: np.asarray(vgg16_preprocess(train.images))}, {0: 0.0}
    tests = {0: np.asarray(vgg16_preprocess(test.images))}
    for block in range(1, 6):
        network, start = part(base, block, block), time.process_time()
        maps[block] = network.predict(maps[block - 1], verbose=0)
        seconds_to[block] = seconds_to[block - 1] + time.process_time() - start
        tests[block] = network.predict(tests[block - 1], verbose=0)
    head = keras.Sequential(
        [keras.Input(maps[5].shape[1:]), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(len(train.names))]
    )
    head_seconds = compile_and_fit(head, keras.optimizers.Adam(HEAD_RATE), maps[5], train.labels, HEAD_EPOCHS, 32)
    head_seconds += seconds_to[5]
    rows = {"features": row(head, tests[5], test.labels, head_seconds, head.count_params())}
    start = time.process_time()
    classifier = with_head(base, head, train.names)
    shares = heat_by_block(classifier, train, seed)
    map_seconds = time.process_time() - start
    chosen = min(build.functions("08")["first_block"](shares, ENOUGH), 5)  # the last block at least
    before = base.get_weights(), head.get_weights()
    for name, first in {"last block": 5, "chosen by Grad-CAM": chosen, "all blocks": 1}.items():
        base.set_weights(before[0])
        head.set_weights(before[1])
        network = keras.Sequential([keras.Input(maps[first - 1].shape[1:]), part(base, first, 5), head])
        adam = keras.optimizers.Adam(TUNING_RATE)
        seconds = head_seconds + compile_and_fit(network, adam, maps[first - 1], train.labels, TUNING_EPOCHS, 16)
        if name == "chosen by Grad-CAM":
            seconds += map_seconds
        rows[name] = row(network, tests[first - 1], test.labels, seconds, network.count_params())
    return rows, shares, chosen


def compare(seed):
    """The six versions and the shares of the heat, for one seed."""
    rows = {
        "scratch, tanh and SGD": scratch("tanh", keras.optimizers.SGD(0.01), seed),
        "scratch, ReLU and Adam": scratch("relu", keras.optimizers.Adam(0.001), seed),
    }
    more, shares, chosen = transfer(seed)
    return {"heat": [round(share, 4) for share in shares], "first block": chosen, "rows": rows | more}


def table(runs):
    """The figures as lesson 08 shows them, in Markdown."""
    lines = [
        "| version | test patches right, five seeds | mean | weights trained | processor seconds |",
        "|---|---|---|---|---|",
    ]
    for name in runs[0]["rows"]:
        rows = [run["rows"][name] for run in runs]
        accuracies = [100 * one["accuracy"] for one in rows]
        weights = sorted({one["trained"] for one in rows})
        cells = [
            name,
            " · ".join(f"{value:.1f}" for value in accuracies),
            f"{np.mean(accuracies):.1f} %",
            " or ".join(f"{count:,}" for count in weights),
            f"{np.mean([one['seconds'] for one in rows]):.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments=None):
    """Run what the file lacks, write it in one step after each part and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures", nargs="?", type=Path, default=Path(__file__).with_name("fine_tuning.json"))
    target = parser.parse_args(arguments).figures
    beginning = {"command": "python datasets/compare_fine_tuning.py", "runs": {str(seed): {} for seed in SEEDS}}
    figures = read_results(target, **beginning)
    runs = figures["runs"]
    for seed in tqdm(SEEDS, desc="seeds", unit="seed"):
        for missing, make in (("folds", probes), ("rows", compare)):
            if missing not in runs[str(seed)]:
                runs[str(seed)] |= make(seed)
                write_results(target, figures)
    print(table([*runs.values()]))


if __name__ == "__main__":
    main()
