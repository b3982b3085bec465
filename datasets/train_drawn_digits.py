"""Train the network that reads the digits drawn in lesson 03's interactive figure, and write its weights.

    python datasets/train_drawn_digits.py

The network of lesson 03 with ten classes and a third layer of 3 x 3 windows, trained on the course's 5,000 MNIST digits less
the thousand held out, each in eight versions (turned, shifted, scaled). Some four minutes of one core. Prints the share
of held-out digits that it reads, and writes xailab/models/digits.npz.
"""

from pathlib import Path

import numpy as np

from train_digits import fit, split, vary
from xailab._tensorflow import keras
from xailab.data import mnist
from xailab.models import digit_network

SEED, VERSIONS, EPOCHS = 0, 8, 8


def main():
    """Train, print the accuracy, write the weights as float16."""
    keras.utils.set_random_seed(SEED)
    digits, labels = mnist()
    digits = (digits[..., None] / 255).astype("float32")
    train, held_out = split(len(digits), SEED)
    versions = vary(digits[train], VERSIONS, 0.04, 0.08, 0.15)
    network = digit_network(weights=None)
    fit(network, versions, np.tile(labels[train], VERSIONS), EPOCHS)
    right = network.predict(digits[held_out], verbose=0).argmax(axis=1) == labels[held_out]
    print(f"{right.mean():.1%} of {len(right)} held-out digits are read")
    path = Path(__file__).parents[1] / "xailab" / "models" / "digits.npz"
    np.savez_compressed(path, *[values.astype(np.float16) for values in network.get_weights()])
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
