"""Subscribers and suppressions of a mailbox that an operator typed, in whatever spelling."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from digest.mail.mailboxes import clean_address, read_address
from digest.models import Letter
from digest.personal_data.inventory import identify
from subscriptions.models import (
    AddressChange,
    Subscriber,
    Suppression,
    address_hashes,
    email_key,
)

MOST = 20  # people


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A subscriber, and what they have to do with the mailbox."""

    person: Subscriber
    how: str


@dataclass(frozen=True, slots=True)
class FoundMailbox:
    """All that a mailbox leads to."""

    people: list[FoundPerson]
    suppressions: QuerySet[Suppression]


def find_mailbox(typed: str) -> FoundMailbox:
    """Find the subscribers of a mailbox and the suppressions of it, also those that have ended.

    Raises AddressError if nothing is known of it and it is no address, and WrongSuppressionKey.
    """
    bare = clean_address(typed)
    people: dict[int, FoundPerson] = {}
    for how, rows in _rows(bare):
        for person in rows.order_by("pk")[: MOST - len(people)]:
            people.setdefault(person.pk, FoundPerson(person, how))
    hashes = address_hashes(email_key(bare), bare)
    kept = Suppression.objects.filter(address_hash__in=hashes)
    if not people and not kept.exists():
        read_address(bare, public=False, allow_non_ascii=True)
    return FoundMailbox(list(people.values()), kept)


def people_of_mailbox(typed: str) -> QuerySet[Subscriber]:
    """Return the subscribers of a mailbox, as `find_mailbox` finds them, for the search of a list:
    nobody if it is no address."""
    bare = clean_address(typed)
    found = Subscriber.objects.none()
    if "@" in bare:
        ids = {pk for _, rows in _rows(bare) for pk in rows.values_list("pk", flat=True)[:MOST]}
        found = Subscriber.objects.filter(pk__in=ids)
    return found


def _rows(bare: str) -> Iterator[tuple[str, QuerySet[Subscriber]]]:
    """Yield the subscribers of an address, and what they have to do with it, the nearest first."""
    key = email_key(bare)
    yield "this address", Subscriber.objects.by_email(bare)
    local, _, domain = key.rpartition("@")
    base = local.partition("+")[0] or local
    tagged = Q(email_key__startswith=f"{base}+") & Q(email_key__endswith=f"@{domain}")
    yield (
        "the same address with another tag, or without one",
        Subscriber.objects.filter(Q(email_key=f"{base}@{domain}") | tagged),
    )
    changes = AddressChange.objects.filter(email_key=key, confirmed_at=None)
    yield (
        "asked to change to this address, not confirmed",
        Subscriber.objects.filter(pk__in=changes.values("subscriber")),
    )
    former = AddressChange.objects.exclude(confirmed_at=None).filter(
        Q(email_key=key) | Q(former_email_key=key)
    )
    letters = Letter.objects.filter(email_key=key, subscriber__isnull=False)
    had = Q(pk__in=former.values("subscriber")) | Q(pk__in=letters.values("subscriber"))
    yield "a former address of theirs", Subscriber.objects.filter(had)


def suppressions_of(person: Subscriber) -> QuerySet[Suppression]:
    """Return the suppressions of all addresses that the person has and had, also ended ones.

    Raises WrongSuppressionKey.
    """
    spellings = identify(person).spellings
    hashes = {each for typed in spellings for each in address_hashes(email_key(typed), typed)}
    return Suppression.objects.filter(address_hash__in=hashes)
