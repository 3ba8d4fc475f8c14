"""Where a person's data is: rows that belong to them, and rows that hold their address.

Both are found by introspection, so that a new model is not forgotten. Texts that mention the
address are found by `mentions`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_

import idna
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from digest.mail.mailboxes import clean_address, domain_key, read_address
from digest.models import Letter, MailEvent
from subscriptions.models import (
    AddressChange,
    LetterRequest,
    Subscriber,
    Suppression,
    email_key,
)
from subscriptions.models.suppressions import address_hashes

ERASED = "(erased)"
# Names of fields that hold nothing but an address.
_ADDRESS_NAMES = frozenset(
    {"email", "email_key", "former_email_key", "address", "recipient", "username"}
)


@dataclass(frozen=True, slots=True)
class PersonIdentity:
    """A person, if there is one, and all spellings of their address that may be stored.

    `requested`: email keys that they asked to have digests sent to, whose owner has not confirmed
    that and gets no other mail. What is kept about these is not theirs, but for those letters.
    """

    person: Subscriber | None
    spellings: frozenset[str]
    requested: frozenset[str] = frozenset()

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(map(email_key, self.spellings))


def identify(whom: Subscriber | str) -> PersonIdentity:
    """Find the person of a mailbox and all its spellings.

    Raises AddressError if `whom` is not an address.
    """
    if isinstance(whom, str):
        bare, people = clean_address(whom), Subscriber.objects
        person = people.by_email(whom).first() or people.by_email(bare).first()
        if not person:
            read_address(bare, public=False, allow_non_ascii=True)
        spellings = {bare, email_key(bare)}
    else:
        person, spellings = whom, set()
    if person:
        spellings |= {person.email, person.email_key, person.address}
        spellings |= _former(person)
    spellings |= {_in_unicode(each) for each in spellings}
    spellings |= {_quoted(each) for each in spellings}
    whole = frozenset(each for each in spellings if _is_whole(each))
    return PersonIdentity(person, whole, _requested(person) if person else frozenset())


def _former(person: Subscriber) -> set[str]:
    """Return the addresses that the person had before and nobody else has now.

    They are those that letters went to, and those of changes of address that were confirmed.
    """
    keys = Letter.objects.filter(subscriber=person).order_by().values_list("email_key", flat=True)
    found = {key: {key} for key in keys.distinct()}
    for change in person.address_changes.exclude(confirmed_at=None):
        found.setdefault(change.email_key, {change.email_key}).add(change.email)
        found.setdefault(change.former_email_key, {change.former_email_key}).add(
            change.former_email
        )
    others = Subscriber.objects.exclude(pk=person.pk).filter(email_key__in=list(found))
    for key in others.values_list("email_key", flat=True):
        del found[key]
    return set().union(*found.values())


def _requested(person: Subscriber) -> frozenset[str]:
    waiting = person.address_changes.filter(confirmed_at=None)
    others = Subscriber.objects.values("email_key")
    keys = waiting.exclude(email_key__in=others).values_list("email_key", flat=True)
    return frozenset(keys) - frozenset(map(email_key, settings.OPERATORS))


def changes_naming(known: PersonIdentity) -> QuerySet[AddressChange]:
    """Return other people's changes of address that name this one, as the new or former address.

    They are not exported: they hold the other person's address too.
    """
    keys = list(known.keys)
    named = Q(email_key__in=keys) | Q(former_email_key__in=keys)
    others = AddressChange.objects.filter(named)
    return others.exclude(subscriber=known.person) if known.person else others


def is_about_another_mailbox(row: models.Model) -> bool:
    """Whether it is a letter to an address that was requested and not confirmed, or an event of
    one: it must not reveal how that mailbox answered."""
    letter = row.letter if isinstance(row, MailEvent) else row
    if not isinstance(letter, Letter) or letter.address_change is None:
        return False
    return letter.purpose == Letter.Purpose.NEW_ADDRESS and not letter.address_change.confirmed_at


def _in_unicode(address: str) -> str:
    """Return the address with its domain decoded from ASCII (IDNA)."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{idna.decode(domain_key(domain))}"
    except idna.IDNAError:  # such as [192.0.2.1]
        return address


def _is_whole(address: str) -> bool:
    """Whether the address has both parts: a domain alone occurs in many texts."""
    local, _, domain = address.rpartition("@")
    return bool(local and domain)


def _quoted(address: str) -> str:
    """Return the quoted spelling that some servers reply with (RFC 5321 4.1.2)."""
    local, _, domain = address.rpartition("@")
    return address if local.startswith('"') else f'"{local}"@{domain}'


def suppressions(known: PersonIdentity) -> QuerySet[Suppression]:
    """Return the suppressions in force against the address."""
    hashes = {each for typed in known.spellings for each in address_hashes(email_key(typed), typed)}
    return Suppression.objects.with_hashes(hashes)


def rows_of(person: Subscriber) -> Iterator[tuple[str, QuerySet[models.Model]]]:
    """Yield names of models with the rows that belong to the person, and rows about those.

    The person's own row is left out.
    """
    own: dict[type[models.Model], QuerySet[models.Model]] = {
        model: model._default_manager.filter(**{field: person.pk})
        for model, field in _foreign_keys(Subscriber)
    }
    own.pop(Suppression, None)  # it names nobody, and outlives the person
    # Letters to other addresses have no subscriber, and belong to a change of address.
    for model in list(own):
        for other, field in _foreign_keys(model):
            if other in own:
                about_own = Q(**{f"{field}__in": own[model].values("pk")})
                own[other] |= other._default_manager.filter(about_own)
    about: dict[type[models.Model], list[Q]] = {}
    for model, rows in own.items():
        yield model._meta.label_lower, rows
        for other, field in _foreign_keys(model):
            if other not in own:
                about.setdefault(other, []).append(Q(**{f"{field}__in": rows.values("pk")}))
    for model, conditions in about.items():
        yield model._meta.label_lower, model._default_manager.filter(reduce(or_, conditions))


def _foreign_keys(model: type[models.Model]) -> Iterator[tuple[type[models.Model], str]]:
    for relation in model._meta.related_objects:
        if relation.one_to_many or relation.one_to_one:
            yield relation.related_model, relation.field.name


def rows_naming(known: PersonIdentity) -> Iterator[tuple[str, QuerySet[models.Model]]]:
    """Yield names of models with rows that hold the address and belong to no subscriber, such as
    alarms and failed log-ins."""
    for model in apps.get_models():
        if model._meta.label_lower in ("auth.user", "subscriptions.subscriber"):
            continue
        names = [field.name for field in model._meta.concrete_fields if _holds_addresses(field)]
        if not names:
            continue
        conditions = [
            Q(**{f"{name}__iexact": spelling}) for name in names for spelling in known.spellings
        ]
        if model is LetterRequest:
            conditions.append(Q(pk__in=_requests(known)))
        rows = model._default_manager.filter(reduce(or_, conditions, Q(pk__in=[])))
        # The present owner of an address is not the one when the row was written.
        for other, field in _foreign_keys(Subscriber):
            if other is model:
                rows = rows.filter(**{f"{field}__isnull": True})
        yield model._meta.label_lower, rows


def _requests(known: PersonIdentity) -> list[int]:
    """Return the keys of the mailbox's letter requests, which have no email key. They are few."""
    asked = LetterRequest.objects.order_by("pk").values_list("pk", "email")
    return [pk for pk, typed in asked.iterator() if email_key(typed) in known.keys]


def _holds_addresses(field: "models.Field[object, object]") -> bool:
    is_text = isinstance(field, models.CharField)
    return isinstance(field, models.EmailField) or (is_text and field.name in _ADDRESS_NAMES)
