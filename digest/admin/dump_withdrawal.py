"""The page to withdraw a dump, which first says what that does, in numbers; and to undo it."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.admin import display
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from digest.ingest import pipeline as ingest
from digest.ingest.withdrawal import effects
from digest.ingest.withdrawal.counts import WithdrawalCounts
from digest.ingest.withdrawal.withdraw import CannotWithdraw, total_counts, undo, withdraw
from digest.models import Dump, Paper
from digest.operators.base_admin import PermittedAdmin

SECONDS = 10.0  # for a request; the rest follows at the next tick
_STILL = " It is still being withdrawn: reload this page in a minute."


@dataclass(frozen=True, slots=True)
class SentPaper:
    """A paper that was sent, and in how many e-mails."""

    paper: Paper
    mails: int


class WithdrawalAdmin(PermittedAdmin[Dump]):
    permitted = {"download": "digest.download_dump", "withdraw": "digest.withdraw_dump"}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.withdraw_view)
        return [path("<int:pk>/withdraw/", view, name="dump-withdraw"), *super().get_urls()]

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the effects; withdraw the dump, or undo that, on POST. Not in a transaction."""
        self.require(request, "withdraw")
        dump = get_object_or_404(Dump, pk=pk)
        if request.method == "POST":
            act = self._undo if "undo" in request.POST else self._withdraw
            act(request, dump)
            return redirect(reverse("admin:dump-withdraw", args=[pk]))
        counts = total_counts(dump) if dump.is_withdrawn else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": dump,
            "title": f"Withdraw {dump}",
            "dump": dump,
            "counts": counts,
            "sent": _sent(counts) if counts else [],
            "effects": [] if counts else effects.sentences(effects.effects(dump)),
        }
        return TemplateResponse(request, "admin/digest/dump/withdraw.html", context)

    def _withdraw(self, request: HttpRequest, dump: Dump) -> None:
        try:
            done = withdraw(dump, timezone.now(), seconds=SECONDS)
        except CannotWithdraw as wrong:
            self.message_user(request, str(wrong), messages.ERROR)
            return
        self.log_change(request, dump, "Withdrawn.")
        is_done = done.state == Dump.State.WITHDRAWN
        said = f"Withdrawn. {total_counts(done).sentence()}{'' if is_done else _STILL}"
        self.message_user(request, said, messages.SUCCESS if is_done else messages.WARNING)

    def _undo(self, request: HttpRequest, dump: Dump) -> None:
        try:
            undone = undo(dump)
            self.log_change(request, dump, "Withdrawal undone.")
            if undone.state == Dump.State.RECEIVED:
                undone = ingest.read(undone, at=timezone.now(), seconds=SECONDS)
        except (CannotWithdraw, ingest.CannotKeep, OSError) as wrong:
            self.message_user(request, str(wrong), messages.ERROR)
            return
        said = undone.error or f"Read again: {undone.papers:,} papers, {undone.new:,} of them new."
        self.message_user(request, said, messages.WARNING if undone.error else messages.SUCCESS)

    @display(description="withdrawal")
    def withdrawn(self, dump: Dump) -> str:
        address = reverse("admin:dump-withdraw", args=[dump.pk])
        text = "Withdrawn: what that did, and how to undo it" if dump.is_withdrawn else "Withdraw…"
        return format_html('<a href="{}">{}</a>', address, text)


def _sent(counts: WithdrawalCounts) -> list[SentPaper]:
    papers = Paper.objects.in_bulk(list(counts.readers))
    most_first = sorted(counts.readers.items(), key=lambda each: (-each[1], each[0]))
    return [SentPaper(papers[pk], mails) for pk, mails in most_first if pk in papers]
