"""How the benchmarks measure."""

import time

import numpy as np


def seconds(*calls, rounds=7):
    """Median seconds of each call, in turns, so that whatever else the machine does slows all of them alike.

    rounds: how many; a single one counts traces, caches and allocations, too, and judges nothing.
    """
    for call in calls if rounds > 1 else ():
        call()  # traces, caches, allocations
    taken = np.zeros((rounds, len(calls)))
    for turn in range(rounds):
        for index, call in enumerate(calls):
            start = time.perf_counter()
            call()
            taken[turn, index] = time.perf_counter() - start
    return np.median(taken, axis=0)
