"""What a class takes of a server's memory while it runs: .venv/bin/python hosting/measure_memory.py, as root.

PSS shares out what several processes have in common, such as TensorFlow's code; summed, it is what is taken. USS is what
a process has for itself, and so what one more of its kind will take.
"""

from collections import defaultdict

import psutil

KINDS = {  # what stands in the command line of each kind of process; kernels are what servers have started
    "server": "bin/jupyterhub-singleuser",
    "proxy": "configurable-http-proxy",
    "culler": "jupyterhub_idle_culler",
    "hub": "bin/jupyterhub",
}


def measure():
    """{kind: [(PSS, USS) in bytes, …]} of the hub, what it needs, the students' servers and their kernels."""
    found = defaultdict(list)
    for process in psutil.process_iter():
        try:
            kind = kind_of(process) or ("kernel" if kind_of(process.parent()) == "server" else None)
            if kind:
                memory = process.memory_full_info()
                found[kind].append((memory.pss, memory.uss))
        except psutil.NoSuchProcess:
            continue
    return found


def kind_of(process):
    line = " ".join(process.cmdline()) if process else ""
    return next((kind for kind, mark in KINDS.items() if mark in line), None)


if __name__ == "__main__":
    print(f"{'what':<10}{'how many':>10}{'PSS, MB, all':>16}{'USS, MB, each':>16}")
    total = 0
    for kind, taken in measure().items():
        pss, uss = (sum(numbers) / 1e6 for numbers in zip(*taken))
        total += pss
        print(f"{kind:<10}{len(taken):>10}{pss:>16.0f}{uss / len(taken):>16.0f}")
    print(f"Together {total:.0f} MB")
