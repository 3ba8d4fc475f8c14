"""Template tags and filters of the pages."""

from datetime import date, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from django import template
from django.template import Context
from django.utils.timezone import now

from digest.ingest.papers.paper_links import safe_link
from digest.matching.text import readable as texts
from digest.models import Paper
from digest.operators import outbox_access

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


class TrendingNow(NamedTuple):
    """A day, and its most popular papers."""

    day: date
    papers: list[Paper]


@register.simple_tag
def trending_now(count: int) -> TrendingNow | None:
    """Return the `count` most popular papers of the newest listed day that mailed papers have
    counts for, None if no paper was ever mailed. Takes three short queries at most."""
    today = now().date()
    # One day ahead is what time zones explain; a later date is wrong, and would stay for years.
    dated = Paper.objects.numbered().filter(listed_on__lte=today + timedelta(days=1))
    mailed = dated.filter(withdrawn_at=None)
    lately = mailed.listed_from(today - _LATELY).counted()
    for papers in (lately, mailed):
        if day := papers.order_by("-listed_on").values_list("listed_on", flat=True).first():
            of_day = papers.filter(listed_on=day).most_popular()[:count]
            return TrendingNow(day, list(of_day.only(*_SHOWN)))
    return None
