"""Reasons not to believe a page: it is something else, or it shrank too far."""

import re
import statistics
from datetime import UTC, date, datetime

from digest.models import Dump, Source
from digest.models.sources import falls_on

from .formats import Page

_LOOKED_AT = 1 << 16
_LAST = 10
_ENOUGH_DUMPS = 3
# Of a source that brings few papers a day, a day with one or two is nothing to wonder at.
_ENOUGH_PAPERS = 10
_SHRUNK = 0.2
_MARK_UP = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_KINDS = (
    ("a log-in page", r"type=.?password\b|\b(sign|log) ?in to (continue|your)"
     r"|\bplease (sign|log) ?in\b"),
    ("a page that asks whether a person is there", r"\bcaptcha\b|are you (a )?(human|robot)"
     r"|checking your browser|enable javascript and cookies"),
    ("a refusal", r"\b(401 unauthori[sz]ed|403 forbidden)\b|\baccess denied\b"
     r"|\b429 too many requests\b|\brate limit(ed)?\b"),
    ("an error page", r"\b404 not found\b|\bpage not found\b|\b500 internal server error\b"
     r"|\b50[234] (bad gateway|service unavailable|gateway time-?out)\b|\bservice unavailable\b"
     r"|\binternal server error\b"),
)  # fmt: skip
_INSTEAD = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _KINDS)


def instead(data: bytes) -> str:
    """What a page without papers is, in a sentence, where its words say it; else empty."""
    text = data[:_LOOKED_AT].decode(errors="replace")
    words = " ".join(_MARK_UP.sub(" ", text).split())
    for kind, pattern in _INSTEAD:
        if pattern.search(text) or pattern.search(words):
            shown = words[:80] or "no words"
            return f"This is {kind} instead of papers (“{shown}”): see why the source answers so."
    return ""


def _may_be_short(source: Source, day: date, received_at: datetime) -> bool:
    """Whether few papers are as it should be: a day that still fills, or one of rest."""
    return day >= received_at.astimezone(UTC).date() or not falls_on(source.expected_on, day)


def shrunk(dump: Dump, page: Page) -> str:
    """Why so short a listing is not believed of this source, in a sentence; else empty.

    It is doubted where it lists less than a fifth of what the source's last 10 parsed dumps with
    papers had in the middle. An empty page is no doubt: a format that takes one knows it for good.
    """
    if dump.source is None or dump.total_parts > 1 or not page.records:
        return ""
    if dump.listed_on and _may_be_short(dump.source, dump.listed_on, dump.received_at):
        return ""
    earlier = Dump.objects.filter(
        source=dump.source, state=Dump.State.PARSED, papers__gt=0, total_parts=1
    )
    newest = earlier.exclude(pk=dump.pk).order_by("-received_at", "-pk")
    counts = list(newest.values_list("papers", flat=True)[:_LAST])
    if len(counts) < _ENOUGH_DUMPS:
        return ""
    usual = statistics.median(counts)
    if usual < _ENOUGH_PAPERS or len(page.records) >= usual * _SHRUNK:
        return ""
    return (
        f"It lists {len(page.records):,}, where this source’s last {len(counts)} dumps listed "
        f"{usual:,.0f} papers in the middle: perhaps only half of it arrived. Look at the raw "
        "bytes; “Accept anyway” in the admin takes it as it is."
    )
