"""What became of the promises: every row against every mail that the sink took."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from digest.mail.mime.composer import derived_message_id
from digest.models import Digest, Letter, Paper, State
from digest.models.outgoing import ACTIVE
from subscriptions.models import Subscriber, Suppression, address_hash

from .people import wanted
from .worker import BROKEN
from .worker_pool import WorkerTotals

SAMPLE = 5  # of the things found wrong


def count(record: Path, log: Path, totals: WorkerTotals, days: int) -> dict[str, Any]:
    """The table of a simulation. `wrong`: sentences, none where every promise was kept."""
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    mails = [line for line in lines if "accepted" in line]
    bounced = {line["to"] for line in lines if line.get("fault") == "550 5.1.1"}
    rows = [*_digests(), *_letters()]
    taken = Counter(mail["accepted"] for mail in mails)
    lost = list(_lost(mails))
    wrong = [*_twice(taken), *_against_rows(rows, mails, taken), *_wrongly_suppressed(bounced)]
    wrong += [*_some("papers lost", lost), *_broken(totals, log)]
    unknown = [taken[row[0]] for row in rows if row[1].state == State.UNKNOWN]
    return {
        "days": days,
        "kills": totals.kills,
        "stops": totals.stops.total(),
        "crashes": totals.crashes,
        "faults": Counter(line["fault"] for line in lines if "fault" in line),
        "states": Counter(row[1].state for row in rows),
        "accepted": taken.total(),
        "duplicates": sum(times - 1 for times in taken.values()),
        "lost": len(lost),
        "unknown": {"delivered": sum(map(bool, unknown)), "not": unknown.count(0)},
        "wrong": wrong,
    }


Row = tuple[str, Digest | Letter, str]  # Message-ID, row, recipient


def _digests() -> Iterable[Row]:
    for row in Digest.objects.select_related("subscriber"):
        key = f"digest:{row.subscriber_id}:{row.kind}:{row.local_date}"
        yield _id(key), row, row.subscriber.email_key


def _letters() -> Iterable[Row]:
    for row in Letter.objects.all():
        yield _id(f"letter:{row.email_key}:{row.purpose}:{row.nonce}"), row, row.email_key


def message_ids() -> list[str]:
    """The Message-IDs of all rows."""
    return [message_id for message_id, _, _ in (*_digests(), *_letters())]


def _id(key: str) -> str:
    return derived_message_id(settings.SECRET_KEY, key, settings.SITE_HOST)


def _some(sentence: str, found: Iterable[object]) -> list[str]:
    """A sentence about what was found, if anything was."""
    whole = list(found)
    shown = ", ".join(map(str, whole[:SAMPLE]))
    return [f"{sentence}: {len(whole)}, like {shown}"] if whole else []


def _twice(taken: Counter[str]) -> list[str]:
    """S1. The Message-ID is one for (subscriber, kind, date); `_against_rows` checks that."""
    return _some("accepted more than once", (key for key, times in taken.items() if times > 1))


def _against_rows(
    rows: list[Row], mails: list[dict[str, Any]], taken: Counter[str]
) -> Iterable[str]:
    """S2, L1, and that no mail is without its row."""
    of_row = {key: recipient for key, _, recipient in rows}
    may_have_left = (State.SENT, State.UNKNOWN)
    yield from _some(
        "accepted, but of no row", (m for m in mails if of_row.get(m["accepted"]) != m["to"])
    )
    sent = [(key, row) for key, row, _ in rows if row.state == State.SENT]
    yield from _some("SENT, but never accepted", (row.pk for key, row in sent if not taken[key]))
    yield from _some(
        "accepted, but neither SENT nor UNKNOWN",
        (_named(row) for key, row, _ in rows if taken[key] and row.state not in may_have_left),
    )
    yield from _some(
        "still active at the end",
        (_named(row) for _, row, _ in rows if row.state in ACTIVE),
    )


def _named(row: Digest | Letter) -> str:
    return f"{type(row).__name__} {row.pk} {row.state}"


def _wrongly_suppressed(bounced: set[str]) -> list[str]:
    known = {address_hash(address) for address in bounced}
    kept = Suppression.objects.exclude(address_hash__in=known)
    return _some("suppressed without a bounce", kept)


def _lost(mails: list[dict[str, Any]]) -> Iterable[str]:
    """L2: a paper that somebody wants is in an accepted mail or in the next window. After the
    quiet days at the end the next window of who is still active must hold none; but who came back
    on the last day, a month after a bounce, has yet to get a mail."""
    got: dict[str, set[int]] = defaultdict(set)
    for mail in mails:
        got[mail["to"]].update(mail["papers"])
    papers = list(Paper.objects.all())
    last_day = Digest.objects.scheduled().filter(local_date=_last_day())
    had_their_turn = set(last_day.values_list("subscriber_id", flat=True))
    for person in Subscriber.objects.all():
        active = person.status == Subscriber.Status.ACTIVE and person.pk in had_their_turn
        for number, seq in wanted(person, papers):
            waits = seq > person.confirmed_through_seq and not active
            if number not in got[person.email_key] and not waits:
                yield f"paper {number} for {person.email_key}"


def _last_day() -> date | None:
    newest = Digest.objects.order_by("-local_date").first()
    return newest.local_date if newest else None


def _broken(totals: WorkerTotals, log: Path) -> list[str]:
    """Workers that ended by an exception of their own, and mails that could not be written."""
    ends = totals.ends[BROKEN] + totals.ends[255]
    lines = log.read_text().splitlines()
    # A database that has crashed stops every step, this one too; the row's lease gives it back.
    failed = [x for x in lines if "could not be written" in x and "OperationalError" not in x]
    return [
        *([f"workers broke down: {ends}, see {log}"] if ends else []),
        *_some("mails that could not be written", failed),
    ]
