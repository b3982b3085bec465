"""Standard error sent nowhere while a C++ library loads: what it writes passes Python's sys.stderr by."""

import os
from contextlib import contextmanager


@contextmanager
def silent_stderr():
    """Send file descriptor 2 nowhere for a while; for a process that is the course's own, or a notebook's."""
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
