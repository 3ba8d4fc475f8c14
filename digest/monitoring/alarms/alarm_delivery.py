"""Delivery of alarms from the process that raises them, because the queue's worker may be down.

Letters to operators are claimed, permitted and recorded like any other mail, so that several
processes send each once; only the connections are opened here. The relay of ALARM_URL is tried
first.
"""

import json
import logging
import time
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import httpx
from django.conf import settings
from django.db.models import F

from digest.ingest.sources.errors import CannotFetch
from digest.ingest.sources.http_connection import FAILURES, ConnectionRules, DeadlineTransport
from digest.mail.alarm_url import Webhook
from digest.mail.outbox import OutboxTransport
from digest.mail.routing.relay import Relay
from digest.mail.routing.router import open_directly
from digest.mail.send_loop import send_all
from digest.mail.transport import Transport
from digest.models import Alarm, Hold, Letter
from digest.sending.batch import letter_mails
from digest.sending.claims import Leases
from digest.sending.outcomes import OutcomeRecorder
from subscriptions.links import address
from subscriptions.suppression_key import check_key

log = logging.getLogger(__name__)

MOST_LETTERS = 50  # a turn
POST_SECONDS = 15.0
BACKOFF = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120)]


def send_alarms(at: datetime) -> int:
    """Call the webhook and send the letters that wait; return how many left."""
    # The webhook first: it takes POST_SECONDS at most, a relay may take ten minutes.
    return _post_waiting(at) + _send_letters(at)


def open_direct_transport(held: Collection[str] = ()) -> Transport:
    """Open a transport without rate limits and circuit breakers, and without backends in `held`."""
    relays = [relay for relay in settings.MAIL_RELAYS if relay.name not in held]
    first = [settings.ALARM_URL] if isinstance(settings.ALARM_URL, Relay) else []
    if not settings.MAIL_RELAYS and not first:
        return OutboxTransport(settings.OUTBOX_DIR)
    signer = settings.DKIM_SIGNER
    return open_directly(
        [*first, *(relays or settings.MAIL_RELAYS)], signer.sign if signer else None
    )


def _send_letters(at: datetime) -> int:
    held = Hold.objects.set_by_operator().held()
    alarms = Letter.objects.filter(purpose=Letter.Purpose.ALARM).not_held(held)
    if held.everything or not alarms.due(at).exists() or check_key():
        return 0
    transport = open_direct_transport(held.backends)
    try:
        with Leases() as leases:
            recorder = OutcomeRecorder(lambda: at, leases=leases)
            leases.add(letters := alarms.claim(at, MOST_LETTERS))
            send_all(transport, letter_mails(letters, at), recorder)
    finally:
        transport.close()
    return int(recorder.counts[Letter]["sent"])


def _post_waiting(at: datetime) -> int:
    hook = settings.ALARM_URL
    if not isinstance(hook, Webhook):
        return 0
    return sum(_post_claimed(hook, alarm, at) for alarm in Alarm.objects.to_post(at))


def _post_claimed(hook: Webhook, alarm: Alarm, at: datetime) -> bool:
    """Claim the alarm and call the webhook; a failure is tried again after BACKOFF."""
    delay = BACKOFF[min(alarm.post_attempts, len(BACKOFF) - 1)]
    mine = Alarm.objects.filter(pk=alarm.pk, posted_at=None, post_attempts=alarm.post_attempts)
    if not mine.update(post_attempts=F("post_attempts") + 1, post_after=at + delay):
        return False
    row = Alarm.objects.filter(pk=alarm.pk)
    if error := post_to_webhook(hook, alarm.kind, alarm.summary, alarm.details):
        row.update(post_error=error[:255])
        return False
    return bool(row.update(posted_at=at, post_error=""))


def post_to_webhook(hook: Webhook, kind: str, summary: str, details: Sequence[str]) -> str:
    """POST an alarm to the webhook as JSON; return what went wrong, "" if nothing.

    The field `text` is what chat services show. Redirects are not followed, and the body of the
    answer is not read.
    """
    content: dict[str, object] = {
        "service": settings.SITE_URL,
        "kind": str(kind),
        "summary": summary,
        "details": list(details),
        "url": address("admin:why-nothing"),
        "text": "\n".join([f"Paper Digest: {summary}", *details]),
    }
    # An operator chose this host, so a private network is allowed.
    rules = ConnectionRules(time.monotonic() + POST_SECONDS, frozenset({hook.host}))
    headers = {"Content-Type": "application/json"}
    try:
        with httpx.Client(transport=DeadlineTransport(rules), trust_env=False) as client:
            request = client.build_request(
                "POST", hook.url, content=json.dumps(content).encode(), headers=headers
            )
            answer = client.send(request, stream=True)
            answer.close()
    except (*FAILURES, CannotFetch, httpx.InvalidURL, UnicodeError) as wrong:
        # The exception's message may hold the address, which may hold a key.
        log.warning("The webhook of ALARM_URL cannot be called: %s.", type(wrong).__name__)
        return f"The webhook of ALARM_URL cannot be reached ({type(wrong).__name__})."
    if not answer.is_success:
        log.warning("The webhook of ALARM_URL answered %s.", answer.status_code)
        return f"The webhook of ALARM_URL answered {answer.status_code}."
    return ""
