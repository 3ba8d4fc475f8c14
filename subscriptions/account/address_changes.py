"""Changes of address: requested with an account link, confirmed by the new address, undone from the
former one.

The subscriber's row stays the same, and with it keywords, watermark, history and digests under way:
a digest that has its send permit finishes at the former address, any other goes to the new one (see
`digest.sending.permit`). Each function runs in one transaction that locks the subscriber first.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from digest.limits.counting import allows
from digest.mail.mailboxes import mailbox_key
from digest.models import Letter

from ..letters.letter_planning import plan_change_letter
from ..links import next_whole_second
from ..models import AddressChange, Subscriber, Suppression, email_key
from .account_links import AccountLink

CHANGES_IN_30_DAYS = 5
Status = Subscriber.Status


class Obstacle(StrEnum):
    """Why a change of address cannot be requested, confirmed or undone."""

    LINK_USED = "link used"
    SAME_MAILBOX = "same mailbox"
    TOO_MANY = "too many"  # changes in 30 days
    CONFIRMED = "confirmed"  # already
    WITHDRAWN = "withdrawn"  # another change was requested, or made, since
    UNDONE = "undone"
    TAKEN = "taken"  # the address has a digest of its own
    SUPPRESSED = "suppressed"  # no mail may go to the address


class NotChanged(Exception):
    """A change of address that was not made, and why."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.value)
        self.obstacle = obstacle


@transaction.atomic
def request_change(link: AccountLink, email: str, *, at: datetime) -> None:
    """Use an account link to request a change of address, and plan a letter to the new one.

    Whether the new address is known here, or suppressed, changes nothing: its owner learns that.
    Requests that wait for confirmation are withdrawn. Raises NotChanged.
    """
    if not link.use():
        raise NotChanged(Obstacle.LINK_USED)
    person = Subscriber.objects.get(pk=link.subscriber.pk)
    if obstacle := obstacle_to_request(person, email, at):
        raise NotChanged(obstacle)
    key = email_key(email)
    waiting = _waiting(person.pk)
    # The link of a letter that is on its way already stays valid.
    change = waiting.filter(email_key=key, former_email_key=person.email_key).first()
    others = waiting.exclude(pk=change.pk) if change else waiting
    others.update(undone_at=at)
    change = change or AddressChange.objects.create(
        subscriber=person,
        email=email,
        email_key=key,
        former_email=person.email,
        former_email_key=person.email_key,
        requested_at=at,
    )
    if allows("mailbox", mailbox_key(email)):
        plan_change_letter(change, Letter.Purpose.NEW_ADDRESS, at)


def obstacle_to_request(person: Subscriber, email: str, at: datetime) -> Obstacle | None:
    """Return what the subscriber may know of why this change cannot be requested."""
    if email_key(email) == person.email_key:
        return Obstacle.SAME_MAILBOX
    recent = person.address_changes.filter(requested_at__gt=at - timedelta(days=30))
    return Obstacle.TOO_MANY if recent.count() >= CHANGES_IN_30_DAYS else None


def obstacle_to_confirm(change: AddressChange) -> Obstacle | None:
    """Return why a change cannot be confirmed."""
    if change.confirmed_at:
        return Obstacle.UNDONE if change.undone_at else Obstacle.CONFIRMED
    if change.undone_at or change.subscriber.email_key != change.former_email_key:
        return Obstacle.WITHDRAWN
    if Suppression.objects.for_mailbox(change.email_key, change.email).blocking_letters().exists():
        return Obstacle.SUPPRESSED
    return Obstacle.TAKEN if _is_taken(change.email_key, change.subscriber_id) else None


@transaction.atomic
def confirm_change(change: AddressChange, *, at: datetime) -> None:
    """Send the subscriber's digests to the new address, and tell the former one. Raises NotChanged.

    The owner of the new address does this. A sign-up with it that was never confirmed is dropped; a
    digest of its own is not touched.
    """
    change = _locked(change)
    if obstacle := obstacle_to_confirm(change):
        raise NotChanged(obstacle)
    unconfirmed = AddressChange.objects.filter(pk=change.pk, confirmed_at=None, undone_at=None)
    if not unconfirmed.update(confirmed_at=at):
        raise NotChanged(Obstacle.WITHDRAWN)
    _waiting(change.subscriber_id).update(undone_at=at)
    _move(change.subscriber, change.former_email_key, change.email, at)
    change.refresh_from_db()
    plan_change_letter(change, Letter.Purpose.ADDRESS_CHANGED, at)


def obstacle_to_undo(change: AddressChange) -> Obstacle | None:
    """Return why a confirmed change cannot be undone."""
    if change.undone_at or not change.confirmed_at:
        return Obstacle.UNDONE
    if change.subscriber.email_key != _newest_since(change).email_key:
        return Obstacle.WITHDRAWN
    return Obstacle.TAKEN if _is_taken(change.former_email_key, change.subscriber_id) else None


@transaction.atomic
def undo_change(change: AddressChange, *, at: datetime) -> None:
    """Send the subscriber's digests to the former address again. Raises NotChanged.

    Changes that were made after this one are undone with it: otherwise somebody who took a digest
    over could keep it by changing its address twice.
    """
    change = _locked(change)
    if obstacle := obstacle_to_undo(change):
        raise NotChanged(obstacle)
    present = _newest_since(change).email_key
    _since(change).update(undone_at=at)
    _waiting(change.subscriber_id).update(undone_at=at)
    _move(change.subscriber, present, change.former_email, at)


def _locked(change: AddressChange) -> AddressChange:
    """Lock what a move may delete, then the subscriber, and return the change as it is then."""
    keys = (change.email_key, change.former_email_key)
    letters = Letter.objects.filter(subscriber__in=_unconfirmed(*keys)).order_by("pk")
    list(letters.select_for_update(no_key=True).values_list("pk"))
    people = Subscriber.objects.filter(pk=change.subscriber_id) | _unconfirmed(*keys)
    list(people.order_by("pk").select_for_update().values_list("pk"))
    return AddressChange.objects.select_related("subscriber").get(pk=change.pk)


def _move(person: Subscriber, present: str, email: str, at: datetime) -> None:
    """Move a locked subscriber from the email key `present` to an address whose owner asks for it.

    Its owner is reading mail there, so that a bounce, of either address, stops nothing any more.
    """
    key = email_key(email)
    _unconfirmed(key).delete()
    moved = Subscriber.objects.filter(pk=person.pk, email_key=present)
    since = next_whole_second(at)
    try:
        with transaction.atomic():
            count = moved.update(email=email, email_key=key, address_since=since, requested={})
    except IntegrityError as taken:
        raise NotChanged(Obstacle.TAKEN) from taken
    if not count:
        raise NotChanged(Obstacle.WITHDRAWN)
    bounce = Suppression.Reason.BOUNCE
    Suppression.objects.for_mailbox(key, email).filter(reason=bounce).delete()
    suspended = Subscriber.objects.filter(
        pk=person.pk, status=Status.BOUNCING, confirmed_at__isnull=False
    )
    suspended.update(status=Status.ACTIVE, paused_until=None, next_due_at=person.next_due_after(at))


def _unconfirmed(*keys: str) -> QuerySet[Subscriber]:
    """Sign-ups with these email keys that were never confirmed: anybody may have typed them."""
    return Subscriber.objects.filter(
        email_key__in=keys, status=Status.PENDING, confirmed_at__isnull=True
    )


def has_unconfirmed_sign_up(change: AddressChange) -> bool:
    """Whether confirming the change would drop a sign-up with the new address."""
    return _unconfirmed(change.email_key).exists()


def _is_taken(key: str, but: int) -> bool:
    """Whether the mailbox has, or had, a digest of its own, other than that of subscriber `but`."""
    own = Subscriber.objects.filter(email_key=key).exclude(pk=but)
    return own.exclude(status=Status.PENDING, confirmed_at__isnull=True).exists()


def _waiting(subscriber_id: int) -> QuerySet[AddressChange]:
    """The changes of a subscriber that wait for confirmation."""
    return AddressChange.objects.filter(subscriber=subscriber_id, confirmed_at=None, undone_at=None)


def _since(change: AddressChange) -> QuerySet[AddressChange]:
    """This change and those made after it that were not undone, the newest first."""
    made = AddressChange.objects.filter(subscriber=change.subscriber_id, undone_at=None)
    return made.filter(confirmed_at__gte=change.confirmed_at).order_by("-confirmed_at", "-pk")


def _newest_since(change: AddressChange) -> AddressChange:
    return _since(change)[0]
