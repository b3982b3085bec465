"""A file written in one step: whoever interrupts, and whatever fails, finds the old file or the new one, never half of it."""

import os
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path, mode="w"):
    """An open file that takes the place of `path` when the block ends well, and leaves nothing when it does not.

    path: of the file, in a folder that is made if missing. mode: "w" for text in UTF-8, "wb" for bytes. Raises OSError for
    a place that cannot be written.
    """
    path = Path(path)
    part = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open(mode, encoding=None if "b" in mode else "utf-8") as file:
            yield file
        os.replace(part, path)
    finally:
        with suppress(OSError):  # where not even the folder is there, this must not hide why
            part.unlink()


def write_text(path, text):
    """Replace a file by a text. path: as in replacing. text: str."""
    with replacing(path) as file:
        file.write(text)
