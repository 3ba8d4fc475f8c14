"""The only permission to send: one conditional UPDATE made just before the point of no return."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from digest.models import LICENCE_LEASE, Digest, Hold, Letter, State
from subscriptions.models import Subscriber, Suppression


def license_digest(digest: Digest, email_key: str, backend: str) -> bool:
    """LEASED to SENDING, if the fence is ours, the lease alive, and the person still wants it.

    The row's own conditions stand in the outer WHERE: PostgreSQL checks those again when it had
    to wait for another writer, and those of a subquery not.
    """
    person = Subscriber.objects.active().filter(pk=OuterRef("subscriber_id"), email_key=email_key)
    suppressed = Suppression.objects.of(email_key)
    held = Hold.objects.stopping(
        domain=_domain(email_key), backend=backend, day=digest.local_date.isoformat()
    )
    rows = Digest.objects.filter(Exists(person), ~Exists(suppressed), ~Exists(held))
    return _take(rows, digest)


def license_letter(letter: Letter, backend: str) -> bool:
    """The same for a letter, which a person gets before they are active."""
    suppressed = Suppression.objects.of(letter.email_key).against_letters()
    held = Hold.objects.stopping(domain=_domain(letter.email_key), backend=backend)
    return _take(Letter.objects.filter(~Exists(suppressed), ~Exists(held)), letter)


def _take(rows: QuerySet[Any], row: Digest | Letter) -> bool:
    taken = rows.filter(
        pk=row.pk, fence=row.fence, state=State.LEASED, lease_until__gt=Now()
    ).update(state=State.SENDING, lease_until=Now() + LICENCE_LEASE)
    return bool(taken)


def why_not(row: Digest | Letter, email_key: str, backend: str) -> State | None:
    """Where a mail without licence belongs; None: the row is somebody else's now."""
    if not type(row).objects.filter(pk=row.pk, fence=row.fence, state=State.LEASED).exists():
        return None
    suppressed = Suppression.objects.of(email_key)
    if isinstance(row, Letter):
        suppressed = suppressed.against_letters()
    elif not Subscriber.objects.active().filter(pk=row.subscriber_id).exists():
        return State.CANCELLED
    return State.SUPPRESSED if suppressed.exists() else State.PLANNED


def _domain(email_key: str) -> str:
    return email_key.rpartition("@")[2]
