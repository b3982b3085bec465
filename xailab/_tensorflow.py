"""TensorFlow and Keras. In a notebook without the log lines that their C++ half writes while it loads.

A lesson would begin with them. A script keeps them: its standard error belongs to whoever started it.
"""

import sys
from contextlib import nullcontext

from xailab._quiet import silent_stderr

with silent_stderr() if "ipykernel" in sys.modules else nullcontext():  # there sys.stderr goes another way
    import keras
    import tensorflow as tf

__all__ = ["keras", "tf"]
