"""A worker of one process is asked to stop while it runs a task."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers import wait_until
from tests.support.sink import Sink
from tests.support.site import ROOT, Site
from tests.test_broker_transport import Relay

_SUBSCRIBE = """
from django.utils.timezone import now
from digest import tasks
from tests.support import factories
factories.paper("On alfalfa")
factories.subscriber("ada@example.org", "alfalfa", next_due_at=now())
tasks.plan.apply_async()
"""


@pytest.mark.slow
@pytest.mark.redis
def test_the_task_is_finished_first(tmp_path: Path, redis_url: str) -> None:
    relay, log = Relay(), tmp_path / "log"
    with Sink(dot=[relay.answer]) as sink, log.open("wb") as output:
        site = Site(
            tmp_path / "var", EMAIL_URL=f"smtp://127.0.0.1:{sink.port}", REDIS_URL=redis_url
        )
        site.run("migrate", "--verbosity=0")
        site.run("shell", "-c", _SUBSCRIBE)
        command = [sys.executable, "-m", "digest.runner.worker.solo_worker"]
        worker = subprocess.Popen(
            command, cwd=ROOT, env=site.environment, stdout=output, stderr=output
        )
        try:
            assert wait_until(relay.asked.is_set, 60), log.read_text()
            worker.terminate()
            assert wait_until(lambda: "Warm shutdown" in log.read_text(), 10)
            assert worker.poll() is None
            relay.go_on()
            assert worker.wait(30) == 0, log.read_text()
        finally:
            worker.kill()
            worker.wait()
        assert [recipient for recipient, _ in sink.accepted] == ["ada@example.org"]
        assert site.sql("SELECT state FROM digest_digest") == [("sent",)]
        assert "Traceback" not in log.read_text()
