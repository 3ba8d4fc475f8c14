"""Importing a file of subscribers: it is checked to its end first, then imported row by row.

Both passes are made in batches, each a transaction that notes how far it came. So they go on after
a crash, and of several workers one makes each step. The same file a second time adds nobody.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from digest.mail.mailboxes import clean_address
from digest.models import Letter
from subscriptions import signup
from subscriptions.models import (
    Subscriber,
    SubscriberImport,
    Suppression,
    UnimportedRow,
    address_hashes,
    email_key,
)
from subscriptions.sign_up_request import SignUpRequest

from .csv_file import NotReadable, Row, open_csv
from .rows import InvalidRow, read_row

MAX_BYTES, MAX_ROWS = 10_000_000, 100_000
_BATCH = 50  # rows of a transaction
# Visitors' letters are paced behind those that wait: an import plans no more than leave soon.
_LETTERS_AHEAD = timedelta(minutes=2)
State, Consent, Status = SubscriberImport.State, SubscriberImport.Consent, Subscriber.Status
_HAS = {
    Status.PENDING: "has signed up already, and not confirmed yet.",
    Status.ACTIVE: "is subscribed already.",
    Status.PAUSED: "is subscribed already, and paused.",
    Status.BOUNCING: "is subscribed already; its mail bounces.",
    Status.UNSUBSCRIBED: "has unsubscribed. Only its owner can sign it up again.",
}


def receive(data: bytes, operator: User | None) -> SubscriberImport:
    """Keep a file to be checked. Raises NotReadable."""
    if len(data) > MAX_BYTES:
        raise NotReadable(too_large(len(data)))
    open_csv(data)
    return SubscriberImport.objects.create(data=data, operator=operator, created_at=timezone.now())


def too_large(size: int) -> str:
    """Return the sentence for a file over the limit."""
    return f"The file has {size:,} bytes; the limit is {MAX_BYTES:,}. Split it."


def start(file: SubscriberImport, consent: str, source: str = "", on: date | None = None) -> bool:
    """Begin to import a checked file; return whether this call did.

    With Consent.RECORDED the people are subscribed at once, and `source` and `on` say how and when
    they agreed.
    """
    with transaction.atomic():
        begun = SubscriberImport.objects.filter(pk=file.pk, state=State.CHECKED).update(
            state=State.IMPORTING,
            consent=consent,
            consent_source=source,
            consent_on=on,
            rows_done=0,
            added=0,
            skipped=0,
            refused=0,
        )
        if begun:
            UnimportedRow.objects.filter(file=file).delete()
    return bool(begun)


def continue_imports(seconds: float) -> None:
    """Go on with the files that are being checked or imported, for so many seconds."""
    until = time.monotonic() + seconds
    for pk in list(SubscriberImport.objects.unfinished().values_list("pk", flat=True)):
        if time.monotonic() < until:
            advance(pk, until)


def advance(pk: int, until: float | None = None) -> None:
    """Check or import further rows of a file, until that time (monotonic seconds) or its end."""
    file = SubscriberImport.objects.unfinished().filter(pk=pk).first()
    if file is None or file.data is None:
        return
    try:
        _advance(file, until)
    except NotReadable as wrong:
        _end(file, State.REFUSED, error=str(wrong)[:500])


def letters_wait() -> bool:
    """Whether letters wait for others to leave, by the limits of their domains or of the site."""
    later = timezone.now() + _LETTERS_AHEAD
    return Letter.objects.exclude(paced_domain="").filter(not_before__gt=later).exists()


def _advance(file: SubscriberImport, until: float | None) -> None:
    rows = open_csv(bytes(file.data or b"")).rows()
    seen: dict[str, int] = {}
    for row in islice(rows, file.rows_done):
        if file.state == State.CHECKING:  # else they are known
            seen.setdefault(_key(row), row.line)
    while batch := list(islice(rows, _BATCH)):
        if file.rows_done + len(batch) > MAX_ROWS:
            raise NotReadable(f"The file has more than {MAX_ROWS:,} rows. Split it.")
        is_asking = file.state == State.IMPORTING and file.consent == Consent.ASK
        if is_asking and letters_wait():
            return
        if not _take(file, batch, seen):
            return
        if until is not None and time.monotonic() > until:
            return
    done = State.CHECKED if file.state == State.CHECKING else State.IMPORTED
    _end(file, done)


def _end(file: SubscriberImport, state: str, error: str = "") -> None:
    """Note that the pass is over. A file that is not needed any more is deleted."""
    rows = SubscriberImport.objects.filter(pk=file.pk, state=file.state, rows_done=file.rows_done)
    if rows.update(state=state, error=error) and state != State.CHECKED:
        SubscriberImport.objects.filter(pk=file.pk).update(data=None)


@transaction.atomic
def _take(file: SubscriberImport, batch: Sequence[Row], seen: dict[str, int]) -> bool:
    """Check or import a batch; return False if another worker did."""
    mine = SubscriberImport.objects.filter(pk=file.pk, state=file.state, rows_done=file.rows_done)
    if not mine.update(rows_done=F("rows_done") + len(batch)):
        return False
    file.rows_done += len(batch)
    unimported = list(_take_rows(file, batch, seen))
    UnimportedRow.objects.bulk_create(unimported)
    refused = sum(row.is_refused for row in unimported)
    SubscriberImport.objects.filter(pk=file.pk).update(
        added=F("added") + len(batch) - len(unimported),
        skipped=F("skipped") + len(unimported) - refused,
        refused=F("refused") + refused,
    )
    return True


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the mailboxes of a batch, by email key."""

    statuses: dict[str, str]
    suppressed: set[str]

    @classmethod
    def of(cls, keys: Sequence[str]) -> "_Known":
        people = Subscriber.objects.filter(email_key__in=keys)
        hashes = {each: key for key in keys for each in address_hashes(key)}
        found = Suppression.objects.with_hashes(hashes).values_list("address_hash", flat=True)
        statuses = dict(people.values_list("email_key", "status"))
        return cls(statuses, {hashes[each] for each in found})


def _take_rows(
    file: SubscriberImport, batch: Sequence[Row], seen: dict[str, int]
) -> Iterator[UnimportedRow]:
    """Yield the rows that are not imported; import the others if the file is to be."""
    known = _Known.of([_key(row) for row in batch])
    for row in batch:
        try:
            address, asked = read_row(row.cells)
            reason = _nothing_to_do(file, row, known, seen)
            if not reason and file.state == State.IMPORTING:
                _import(file, address, asked)
        except InvalidRow as wrong:
            yield UnimportedRow(file=file, line=row.line, is_refused=True, reason=str(wrong))
        except DatabaseError:
            raise
        except Exception as wrong:  # of one row; the others need not wait for it
            said = f"The program failed at this row ({type(wrong).__name__}). Please report this."
            yield UnimportedRow(file=file, line=row.line, is_refused=True, reason=said)
        else:
            if reason:
                yield UnimportedRow(file=file, line=row.line, is_refused=False, reason=reason)
            seen.setdefault(_key(row), row.line)


def _nothing_to_do(file: SubscriberImport, row: Row, known: _Known, seen: dict[str, int]) -> str:
    """Return why a valid row is skipped, "" if it is not."""
    key, listed_as = _key(row), row.cells.get("status", "").lower()
    if key in seen and seen[key] != row.line:
        return f"The same mailbox is on line {seen[key]:,}."
    if key in known.suppressed:
        return "This mailbox must not be mailed: it bounced, complained or was suppressed."
    if listed_as not in ("", Status.ACTIVE):
        return "Its status is not “active”, and only active subscribers are imported."
    status = known.statuses.get(key, "")
    if status == Status.PENDING and _is_recorded(file):
        return ""
    return f"This mailbox {_HAS[Status(status)]}" if status else ""


def _is_recorded(file: SubscriberImport) -> bool:
    return file.state == State.IMPORTING and file.consent == Consent.RECORDED


@transaction.atomic
def _import(file: SubscriberImport, address: str, asked: SignUpRequest) -> None:
    at: datetime = timezone.now()
    person = signup.request(address, asked, at=at, letter=not _is_recorded(file))
    if _is_recorded(file):
        signup.confirm(person.pk, at=at)
        agreed = {"consent": file.consent_source, "consent_on": file.consent_on}
        Subscriber.objects.filter(pk=person.pk).update(**agreed)


def _key(row: Row) -> str:
    return email_key(clean_address(row.cells.get("email", "")))
