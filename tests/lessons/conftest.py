import re

import pytest


@pytest.fixture
def murmurs():
    """A function: what an executed notebook says that no reader should see, a list of the first 200 characters of each."""

    def find(notebook):
        found = []
        for output in (each for cell in notebook.cells for each in cell.get("outputs", [])):
            shown = output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))
            if output.output_type == "error" or output.get("name") == "stderr":
                found.append(shown or output.evalue)
            elif re.search(r"Warning|WARNING|\r|it/s|0x[0-9a-f]{6}|/home/|/tmp/|Not yet", shown):
                found.append(shown)
        return [each[:200] for each in found]

    return find
