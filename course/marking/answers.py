"""Answers on their way from a student's kernel, where they are tried, to the instructor's process, where they are judged.

What arrives is data and nothing else: numbers, texts, and dictionaries of them, in JSON. No pickle is ever read, and whatever
the student's side may send instead is no answer.
"""

import base64
import math

import numpy as np

from course.student.check import Attempt

_MOST_BYTES = 4_000_000  # in one result
_UNREADABLE = "something that is no array of numbers"


def pack(tried):
    """An Attempt as what JSON can hold."""
    return {
        "untried": bool(tried.untried),
        "trouble": tried.trouble,
        "touched": tried.touched,
        "results": [_pack(each) for each in tried.results],
    }


def unpack(packed):
    """The Attempt that was packed. Raises ValueError for anything else."""
    try:
        trouble, touched = packed["trouble"], packed["touched"]
        return Attempt(
            untried=packed["untried"] is True,
            trouble=None if trouble is None else str(trouble)[:2000],
            touched=None if touched is None else int(touched),
            results=tuple(_unpack(each) for each in packed["results"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(f"this is no answer ({type(error).__name__}).") from error


def _pack(value):
    if value is None or isinstance(value, (str, bool)):
        return {"plain": value}
    if isinstance(value, dict):
        return {"pairs": [[_plain_key(key), _pack(each)] for key, each in value.items()]}
    if value.dtype.kind in "biufcU" and value.nbytes <= _MOST_BYTES:
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"array": data, "dtype": value.dtype.str, "shape": list(value.shape)}
    return {"other": _UNREADABLE}


def _plain_key(key):
    if isinstance(key, tuple):
        return [each if isinstance(each, (str, int)) else _UNREADABLE for each in key]
    return key if isinstance(key, (str, int)) else _UNREADABLE


def _unpack(packed):
    if "plain" in packed:
        return packed["plain"] if isinstance(packed["plain"], (str, bool)) else None
    if "pairs" in packed:
        return {tuple(key) if isinstance(key, list) else key: _unpack(each) for key, each in packed["pairs"]}
    if "array" in packed:
        dtype, shape = np.dtype(str(packed["dtype"])), tuple(map(int, packed["shape"]))
        data = base64.b64decode(packed["array"])
        if dtype.kind not in "biufcU" or math.prod(shape) * dtype.itemsize != len(data):
            raise ValueError("an array that is none")
        return np.frombuffer(data, dtype).reshape(shape) if len(data) else np.empty(shape, dtype)
    return np.array([_UNREADABLE, None], dtype=object)  # nothing is equal to it
