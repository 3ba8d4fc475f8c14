"""Admin actions on many rows, with a page that asks for confirmation first, run in batches."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from digest.operators.audit_log import NAMED, log_act_on_many
from digest.operators.generic_classes import ModelAdmin
from digest.operators.read_log import operator_of

M = TypeVar("M", bound=Model)
Owner = TypeVar("Owner", bound="ModelAdmin[Any]")  # of whichever model

BATCH = 1_000
CONFIRMED = "confirmed"  # the field with the fingerprint of the rows that the page asked about
_NAMED = 10  # rows that the page names


@dataclass(frozen=True, slots=True)
class Question:
    """The contents of a confirmation page.

    `fingerprint`: of the rows (see `fingerprint_of`). `names`: singular and plural of a row.
    `rows`: the first ones by name. `notes`: sentences besides the effect.
    """

    title: str
    effect: str
    count: int
    fingerprint: str
    names: tuple[str, str]
    rows: Sequence[str] = ()
    notes: Sequence[str] = ()

    @property
    def number(self) -> str:
        return f"{self.count:,} {self.names[self.count != 1]}"


def confirmed_action(
    description: str,
    *,
    permission: str,
    effect: str,
    affects: Q | None = None,
    logs_rows: bool = False,
) -> Callable[
    [Callable[[Owner, HttpRequest, QuerySet[M]], None]],
    Callable[[Owner, HttpRequest, QuerySet[M]], HttpResponse | None],
]:
    """Make an admin action that asks for confirmation before it runs.

    `permission`: checked by the admin's `has_<permission>_permission`. `affects`: which of the
    chosen rows it changes, if not all. `logs_rows`: it logs each row itself, so that no entry is
    made of the whole.
    """

    def decorate(
        run: Callable[[Owner, HttpRequest, QuerySet[M]], None],
    ) -> Callable[[Owner, HttpRequest, QuerySet[M]], HttpResponse | None]:
        @admin.action(description=description, permissions=[permission])
        @wraps(run)
        def action(
            owner: Owner, request: HttpRequest, queryset: QuerySet[M]
        ) -> HttpResponse | None:
            count, fingerprint = count_and_fingerprint(queryset)
            if is_confirmed(request, fingerprint):
                ids = list(queryset.order_by("pk").values_list("pk", flat=True)[:NAMED])
                run(owner, request, queryset)
                if not logs_rows:
                    what = f"{description.partition(':')[0]}: {count} chosen."
                    log_act_on_many(operator_of(request), what, owner.model, ids, count)
                return None
            notes = _changed_meanwhile(request)
            if affects is not None:
                number = queryset.filter(affects).count()
                notes.insert(0, f"{number:,} of them {'is' if number == 1 else 'are'} affected.")
            names = _names(owner)
            rows = first_names(queryset)
            question = Question(description, effect, count, fingerprint, names, rows, notes)
            return confirmation_page(request, owner, question)

        action.effect = effect  # type: ignore[attr-defined]
        return action

    return decorate


@dataclass(frozen=True, slots=True)
class ActionButton:
    """A button that posts an action of a list to `url`; the action then asks for confirmation."""

    label: str
    effect: str
    url: str
    action: str
    ids: Sequence[int]


def action_button(
    owner: "ModelAdmin[Any]", request: HttpRequest, action: str, ids: Sequence[int]
) -> ActionButton | None:
    """Return the button of an action on some rows, None if there are none or the operator may not
    run it."""
    found = owner.get_actions(request).get(action)
    if found is None or not ids:
        return None
    run, name, description = found
    effect = getattr(run, "effect", "") or getattr(owner, "delete_effect", DELETED)
    names = {"verbose_name_plural": owner.opts.verbose_name_plural}
    url = reverse(f"admin:{owner.opts.label_lower.replace('.', '_')}_changelist")
    chosen = ",".join(map(str, ids))
    return ActionButton(description % names, effect, f"{url}?pk__in={chosen}", name, ids)


def is_confirmed(request: HttpRequest, fingerprint: str) -> bool:
    """Whether the request confirms the page that asked about exactly these rows."""
    return request.method == "POST" and request.POST.get(CONFIRMED) == fingerprint


def count_and_fingerprint(queryset: QuerySet[M]) -> tuple[int, str]:
    """Return the count and the fingerprint of the rows, with one query and in constant memory."""
    count = 0

    def ids() -> Iterator[int | str]:
        nonlocal count
        rows = queryset.prefetch_related(None).order_by("pk").values_list("pk", flat=True)
        for pk in rows.iterator(chunk_size=BATCH):
            count += 1
            yield pk

    fingerprint = fingerprint_of(ids())
    return count, fingerprint


def fingerprint_of(ids: Iterable[int | str]) -> str:
    """Return the SHA-256, in hex, of the ids in order."""
    found = hashlib.sha256()
    for pk in ids:
        found.update(f"{pk}\n".encode())
    return found.hexdigest()


def confirmation_page(
    request: HttpRequest, owner: ModelAdmin[M], question: Question, back: str = ""
) -> HttpResponse:
    """Return the confirmation page. Its button posts the same fields to the same URL again.

    `back`: the URL to return to, by default the same one.
    """
    posted = [
        (name, value)
        for name in request.POST
        if name not in ("csrfmiddlewaretoken", CONFIRMED)
        for value in request.POST.getlist(name)
    ]
    context = {
        **owner.admin_site.each_context(request),
        "opts": owner.opts,
        "title": question.title,
        "question": question,
        "back": back or request.get_full_path(),
        "posted": [*posted, (CONFIRMED, question.fingerprint)],
    }
    return TemplateResponse(request, "admin/confirm.html", context)


def first_names(queryset: QuerySet[M]) -> list[str]:
    """Return the names of the first rows."""
    return [str(row) for row in queryset[:_NAMED]]


def batches(queryset: QuerySet[M]) -> Iterator[QuerySet[M]]:
    """Yield the rows by primary key, BATCH at a time, even if the action removes them from the
    queryset."""
    rows = queryset.order_by("pk").values_list("pk", flat=True)
    ids = list(rows[:BATCH])
    while ids:
        yield queryset.model._default_manager.filter(pk__in=ids).order_by("pk")
        ids = list(rows.filter(pk__gt=ids[-1])[:BATCH])


def in_batches(queryset: QuerySet[M]) -> Iterator[M]:
    """Yield the rows one by one, read BATCH at a time."""
    for batch in batches(queryset):
        yield from batch


DELETED = "They are deleted permanently."
_NEEDED = "They cannot be deleted, because other rows need them."


@admin.action(description="Delete", permissions=["delete"])
def delete_selected(
    owner: ModelAdmin[M], request: HttpRequest, queryset: QuerySet[M]
) -> HttpResponse | None:
    """Django's action of that name, in batches and without listing every row.

    An admin's `delete_effect` says what deleting its rows means, its `delete_refusal` why protected
    rows cannot be deleted.
    """
    count, fingerprint = count_and_fingerprint(queryset)
    if not is_confirmed(request, fingerprint):
        first = next(batches(queryset), queryset)
        related, refusal = _related_and_refusal(owner, request, first)
        if refusal:
            owner.message_user(request, refusal, messages.ERROR)
            return None
        notes = [*_changed_meanwhile(request), *([related] if count <= BATCH and related else [])]
        effect = getattr(owner, "delete_effect", DELETED)
        title = f"Delete {owner.opts.verbose_name_plural}"
        rows = first_names(queryset)
        question = Question(title, effect, count, fingerprint, _names(owner), rows, notes)
        return confirmation_page(request, owner, question)
    deleted = 0
    for batch in batches(queryset):
        with transaction.atomic():
            _, refusal = _related_and_refusal(owner, request, batch)
            if refusal:
                owner.message_user(request, refusal, messages.ERROR)
                break
            number = len(batch)
            owner.log_deletions(request, batch)
            owner.delete_queryset(request, batch)
        deleted += number
    owner.message_user(request, f"{deleted:,} of {count:,} deleted.", messages.SUCCESS)
    return None


def _related_and_refusal(
    owner: ModelAdmin[M], request: HttpRequest, batch: QuerySet[M]
) -> tuple[str, str]:
    """Return sentences that say what else would be deleted, and why these rows cannot be, or ""."""
    _, counts, lacking, protected = owner.get_deleted_objects(batch, request)
    if protected:
        refusal = getattr(owner, "delete_refusal", lambda _: _NEEDED)
        return "", refusal(protected)
    if lacking:
        return (
            "",
            "You do not have permission to delete what belongs to them: "
            f"{', '.join(sorted(map(str, lacking)))}.",
        )
    own = owner.opts.verbose_name_plural
    others = [f"{number:,} {name}" for name, number in counts.items() if name != own]
    return (f"Also deleted: {', '.join(others)}." if others else ""), ""


def _names(owner: ModelAdmin[M]) -> tuple[str, str]:
    return str(owner.opts.verbose_name), str(owner.opts.verbose_name_plural)


def _changed_meanwhile(request: HttpRequest) -> list[str]:
    if CONFIRMED not in request.POST:
        return []
    return ["The selection has changed since you were asked, so nothing has been done yet."]
