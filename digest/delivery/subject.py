"""The subject: what is inside, in 70 characters."""

from collections.abc import Iterable

from digest.delivery.account import Account, counted, quiet_time
from digest.mail.mime.header_fields import header_text
from digest.models import Digest

LIMIT = 70  # characters; what the lists of most mail programs show


def subject(account: Account) -> str:
    """Like "7 papers: diffusion model, robot learning — Fri 20 Nov"; never longer than LIMIT."""
    again = "Sent again: " if account.digest.kind == Digest.Kind.COPY else ""
    tail = "" if account.sample is not None else f" — {account.day}"
    room = LIMIT - len(tail) - len(again)
    if account.quiet is not None:
        said = _quiet(account)
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


def _quiet(account: Account) -> str:
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
