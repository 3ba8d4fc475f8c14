"""The words of a digest: its subject, and the sentences it opens with.

They hold whatever has happened: what was listed, what matched, and what is not known or went wrong.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from digest.mail.mime.header_fields import header_text
from digest.models import Digest
from digest.rendering.digest_facts import Account, counted, day_name, quiet_time, read_day


def heading(account: Account) -> str:
    """The mail's own title."""
    if (quiet := account.quiet) is not None:
        days = quiet.get("days", 7)
        if quiet.get("read") or account.source["state"] == "fresh":
            return {7: "A quiet week", 14: "Two quiet weeks"}.get(days, counted(days, "quiet day"))
        return f"Nothing to read {quiet_time(days)}"
    if account.sample is not None:
        quiet_week = account.sample.get("quiet_week")
        return "The newest listing" if quiet_week else "The last 7 days"
    return f"Your week to {account.day}" if account.weekly else account.day


def opening(account: Account) -> list[str]:
    """One or more sentences, each true of the time the digest was composed at."""
    return list(_sentences(account))


def _sentences(account: Account) -> Iterator[str]:
    if account.digest.kind == Digest.Kind.COPY:
        yield "This mail is sent again by the people who run this service."
    if account.quiet is not None:
        yield from _quiet(account)
    else:
        yield f"{_listed(account)}; {_matching(account)}."
    yield from _source(account)
    yield from _gap(account)


def _listed(account: Account) -> str:
    number = account.digest.papers_read
    papers = (
        f"{counted(number, 'paper') if number else 'No paper'} {'was' if number < 2 else 'were'}"
    )
    if account.sample is not None:
        return f"This is the look back you asked for: {_lower(papers)} listed {_looked_at(account)}"
    return f"{papers} listed {_since(account)}"


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _looked_at(account: Account) -> str:
    sample = account.sample or {}
    if not sample.get("quiet_week"):
        return "in the last 7 days"
    newest = read_day(sample.get("newest_day"))
    return f"on {day_name(newest)}, the newest listing there is" if newest else "so far"


def _since(account: Account) -> str:
    if "since" not in account.digest.told:
        return "since your last digest"
    since = account.told_day("since")
    if since is None:
        return "since you signed up"
    yesterday = account.local_date - timedelta(days=1)
    return "since yesterday" if since == yesterday else f"since {day_name(since)}"


def _matching(account: Account) -> str:
    number = len(account.matched)
    if account.wanted:
        matches = {0: "none matches", 1: "1 matches"}.get(number, f"{number} match")
        order = ", best matches first" if number > 1 else ""
        return f"{matches} your {account.keywords_word}{order}"
    if number:  # the keywords were dropped after this digest was put together
        return f"{counted(number, 'paper')} matched the keywords you had"
    if account.trending > 1:
        return f"here are {account.trending} that are trending"
    return "here is one that is trending" if account.trending else "none is trending"


def _quiet(account: Account) -> Iterator[str]:
    quiet = account.quiet or {}
    read = quiet.get("read", 0)
    if not read and account.source["state"] != "fresh":
        return
    if not account.wanted:
        time = quiet_time(quiet.get("days", 7))
        yield f"Nothing was trending {time}: {counted(read, 'paper')} read."
        return
    last = read_day(quiet.get("last_hit"))
    yield (
        f"Nothing matched {quiet_time(quiet.get('days', 7))}: {counted(read, 'paper')} read, "
        f"0 for your {account.keywords_word}"
        f"{f'; last hit {day_name(last)}' if last else ''}."
    )


def _source(account: Account) -> Iterator[str]:
    """What is to be said of the raw material, if anything is."""
    newest = read_day(account.source.get("newest_listing"))
    of = f" since that of {day_name(newest)}" if newest else ""
    match account.source["state"]:
        case "empty":
            yield "The listings that came held no paper that is new."
        case "late":
            yield (
                f"No listing has reached us{of}. That lies with the source or with us"
                f"{', not with your keywords' if account.wanted else ''}; what is listed "
                "meanwhile comes later."
            )
    if failed := account.source.get("failed", 0):
        yield (
            f"We could not read {counted(failed, 'listing')} that came; the papers follow when "
            "that is put right."
        )
    elif account.source["state"] == "failed":
        yield f"We could not read what was listed{of}; the papers follow when that is put right."


def _gap(account: Account) -> Iterator[str]:
    """Why this mail covers more than usual, and whether some of it may repeat."""
    if account.catch_up == "pause":
        yield "This mail covers the time of your pause too."
    elif account.catch_up == "outage":
        yield "An earlier mail could not be sent, so this one makes up for it."
    doubtful = account.told_day("doubtful_day")
    if doubtful and account.sample is None:
        yield (
            f"Whether your mail of {day_name(doubtful)} arrived is not known, so some of its "
            "papers may come twice."
        )


LIMIT = 70  # characters; what the lists of most mail programs show


def subject(account: Account) -> str:
    """Like "7 papers: diffusion model, robot learning — Fri 20 Nov"; never longer than LIMIT."""
    again = "Sent again: " if account.digest.kind == Digest.Kind.COPY else ""
    tail = "" if account.sample is not None else f" — {account.day}"
    room = LIMIT - len(tail) - len(again)
    if account.quiet is not None:
        said = _quiet_subject(account)
    elif not account.matched:
        said = _nothing_matched(account)
    else:
        said = _with_keywords(_count(account), account.hits, room)
    return header_text(f"{again}{_cut(said, room)}{tail}")


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1].rstrip()}…"


def _count(account: Account) -> str:
    papers = counted(len(account.matched), "paper")
    if account.sample is not None:
        return f"A look back, {papers}"
    if account.catch_up == "pause":
        return f"{papers} since your pause"
    if account.catch_up == "outage":
        return f"{papers} to catch up on"
    return f"{papers} this week" if account.weekly else papers


def _with_keywords(head: str, keywords: Iterable[str], room: int) -> str:
    """The head and as many keywords as there is room for; the first one is cut if it must be."""
    clean = [text for text in map(header_text, keywords) if text]
    if not clean:
        return head
    told = _cut(f"{head}: {clean[0]}", room)
    for text in clean[1:]:
        if len(told) + len(text) + 2 > room:
            break
        told = f"{told}, {text}"
    return told


def _quiet_subject(account: Account) -> str:
    quiet = account.quiet or {}
    when = quiet_time(quiet.get("days", 7))
    if not account.wanted and (quiet.get("read") or account.source["state"] == "fresh"):
        return f"No trending papers {when}"
    if quiet.get("read"):
        return f"Nothing new {when} for your {account.keywords_word}"
    match account.source["state"]:
        case "failed":
            return "We could not read what was listed"
        case "late":
            return f"No listing has reached us {when}"
        case "empty":
            return f"No new paper was listed {when}"
        case _:
            return f"Nothing new {when} for your {account.keywords_word}"


def _nothing_matched(account: Account) -> str:
    if account.sample is not None:
        quiet_week = account.sample.get("quiet_week")
        where = "the newest listing" if quiet_week else "the last 7 days"
        if account.trending:
            return f"A look back, {counted(account.trending, 'trending paper')}"
        missed = "no match" if account.wanted else "no trending paper"
        return f"A look back: {missed} in {where}"
    _, of, period = account.trending_title.partition(" of ")
    return f"{counted(account.trending, 'trending paper')}{of}{period}"
