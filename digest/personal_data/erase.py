"""Erase everything that `inventory` finds about a person, and report what stays."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.apps import apps
from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet

from digest.models import Digest, Letter, MailEvent, Run, State
from digest.monitoring.retention.retention_periods import DAYS_UNTIL_FINAL
from subscriptions.models import (
    ErasureRequest,
    LetterRequest,
    Subscriber,
    Suppression,
    email_key,
)

from . import admin_log, outbox_files
from .inventory import (
    PersonIdentity,
    changes_naming,
    identify,
    rows_naming,
    rows_of,
    suppressions,
)
from .mentions import mentions

TEXTS, FILES = "texts", "files"  # in a report, beside names of models
KEYWORD_RUN = "keywords"  # the row of digest.monitoring.dashboard.keyword_demand
_TRIES = 5
_CHANGES = "subscriptions.addresschange"


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
                f"{self.in_transit} of the e-mails had already been handed to the mail server "
                "and may arrive."
            )
        if self.is_operator:
            sentences.append("The address is in OPERATOR_EMAIL, so alarms still go there.")
        return [
            *sentences,
            f"Daily counts of e-mails stay; they name nobody. The last {DAYS_UNTIL_FINAL} days "
            "are counted again without the erased e-mails.",
            f"Backups keep the data until {self.backups_until:%-d %B %Y} (BACKUP_DAYS).",
        ]


def _named(name: str, count: int) -> str:
    words = {TEXTS: ("text", "texts"), FILES: ("outbox file", "outbox files")}.get(name)
    if words is None:
        options = apps.get_model(name)._meta
        words = str(options.verbose_name), str(options.verbose_name_plural)
    return words[count != 1]


def _of_suppression(suppression: Suppression) -> str:
    until = f"until {suppression.expires_at:%-d %B %Y}" if suppression.expires_at else "permanently"
    return (
        f"A fingerprint of the address is kept {until}, so that it gets no e-mail "
        f"({suppression.get_reason_display()})."
    )


class NotErased(Exception):
    """A subscriber with this address remains; the message is a sentence."""


def preview_erasure(whom: Subscriber | str, at: datetime) -> ErasureReport:
    """Report what `erase` would do. Raises AddressError if `whom` is not an address."""
    known = identify(whom)
    counts = Counter({TEXTS: sum(1 for _ in mentions(known))})
    own = dict(rows_of(known.person)) if known.person else {}
    if known.person:
        counts["subscriptions.subscriber"] = 1
        counts.update({name: rows.count() for name, rows in own.items()})
    for name, rows in rows_naming(known):
        others = rows.exclude(pk__in=own[name].values("pk")) if name in own else rows
        counts[name] += others.count()
    counts[_CHANGES] += changes_naming(known).count()
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
    counts[TEXTS] = _erase_mentions(known)
    if known.person:
        counts += _delete_person(known.person)
    counts += _erase_elsewhere(known)
    counts[FILES] = outbox_files.delete(known)
    _check_gone(whom, known)
    gone = {name: count for name, count in counts.items() if count}
    return ErasureReport(gone, report.suppressed, report.in_transit, report.is_operator, at)


def erase_subscriber(person: Subscriber, at: datetime) -> None:
    """Erase the rows of a subscriber who has left, and leave the rest to `finish_erasures`.

    It takes as long as their own rows do, however many there are of others. Idempotent.
    """
    known = identify(person)
    ErasureRequest.objects.create(spellings=sorted(known.spellings), asked_at=at)
    _delete_person(person)
    outbox_files.delete(known)


def finish_erasures() -> int:
    """Remove the addresses of subscribers who deleted themselves from other rows; return how many
    subscribers there were. Idempotent: a request goes last."""
    done = 0
    for request in ErasureRequest.objects.iterator():
        known = PersonIdentity(None, frozenset(request.spellings))
        _erase_mentions(known)
        _erase_elsewhere(known, request.asked_at)
        request.delete()
        done += 1
    return done


def _erase_mentions(known: PersonIdentity) -> int:
    count = 0
    for mention in mentions(known):
        mention.erase()
        count += 1
    return count


def _erase_elsewhere(known: PersonIdentity, until: datetime | None = None) -> Counter[str]:
    """Delete rows that hold the address and are no subscriber's; letter requests `until` then."""
    counts = Counter[str]()
    for name, rows in rows_naming(known):
        if until and rows.model is LetterRequest:  # they may have signed up again meanwhile
            rows = rows.filter(asked_at__lte=until)
        counts[name] += rows.delete()[0]
    return counts + _count(changes_naming(known).delete())


def _check_gone(whom: Subscriber | str, known: PersonIdentity) -> None:
    """Raise NotErased if the person, or the address as stored under a former key, remains."""
    left = Q(pk=known.person.pk if known.person else None)
    if isinstance(whom, str):
        left |= Q(email=whom.strip())
    if Subscriber.objects.filter(left).exists():
        raise NotErased(
            "There is still a subscriber with this address: they have just signed up, or are "
            "stored under another spelling. Erase them in the admin (Subscribers)."
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
    for owner in ("letter__subscriber", "letter__address_change__subscriber"):
        counts += _count(MailEvent.objects.filter(**{owner: person}).delete())
    counts += delete_people(Subscriber.objects.filter(pk=person.pk))
    return counts


def lock_mails(ids: Sequence[int]) -> None:
    """Lock mails before their subscribers (see `DigestQuerySet.lock`)."""
    Digest.objects.filter(subscriber_id__in=ids).lock()
    of_people = Q(subscriber_id__in=ids) | Q(address_change__subscriber_id__in=ids)
    letters = Letter.objects.filter(of_people).order_by("pk")
    list(letters.select_for_update(no_key=True, of=("self",)).values_list("pk"))


def delete_people(people: QuerySet[Subscriber]) -> Counter[str]:
    """Delete subscribers with their rows; return counts by name of the model.

    Runs in the caller's transaction, which has locked their mails.
    """
    ids = list(people.order_by("pk").select_for_update().values_list("pk", flat=True))
    counts = _count(Digest.objects.filter(subscriber_id__in=ids).delete())
    for owner in ("subscriber_id", "address_change__subscriber_id"):
        counts += _count(Letter.objects.filter(**{f"{owner}__in": ids}).delete())
    # What it counted may be a keyword of theirs alone; it is counted again without them.
    Run.objects.filter(task=KEYWORD_RUN).delete()
    return counts + _count(Subscriber.objects.filter(pk__in=ids).delete())


def _count(deleted: tuple[int, dict[str, int]]) -> Counter[str]:
    return Counter({label.lower(): count for label, count in deleted[1].items()})
