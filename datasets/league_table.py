"""Run lesson 11 with 100 pictures and 10 shuffled networks, and keep its league table as xailab/league_100.csv. Takes about ten minutes on two cores.

python datasets/league_table.py
"""

import tempfile
from pathlib import Path

import papermill

HERE = Path(__file__).resolve().parent
TABLE = HERE.parent / "xailab" / "league_100.csv"

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        lesson, copy = HERE.parent / "notebooks" / "11_judging_explanations.ipynb", Path(folder) / "lesson.ipynb"
        papermill.execute_notebook(lesson, copy, {"PICTURES": 100, "NETWORKS": 10, "TABLE": str(TABLE)}, cwd=HERE)
    print(TABLE.read_text())
