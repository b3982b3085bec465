"""Explain a whole data set: batch by batch, on one processor or many, with every finished batch safe on disk."""

import hashlib
import inspect
import tempfile
import warnings
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from xailab._files import replacing

_IN_FLIGHT = 16  # batches handed to an executor at once: enough to keep it busy, few enough to hold in memory


def explain_dataset(explain, images, folder, *, targets=None, batch_size=32, executor=None, progress=True):
    """Explain all images, write each batch of maps into a folder as it is done, and take up there if called again.

    explain: function (images (n, H, W, C), targets) -> maps (n, H, W), such as functools.partial(grad_cam, model).
    images: array (N, H, W, C), also one on disk (np.memmap). folder: where the batches go; made if missing. One folder
    belongs to one set of images, one method with its options, and one network with its weights (a network that explain
    itself loads is not seen: after a training of that one take another folder). targets: None, one class index, or N of them.
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

    method = _fingerprint(explain)
    digests = {span: _digest(method, *inputs(span)) for span in spans}
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
            # First keep what is good.
            for future in sorted(finished, key=lambda future: future.exception() is not None):
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


def _digest(method, images, targets):
    """What a batch of maps was computed from: the method with its options and networks, the images and the targets."""
    about = f"{method} {images.dtype} {images.shape} {None if targets is None else targets.tolist()}"
    return hashlib.sha256(about.encode() + np.ascontiguousarray(images).tobytes()).hexdigest()


def _fingerprint(value):
    """What tells a method, an option or a network from another one, as text; a network by its layers and weights."""
    if isinstance(value, (str, bytes, int, float, complex, type(None), Path)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_fingerprint, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_fingerprint(value[key])}' for key in sorted(value, key=repr))}}}"
    if isinstance(value, partial):
        return f"{_fingerprint(value.func)}({_fingerprint(value.args)}, {_fingerprint(value.keywords)})"
    if hasattr(value, "get_weights"):
        return _fingerprint_of_network(value)
    if hasattr(value, "model") and hasattr(value, "preprocess"):
        return f"{_fingerprint(value.model)} of {_fingerprint(value.preprocess)}"
    if hasattr(value, "__array__"):
        array = np.ascontiguousarray(value)
        return f"{array.dtype}{array.shape}{hashlib.sha256(array.tobytes()).hexdigest()}"
    code = getattr(value, "__code__", None)
    if code is None:
        held = [each for each in getattr(value, "__dict__", {}).values() if _holds_a_network(each)]
        return f"{getattr(value, '__qualname__', type(value).__qualname__)} of {_fingerprint(held)}"
    body = f"{code.co_code.hex()}{code.co_consts}{code.co_names}" if value.__name__ == "<lambda>" else ""
    used = inspect.getclosurevars(value)
    held = [*used.nonlocals.values(), *used.globals.values(), getattr(value, "__self__", None)]
    networks = [each for each in held if isinstance(each, partial) or _holds_a_network(each)]
    return f"{value.__qualname__}{body}{_fingerprint(networks)}"


def _holds_a_network(value):
    return hasattr(getattr(value, "model", value), "get_weights") and not isinstance(value, type)


def _fingerprint_of_network(network):
    """The kinds of its layers, their settings but for names, and its weights; the same for one that was built again."""
    found = hashlib.sha256()
    for layer in getattr(network, "layers", ()):
        try:
            settings = {
                key: each for key, each in layer.get_config().items() if isinstance(each, (int, float, str, tuple))
            }
        except Exception:  # a layer of the user's own need not tell its settings
            settings = {}
        settings = {key: each for key, each in settings.items() if key not in ("name", "trainable")}
        found.update(f"{type(layer).__name__}{sorted(settings.items(), key=repr)}".encode())
    for array in network.get_weights():
        found.update(f"{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def _save(path, maps, digest):
    """Write one batch in one step: whoever interrupts finds the whole file or none."""
    try:
        with replacing(path, "wb") as file:
            np.savez(file, maps=maps, digest=digest)
    except OSError as error:
        raise OSError(
            f"{path.name} could not be written to {path.parent} ({error.strerror or error}). The batches before it are kept: make "
            "room, or see that you may write there, and call again to go on."
        ) from error


def _load(path, digest):
    """The maps of a batch that was done before, or None."""
    if not path.is_file():
        return None
    try:
        with np.load(path) as stored:  # the zip format carries a checksum of what is in it
            maps, found = stored["maps"], str(stored["digest"])
    except Exception as error:  # a flipped bit can make the readers of zip and NumPy raise almost anything
        warnings.warn(f"{path} is damaged ({type(error).__name__}): its images are explained again.", stacklevel=3)
        return None
    if found != digest:
        raise ValueError(
            f"{path} holds explanations of other images or targets, or by another method, other options or a network with other "
            "weights: choose an empty folder, or delete it."
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
