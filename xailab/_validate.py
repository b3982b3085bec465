"""Checks of what callers hand in: one place, so that every function says what is wrong in the same words."""

import numpy as np


def check_photo(photo):
    """Return `photo` as an array if it is one uint8 RGB picture (H, W, 3); else raise ValueError."""
    photo = np.asarray(photo)
    if photo.ndim != 3 or photo.shape[-1] != 3 or 0 in photo.shape:
        raise ValueError(
            f"the photo has shape {photo.shape}: one RGB picture (height, width, 3) was expected.{_photo_help(photo)}"
        )
    if photo.dtype != np.uint8:
        raise ValueError(
            f"the photo has dtype {photo.dtype}: uint8 values from 0 to 255 were expected.{_dtype_help(photo)}"
        )
    return photo


def check_photos(photos):
    """Return `photos` as an array if it is a batch of uint8 RGB pictures (N, H, W, 3); else raise ValueError."""
    photos = np.asarray(photos)
    if photos.ndim != 4 or photos.shape[-1] != 3 or 0 in photos.shape:
        raise ValueError(
            f"the photos have shape {photos.shape}: a batch of at least one RGB picture (N, height, width, 3) was expected.{_photo_help(photos)}"
        )
    if photos.dtype != np.uint8:
        raise ValueError(
            f"the photos have dtype {photos.dtype}: uint8 values from 0 to 255 were expected.{_dtype_help(photos)}"
        )
    return photos


def _photo_help(array):
    if array.ndim == 3 and array.shape[-1] == 3 and 0 not in array.shape:
        return " For a single photo pass photo[None]."
    if array.ndim == 2:
        return " Turn a grey picture into RGB with np.stack([grey] * 3, axis=-1)."
    if array.ndim == 4 and len(array) == 1:
        return " Take the picture out of its batch with photos[0]."
    if array.ndim > 2 and array.shape[-1] == 4:
        return " Drop the alpha channel with photo[..., :3]."
    return ""


def _dtype_help(array):
    if np.issubdtype(array.dtype, np.floating) and np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1:
        return " Values from 0 to 1 become uint8 with (photo * 255).round().astype('uint8')."
    return " Photos are preprocessed inside the classifier: pass them as they were read."


def check_inputs(images):
    """Return `images` as float32 if it is a finite, non-empty batch (N, H, W, C) for a bare keras.Model; else raise ValueError."""
    images = np.asarray(images)
    if images.ndim != 4 or 0 in images.shape:
        hint = " For a single image pass image[None]." if images.ndim == 3 else ""
        raise ValueError(
            f"the images have shape {images.shape}: a batch of at least one image (N, height, width, channels) was expected.{hint}"
        )
    if not (np.issubdtype(images.dtype, np.number) or images.dtype == bool):
        raise ValueError(f"the images have dtype {images.dtype}: numbers were expected.")
    images = images.astype(np.float32, copy=False)
    if not np.isfinite(images).all():
        bad = np.flatnonzero(~np.isfinite(images).all(axis=(1, 2, 3)))
        raise ValueError(
            f"image {bad[0]} of the batch holds NaN or infinite values: clean it with np.nan_to_num, or find out where they come from."
        )
    return images


def check_targets(targets, count, classes):
    """Return `targets` as int32 (count,), or None for each image's top class; else raise ValueError or TypeError.

    targets: None, one class index for all images, or one index an image; -1 and the like do not count from the end.
    """
    if targets is None:
        return None
    array = np.asarray(targets)
    if array.dtype == bool or not np.issubdtype(array.dtype, np.integer):
        raise TypeError(
            f"targets are of type {array.dtype}: class indices (whole numbers from 0 to {classes - 1}) were expected. A label's index is labels.index('name')."
        )
    if array.ndim == 0:
        array = np.full(count, array)
    if array.shape != (count,):
        raise ValueError(
            f"targets have shape {array.shape} for {count} image(s): pass one class index, or one for each image."
        )
    if array.min() < 0 or array.max() >= classes:
        wrong = array[(array < 0) | (array >= classes)][0]
        raise ValueError(
            f"target {wrong} is out of range: the model has {classes} classes, numbered 0 to {classes - 1}."
        )
    return array.astype(np.int32)
