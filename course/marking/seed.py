"""The seed of the hidden cases: one per report and one per hand-over, drawn once, so that nobody can know it before."""

import secrets

NAME = "seed.txt"


def hidden_seed(folder):
    """The seed that a folder keeps, or a new one, int; nothing is written. folder: Path. Raises ValueError for a damaged file."""
    file = folder / NAME
    try:
        return int(file.read_text()) if file.exists() else secrets.randbelow(2**31)
    except ValueError as error:
        raise ValueError(
            f"{file} holds no whole number: name another folder, or delete the file to draw a new one."
        ) from error
