"""What the scripts here find, kept in a file of JSON and written after each piece: called again, they go on where they stopped."""

import json

from tqdm import tqdm

from xailab._files import write_text


def read_results(path, **beginning):
    """The results that a file holds, dict; where there is no file yet, what they begin with."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else beginning


def write_results(path, results):
    """Replace a file of results in one step."""
    write_text(path, json.dumps(results, indent=1) + "\n")


def add_missing(path, results, part, pieces):
    """Make the pieces that are missing, and write the file after each.

    path: of the file. results: all that it holds. part: the results themselves, or the dictionary in them that the pieces
    belong to. pieces: {key, str: function that makes the piece}.
    """
    for key in tqdm([key for key in pieces if key not in part]):
        part[key] = pieces[key]()
        write_results(path, results)
