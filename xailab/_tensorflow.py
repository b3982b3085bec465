"""TensorFlow and Keras, imported without the log lines that their C++ half writes while it loads."""

import os
from contextlib import contextmanager


@contextmanager
def _silent_stderr():
    """Send file descriptor 2 nowhere for a while: the lines come from C++ and pass Python's sys.stderr by."""
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _silent_stderr():
    import keras
    import tensorflow as tf

__all__ = ["keras", "tf"]
