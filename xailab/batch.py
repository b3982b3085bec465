"""Explain a whole data set: batch by batch, on one processor or many, with every finished batch safe on disk."""

import hashlib
import os
import tempfile
import warnings
import zipfile
import zlib
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

_IN_FLIGHT = 16  # batches handed to an executor at once: enough to keep it busy, few enough to hold in memory


def explain_dataset(explain, images, folder, *, targets=None, batch_size=32, executor=None, progress=True):
    """Explain all images, write each batch of maps into a folder as it is done, and take up there if called again.

    explain: function (images (n, H, W, C), targets) -> maps (n, H, W), such as functools.partial(grad_cam, model).
    images: array (N, H, W, C), also one on disk (np.memmap). folder: where the batches go; made if missing. One folder
    belongs to one set of images, one method and its options. targets: None, one class index, or N of them.
    batch_size: images in a batch, and so in a file. progress: whether to show a bar.
    executor: any concurrent.futures executor, a Dask cluster's client.get_executor() among them; None works in turn in
    this process. The workers need no access to the folder. For other processes explain must be picklable, and load
    its model once in each (functools.cache) rather than carry it along.
    Returns float32 (N, H, W). Interrupted, it has lost only what was being computed; a batch file that was damaged is
    noticed and computed again, with a warning. Raises ValueError for arguments or maps that do not fit and for a folder
    that holds other explanations, OSError for one that cannot be written; what explain raises comes with a note on which
    images it was. Lesson 11.
    """
    folder, targets = Path(folder), _check(images, targets, batch_size)
    spans = [(start, min(start + batch_size, len(images))) for start in range(0, len(images), batch_size)]
    paths = {span: folder / f"images-{span[0]:06d}-{span[1] - 1:06d}.npz" for span in spans}
    _prepare(folder, set(paths.values()))

    def inputs(span):
        return np.asarray(images[slice(*span)]), None if targets is None else targets[slice(*span)]

    digests = {span: _digest(explain, *inputs(span)) for span in spans}
    maps = {span: _load(paths[span], digests[span]) for span in spans}
    missing = [span for span in spans if maps[span] is None]
    done = len(images) - sum(stop - start for start, stop in missing)
    with tqdm(total=len(images), initial=done, desc="explaining", unit="image", disable=not progress) as bar:
        for span, result in _run(explain, missing, inputs, executor):
            maps[span] = _check_maps(result, span, images)
            _save(paths[span], maps[span], digests[span])
            bar.update(span[1] - span[0])
    return np.concatenate([maps[span] for span in spans])


def _run(explain, spans, inputs, executor):
    """Yield (span, maps) as they come."""
    if executor is None:
        for span in spans:
            with _noting(span):
                result = explain(*inputs(span))
            yield span, result
        return
    left, waiting = iter(spans), {}
    try:
        while True:
            for span in islice(left, _IN_FLIGHT - len(waiting)):
                waiting[executor.submit(explain, *inputs(span))] = span
            if not waiting:
                return
            finished = wait(waiting, return_when=FIRST_COMPLETED).done
            for future in sorted(
                finished, key=lambda future: future.exception() is not None
            ):  # first keep what is good
                span = waiting.pop(future)
                with _noting(span):
                    result = future.result()
                yield span, result
    finally:
        for future in waiting:
            future.cancel()


@contextmanager
def _noting(span):
    """Say with an error which images it came from, and that what was done is kept."""
    try:
        yield
    except BaseException as error:
        error.add_note(
            f"This happened with images {span[0]} to {span[1] - 1}. Batches that were done are kept: "
            "call explain_dataset again with the same folder to go on."
        )
        raise


def _digest(explain, images, targets):
    """What a batch of maps was computed from: the images, the targets, the method's name and its plain options."""
    name = getattr(getattr(explain, "func", explain), "__qualname__", type(explain).__name__)
    options = getattr(explain, "keywords", {}).items()
    plain = sorted((key, value) for key, value in options if isinstance(value, (str, int, float, tuple, type(None))))
    about = f"{name} {plain} {images.dtype} {images.shape} {None if targets is None else targets.tolist()}"
    return hashlib.sha256(about.encode() + np.ascontiguousarray(images).tobytes()).hexdigest()


def _save(path, maps, digest):
    """Write one batch in one step: whoever interrupts finds the whole file or none."""
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, maps=maps, digest=digest)
            os.replace(part, path)
        finally:
            Path(part).unlink(missing_ok=True)
    except OSError as error:
        raise OSError(
            f"{path.name} could not be written to {path.parent} ({error.strerror or error}). The batches before it are kept: make "
            "room, or see that you may write there, and call again to go on."
        ) from error


def _load(path, digest):
    """The maps of a batch that was done before, or None."""
    if not path.exists():
        return None
    try:
        with np.load(path) as stored:  # the zip format carries a checksum of what is in it
            maps, found = stored["maps"], str(stored["digest"])
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError):
        warnings.warn(f"{path} is damaged: its images are explained again.", stacklevel=3)
        return None
    if found != digest:
        raise ValueError(
            f"{path} holds explanations of other images or targets, or by another method: choose an empty folder, or delete it."
        )
    return maps


def _prepare(folder, paths):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()  # better to know now than after the first batch
    except OSError as error:
        raise OSError(
            f"the folder {folder} cannot be written to ({error.strerror or error}): choose one that you own, on a disk with room."
        ) from error
    strange = sorted(set(folder.glob("images-*.npz")) - paths)
    if strange:
        raise ValueError(
            f"{folder} holds {strange[0].name}, which is no batch of these images: it was filled with another batch_size or "
            "another number of images. Pass the same ones, or choose an empty folder."
        )


def _check(images, targets, batch_size):
    """Targets as an array (N,) or None, if the arguments fit."""
    if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(f"batch_size is {batch_size!r}: a whole number of at least 1 was expected.")
    if np.ndim(images) != 4 or not len(images):
        raise ValueError(f"the images have shape {np.shape(images)}: at least one (N, H, W, C) was expected.")
    if targets is None:
        return None
    targets = np.asarray(targets)
    if targets.shape not in ((), (len(images),)):
        raise ValueError(f"targets have shape {targets.shape} for {len(images)} images: one for all, or one each.")
    return np.broadcast_to(targets, len(images))


def _check_maps(maps, span, images):
    maps, expected = np.asarray(maps, np.float32), (span[1] - span[0], *np.shape(images)[1:3])
    if maps.shape != expected or not np.isfinite(maps).all():
        raise ValueError(
            f"for images {span[0]} to {span[1] - 1} explain returned shape {maps.shape}: finite maps {expected} were expected."
        )
    return maps
