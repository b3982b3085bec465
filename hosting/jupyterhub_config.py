"""JupyterHub for a class on one server. README.md beside it says how to install, start and update it.

Everything that a class may want otherwise is in the first block.
"""

import math
import os
import sys
from pathlib import Path

COURSE = Path(__file__).resolve().parents[1]  # the checkout: one for all students, who may read but not change it
LESSONS = os.environ.get("XAILAB_LESSONS", "/srv/xailab/lessons.git")  # what students get a copy of: a repository
MEMORY = "4G"  # per student: the server, the largest lesson at its peak, and another one left open; see README.md
CPUS = 2.0  # per student
IDLE = 3600  # seconds without activity after which a student's server is stopped; its files stay
ADDRESS = "http://127.0.0.1:8000"  # for a web server with TLS in front of it; see README.md before you open it

c = get_config()  # noqa: F821, JupyterHub gives it
c.JupyterHub.bind_url = ADDRESS

# Who may come in: the system's users in the group "students"; those in "instructors" may also see and stop servers.
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {"students", "instructors"}
c.PAMAuthenticator.admin_groups = {"instructors"}

# Each student's server is a process of that user: start-student brings the lessons and starts it.
# systemd holds each server to its limits. Without systemd, start-student limits what each process may take.
c.JupyterHub.spawner_class = "systemd" if Path("/run/systemd/system").exists() else "localprocess"
c.SystemdSpawner.isolate_tmp = True
c.SystemdSpawner.disable_user_sudo = True
c.Spawner.cmd = [str(COURSE / "hosting" / "start-student")]
c.Spawner.args = [
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--MappingKernelManager.cull_idle_timeout=1800",  # seconds: a kernel whose page was closed gives its memory back
    "--KernelManager.transport=ipc",  # over TCP any user of the machine could read what a kernel says
]
c.Spawner.notebook_dir = "~/lessons"
c.Spawner.default_url = "/lab/tree/notebooks/00_start_here.ipynb"
c.Spawner.mem_limit = MEMORY
c.Spawner.cpu_limit = CPUS
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120
threads = str(math.ceil(CPUS))
c.Spawner.environment = {
    "XAILAB_LESSONS": LESSONS,
    "XAILAB_CACHE": str(COURSE / "datasets" / "cache"),  # weights and data: one copy, filled by `xailab fetch`
    "JUPYTER_PREFER_ENV_PATH": "1",  # the course's kernel, even where a student has another one
    "PYTHONDONTWRITEBYTECODE": "1",  # the course's folder is not theirs to write to
    **dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), threads),
}

# Servers that nobody uses are stopped.
c.JupyterHub.services = [
    {"name": "idle-culler", "command": [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE}"]}
]
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "services": ["idle-culler"],
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    }
]
