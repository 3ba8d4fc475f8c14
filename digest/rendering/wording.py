"""The words of a digest: its subject, and the sentences it opens with.

They say what was listed, what matched, and what is not known or went wrong.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from digest.mail.mime.header_fields import header_text
from digest.models import Digest
from digest.models.digest_contents import LookBack, QuietNotice
from digest.rendering.digest_summary import DigestSummary, counted, day_name, quiet_time


def heading(summary: DigestSummary) -> str:
    """Return the heading of the mail."""
    if (quiet := summary.facts.quiet) is not None:
        days = quiet.days
        if quiet.read or summary.facts.source.state == "fresh":
            return {7: "A quiet week", 14: "Two quiet weeks"}.get(days, counted(days, "quiet day"))
        return f"Nothing to read {quiet_time(days)}"
    if summary.sample is not None:
        return "The newest listing" if summary.sample.quiet_week else "The last 7 days"
    return f"Your week to {summary.day}" if summary.weekly else summary.day


def opening(summary: DigestSummary) -> list[str]:
    """Return the opening sentences, at least one, as of the time the digest was composed."""
    return list(_sentences(summary))


def _sentences(summary: DigestSummary) -> Iterator[str]:
    if summary.digest.kind == Digest.Kind.COPY:
        yield "This mail is sent again by the people who run this service."
    if (quiet := summary.facts.quiet) is not None:
        yield from _quiet(summary, quiet)
    else:
        yield f"{_listed(summary)}; {_matching(summary)}."
    yield from _source(summary)
    yield from _gap(summary)


def _listed(summary: DigestSummary) -> str:
    number = summary.digest.papers_read
    papers = counted(number, "paper") if number else "No paper"
    were = "was" if number < 2 else "were"
    if summary.sample is None:
        return f"{papers} {were} listed {_since(summary)}"
    where = _looked_at(summary.sample)
    return f"This is the look back you asked for: {papers.lower()} {were} listed {where}"


def _looked_at(sample: LookBack) -> str:
    if not sample.quiet_week:
        return "in the last 7 days"
    newest = sample.newest_day
    return f"on {day_name(newest)}, the newest listing there is" if newest else "so far"


def _since(summary: DigestSummary) -> str:
    if not summary.facts.since_known:
        return "since your last digest"
    since = summary.facts.since
    if since is None:
        return "since you signed up"
    yesterday = summary.local_date - timedelta(days=1)
    return "since yesterday" if since == yesterday else f"since {day_name(since)}"


def _matching(summary: DigestSummary) -> str:
    number = len(summary.matched)
    if summary.wanted:
        matches = {0: "none matches", 1: "1 matches"}.get(number, f"{number} match")
        order = ", best matches first" if number > 1 else ""
        return f"{matches} your {summary.keywords_word}{order}"
    if number:  # the keywords were dropped after this digest was put together
        return f"{counted(number, 'paper')} matched the keywords you had"
    if summary.trending > 1:
        return f"here are {summary.trending} that are trending"
    return "here is one that is trending" if summary.trending else "none is trending"


def _quiet(summary: DigestSummary, quiet: QuietNotice) -> Iterator[str]:
    if not quiet.read and summary.facts.source.state != "fresh":
        return
    time, papers, last = quiet_time(quiet.days), counted(quiet.read, "paper"), quiet.last_hit
    if not summary.wanted:
        yield f"Nothing was trending {time}: {papers} read."
        return
    yield (
        f"Nothing matched {time}: {papers} read, 0 for your {summary.keywords_word}"
        f"{f'; last hit {day_name(last)}' if last else ''}."
    )


def _source(summary: DigestSummary) -> Iterator[str]:
    """What is to be said of the raw material, if anything is."""
    source = summary.facts.source
    of = f" since that of {day_name(source.newest_listing)}" if source.newest_listing else ""
    match source.state:
        case "empty":
            yield "The listings that came held no paper that is new."
        case "late":
            yield (
                f"No listing has reached us{of}. That lies with the source or with us"
                f"{', not with your keywords' if summary.wanted else ''}; what is listed "
                "meanwhile comes later."
            )
    if source.failed:
        yield (
            f"We could not read {counted(source.failed, 'listing')} that came; the papers follow "
            "when that is put right."
        )
    elif source.state == "failed":
        yield f"We could not read what was listed{of}; the papers follow when that is put right."


def _gap(summary: DigestSummary) -> Iterator[str]:
    """Why this mail covers more than usual, and whether some of it may repeat."""
    if summary.facts.catch_up == "pause":
        yield "This mail covers the time of your pause too."
    elif summary.facts.catch_up == "outage":
        yield "An earlier mail could not be sent, so this one makes up for it."
    doubtful = summary.facts.doubtful_day
    if doubtful and summary.sample is None:
        yield (
            f"Whether your mail of {day_name(doubtful)} arrived is not known, so some of its "
            "papers may come twice."
        )


LIMIT = 70  # characters; what the lists of most mail programs show


def subject(summary: DigestSummary) -> str:
    """Like "7 papers: diffusion model, robot learning — Fri 20 Nov"; never longer than LIMIT."""
    again = "Sent again: " if summary.digest.kind == Digest.Kind.COPY else ""
    tail = "" if summary.sample is not None else f" — {summary.day}"
    room = LIMIT - len(tail) - len(again)
    if (quiet := summary.facts.quiet) is not None:
        said = _quiet_subject(summary, quiet)
    elif not summary.matched:
        said = _nothing_matched(summary)
    else:
        said = _with_keywords(_count(summary), summary.hits, room)
    return header_text(f"{again}{_cut(said, room)}{tail}")


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1].rstrip()}…"


def _count(summary: DigestSummary) -> str:
    papers = counted(len(summary.matched), "paper")
    if summary.sample is not None:
        return f"A look back, {papers}"
    if summary.facts.catch_up == "pause":
        return f"{papers} since your pause"
    if summary.facts.catch_up == "outage":
        return f"{papers} to catch up on"
    return f"{papers} this week" if summary.weekly else papers


def _with_keywords(head: str, keywords: Iterable[str], room: int) -> str:
    """The head and as many keywords as there is room for; the first one is cut if it must be."""
    clean = [text for text in map(header_text, keywords) if text]
    if not clean:
        return head
    line = _cut(f"{head}: {clean[0]}", room)
    for text in clean[1:]:
        if len(line) + len(text) + 2 > room:
            break
        line = f"{line}, {text}"
    return line


def _quiet_subject(summary: DigestSummary, quiet: QuietNotice) -> str:
    when, state = quiet_time(quiet.days), summary.facts.source.state
    if not summary.wanted and (quiet.read or state == "fresh"):
        return f"No trending papers {when}"
    if quiet.read:
        return f"Nothing new {when} for your {summary.keywords_word}"
    match state:
        case "failed":
            return "We could not read what was listed"
        case "late":
            return f"No listing has reached us {when}"
        case "empty":
            return f"No new paper was listed {when}"
        case _:
            return f"Nothing new {when} for your {summary.keywords_word}"


def _nothing_matched(summary: DigestSummary) -> str:
    if summary.sample is not None:
        where = "the newest listing" if summary.sample.quiet_week else "the last 7 days"
        if summary.trending:
            return f"A look back, {counted(summary.trending, 'trending paper')}"
        missed = "no match" if summary.wanted else "no trending paper"
        return f"A look back: {missed} in {where}"
    _, of, period = summary.trending_title.partition(" of ")
    return f"{counted(summary.trending, 'trending paper')}{of}{period}"
