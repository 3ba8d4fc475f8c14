"""README's section “For real” and the unit of its timer, executed as written, on three machines.

Each machine is a copy of the program in a folder of its own, with an empty DATA_DIR; they share the
environment, a PostgreSQL and a Redis. What differs from the text: `make setup` is a link to this
environment's .venv, gunicorn listens on a free port, /srv/paper-digest is the machine's folder,
createsuperuser asks nothing, and the test is the proxy with TLS.
"""

import contextlib
import http.client
import json
import os
import re
import shlex
import shutil
import subprocess
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from digest.management.sample_listings import write_samples
from tests.support import servers
from tests.support.journey import CSRF_TOKEN, MAIL_WITHIN, link, text_of
from tests.support.servers import wait_until
from tests.support.sink import Sink
from tests.support.site import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]

SECTION = re.search(r"^## For real\n(.*?)^## ", (ROOT / "README.md").read_text(), re.M | re.S)
assert SECTION
TEXT = SECTION[1]
PROGRAM = ("digest", "subscriptions", "templates", "manage.py")
HOST = "digest.example.org"


def found(pattern: str, text: str = TEXT) -> str:
    match = re.search(pattern, text, re.M)
    assert match, f"README's section has no {pattern}"
    return match[1]


STEP_2 = found(r"^2\. (In the environment:(?:.*\n)+?)3\.")
VARIABLES = set(re.findall(r"`([A-Z_]{8,})", STEP_2)) - {"DATA_DIR"}
NEW_SECRET = found(r"`(python3 -c '.*?')`", STEP_2)
MIGRATE, CREATE = re.findall(r"`([^`]+)`", found(r"^3\. (.*)$"))[1:]
WEB, WORKER, BEAT = (found(rf"^ +(\.venv/bin/.*{name}\b.*?)(?: +#.*)?$") for name in
                     ("gunicorn", "celery.*worker", "celery.*beat"))  # fmt: skip
ALL_IN_ONE = found(r"Or one machine, one process to watch: `([^`]+)`")
UNIT = found(
    r"^(ExecStart=.*)$",
    (ROOT / "deploy" / "systemd" / "paper-digest-doctor.service").read_text(),
)
CRONTAB = found(r"`(\*/5 .*?)` in a crontab")


class Machine:
    """The program in a folder of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.data = folder, folder / "var"
        folder.mkdir()
        for name in PROGRAM:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        (folder / ".venv").symlink_to((ROOT / ".venv").resolve())  # instead of make setup
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder)} | environment

    def run(self, command: str, code: int = 0, **more: str) -> str:
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=self.folder, env=self.environment | more,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == code, f"{command}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout

    @contextlib.contextmanager
    def running(self, command: str) -> Iterator[Path]:
        """The process while the block runs; its log."""
        log = self.folder.with_suffix(".log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                shlex.split(command), cwd=self.folder, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        try:
            yield log
            assert process.poll() is None, log.read_text()
        finally:
            process.terminate()
            process.wait(30)

    def files(self) -> set[str]:
        """What lies in its DATA_DIR, by its first folder."""
        return {path.relative_to(self.data).parts[0] for path in self.data.rglob("*")
                if path.is_file()}  # fmt: skip


class Proxy:
    """A browser, and the web server with TLS in front of gunicorn."""

    def __init__(self, port: int) -> None:
        self._port, self._cookies = port, SimpleCookie()
        self.page, self.where = "", "/"

    def ask(self, method: str, path: str, body: bytes = b"", **more: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        cookies = "; ".join(f"{each.key}={each.value}" for each in self._cookies.values())
        headers = {
            "Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7",
            "Cookie": cookies, "Referer": f"https://{HOST}{self.where}",
        } | more  # fmt: skip
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie", []):
            self._cookies.load(line)
        text = answer.read().decode()
        connection.close()
        if answer.status in (302, 303):
            return self.ask("GET", self._path(answer.headers["Location"]))
        self.where, self.page = path, unescape(text)
        return answer.status, text

    def open(self, address: str) -> str:
        status, _ = self.ask("GET", self._path(address))
        assert status == 200, self.page
        return self.page

    def press(self, to: str = "", /, **fields: str) -> str:
        secret = CSRF_TOKEN.search(self.page)
        assert secret, self.page
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": secret[1], **fields}).encode()
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        status, _ = self.ask("POST", to or self.where, data, **form)
        assert status == 200, self.page
        return self.page

    def _path(self, address: str) -> str:
        parts = urllib.parse.urlsplit(urllib.parse.urljoin(f"https://{HOST}{self.where}", address))
        assert parts.netloc == HOST
        return parts.path + (f"?{parts.query}" if parts.query else "")


def mail(sink: Sink, number: int) -> EmailMessage:
    """The mail with that number that arrived for Ada, counted from 1."""

    def arrived() -> list[bytes]:
        return [body for recipient, body in sink.accepted if recipient == "ada@example.org"]

    assert wait_until(lambda: len(arrived()) >= number, MAIL_WITHIN), sink.seen
    return message_from_bytes(arrived()[number - 1], policy=default)


def test_as_it_is_written(tmp_path: Path, postgres: str, redis_url: str) -> None:
    port = servers.free_port()
    with Sink() as sink, contextlib.ExitStack() as running:
        environment = {
            "SITE_URL": found(r"`SITE_URL=([^`]+)`"),
            "SECRET_KEY": subprocess.getoutput(NEW_SECRET),
            "SUPPRESSION_KEY": subprocess.getoutput(NEW_SECRET),
            "DATABASE_URL": servers.new_database(postgres, "for_real"),
            "REDIS_URL": redis_url,
            "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
            "MAIL_FROM": f"Paper Digest <digest@{HOST}>",
        }
        assert set(environment) == VARIABLES
        environment["TRUSTED_PROXIES"] = "127.0.0.1"
        web, worker, clock = (
            Machine(tmp_path / name, environment) for name in ("web", "worker", "clock")
        )
        web.run(MIGRATE)
        user = "--noinput --username=ada --email=ada@example.org"
        create = f"{MIGRATE.removesuffix('migrate')}{CREATE} {user}"
        web.run(create, DJANGO_SUPERUSER_PASSWORD="a long password")

        logs = [
            running.enter_context(web.running(WEB.replace(":8000", f":{port}"))),
            running.enter_context(worker.running(WORKER)),
            running.enter_context(clock.running(BEAT)),
        ]
        assert wait_until(lambda: servers.listens(port), 60), logs[0].read_text()
        assert Proxy(port).ask("GET", "/readyz")[0] == 200
        push(Proxy(port), web, tmp_path)
        subscribe(Proxy(port), sink)

        for machine in (web, worker, clock):
            look_after(machine)
        for log in logs:
            assert "Traceback" not in log.read_text(), log.read_text()
    # Mails leave from the worker's machine, and nothing else is in any folder.
    assert web.files() | clock.files() <= {"secret_key", "machine_id"}
    sending = {"replies", "epochs.json", "epochs.json.lock"}
    assert worker.files() <= {"secret_key", "machine_id"} | sending

    one = Machine(tmp_path / "one", environment | {"PORT": str(port)})
    with one.running(f"{MIGRATE.removesuffix('manage.py migrate')}{ALL_IN_ONE}") as log:
        assert wait_until(lambda: "Ctrl-C stops everything." in log.read_text(), 60)
        assert Proxy(port).ask("GET", "/readyz")[0] == 200


def push(proxy: Proxy, web: Machine, folder: Path) -> None:
    """Hand a listing in at the web server's machine; the worker's reads it."""
    printed = web.run(f"{MIGRATE.removesuffix('migrate')}sources --new-token lab")
    token = {"Authorization": f"Bearer {found(r'([A-Za-z0-9_-]{43})', printed)}"}
    listing = write_samples(folder, datetime.now(UTC).date())[0].read_bytes()
    status, text = proxy.ask("POST", "/api/dumps/?name=page.txt", listing, **token)
    assert status == 202, text
    address = urllib.parse.urlsplit(json.loads(text)["address"]).path

    def parsed() -> bool:
        printed = json.loads(proxy.ask("GET", address, **token)[1])
        assert printed["error"] == "", printed
        return bool(printed["state"] == "parsed" and printed["papers"] == 20)

    assert wait_until(parsed, MAIL_WITHIN), proxy.page


def subscribe(proxy: Proxy, sink: Sink) -> None:
    """Sign up, confirm, and ask for the last seven days."""
    assert "Patient Diffusion" in proxy.open("/")
    proxy.press("/subscribe/", email="ada@example.org", keywords="diffusion model")
    proxy.open(link(mail(sink, 1), "confirm"))
    proxy.press()
    proxy.press(found(r'action="(/preferences/[^"]+/sample/)"', proxy.page))
    assert "Patient Diffusion" in text_of(mail(sink, 2))


def look_after(machine: Machine) -> None:
    """The timer's service and the line of the crontab find all well."""
    start = UNIT.removeprefix("ExecStart=").replace("/srv/paper-digest", str(machine.folder))
    assert machine.run(start) == "All is well.\n"
    five, command = CRONTAB.replace("/srv/paper-digest", str(machine.folder)).split(" * * * * ")
    assert five == "*/5"
    # cron gives its jobs hardly any environment.
    lines = (f"{name}={value}" for name, value in machine.environment.items() if name.isupper())
    (machine.folder / ".env").write_text("\n".join(lines))
    cron = f"env -i PATH=/usr/bin:/bin HOME={machine.folder} /bin/sh -c {shlex.quote(command)}"
    assert machine.run(cron) == ""
