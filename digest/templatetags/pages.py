"""Template tags and filters of the pages."""

from datetime import date, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from django import template
from django.template import Context
from django.utils.timezone import now

from digest.ingest.formats.fields.date_words import shown_period
from digest.ingest.papers.paper_links import safe_link
from digest.matching.text import readable as texts
from digest.models import Paper
from digest.operators import outbox_access
from digest.web.shared_values import shared_value
from digest.web.signed_pages import opened_link
from subscriptions.links import Purpose

# After a week-end the newest listing is of Friday.
_LATELY = timedelta(days=3)
_SHOWN = ("title", "upvotes", "comment_count", "source_count")

register = template.Library()
register.filter("web_link", safe_link)


@register.filter
def readable(text: str) -> str:
    """Return a title or an abstract as one line, with its math as Unicode."""
    return texts.readable(text).text


@register.filter
def published(paper: Paper, month: str = "long") -> str:
    """Return when a paper was published, as exactly as that is known: "November 2026"."""
    is_long = month == "long"
    return shown_period(paper.published_on, paper.published_precision, whole_words=is_long)


@register.filter
def site_name(address: str) -> str:
    """Return the host of a link: "https://www.arxiv.org/abs/1" is "arxiv.org"."""
    try:
        return (urlsplit(safe_link(address)).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


@register.simple_tag(takes_context=True)
def outbox_is_open(context: Context) -> bool:
    """Whether the visitor may read the outbox. False for a template without a request."""
    return outbox_access.is_open(context.get("request"))


# Pages that offer to mail a link instead of having one: what opened them may have been forwarded.
_OFFER_A_LINK = frozenset(set(Purpose) - {Purpose.CONFIRM, Purpose.PREFERENCES, Purpose.ACCOUNT})


@register.inclusion_tag("subscriptions/way_back.html", takes_context=True)
def way_back(context: Context) -> dict[str, object]:
    """Lead from a page behind a signed link to the preferences, or offer to mail a link to them.

    Pages of the preferences have tabs, and those of confirmations and accounts need no way back.
    """
    request = context.get("request")
    link = opened_link(request) if request else None
    if link is None or link.purpose not in _OFFER_A_LINK:
        return {}
    return {"preferences_token": link.preferences_token, "offers_link": True}


class TrendingNow(NamedTuple):
    """A day, and its most popular papers."""

    day: date
    papers: list[Paper]


@register.simple_tag
def trending_now(count: int) -> TrendingNow | None:
    """Return the `count` most popular papers of the newest listed day that mailed papers have
    counts for, None if no paper was ever mailed."""
    today = now().date()
    return shared_value(f"trending {count} {today}", lambda: _trending_now(count, today))


def _trending_now(count: int, today: date) -> TrendingNow | None:
    """Takes three short queries at most."""
    # One day ahead is what time zones explain; a later date is wrong, and would stay for years.
    dated = Paper.objects.numbered().filter(listed_on__lte=today + timedelta(days=1))
    mailed = dated.filter(withdrawn_at=None)
    lately = mailed.listed_from(today - _LATELY).counted()
    for papers in (lately, mailed):
        if day := papers.order_by("-listed_on").values_list("listed_on", flat=True).first():
            of_day = papers.filter(listed_on=day).most_popular()[:count]
            return TrendingNow(day, list(of_day.only(*_SHOWN)))
    return None
