"""TensorFlow and Keras. In a notebook without the log lines that their C++ half writes while it loads.

A lesson would begin with them. A script keeps them, as its standard error belongs to whoever started it; how to be rid of
them there, TensorFlow's documentation says.
"""

import os
import sys
from contextlib import contextmanager, nullcontext


@contextmanager
def silent_stderr():
    """Send file descriptor 2 nowhere for a while: the lines come from C++ and pass Python's sys.stderr by."""
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


with silent_stderr() if "ipykernel" in sys.modules else nullcontext():  # there sys.stderr goes another way
    import keras
    import tensorflow as tf

__all__ = ["keras", "tf"]
