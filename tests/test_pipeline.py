"""One dump in, one mail out; run twice, still one; killed at any point, still one and none lost."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from digest.ingest import pipeline
from digest.mail.outbox import OutboxTransport, mails
from digest.mail_events.reconciliation import reconcile
from digest.models import Digest
from digest.sending import drain, planning
from subscriptions import signup
from tests.support.sink import TAKEN_SILENTLY, Sink
from tests.support.site import Site
from tests.support.stub_transport import fixed

NOON = datetime(2026, 11, 19, 12, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)


def listing(*titles: str, day: str = "Nov 20, 2026") -> bytes:
    """A dump of papers with these titles, in the layout of the daily pages."""
    head = f"new\n\nDaily Papers\n\n{day}\n"
    papers = [
        f"{title}\n\nWe study this and report what we found, at length.\n\n"
        f"  • 3 authors\n·\nNov 18 {number}\n"
        for number, title in enumerate(titles, 1)
    ]
    return "\n".join([head, *papers]).encode()


def take_in(data: bytes, at: datetime = NOON) -> None:
    assert pipeline.read(pipeline.receive(data, "page.txt", at=at), at=at).state == "parsed"


def turn(folder: Path, at: datetime) -> list[str]:
    """One turn of the pipeline; the outbox's texts, oldest first."""
    drain.reap(at)
    reconcile()
    planning.plan(at)
    drain.drain(OutboxTransport(folder), lambda: at)
    return [text_of(path.read_bytes()) for path in reversed(mails(folder))]


def text_of(message: bytes) -> str:
    body = message_from_bytes(message, policy=default).get_body(("plain",))
    assert body is not None
    return body.get_content()


def join(*keywords: str) -> None:
    asked = signup.SignUpRequest(keywords=keywords)
    person = signup.request("ada@example.org", asked, at=NOON, letter=False)
    signup.confirm(person.pk, at=NOON)


@pytest.mark.django_db
class TestOneProcess:
    def test_one_dump_in_one_mail_out(self, tmp_path: Path) -> None:
        join("diffusion model")
        take_in(listing("Diffusion models for maps", "Robots that knit"))
        texts = turn(tmp_path, MORNING)
        assert len(texts) == 1
        assert "Diffusion models for maps" in texts[0]
        assert "\r\ndiffusion model" in texts[0]
        assert "Robots" not in texts[0]

    def test_run_twice_still_one(self, tmp_path: Path) -> None:
        join("diffusion model")
        for _ in range(2):
            take_in(listing("Diffusion models for maps"))
            texts = [turn(tmp_path, MORNING + timedelta(minutes=m)) for m in range(3)][-1]
        assert len(texts) == 1

    def test_a_paper_is_sent_once_over_the_days(self, tmp_path: Path) -> None:
        join("diffusion model")
        take_in(listing("Diffusion models for maps"))
        turn(tmp_path, MORNING)
        take_in(
            listing("Diffusion models for maps", "A diffusion model of rain", day="Nov 21, 2026"),
            MORNING,
        )
        texts = turn(tmp_path, MORNING + timedelta(days=1))
        assert len(texts) == 2
        assert "rain" in texts[1]
        assert "maps" not in texts[1]

    def test_a_late_dump_is_not_lost(self, tmp_path: Path) -> None:
        join("diffusion model")
        turn(tmp_path, MORNING)
        take_in(listing("Diffusion models for maps", day="Nov 12, 2026"))
        assert "maps" in turn(tmp_path, MORNING + timedelta(days=1))[0]

    def test_a_dump_between_composing_and_sending_waits_a_day(self, tmp_path: Path) -> None:
        join("diffusion model")
        take_in(listing("Diffusion models for maps"))
        planning.plan(MORNING)
        digest = Digest.objects.claim(MORNING, 1)[0]
        fixed(digest, MORNING)
        take_in(listing("A diffusion model of rain", day="Nov 21, 2026"), MORNING)
        digest.release()
        first = turn(tmp_path, MORNING)[0]
        second = turn(tmp_path, MORNING + timedelta(days=1))[1]
        assert ("maps" in first, "rain" in first) == (True, False)
        assert ("maps" in second, "rain" in second) == (False, True)

    def test_nothing_matches_no_mail(self, tmp_path: Path) -> None:
        join("unlearning")
        take_in(listing("Robots that knit"))
        assert turn(tmp_path, MORNING) == []
        assert Digest.objects.get().state == "empty"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "var")
    site.run("migrate", "--verbosity=0")
    site.run("subscribe", "ada@example.org", "diffusion model", "--confirmed")
    page = tmp_path / "page.txt"
    page.write_bytes(listing("Diffusion models for maps"))
    site.run("ingest", str(page))
    return site


TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(hour=8)
LATER = TOMORROW + timedelta(days=1)


def deliver_at(site: Site, at: datetime, sink: Sink) -> dict[str, int]:
    relay = f"smtp://127.0.0.1:{sink.port}"
    return json.loads(site.run("deliver", "--json", "--at", at.isoformat(), EMAIL_URL=relay))


def killed_at(site: Site, command: str, sink: Sink, reached: threading.Event) -> None:
    """A delivery that dies while the server keeps it waiting at `command`."""
    relay = f"smtp://127.0.0.1:{sink.port}"
    process = site.start("deliver", "--at", TOMORROW.isoformat(), EMAIL_URL=relay)
    assert reached.wait(30), f"{command} was never reached"
    site.kill(process)


def waiting_sink(command: str) -> tuple[Sink, threading.Event]:
    """A server that leaves the first `command` without an answer, and an event: it came there."""
    reached, never = threading.Event(), threading.Event()

    def wait() -> str | None:
        reached.set()
        never.wait(30)
        return None

    script: dict[str, list[str | Callable[[], str | None] | None]] = {command: [wait]}
    return Sink(**script), reached


@pytest.mark.slow
@pytest.mark.parametrize("command", ["connect", "MAIL", "RCPT", "DATA"])
def test_killed_between_claim_and_dot_still_one_and_none_lost(site: Site, command: str) -> None:
    sink, reached = waiting_sink(command)
    with sink:
        killed_at(site, command, sink, reached)
        assert site.sql("SELECT state FROM digest_digest") == [("leased",)]
        assert deliver_at(site, TOMORROW, sink)["sent"] == 0
        site.lapse_leases()
        assert deliver_at(site, TOMORROW, sink)["sent"] == 1
        assert deliver_at(site, TOMORROW, sink)["sent"] == 0
    assert len(sink.accepted) == 1
    assert "Diffusion models for maps" in text_of(sink.accepted[0][1])


@pytest.mark.slow
def test_killed_before_the_reply_is_never_sent_again_and_the_papers_roll_on(site: Site) -> None:
    sink, reached = waiting_sink("dot")
    with sink:
        killed_at(site, "dot", sink, reached)
        site.lapse_leases()
        assert deliver_at(site, TOMORROW, sink)["sent"] == 0
        assert site.sql("SELECT state FROM digest_digest") == [("unknown",)]
        assert deliver_at(site, LATER, sink)["sent"] == 1
    assert [("Diffusion models for maps" in text_of(mail)) for _, mail in sink.accepted] == [True]


@pytest.mark.slow
def test_taken_without_a_reply_is_unknown(site: Site) -> None:
    with Sink(dot=[TAKEN_SILENTLY]) as sink:
        assert deliver_at(site, TOMORROW, sink)["unknown"] == 1
        assert deliver_at(site, TOMORROW, sink)["sent"] == 0
    assert len(sink.accepted) == 1


@pytest.mark.slow
def test_five_at_once_send_each_mail_once(site: Site) -> None:
    people = [f"p{number}@example.org" for number in range(40)]
    site.run("shell", "-c", MANY_PEOPLE.format(people=people))
    with Sink() as sink:
        relay = f"smtp://127.0.0.1:{sink.port}"
        command = ("deliver", "--at", LATER.isoformat())
        processes = [site.start(*command, EMAIL_URL=relay) for _ in range(5)]
        for process in processes:
            assert process.wait(120) == 0, process.communicate()[1]
            process.communicate()
    recipients = sorted(recipient for recipient, _ in sink.accepted)
    assert recipients == sorted([*people, "ada@example.org"])


MANY_PEOPLE = """
from django.utils.timezone import now
from subscriptions import signup
from subscriptions.models import Subscriber
for email in {people}:
    asked = signup.SignUpRequest(keywords=("diffusion",))
    person = signup.request(email, asked, at=now(), letter=False)
    signup.confirm(person.pk, at=now())
Subscriber.objects.update(confirmed_through_seq=0)
"""
