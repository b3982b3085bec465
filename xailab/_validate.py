"""Checks of what callers hand in: one place, so that every function says what is wrong in the same words."""

import numpy as np


def check_photo(photo):
    """Return `photo` as an array if it is one uint8 RGB picture (H, W, 3); else raise ValueError."""
    return _check_rgb(photo, 3, "the photo", "one RGB picture (height, width, 3)")


def check_photos(photos):
    """Return `photos` as an array if it is a batch of uint8 RGB pictures (N, H, W, 3); else raise ValueError."""
    return _check_rgb(photos, 4, "the batch of photos", "at least one RGB picture (N, height, width, 3)")


def _check_rgb(array, axes, name, expected):
    array = np.asarray(array)
    if array.ndim != axes or array.shape[-1] != 3 or 0 in array.shape:
        raise ValueError(f"{name} has shape {array.shape}: {expected} was expected.{_photo_help(array)}")
    if array.dtype != np.uint8:
        raise ValueError(
            f"{name} has dtype {array.dtype}: uint8 values from 0 to 255 were expected.{_dtype_help(array)}"
        )
    return array


def _photo_help(array):
    if array.ndim == 3 and array.shape[-1] == 3 and 0 not in array.shape:
        return " For a single photo pass photo[None]."
    if array.ndim == 2:
        return " Turn a grey picture into RGB with np.stack([grey] * 3, axis=-1)."
    if array.ndim > 2 and array.shape[-1] == 4:
        return " Drop the alpha channel with photo[..., :3]."
    if array.ndim == 4 and len(array) == 1:
        return " Take the picture out of its batch with photos[0]."
    return ""


def _dtype_help(array):
    if np.issubdtype(array.dtype, np.floating) and np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1:
        return " Values from 0 to 1 become uint8 with (photo * 255).round().astype('uint8')."
    return " Photos are preprocessed inside the classifier: pass them as they were read."


def check_heatmap(heatmap, image=None):
    """Return `heatmap` as float if it is one finite map (H, W), of the height and width of `image` if given; else raise.

    Whole numbers become float64, since -map of uint8 would turn the order around. Raises ValueError.
    """
    heatmap = np.asarray(heatmap)
    if heatmap.ndim != 2 or heatmap.size == 0:
        hint = " Take one map out of the batch with heatmap[0]." if heatmap.ndim == 3 else ""
        raise ValueError(f"the heat map has shape {heatmap.shape}: (height, width) was expected.{hint}")
    if heatmap.dtype.kind not in "biuf":
        raise ValueError(f"the heat map has dtype {heatmap.dtype}: real numbers were expected.")
    heatmap = heatmap if heatmap.dtype.kind == "f" else heatmap.astype(float)
    if not np.isfinite(heatmap).all():
        raise ValueError("the heat map holds NaN or infinite values: look at where it was computed.")
    if image is not None and np.shape(image)[:2] != heatmap.shape:
        raise ValueError(
            f"the heat map is {heatmap.shape} and the image {np.shape(image)[:2]}: both need the same height and width."
        )
    return heatmap


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


def check_table(table, *, columns=1):
    """Return a pandas DataFrame as float columns if it is complete and numeric, with at least `columns` columns; else raise.

    Raises TypeError for anything that is no DataFrame, ValueError for text, missing or infinite values, or too few columns.
    """
    import pandas  # here, because it takes a second to import

    if not isinstance(table, pandas.DataFrame):
        raise TypeError(
            f"the table is a {type(table).__name__}: a pandas DataFrame was expected, so that features have names. For one column "
            "pass table[['name']]; an array becomes one with pandas.DataFrame(array, columns=names)."
        )
    if table.shape[1] < columns or table.empty:
        alone = (
            " With a single feature there is nothing to tell apart: plot the answer against it." if columns > 1 else ""
        )
        raise ValueError(
            f"the table has shape {table.shape}: at least 1 row and {columns} feature(s) were expected.{alone}"
        )
    if not table.columns.is_unique:
        raise ValueError(
            f"the columns {sorted(set(table.columns[table.columns.duplicated()]))} appear twice: rename them."
        )
    words = [name for name, kind in table.dtypes.items() if not (pandas.api.types.is_numeric_dtype(kind))]
    if words:
        raise ValueError(
            f"the columns {words} hold no numbers: drop them with table.drop(columns={words}), or encode them, with pandas.get_dummies for instance: number the categories first."
        )
    numbers = table.astype(float)
    gaps = (~np.isfinite(numbers)).sum()
    gaps = gaps[gaps > 0]
    if len(gaps):
        counted = ", ".join(f"{name} has a missing or infinite value in {count} row(s)" for name, count in gaps.items())
        raise ValueError(f"{counted}: leave these rows out with table.dropna(), or fill them in first.")
    return numbers


def check_answers(answers, count):
    """Return what a model answered as float (count, outputs) if it is one finite row per input; else raise ValueError."""
    answers = np.asarray(answers)
    if answers.ndim == 1:
        answers = answers[:, None]
    if answers.ndim != 2 or len(answers) != count or not answers.shape[1]:
        raise ValueError(
            f"predict returned shape {answers.shape} for {count} inputs: ({count}, outputs), or one number a row, was expected."
        )
    if not np.issubdtype(answers.dtype, np.floating):
        raise ValueError(
            f"predict returned {answers.dtype}, as for names of classes, which lie on no scale: pass predict_proba instead, or "
            "turn real quantities into float."
        )
    if not np.isfinite(answers).all():
        raise ValueError(
            "predict returned NaN or infinite values: finite numbers were expected. Try it on the input itself."
        )
    return answers.astype(float)


def check_feature(table, feature):
    """Raise ValueError unless `feature` is a column of a checked table and takes at least two values."""
    if feature not in table.columns:
        raise ValueError(f"the table has no feature {feature!r}. It has {', '.join(map(str, table.columns))}.")
    if table[feature].nunique() < 2:
        raise ValueError(
            f"feature '{feature}' is {table[feature].iloc[0]:g} in every row: a constant has no effect to show. Drop the column."
        )
