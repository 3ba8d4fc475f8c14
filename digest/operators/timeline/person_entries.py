"""Entries about the person: sign-up, keywords, addresses, suppressions, and operators' acts."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Model, Q, QuerySet
from django.db.models.functions import Cast

from digest.operators.read_log import READ
from subscriptions.models import AddressChange, Subscriber, Subscription, Suppression

from .timeline_entries import FewEntries, Kind, RowKind, TimelineEntry, admin_url

_VIEW = "subscriptions.view_subscriber"
Status = Subscriber.Status


def person_kinds(person: Subscriber, suppressions: QuerySet[Suppression]) -> Iterator[Kind]:
    """Yield the kinds of entries about a person and what they chose; `suppressions` are theirs."""
    keywords, view = person.subscriptions.all(), "subscriptions.view_subscription"
    yield RowKind(view, keywords, "created_at", _keyword_added)
    yield RowKind(view, keywords, "dropped_at", _keyword_removed)
    changes = person.address_changes.all()
    yield RowKind(_VIEW, changes, "requested_at", _address_requested)
    yield RowKind(_VIEW, changes, "confirmed_at", _address_changed)
    yield RowKind(_VIEW, changes, "undone_at", _address_undone)
    view = "subscriptions.view_suppression"
    yield RowKind(view, suppressions, "created_at", _suppression)
    yield _acts_kind(_acts_on(person), suppressions)
    yield FewEntries(_VIEW, list(_own(person)))


def suppression_kinds(suppressions: QuerySet[Suppression]) -> Iterator[Kind]:
    """Yield the kinds of entries about a mailbox of which only suppressions are known."""
    view = "subscriptions.view_suppression"
    yield RowKind(view, suppressions, "created_at", _suppression)
    yield _acts_kind(Q(pk__in=[]), suppressions)


def _own(person: Subscriber) -> Iterator[TimelineEntry]:
    """What the columns of the person's own row tell."""
    yield TimelineEntry(person.created_at, "Signed up.")
    if person.confirmed_at:
        count = person.confirmations
        detail = f"{count} confirmations so far" if count > 1 else ""
        yield TimelineEntry(person.confirmed_at, "Confirmed the subscription.", detail)
    if person.requested and person.requested_at:
        yield TimelineEntry(person.requested_at, "Asked on the site; not confirmed so far.")
    if person.unsubscribed_at:
        yield TimelineEntry(person.unsubscribed_at, "Unsubscribed.")
    if person.paused_until:
        yield TimelineEntry(person.paused_until, "End of a pause, or of a suspension by bounces.")


def _keyword_added(keyword: Subscription, at: datetime) -> TimelineEntry:
    return TimelineEntry(at, f"Keyword added: {keyword.text}", url=admin_url(keyword))


def _keyword_removed(keyword: Subscription, at: datetime) -> TimelineEntry:
    return TimelineEntry(at, f"Keyword removed: {keyword.text}", url=admin_url(keyword))


def _address_requested(change: AddressChange, at: datetime) -> TimelineEntry:
    return TimelineEntry(
        at, f"Asked for a change of address, from {change.former_email} to {change.email}."
    )


def _address_changed(change: AddressChange, at: datetime) -> TimelineEntry:
    return TimelineEntry(at, f"Address changed, from {change.former_email} to {change.email}.")


def _address_undone(change: AddressChange, at: datetime) -> TimelineEntry:
    return TimelineEntry(at, f"Change of address undone, back to {change.former_email}.")


def _suppression(suppression: Suppression, at: datetime) -> TimelineEntry:
    """Return the entry of a suppression: why, until when, and whether it is final."""
    facts = [suppression.detail]
    if suppression.expires_at:
        facts.append(f"until {suppression.expires_at:%-d %B %Y %H:%M} UTC")
    else:
        facts.append("without an end")
    if suppression.pending_since:
        facts.append("an automatic hold may undo it")
    sentence = f"Address suppressed: {suppression.get_reason_display()}."
    return TimelineEntry(at, sentence, "; ".join(filter(None, facts)), admin_url(suppression))


def _acts_on(person: Subscriber) -> Q:
    """What operators did to the person, their keywords and digests."""
    about = Q(content_type=_type(Subscriber), object_id=str(person.pk))
    return about | _about(person.digests.all()) | _about(person.subscriptions.all())


def _about(rows: QuerySet[Any]) -> Q:
    ids = rows.order_by().annotate(text_pk=Cast("pk", CharField())).values("text_pk")
    return Q(content_type=_type(rows.model), object_id__in=ids)


def _acts_kind(about: Q, suppressions: QuerySet[Suppression]) -> Kind:
    """Entries of the audit log, those on suppressions too. Readings are left out."""
    acts = LogEntry.objects.filter(about | _about(suppressions)).exclude(action_flag=READ)
    acts = acts.select_related("user", "content_type")
    return RowKind("admin.view_logentry", acts, "action_time", _act)


def _type(model: type[Model]) -> ContentType:
    return ContentType.objects.get_for_model(model)


def _act(entry: LogEntry, at: datetime) -> TimelineEntry:
    what = entry.get_change_message() or entry.get_action_flag_display()
    kind = str(entry.content_type.name) if entry.content_type else "row"
    sentence = f"{entry.user.get_username()}, on the {kind}: {what}"
    return TimelineEntry(at, sentence, url=admin_url(entry))
