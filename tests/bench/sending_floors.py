"""Each part of sending measured alone, in one process: what a mail costs at least.

Prints milliseconds of the processor a mail: of this process, and of the database server.
"""

import json
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from time import process_time
from typing import Any

import django

from digest.simulation.process_costs import processor


class Floors:
    """Part -> seconds of the processor: of this process and, given its pid, of the server."""

    def __init__(self, server: int) -> None:
        self._server = server
        self.own: dict[str, float] = {}
        self.servers: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        own, server = process_time(), self._of_server()
        yield
        self.own[name] = self.own.get(name, 0.0) + process_time() - own
        self.servers[name] = self.servers.get(name, 0.0) + self._of_server() - server

    def _of_server(self) -> float:
        return processor(self._server) if self._server else 0.0


class Granted:
    """Grants every permit and records nothing."""

    def record_and_permit(
        self, _: Sequence[object], requests: Sequence[object]
    ) -> Collection[object]:
        return {each.mail for each in requests}  # type: ignore[attr-defined]

    def give_up(self, _: Any, error: Exception) -> None:
        raise error


def main(server: int) -> dict[str, list[float]]:
    """Send all that is due, part by part: [own, the server's] milliseconds a mail."""
    from django.utils import timezone

    from digest.mail.send_loop import MailOutcome, PermitRequest, send_all
    from digest.mail.transport import Envelope, Mail, Outcome, Result
    from digest.models import Digest
    from digest.paper_index import recent_papers
    from digest.rendering.digest_message import compose_digest, load_batch_data
    from digest.selection.active_keywords import active_keywords_of
    from digest.selection.contents import contents_of
    from digest.sending.claims import Claims
    from digest.sending.drain import open_transport
    from digest.sending.outcomes import OutcomeRecorder

    at, floors = timezone.now(), Floors(server)
    recent_papers(30, at.date())  # built once a day
    transport = open_transport()
    claims, recorder = Claims(transport.backends), OutcomeRecorder(timezone.now)
    mails: list[Mail] = []
    while True:
        with floors.part("claim"):
            digests = list(claims.next(at))
        if not digests:
            break
        with floors.part("contents"):
            keywords = active_keywords_of(digest.subscriber_id for digest in digests)
            found = contents_of(digests, keywords, at)
        with floors.part("freeze"):
            Digest.objects.freeze_all(list(zip(digests, found, strict=True)), at)
        digests = [digest for digest in digests if digest.entries]
        data = load_batch_data(digests, keywords)
        with floors.part("compose, cards the first time"):
            messages = [compose_digest(digest, data).message for digest in digests]
        with floors.part("compose, cards from the cache"):
            messages = [compose_digest(digest, data).message for digest in digests]
        mails += [
            Mail(Envelope("digest@example.org", digest.address), lambda held=message: held, digest)
            for digest, message in zip(digests, messages, strict=True)
        ]
    with floors.part("SMTP"):
        send_all(transport, iter(mails), Granted())
    transport.close()
    taken = Outcome(Result.ACCEPTED, "dot", 250, "2.0.0 ok")
    with floors.part("permit and SENT"):
        for start in range(0, len(mails), 20):
            some = mails[start : start + 20]
            recorder.record_and_permit([], [PermitRequest(mail, "smtp") for mail in some])
            recorder.record_and_permit([MailOutcome(mail, taken) for mail in some], [])
    sent = Digest.objects.filter(state="sent").count()
    assert sent == len(mails), f"{sent} of {len(mails)} are SENT"
    return {
        name: [1e3 * own / sent, 1e3 * floors.servers[name] / sent]
        for name, own in floors.own.items()
    }


if __name__ == "__main__":
    django.setup()
    print(json.dumps(main(int(sys.argv[1]))))
