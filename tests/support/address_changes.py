"""Ada's digest, and changes of its address as she asks for them."""

from datetime import datetime

from digest.models import Letter
from subscriptions.account import address_changes
from subscriptions.account.account_links import AccountLink, account_name
from subscriptions.models import AddressChange, Subscriber

OLD, NEW, THIRD = "ada@example.org", "Ada@New.example", "ada@third.example"


def requested(person: Subscriber, email: str, at: datetime) -> AddressChange:
    """A change that the person asks for with an account link, and that waits for confirmation."""
    person.refresh_from_db()
    address_changes.request_change(AccountLink.read(account_name(person)), email, at=at)
    return person.address_changes.get(confirmed_at=None, undone_at=None)


def moved(person: Subscriber, email: str, at: datetime) -> AddressChange:
    """A change that the new address has confirmed."""
    change = requested(person, email, at)
    address_changes.confirm_change(change, at=at)
    person.refresh_from_db()
    return AddressChange.objects.get(pk=change.pk)


def letters(purpose: str) -> list[str]:
    """Where letters of this purpose go, the first first."""
    rows = Letter.objects.filter(purpose=purpose).order_by("pk")
    return [letter.address for letter in rows]
