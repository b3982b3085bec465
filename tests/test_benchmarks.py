"""Every benchmark still runs, however little it measures here; `make bench` judges its ratios."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = sorted(path.stem for path in (Path(__file__).parent / "benchmarks").glob("bench_*.py"))


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_small_run_of_a_benchmark_measures_something(name, request):
    if name == "bench_grade":
        request.getfixturevalue("bubblewrap")
    rows = list(import_module(f"benchmarks.{name}").rows(small=True))
    assert rows and all(np.isfinite(ratio) and ratio > 0 for _, ratio, _ in rows)
    assert len({what for what, *_ in rows}) == len(rows)
