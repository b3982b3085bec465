"""Kernels of notebooks that have TensorFlow in memory when they start: importing it takes longer than many lessons.

Each is forked from a process that has imported it and computed nothing, one such process per test worker.
"""

import multiprocessing
import os
import signal
from unittest import mock

from jupyter_client.provisioning import local_provisioner

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["ipykernel.kernelapp", "xailab._tensorflow"])


def warm_kernels():
    """A context in which whatever starts a kernel in this process, nbval or papermill, gets a warm one."""
    return mock.patch.object(local_provisioner, "launch_kernel", _Kernel)


class _Kernel:
    """What jupyter_client asks of a kernel's process: that part of subprocess.Popen."""

    stdin = stdout = stderr = None

    def __init__(self, command, env, cwd=None, **_):
        connection_file = command[command.index("-f") + 1]
        ready, says = _FORKS.Pipe(duplex=False)
        self._process = _FORKS.Process(target=_serve, args=(connection_file, env, cwd, says))
        self._process.start()
        ready.recv()
        self.pid = self._process.pid

    def poll(self):
        return self._process.exitcode

    def wait(self):
        self._process.join()
        return self.poll()

    def send_signal(self, number):
        os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)


def _serve(connection_file, environment, folder, says):
    """Be a notebook's kernel, in a process group of its own: jupyter_client signals the group."""
    os.setsid()
    says.send(None)
    os.environ.clear()
    os.environ.update(environment, JPY_PARENT_PID=str(os.getppid()))
    os.chdir(folder or ".")
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance(argv=["-f", connection_file])
