"""The course around the lessons: exercises and their check, how lessons are built and run, and the command `xailab`.

Lessons import check.check and progress.Progress from here; nothing in the other wings does. A new command is a module here
and a few lines in cli.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]  # of the checkout
