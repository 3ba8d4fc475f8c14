"""The commands of compose.yaml, run with its environment from what the image holds."""

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import psycopg
import pytest

from tests.support import servers

from . import files

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]


class Containers:
    """Processes that run in `program` with what the image and compose.yaml set."""

    def __init__(self, program: Path, data: Path, **changed: str) -> None:
        self.program, self.port = program, servers.free_port()
        given = files.compose()["x-program"]["environment"]
        image = dict(
            pair.split("=", 1) for line in files.dockerfile("ENV") for pair in shlex.split(line)
        )
        del image["PATH"], image["PIP_DISABLE_PIP_VERSION_CHECK"], image["PIP_NO_CACHE_DIR"]
        self.environment = {
            **{name: value for name, value in given.items() if value},
            **image,
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "DATA_DIR": str(data),
            "SITE_URL": "https://localhost",
            "BIND": "127.0.0.1",
            "PORT": str(self.port),
            **changed,
        }

    def _start(self, name: str, log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            return subprocess.Popen(
                files.compose()["services"][name]["command"],
                cwd=self.program,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, name: str, log: Path) -> None:
        process = self._start(name, log)
        assert process.wait(120) == 0, log.read_text()

    @contextlib.contextmanager
    def running(self, name: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Run a service for the block; SIGTERM must end it within its grace period."""
        process = self._start(name, log)
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            assert process.returncode in (0, -signal.SIGTERM), log.read_text()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def healthy(self) -> bool:
        """Run the health check of the image."""
        (check,) = files.dockerfile("HEALTHCHECK")
        _, *arguments = json.loads(check.partition("CMD ")[2])
        here = [each.replace(":8000/", f":{self.port}/") for each in arguments]
        return not subprocess.run([sys.executable, *here], capture_output=True).returncode

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        request = Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urlopen(request, timeout=10) as reply:
                return reply.status, reply.read().decode()
        except URLError as wrong:
            return getattr(wrong, "code", 0), ""


def test_the_site_comes_up_from_what_the_image_holds(
    tmp_path: Path, postgres: str, redis_url: str
) -> None:
    program, data = tmp_path / "program", tmp_path / "data"
    program.mkdir()
    data.mkdir(mode=0o700)
    files.copy_as_the_image(program)
    before = sorted(program.rglob("*"))
    database = servers.new_database(postgres, "containers")
    site = Containers(program, data, DATABASE_URL=database, REDIS_URL=redis_url)

    site.run("migrate", tmp_path / "migrate.log")
    assert not site.healthy()
    with (
        site.running("web", tmp_path / "web.log"),
        site.running("worker", tmp_path / "worker.log"),
        site.running("scheduler", tmp_path / "scheduler.log"),
    ):
        assert servers.wait_until(site.healthy)
        assert site.get("/readyz")[0] == 200
        # As Caddy asks: the client's address and scheme are believed.
        forwarded = {
            "Host": "localhost",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "192.0.2.7",
        }
        status, page = site.get("/", **forwarded)
        assert status == 200
        assert 'name="email"' in page

        def heartbeats() -> set[str]:
            with psycopg.connect(database) as connection:
                rows = connection.execute("SELECT kind FROM digest_heartbeat").fetchall()
            return {str(kind) for (kind,) in rows}

        assert servers.wait_until(lambda: heartbeats() >= {"worker", "scheduler"}), (
            tmp_path / "worker.log"
        ).read_text()
    assert sorted(program.rglob("*")) == before
    assert (data / "secret_key").stat().st_mode & 0o777 == 0o600
