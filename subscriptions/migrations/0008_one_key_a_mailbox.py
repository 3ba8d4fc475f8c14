"""Give each subscriber the key of their mailbox, and merge those who have the same.

`"ada"@example.org` and `ada@example.org` are one mailbox, and were two subscribers. Hashes of
suppressions follow. Addresses that are not ASCII before the @ keep their key.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import migrations, models
from django.db.models.functions import Cast

from digest.mail.mailboxes import email_key
from subscriptions.suppression_key import SuppressionKey, earliest_key

BATCH = 500
MOST_KEYWORDS = 100
# Whoever gets less mail by it counts; a sign-up that was never confirmed says nothing.
STRICTER = ("pending", "active", "paused", "bouncing", "unsubscribed")
THEIR_OWN = ("id", "email", "email_key", "created_at", "requested")
LATEST = ("confirmed_at", "paused_until", "next_due_at", "last_due_at", "last_local_date")
NOT_BEGUN = ("planned", "leased")


class Renewed(NamedTuple):
    """A subscriber whose key is not what it was."""

    pk: int
    before: str
    key: str


def renew_keys(apps: Any, schema_editor: Any) -> None:
    people = apps.get_model("subscriptions", "Subscriber").objects
    suppressions = apps.get_model("subscriptions", "Suppression").objects
    hashing = _hashing(has_hashes=suppressions.exists())
    renewed = list(_renewed(people))
    for part in _parts(renewed):
        # Out of each other's way first: what is one's new key may be another's old one.
        away = Cast("pk", models.CharField(max_length=320))
        people.filter(pk__in=[each.pk for each in part]).update(email_key=away)
    merged = 0
    for part in _parts(renewed):
        merged += _renew(apps, part)
        _move_hashes(suppressions, part, hashing)
    if renewed:
        print(f"\n    Mailboxes with a new key: {len(renewed)}; subscribers merged: {merged}.")


def _hashing(*, has_hashes: bool) -> SuppressionKey:
    try:
        return SuppressionKey(earliest_key(has_hashes=has_hashes), None)
    except ImproperlyConfigured as wrong:
        raise CommandError(str(wrong)) from wrong


def _renewed(people: Any) -> Iterator[Renewed]:
    rows = people.order_by("pk").values_list("pk", "email", "email_key")
    for pk, email, before in rows.iterator(chunk_size=2000):
        if email.rpartition("@")[0].isascii() and (key := email_key(email)) != before:
            yield Renewed(pk, before, key)


def _parts(renewed: Sequence[Renewed]) -> Iterator[Sequence[Renewed]]:
    return (renewed[start : start + BATCH] for start in range(0, len(renewed), BATCH))


def _renew(apps: Any, part: Sequence[Renewed]) -> int:
    """Give these their keys; how many were merged into who has the key already."""
    people = apps.get_model("subscriptions", "Subscriber").objects
    holders = people.in_bulk([each.key for each in part], field_name="email_key")
    rows = people.in_bulk([each.pk for each in part])
    merged = 0
    for each in part:
        if holder := holders.get(each.key):
            _move_letters(apps, each, holder)
            _merge(apps, rows[each.pk], holder)
            merged += 1
        else:
            holder = holders[each.key] = rows[each.pk]
            holder.email_key = each.key
            holder.save(update_fields=["email_key"])
            _move_letters(apps, each, holder)
    return merged


def _move_letters(apps: Any, person: Renewed, to: Any) -> None:
    letters = apps.get_model("digest", "Letter").objects
    taken = set(letters.filter(email_key=person.key).values_list("purpose", "nonce"))
    for letter in letters.filter(subscriber=person.pk).order_by("pk"):
        if letter.email_key == person.before:
            letter.email_key = person.key
            if (letter.purpose, letter.nonce) in taken:
                letter.nonce = f"{letter.nonce[:40]}~{letter.pk}"
        letter.subscriber = to
        letter.save(update_fields=["email_key", "nonce", "subscriber"])


def _merge(apps: Any, person: Any, into: Any) -> None:
    _join(person, into)
    _move_keywords(apps, person, into)
    _move_digests(apps, person, into)
    noted = apps.get_model("subscriptions", "Suppression").objects
    noted.filter(subscriber=person).update(subscriber=into)
    apps.get_model("subscriptions", "MergedSubscriber").objects.create(pk=person.pk, into=into)
    person.delete()
    into.save()


def _join(person: Any, into: Any) -> None:
    """What the two have, in `into`: the stricter status, the later dates, the earlier watermark
    (what was sent already is not sent again all the same)."""
    if person.status == "pending":
        if into.status == "pending":
            into.requested = into.requested or person.requested
        return
    if into.status == "pending":
        for field in into._meta.concrete_fields:
            if field.name not in THEIR_OWN:
                setattr(into, field.attname, getattr(person, field.attname))
        return
    into.status = max(into.status, person.status, key=STRICTER.index)
    for name in LATEST:
        setattr(into, name, max(filter(None, (getattr(into, name), getattr(person, name))),
                                default=None))  # fmt: skip
    into.confirmed_through_seq = min(into.confirmed_through_seq, person.confirmed_through_seq)
    into.trending_top = max(into.trending_top, person.trending_top)


def _move_keywords(apps: Any, person: Any, into: Any) -> None:
    keywords = apps.get_model("subscriptions", "Subscription").objects
    has = {each.text: each for each in keywords.filter(subscriber=into)}
    for each in keywords.filter(subscriber=person):
        if same := has.get(each.text):
            keywords.filter(pk=same.pk).update(active=same.active or each.active)
            each.delete()
        else:
            keywords.filter(pk=each.pk).update(subscriber=into)
    active = keywords.filter(subscriber=into, active=True).order_by("pk")
    too_many = list(active.values_list("pk", flat=True)[MOST_KEYWORDS:])
    keywords.filter(pk__in=too_many).update(active=False)


def _move_digests(apps: Any, person: Any, into: Any) -> None:
    """Two of a kind and date: the second is kept as a copy of that day, so that its page stays."""
    digests = apps.get_model("digest", "Digest").objects
    taken = set(digests.filter(subscriber=into).values_list("kind", "local_date"))
    for digest in digests.filter(subscriber=person).defer("entries", "follow_ups").order_by("pk"):
        changed = ["subscriber"]
        if (digest.kind, digest.local_date) in taken:
            digest.told = {"copied_day": digest.local_date.isoformat()} | digest.told
            digest.kind = "copy"
            if digest.state in NOT_BEGUN:
                digest.state, digest.lease_until = "cancelled", None
            while (digest.kind, digest.local_date) in taken:
                digest.local_date -= timedelta(days=1)
            changed += ["told", "kind", "state", "lease_until", "local_date"]
        taken.add((digest.kind, digest.local_date))
        digest.subscriber = into
        digest.save(update_fields=changed)


def _move_hashes(suppressions: Any, part: Sequence[Renewed], key: SuppressionKey) -> None:
    hashes = {key.hash(each.before): key.hash(each.key) for each in part}
    known = suppressions.in_bulk([*hashes, *hashes.values()], field_name="address_hash")
    for before, after in hashes.items():
        old, new = known.get(before), known.get(after)
        if old is None:
            continue
        if new is not None and _lasts(new) >= _lasts(old):
            old.delete()
            continue
        if new is not None:
            new.delete()
        old.address_hash = after
        old.save(update_fields=["address_hash"])
        known[after] = old


def _lasts(suppression: Any) -> tuple[bool, float]:
    ends = suppression.expires_at
    return ends is None, ends.timestamp() if ends else 0.0


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0007_mailbox_keys"),
        ("digest", "0017_automatic_holds"),
    ]

    operations = [migrations.RunPython(renew_keys, migrations.RunPython.noop)]
