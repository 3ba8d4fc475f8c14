"""Erase everything that `inventory` finds about a person, and report what stays."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.apps import apps
from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet

from digest.models import Digest, Letter, MailEvent, State
from digest.monitoring.retention.retention_periods import DAYS_UNTIL_FINAL
from subscriptions.models import Subscriber, Suppression, email_key

from . import admin_log, outbox_files
from .inventory import (
    PersonIdentity,
    identify,
    rows_naming,
    rows_of,
    suppressions,
)
from .mentions import mentions

TEXTS, FILES = "texts", "files"  # in a report, beside names of models
_TRIES = 5


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What is erased, or would be, and what stays.

    `rows`: counts by name of the model. `in_transit`: mails that had their send permit.
    `is_operator`: whether OPERATOR_EMAIL names the address.
    """

    rows: dict[str, int]
    suppressed: Sequence[Suppression] = ()
    in_transit: int = 0
    is_operator: bool = False
    at: datetime = field(default_factory=datetime.now)

    @property
    def goes(self) -> list[str]:
        """What is erased, like "3 digests"."""
        return [f"{count:,} {_named(name, count)}" for name, count in self.rows.items()]

    @property
    def backups_until(self) -> date:
        return (self.at + timedelta(days=settings.BACKUP_DAYS)).date()

    @property
    def stays(self) -> list[str]:
        """Sentences that say what stays, without naming anybody."""
        sentences = [_of_suppression(each) for each in self.suppressed]
        if self.in_transit:
            sentences.append(
                f"{self.in_transit} of the mails had been given to the mail server and may arrive."
            )
        if self.is_operator:
            sentences.append("OPERATOR_EMAIL names the address: alarms still go there.")
        return [
            *sentences,
            "Counts of mails by day stay, and name nobody. The last "
            f"{DAYS_UNTIL_FINAL} days are counted again without the erased mails.",
            f"Backups hold the rest until {self.backups_until:%-d %B %Y} (BACKUP_DAYS).",
        ]


def _named(name: str, count: int) -> str:
    words = {TEXTS: ("text", "texts"), FILES: ("outbox file", "outbox files")}.get(name)
    if words is None:
        options = apps.get_model(name)._meta
        words = str(options.verbose_name), str(options.verbose_name_plural)
    return words[count != 1]


def _of_suppression(suppression: Suppression) -> str:
    until = f"until {suppression.expires_at:%-d %B %Y}" if suppression.expires_at else "for good"
    return (
        f"A fingerprint of the address stays {until}, so that it is not mailed "
        f"({suppression.get_reason_display()})."
    )


class NotErased(Exception):
    """A subscriber with this address remains; the message is a sentence."""


def preview_erasure(whom: Subscriber | str, at: datetime) -> ErasureReport:
    """Report what `erase` would do. Raises AddressError if `whom` is not an address."""
    known = identify(whom)
    counts = Counter({TEXTS: sum(1 for _ in mentions(known))})
    if known.person:
        counts["subscriptions.subscriber"] = 1
        for name, rows in rows_of(known.person):
            counts[name] += rows.count()
    for name, rows in rows_naming(known):
        counts[name] += rows.count()
    counts[FILES] = sum(1 for _ in outbox_files.files_to(known))
    return _report(known, counts, at)


def erase(whom: Subscriber | str, at: datetime) -> ErasureReport:
    """Erase everything about a person or address. Idempotent: repeat it after a crash.

    First the person is unsubscribed, so that no mail gets its send permit and none is planned. Then
    texts, rows and files of the outbox are erased, of the rows the person's own last.

    Raises AddressError if `whom` is not an address, NotErased if somebody with it remains.
    """
    known = identify(whom)
    report, counts = _report(known, Counter(), at), Counter[str]()
    if known.person:
        left = {"status": Subscriber.Status.UNSUBSCRIBED, "requested": {}, "unsubscribed_at": at}
        Subscriber.objects.filter(pk=known.person.pk).update(**left)
    for mention in mentions(known):
        mention.erase()
        counts[TEXTS] += 1
    if known.person:
        counts += _delete_person(known.person)
    for name, rows in rows_naming(known):
        counts[name] += rows.delete()[0]
    counts[FILES] = outbox_files.delete(known)
    _check_gone(whom, known)
    gone = {name: count for name, count in counts.items() if count}
    return ErasureReport(gone, report.suppressed, report.in_transit, report.is_operator, at)


def _check_gone(whom: Subscriber | str, known: PersonIdentity) -> None:
    """Raise NotErased if the person, or the address as stored under a former key, remains."""
    left = Q(pk=known.person.pk if known.person else None)
    if isinstance(whom, str):
        left |= Q(email=whom.strip())
    if Subscriber.objects.filter(left).exists():
        raise NotErased(
            "There is still somebody with this address: a sign-up came just now, or they are kept "
            "under another spelling. Erase them in the admin (Subscribers)."
        )


def _report(known: PersonIdentity, counts: Counter[str], at: datetime) -> ErasureReport:
    in_transit = 0
    if known.person:
        in_transit = sum(
            model._default_manager.filter(subscriber=known.person, state=State.SENDING).count()
            for model in (Digest, Letter)
        )
    return ErasureReport(
        {name: count for name, count in counts.items() if count},
        list(suppressions(known)),
        in_transit,
        bool(known.keys & set(map(email_key, settings.OPERATORS))),
        at,
    )


def _delete_person(person: Subscriber) -> Counter[str]:
    """Delete the person's rows; return counts by name. Tried again if a worker holds a lock."""
    for attempt in range(1, _TRIES + 1):
        try:
            return _deleted(person)
        except OperationalError:  # a deadlock, or SQLite's lock
            if attempt == _TRIES:
                raise
    raise AssertionError("the last try returns or raises")


@transaction.atomic
def _deleted(person: Subscriber) -> Counter[str]:
    admin_log.anonymise(person)
    lock_mails([person.pk])
    events = MailEvent.objects.filter(digest__subscriber=person).order_by("pk")
    counts = _count(events.delete())
    counts += _count(MailEvent.objects.filter(letter__subscriber=person).delete())
    counts += delete_people(Subscriber.objects.filter(pk=person.pk))
    return counts


def lock_mails(ids: Sequence[int]) -> None:
    """Lock mails before their subscribers (see `DigestQuerySet.lock`)."""
    Digest.objects.filter(subscriber_id__in=ids).lock()
    letters = Letter.objects.filter(subscriber_id__in=ids).order_by("pk")
    list(letters.select_for_update(no_key=True).values_list("pk"))


def delete_people(people: QuerySet[Subscriber]) -> Counter[str]:
    """Delete subscribers with their rows; return counts by name of the model.

    Runs in the caller's transaction, which has locked their mails.
    """
    ids = list(people.order_by("pk").select_for_update().values_list("pk", flat=True))
    counts = _count(Digest.objects.filter(subscriber_id__in=ids).delete())
    counts += _count(Letter.objects.filter(subscriber_id__in=ids).delete())
    return counts + _count(Subscriber.objects.filter(pk__in=ids).delete())


def _count(deleted: tuple[int, dict[str, int]]) -> Counter[str]:
    return Counter({label.lower(): count for label, count in deleted[1].items()})
