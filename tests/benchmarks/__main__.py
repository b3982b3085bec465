"""Run every bench_*.py of this folder: print the ratios, and fail if one is above what is allowed."""

import sys
from importlib import import_module
from pathlib import Path

names = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
failed = False
for name in names:
    if sys.argv[1:] and name.removeprefix("bench_") not in sys.argv[1:]:
        continue
    for what, ratio, allowed in import_module(f"benchmarks.{name}").rows():
        verdict = "" if allowed is None else "ok" if ratio <= allowed else "TOO SLOW"
        failed |= verdict == "TOO SLOW"
        print(
            f"{what:<72}{ratio:>7.2f}  {'' if allowed is None else f'allowed {allowed:.2f}':<14}{verdict}", flush=True
        )
sys.exit(failed)
