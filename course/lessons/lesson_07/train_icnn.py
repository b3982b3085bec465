"""The long run: VGG16, ordinary and interpretable, on photographs whose parts people have marked."""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from xailab._files import write_text
from xailab._tensorflow import keras
from xailab.data import READERS, square
from xailab.filters import weight_schedule
from xailab.models import vgg16_gap
from xailab.twins import measure, train, twin

KINDS = "ordinary", "filter loss with labels"
_RATES = 1e-4, 1e-5  # the learning rate falls from the first to the last, evenly in its logarithm
_BATCH = 32


def run(data, path, folder, *, negatives=None, epochs=50, limit=None, loss_weight=1e-5, seed=0):
    """Train both kinds, measure them, and print a table in the paper's form.

    data: a name of READERS. path: its folder or archive. folder: where checkpoints and results go; called again with the
    same one, an interrupted run goes on after its last epoch, and a kind that is done is not trained again. negatives: folder
    of photographs without the objects; with them all categories count as one, as in the paper's single-category tables.
    epochs: passes over the pictures. limit: so many pictures of objects. loss_weight: of the filter loss in the first epoch; it
    falls as 1 / epoch, as in the authors' release. Returns {kind: measure's dict}.
    Raises FileNotFoundError for missing data, ValueError for a folder of another run. Lesson 07.
    """
    settings = {"data": data, "epochs": epochs, "limit": limit, "loss_weight": loss_weight, "seed": seed}
    settings |= {"negatives": None if negatives is None else str(negatives)}
    folder = Path(folder)
    file = folder / "results.json"
    saved = json.loads(file.read_text()) if file.exists() else {"settings": settings}
    if saved["settings"] != settings:
        raise ValueError(f"{folder} holds a run with other settings, {saved['settings']}: choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    write_text(file, json.dumps(saved, indent=1) + "\n")
    pictures, labels, landmarks, test = _together(READERS[data](path, limit=limit, seed=seed), negatives, seed)
    for kind in KINDS:
        if kind not in saved:
            network = _train(
                pictures[~test], labels[~test], kind, folder / kind.replace(" ", "_"), epochs, loss_weight, seed
            )
            saved[kind] = measure(network, pictures[test], labels[test], landmarks[test])
            write_text(file, json.dumps(saved, indent=1) + "\n")
    results = {kind: saved[kind] for kind in KINDS}
    print(table(data, results))
    return results


def table(data, results):
    """The results of both kinds as the paper prints them: ordinary -> interpretable."""
    rows = [f"{data:<24}{'ordinary -> interpretable':>28}"]
    for name, digits in (
        ("instability", ".3f"),
        ("accuracy", ".2%"),
        ("dead", ".0%"),
        ("centre of the picture", ".3f"),
    ):
        before, after = (format(results[kind][name], digits) for kind in KINDS)
        rows.append(f"{name:<24}{f'{before} -> {after}':>28}")
    return "\n".join(rows)


def vgg16_twin(categories, kind, loss_weight):
    """VGG16 trained on ImageNet up to block5_conv2, then two top convolutions of 512 filters; the first starts as block5_conv3."""
    vgg = vgg16_gap().model
    lower = keras.Model(vgg.input, vgg.get_layer("block5_conv2").output)
    photo = keras.Input((224, 224, 3))
    base = keras.Model(photo, lower(photo[..., ::-1] - np.array([103.939, 116.779, 123.68], np.float32)))
    network = twin(base, categories, kind, filters=512, loss_weight=loss_weight)
    for ours, theirs in zip((network.tops[0].kernel, network.tops[0].bias), vgg.get_layer("block5_conv3").weights):
        ours.assign(theirs)
    return network


def _train(pictures, labels, kind, checkpoints, epochs, loss_weight, seed):
    keras.utils.set_random_seed(seed)
    network = vgg16_twin(int(labels.max()), kind, loss_weight)
    steps = epochs * -(-len(pictures) // _BATCH)
    rate = keras.optimizers.schedules.ExponentialDecay(_RATES[0], steps, _RATES[1] / _RATES[0])
    bar = tqdm(total=epochs, desc=kind, unit="epoch")

    def count(epoch, logs):
        bar.update(epoch + 1 - bar.n)
        bar.set_postfix(accuracy=f"{logs['accuracy']:.3f}")

    callbacks = [keras.callbacks.BackupAndRestore(checkpoints, double_checkpoint=True)]
    callbacks += [keras.callbacks.LambdaCallback(on_epoch_end=count)]
    if kind != "ordinary":
        callbacks += [weight_schedule(network.tops, lambda epoch: loss_weight / (epoch + 1))]
    with bar:
        train(network, pictures, labels, epochs=epochs, rate=rate, batch=_BATCH, callbacks=callbacks)
    return network


def _together(marked, negatives, seed):
    """Pictures, labels, landmarks and who is held out, with the negatives in; then all categories are one."""
    if negatives is None:
        return marked.pictures, marked.labels, marked.landmarks, marked.test
    files = sorted(file for file in Path(negatives).rglob("*") if file.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if not files:
        raise FileNotFoundError(
            f"{negatives} holds no .jpg or .png: a folder of photographs without the objects was expected."
        )
    draw = np.random.default_rng(seed)
    chosen = draw.permutation(len(files))[: len(marked.pictures)]
    others = np.zeros((len(chosen), *marked.pictures.shape[1:]), np.uint8)
    for row, index in enumerate(tqdm(chosen, desc="negatives", disable=len(chosen) < 100)):
        with Image.open(files[index]) as photo:
            others[row] = square(np.asarray(photo.convert("RGB")), others.shape[1])
    nowhere = np.full((len(others), *marked.landmarks.shape[1:]), np.nan)
    return (
        np.concatenate([marked.pictures, others]),
        np.concatenate([np.ones(len(marked.labels), int), np.zeros(len(others), int)]),
        np.concatenate([marked.landmarks, nowhere]),
        np.concatenate([marked.test, draw.random(len(others)) < marked.test.mean()]),
    )
