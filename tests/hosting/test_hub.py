"""The set-up for a class: the files fit each other; two students on a real hub work at once and do not get at each other's files."""

import configparser
import json
import os
import re
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
import yaml
from traitlets.config import PyFileConfigLoader

from course import ROOT

HOSTING = ROOT / "hosting"
HUB = ROOT / ".venv-hub" / "bin" / "jupyterhub"
README = (HOSTING / "README.md").read_text(encoding="utf-8")
HANGS = 300  # seconds after which something that does not happen is given up; nothing passes or fails by the clock
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LESSON = "notebooks/02_global_average_pooling.ipynb"


@pytest.fixture(scope="module")
def config():
    return PyFileConfigLoader("jupyterhub_config.py", path=str(HOSTING)).load_config()


@pytest.fixture(scope="module")
def values():
    return yaml.safe_load((HOSTING / "values.yaml").read_text(encoding="utf-8"))


def test_the_hub_listens_to_its_own_machine_only(config):
    assert config.JupyterHub.bind_url == "http://127.0.0.1:8000"


def test_who_comes_in_is_a_user_of_a_group(config):
    assert config.JupyterHub.authenticator_class == "pam" and "Authenticator" not in config
    assert "students" in config.PAMAuthenticator.allowed_groups
    assert config.PAMAuthenticator.admin_groups == {"instructors"}


def test_what_students_start_and_read_is_there(config):
    (start,) = config.Spawner.cmd
    assert Path(start) == HOSTING / "start-student"
    for name in ("start-student", "publish"):
        assert (HOSTING / name).stat().st_mode & stat.S_IXOTH
        subprocess.run(["sh", "-n", HOSTING / name], check=True)
    assert config.Spawner.environment["XAILAB_CACHE"] == str(ROOT / "datasets" / "cache")
    lesson = config.Spawner.default_url.removeprefix("/lab/tree/")
    assert (ROOT / lesson).exists()


def test_the_culler_may_do_what_it_does(config):
    (service,), (role,) = config.JupyterHub.services, config.JupyterHub.load_roles
    assert service["name"] in role["services"] and "delete:servers" in role["scopes"]


def test_the_unit_starts_this_hub():
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str
    unit.read(HOSTING / "jupyterhub.service")
    program, _, path = unit["Service"]["ExecStart"].split()
    for each, place in ((program, HUB), (path, HOSTING / "jupyterhub_config.py")):
        assert Path(each).relative_to("/opt/xailab") == place.relative_to(ROOT)
    assert unit["Service"]["WorkingDirectory"] == f"/var/lib/{unit['Service']['StateDirectory']}"


def test_server_and_cluster_give_a_student_the_same(config, values):
    student = values["singleuser"]
    assert student["memory"]["limit"] == config.Spawner.mem_limit
    assert student["cpu"]["limit"] == config.Spawner.cpu_limit
    assert f"--timeout={values['cull']['timeout']}" in config.JupyterHub.services[0]["command"]
    assert student["defaultUrl"] == config.Spawner.default_url.replace("notebooks", "lessons/notebooks")
    assert set(student["extraEnv"]) - {"XAILAB_LESSONS"} <= set(config.Spawner.environment)


def test_the_readme_names_the_limits_that_are_set(config):
    assert f"{config.Spawner.mem_limit.removesuffix('G')} GB" in README
    assert f"{config.Spawner.cpu_limit:g} cores" in README


def test_links_of_the_readme_are_there():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (HOSTING / target).exists(), target


def test_the_image_is_built_with_what_brings_the_lessons(values):
    build = (ROOT / "postBuild").read_text(encoding="utf-8")
    assert (ROOT / "postBuild").stat().st_mode & stat.S_IXUSR
    locked = re.search(r"^nbgitpuller==(\S+)", (HOSTING / "hub.lock").read_text(encoding="utf-8"), re.MULTILINE)[1]
    assert f"nbgitpuller=={locked}" in build
    assert "gitpuller" in values["singleuser"]["lifecycleHooks"]["postStart"]["exec"]["command"][-1]


@pytest.mark.parametrize("name", ["hub", "nbgrader", "otter"])
def test_locks_have_hashes_and_no_address(name):
    lock = (HOSTING / f"{name}.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9_.-]+==)", lock)[1:]
    assert len(blocks) > 50 and all("--hash=sha256:" in block for block in blocks)
    assert "://" not in lock and "--index" not in lock and "--find-links" not in lock
    wanted = re.findall(r"^([a-z-]+)", (HOSTING / f"{name}.in").read_text(encoding="utf-8"), re.MULTILINE)
    assert wanted and all(f"\n{each}==" in lock for each in wanted)


def test_published_lessons_hold_what_they_read_and_no_solutions(tmp_path):
    repository = tmp_path / "lessons.git"
    for said in ("published", "nothing new"):
        assert said in output_of(HOSTING / "publish", repository)
    names = git("--git-dir", repository, "ls-tree", "-r", "--name-only", "main").split()
    assert {name for name in names if not name.startswith("datasets/")} == {
        *(f"notebooks/{path.name}" for path in NOTEBOOKS),
        "solutions/GLOSSARY.md",
        *(f"solutions/{path.name}" for path in (ROOT / "solutions").glob("*.png")),
    }
    for path in NOTEBOOKS:
        assert set(re.findall(r"\.\./((?:datasets|solutions)/[\w.-]+)", path.read_text(encoding="utf-8"))) <= set(names)


def git(*arguments):
    return output_of("git", "-c", "user.name=Instructor", "-c", "user.email=instructor@localhost", *arguments)


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


# From here on a real hub.

TRIAL = """
load_subconfig({config!r})
c.JupyterHub.bind_url = "http://127.0.0.1:{public}"
c.JupyterHub.hub_port = {private}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy}"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = {token!r}
c.Authenticator.allowed_users = set({users!r})
c.JupyterHub.spawner_class = "localprocess"
c.Spawner.environment["XAILAB_LESSONS"] = {lessons!r}
culler = dict(c.JupyterHub.load_roles[0], name="trial-culler", services=["trial-culler"])
c.JupyterHub.services += [{{"name": "trial", "api_token": {token!r}}}, {{"name": "trial-culler", "api_token": {token!r}[::-1]}}]
c.JupyterHub.load_roles += [{{"name": "trial", "services": ["trial"], "scopes": [
    "admin:users", "admin:servers", "access:servers", "tokens"]}}, culler]
"""


class Hub:
    """A hub on this machine, and what its administrator may ask of it."""

    def __init__(self, address, token, folder, repository):
        self.address, self.token, self.folder, self.repository = address, token, folder, repository

    def ask(self, method, path, token=None, **more):
        import requests

        headers = {"Authorization": f"token {token or self.token}"}
        return requests.request(method, self.address + path, headers=headers, timeout=HANGS, **more)

    def start(self, user):
        assert self.ask("POST", f"/hub/api/users/{user}/server").status_code in (201, 202), self.log()
        wait_until(lambda: self.servers(user).get("", {}).get("ready"), self.log)

    def stop(self, user):
        self.ask("DELETE", f"/hub/api/users/{user}/server")
        wait_until(lambda: not self.servers(user), self.log)

    def servers(self, user):
        return self.ask("GET", f"/hub/api/users/{user}").json()["servers"]

    def read(self, user, path):
        answer = self.ask("GET", f"/user/{user}/api/contents/{path}")
        assert answer.status_code == 200, answer.text
        return nbformat.from_dict(answer.json()["content"])

    def log(self):
        return (self.folder / "hub.log").read_text(encoding="utf-8")

    def run(self, user, *cells):
        """Run cells in a new kernel of a user's server; returns what they printed. The kernel goes on."""
        import websocket
        from jupyter_client.session import Session

        wanted = {"name": "python3", "path": "notebooks"}
        kernel = self.ask("POST", f"/user/{user}/api/kernels", json=wanted).json()["id"]
        address = self.address.replace("http", "ws") + f"/user/{user}/api/kernels/{kernel}/channels"
        channel = websocket.create_connection(address, header=[f"Authorization: token {self.token}"], timeout=HANGS)
        printed = ""
        for cell in cells:
            message = Session(username=user).msg("execute_request", {"code": cell, "silent": False})
            asked = message["msg_id"]
            channel.send(json.dumps({**message, "channel": "shell"}, default=str))
            while True:
                got = json.loads(channel.recv())
                if got["parent_header"].get("msg_id") != asked:
                    continue
                assert got["msg_type"] != "error", "\n".join(got["content"]["traceback"])
                printed += got["content"].get("text", "") if got["msg_type"] == "stream" else ""
                if got["msg_type"] == "status" and got["content"]["execution_state"] == "idle":
                    break
        channel.close()
        return printed


def listening(user, program):
    """The TCP ports that a user's processes of this program listen on."""
    import psutil

    ports = set()
    for process in psutil.process_iter(["username", "cmdline"]):
        if process.info["username"] == user and program in " ".join(process.info["cmdline"]):
            ports |= {each.laddr.port for each in process.net_connections("tcp") if each.status == psutil.CONN_LISTEN}
    return ports


def wait_until(done, why):
    give_up = time.monotonic() + HANGS
    while not done():
        assert time.monotonic() < give_up, why()
        time.sleep(0.2)


def free_ports(number):
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports


def missing():
    """Why two students cannot be tried here, or None."""
    if not (ROOT / ".venv-hub" / "ready").exists():
        return "no .venv-hub: make hub"
    if shutil.which("configurable-http-proxy") is None:
        return "no configurable-http-proxy: npm install -g configurable-http-proxy"
    if os.geteuid() != 0:
        return "only root can start servers of two users"
    for python in (HUB.with_name("python"), ROOT / ".venv" / "bin" / "python"):
        try:
            subprocess.run([python, "-c", ""], user="nobody", cwd="/", check=True)
        except (OSError, subprocess.CalledProcessError):
            return f"other users cannot run {python}: course and Python must lie where all may read, such as /opt"
    return None


@pytest.fixture(scope="module")
def users():
    """Two users of the system, gone afterwards."""
    if reason := missing():
        pytest.skip(reason)
    names = [f"xailab-trial-{letter}-{secrets.token_hex(3)}" for letter in "ab"]
    try:
        for name in names:
            subprocess.run(["useradd", "--create-home", name], check=True)
        yield names
    finally:
        for name in names:
            subprocess.run(["userdel", "--remove", name], capture_output=True)


@pytest.fixture(scope="module")
def hub(users, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    repository = Path("/var/tmp") / f"{users[0]}.git"  # where the students can read it
    subprocess.run([HOSTING / "publish", repository], check=True, capture_output=True)
    public, private, proxy = free_ports(3)
    token, config = secrets.token_hex(16), str(HOSTING / "jupyterhub_config.py")
    places = {"public": public, "private": private, "proxy": proxy, "lessons": str(repository)}
    text = TRIAL.format(config=config, users=users, token=token, **places)
    (folder / "trial.py").write_text(text, encoding="utf-8")
    with (folder / "hub.log").open("w") as log:
        process = subprocess.Popen([HUB, "-f", folder / "trial.py"], cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    hub = Hub(f"http://127.0.0.1:{public}", token, folder, repository)
    try:
        wait_until(lambda: "JupyterHub is now running" in hub.log() or process.poll() is not None, hub.log)
        assert process.poll() is None, hub.log()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(hub.start, users))
        yield hub
        for user in users:
            hub.stop(user)
    finally:
        process.terminate()
        process.wait(HANGS)
        shutil.rmtree(repository)


def test_the_hub_understands_its_whole_config(hub):
    assert "not recognized" not in hub.log(), hub.log()


def test_two_students_run_a_lesson_at_once(hub, users):
    who = "import os, sys; print(os.getuid(), sys.executable, 'tensorflow' in sys.modules)"

    def learn(user):
        notebook = hub.read(user, "notebooks/03_cam_mnist.ipynb")
        cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        return hub.run(user, *cells[:3], who)  # as far as the untrained network

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(learn, users))
    uids = [Path(f"~{user}").expanduser().stat().st_uid for user in users]
    for printed, uid in zip(said, uids):
        assert f"{uid} {ROOT / '.venv' / 'bin' / 'python'} True" in printed


def test_a_student_cannot_read_what_another_has(hub, users):
    mine, other = users
    folder = Path(f"~{other}/lessons").expanduser()
    (port,) = listening(other, "jupyterhub-singleuser")
    for what in (
        f"open({str(folder / LESSON)!r})",
        f"__import__('os').listdir({str(folder)!r})",
        f"__import__('os').listdir({str(folder.parent)!r})",
    ):
        said = hub.run(mine, f"try:\n    {what}\nexcept PermissionError:\n    print('refused')")
        assert said == "refused\n"
    at_the_door = (
        "import os, requests\n"
        f"path = '/user/{other}/api/contents/{LESSON}'\n"
        "headers = {'Authorization': 'token ' + os.environ['JUPYTERHUB_API_TOKEN']}\n"
        f"for address in ('http://127.0.0.1:{port}', {hub.address!r}):\n"
        "    for given in ({}, headers):\n"
        "        print(requests.get(address + path, headers=given, allow_redirects=False).status_code)"
    )
    said = hub.run(mine, at_the_door).split()
    assert len(said) == 4 and set(said) <= {"302", "403", "404"}, said


def test_a_student_with_a_token_is_let_in_by_the_own_server_only(hub, users):
    for user in users:
        token = hub.ask("POST", f"/hub/api/users/{user}/tokens").json()["token"]
        answers = [hub.ask("GET", f"/user/{each}/api/contents/{LESSON}", token).status_code for each in users]
        assert [answer == 200 for answer in answers] == [each == user for each in users]


def test_kernels_talk_through_files_of_their_student(hub, users):
    """What a kernel says goes through sockets in a closed folder, not through ports that any user of the machine can read."""
    hub.run(users[0], "1")
    home = Path(f"~{users[0]}").expanduser()
    connections = [json.loads(path.read_text()) for path in (home / ".run").glob("kernel-*.json")]
    assert connections and all(each["transport"] == "ipc" for each in connections)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_kernel_that_wants_too_much_memory_is_told_so(hub, users):
    wants = "try:\n    bytearray(5 * 1024**3)\nexcept MemoryError:\n    print('no')"
    assert hub.run(users[0], wants) == "no\n"


def test_the_course_is_not_for_students_to_change(hub, users):
    tries = f"try:\n    open({str(ROOT / 'xailab' / 'new.py')!r}, 'w')\nexcept PermissionError:\n    print('refused')"
    assert hub.run(users[0], tries) == "refused\n"


def exercise_of(cell):
    return cell.metadata.get("id")


def test_a_new_start_keeps_the_students_work_and_brings_what_is_new(hub, users, tmp_path):
    user = users[0]
    notebook = hub.read(user, LESSON)
    mine = next(cell for cell in notebook.cells if exercise_of(cell) == "02.1")
    mine.source = mine.source.replace("return ...", "return inputs * outputs  # mine")
    saved = hub.ask("PUT", f"/user/{user}/api/contents/{LESSON}", json={"type": "notebook", "content": notebook})
    assert saved.status_code == 200
    instructor = tmp_path / "instructor"
    git("clone", "-q", hub.repository, instructor)
    for name, old, new in (
        (LESSON, "return ...", "return None  # the instructor's"),
        (LESSON, "## Summary", "## Summary, revised"),
        ("notebooks/01_convolution_arithmetic.ipynb", "## Summary", "## Summary, revised"),
    ):
        text = (instructor / name).read_text(encoding="utf-8")
        assert old in text
        (instructor / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    shutil.copy(instructor / LESSON, instructor / "notebooks" / "13_new.ipynb")
    git("-C", instructor, "add", "-A")
    git("-C", instructor, "commit", "-qm", "Revised")
    git("-C", instructor, "push", "-q", "origin", "main")
    hub.stop(user)
    hub.start(user)
    kept = hub.read(user, LESSON)
    assert next(cell for cell in kept.cells if exercise_of(cell) == "02.1").source == mine.source
    assert any("## Summary, revised" in cell.source for cell in kept.cells)
    brought = hub.read(user, "notebooks/01_convolution_arithmetic.ipynb")
    assert any("## Summary, revised" in cell.source for cell in brought.cells)
    assert hub.read(user, "notebooks/13_new.ipynb").cells


def test_a_start_without_the_lessons_in_reach_still_gives_a_server(hub, users):
    hub.stop(users[1])
    away = hub.repository.with_suffix(".away")
    hub.repository.rename(away)
    try:
        hub.start(users[1])
    finally:
        away.rename(hub.repository)
    assert hub.read(users[1], LESSON).cells


def test_memory_of_a_running_class_is_measured(hub, users):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda user: hub.run(user, "import xailab.cam"), users))
    said = output_of(sys.executable, HOSTING / "measure_memory.py")
    rows = {line.split("  ")[0]: line.split()[-3:] for line in said.splitlines() if line.split()[-1].isdigit()}
    assert {"hub", "proxy", "server", "kernel"} <= rows.keys(), said
    assert int(rows["server"][0]) >= 2 and all(int(number) > 0 for row in rows.values() for number in row)


def test_a_server_that_nobody_uses_is_stopped(hub, users, config):
    command = [each.replace("--timeout=3600", "--timeout=1") for each in config.JupyterHub.services[0]["command"][1:]]
    command = [HUB.with_name("python"), *command, "--cull-every=1", f"--url={hub.address}/hub/api"]
    environment = {**os.environ, "JUPYTERHUB_API_TOKEN": hub.token[::-1]}
    culler = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: not any(hub.servers(user) for user in users), hub.log)
    finally:
        culler.terminate()
        culler.wait()
    for user in users:
        assert Path(f"~{user}/lessons/{LESSON}").expanduser().exists()
