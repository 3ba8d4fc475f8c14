"""The words of a digest: its subject, and the sentences it opens with.

They say what was listed, what matched, and what is not known or went wrong. The heading says the
same as the subject.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from digest.mail.mime.header_fields import header_text
from digest.models import Digest
from digest.models.digest_contents import LookBack, QuietNotice
from digest.rendering.digest_summary import DigestSummary, counted, day_name, quiet_time
from digest.rendering.paper_card import clipped, isolated

_OFFERED = 60  # characters of a keyword that other wordings are offered for
LIMIT = 70  # characters of a subject; what the lists of most mail programs show


def subject(summary: DigestSummary) -> str:
    """Like "7 papers: diffusion model, robot learning — Fri 20 Nov"; never longer than LIMIT."""
    again = "Sent again: " if summary.digest.kind == Digest.Kind.COPY else ""
    tail = _tail(summary)
    room = LIMIT - len(tail) - len(again)
    said = _news(summary)
    if summary.matched and summary.sample is None:
        said = _with_keywords(said, summary.hits, room)
    return header_text(f"{again}{_cut(said, room)}{tail}")


def heading(summary: DigestSummary) -> str:
    """Return the heading of the mail: its subject without the keywords, which follow it there."""
    return f"{_news(summary)}{_tail(summary)}"


def _tail(summary: DigestSummary) -> str:
    return "" if summary.sample is not None else f" — {summary.day}"


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1].rstrip()}…"


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


def _news(summary: DigestSummary) -> str:
    if (quiet := summary.facts.quiet) is not None:
        return _quiet_news(summary, quiet)
    if summary.sample is not None:
        return f"Your sample: {_sample_news(summary, summary.sample)}"
    found = len(summary.matched)
    papers = counted(found, "paper") if found else counted(summary.trending, "trending paper")
    if not found and not summary.trending:
        return "No papers"
    if found and summary.facts.catch_up == "pause":
        return f"{papers} since you paused"
    if found and summary.facts.catch_up == "missed":
        return f"{papers} to catch up on"
    return f"{papers} this week" if summary.weekly and not summary.facts.catch_up else papers


def _sample_news(summary: DigestSummary, sample: LookBack) -> str:
    time = "the newest listing" if sample.quiet_week else "the last 7 days"
    if found := len(summary.matched):
        return f"{counted(found, 'paper')} from {time}"
    if summary.trending:
        return f"{counted(summary.trending, 'trending paper')} from {time}"
    return f"no {'matches' if summary.wanted else 'trending papers'} in {time}"


def _quiet_news(summary: DigestSummary, quiet: QuietNotice) -> str:
    time, state = quiet_time(quiet.days), summary.facts.source.state
    if quiet.read or state == "fresh":
        if not summary.wanted:
            return f"No trending papers {time}"
        return f"Nothing new {time} for your {summary.keywords_word}"
    match state:
        case "failed":
            return f"We couldn’t read the papers listed {time}"
        case "empty":
            return f"No new papers were listed {time}"
        case _:
            return f"No new papers have reached us {time}"


def opening(summary: DigestSummary) -> list[str]:
    """Return the opening sentences, at least one, as of the time the digest was composed."""
    return list(_sentences(summary))


def _sentences(summary: DigestSummary) -> Iterator[str]:
    if summary.digest.kind == Digest.Kind.COPY:
        yield "This e-mail was sent again by the people who run this service."
    if (quiet := summary.facts.quiet) is not None:
        yield from _quiet(summary, quiet)
    else:
        yield _matching(summary)
    yield from _source(summary)
    yield from _gap(summary)


def _matching(summary: DigestSummary) -> str:
    """Like "7 of the 31 new papers since yesterday match your 3 keywords, best matches first."."""
    read, found, time = summary.digest.papers_read, len(summary.matched), _time(summary)
    begin, noun = (
        ("This is the sample you asked for: ", "paper") if summary.sample else ("", "new paper")
    )
    if not summary.wanted and not found:
        return _sentence(f"{begin}{_out_of(read, noun, time)}{_trending(summary)}")
    if not read:
        return _sentence(f"{begin}no {noun}s {time}")
    if read == 1:
        which, verb = f"the one {noun} {time}", "matches" if found else "doesn’t match"
    else:
        amount = f"all {read}" if found == read else f"{found or 'none'} of the {read}"
        which, verb = f"{amount} {noun}s {time}", "match" if found > 1 else "matches"
    yours = f"your {summary.keywords_word}"
    if not summary.wanted:  # they were dropped after this digest was put together
        verb, yours = "matched", "the keywords you had"
    order = ", best matches first" if found > 1 else ""
    return _sentence(f"{begin}{which} {verb} {yours}{order}")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _out_of(read: int, noun: str, time: str) -> str:
    return f"of the {counted(read, noun)} {time}, " if read else f"no {noun}s {time}; "


def _trending(summary: DigestSummary) -> str:
    match summary.trending:
        case 0:
            return "none is trending"
        case 1:
            return "this one is trending"
        case number:
            return f"these {number} are trending"


def _time(summary: DigestSummary) -> str:
    if summary.sample is not None:
        if not summary.sample.quiet_week:
            return "from the last 7 days"
        newest = summary.sample.newest_day
        return f"in the newest listing, of {day_name(newest)}," if newest else "listed so far"
    if not summary.facts.since_known:
        return "since your last digest"
    since = summary.facts.since
    if since is None:
        return "since you signed up"
    yesterday = summary.local_date - timedelta(days=1)
    return "since yesterday" if since == yesterday else f"since {day_name(since)}"


def _quiet(summary: DigestSummary, quiet: QuietNotice) -> Iterator[str]:
    if not quiet.read and summary.facts.source.state != "fresh":
        return
    time, papers = quiet_time(quiet.days), counted(quiet.read, "new paper")
    if not summary.wanted:
        yield f"None of the {papers} {time} was trending."
        return
    yield f"None of the {papers} {time} matched your {summary.keywords_word}."
    if quiet.last_hit:
        yield f"Your last match was on {day_name(quiet.last_hit)}."


def _source(summary: DigestSummary) -> Iterator[str]:
    """What is to be said of the raw material, if anything is."""
    source = summary.facts.source
    since = f" since those of {day_name(source.newest_listing)}" if source.newest_listing else ""
    match source.state:
        case "empty":
            yield "The listings we received had no new papers."
        case "late":
            yield f"No papers have reached us{since}. Anything listed later will still be sent."
    if source.failed:
        yield (
            f"We couldn’t read {counted(source.failed, 'listing')} that we received; the papers "
            "will follow when this is fixed."
        )
    elif source.state == "failed":
        yield "We couldn’t read the newest listings; the papers will follow when this is fixed."


def _gap(summary: DigestSummary) -> Iterator[str]:
    """Why this mail covers more than usual, and whether some of it may repeat."""
    match summary.facts.catch_up:
        case "pause":
            yield "This includes everything from your pause."
        case "missed":
            yield "An earlier e-mail wasn’t sent, so its papers are included here."
        case "outage":
            yield "This e-mail covers more days than usual."
    doubtful = summary.facts.doubtful_day
    if doubtful and summary.sample is None:
        yield (
            f"We don’t know whether your e-mail of {day_name(doubtful)} arrived, so some papers "
            "may appear again."
        )


def wording_offer(summary: DigestSummary) -> str:
    """Return the sentence that offers other wordings of a keyword; "" without an offer."""
    offer = summary.facts.offer
    if offer is None:
        return ""
    others = " or ".join(f"“{isolated(header_text(other))}”" for other in offer.others)
    name = isolated(clipped(header_text(offer.keyword), _OFFERED))
    return f"Your keyword “{name}” can also find papers that say {others}."
