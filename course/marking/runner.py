"""In the sandbox: runs one student's notebook, cell by cell, and reports what each cell took and what was answered.

    python -m course.marking.runner LESSON SEED SECONDS MEMORY DESCRIPTOR < notebook.ipynb

A cell that fails or lasts too long is left behind, and the next one runs. The report goes to a file descriptor that the
kernel does not inherit, one line of JSON per event; what the notebook prints or draws is not kept.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter

# jsonschema would take a second of each start for a grammar of web addresses.
sys.modules["rfc3987_syntax"] = None

import nbformat  # noqa: E402
from nbclient import NotebookClient  # noqa: E402
from nbclient.exceptions import DeadKernelError  # noqa: E402

from course.marking import MIME  # noqa: E402

_MOST_PRINTED = 10_000_000  # letters per cell


class _AnswerCollector(NotebookClient):
    """Keeps the answers among a cell's outputs, and nothing else; a cell that prints for ever is interrupted."""

    def output(self, outs, msg, display_id, cell_index):
        content = msg["content"]
        if msg["msg_type"] == "display_data" and MIME in content.get("data", {}):
            self.report(cell=cell_index - 1, answer=content["data"][MIME])
        elif msg["msg_type"] == "stream":
            before = self.printed[cell_index]
            self.printed[cell_index] += len(content["text"])
            if before <= _MOST_PRINTED < self.printed[cell_index]:
                asyncio.ensure_future(self.km.interrupt_kernel())

    def handle_comm_msg(self, outs, msg, cell_index):
        """Widgets have nobody to talk to."""


def main(lesson, seed, seconds, memory, descriptor):
    """Run the notebook on standard input, and report. seconds: that one cell may take. memory: MB per process."""
    os.set_inheritable(int(descriptor), False)
    _limit(int(memory))
    notebook = nbformat.reads(sys.stdin.read(), as_version=4)
    start = f"from course.marking.recorder import record\nrecord({lesson!r}, {int(seed)})\ndel record"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(start))
    with open(int(descriptor), "w", encoding="utf-8") as file:

        def report(**event):
            file.write(json.dumps(event) + "\n")
            file.flush()

        began = {}

        def begin(cell, cell_index):
            began[cell_index] = time.perf_counter()

        def done(cell, cell_index, execute_reply):
            content = execute_reply["content"]
            error = f"{content.get('ename')}: {content.get('evalue')}"[:300] if content["status"] == "error" else None
            report(cell=cell_index - 1, seconds=time.perf_counter() - began[cell_index], error=error)

        client = _AnswerCollector(
            notebook,
            kernel_name="python3",  # whatever the student's machine called it
            timeout=int(seconds),
            startup_timeout=600,
            interrupt_on_timeout=True,
            allow_errors=True,
            store_widget_state=False,
            record_timing=False,
            shutdown_kernel="immediate",
            on_cell_execute=begin,
            on_cell_executed=done,
        )
        client.report, client.printed = report, Counter()
        try:
            client.execute(cwd=os.getcwd())
        except DeadKernelError:
            report(ended="the kernel ended", cell=max(began) - 1)
        else:
            report(ended="")


def _limit(memory):
    """Let no process of this tree take more memory than that, nor leave a core behind."""
    try:
        import resource
    except ImportError:  # Windows: the one who watches ends what takes too much
        return
    resource.setrlimit(resource.RLIMIT_DATA, (memory * 1_000_000,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(*sys.argv[1:])
