"""Whether a subscriber was sent a paper, will be, or was not, and why, in sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.matching.explain import Explanation
from digest.models import Digest, DigestEntry, Hold, Paper, State
from digest.models.outgoing import ACTIVE, WITHHELD
from digest.rendering.paper_card import plain_date
from digest.selection.history import confirmation_date
from subscriptions.models import Subscriber

from .digest_outcomes import outcome_of
from .explanations import REMEMBERED, digests_with, explain_paper, related_in

Status = Subscriber.Status
_ON_HOLD = "Sending is on hold at the moment."
_BACKFILL = "it was added with older papers, which are never e-mailed"
_TRENDING = "It may still be among your trending papers."


class Kind(StrEnum):
    SENT = "sent"
    HELD = "held"  # it is in a digest that was not sent, or not yet
    PENDING = "pending"
    WITHDRAWN = "withdrawn"
    EXCLUDED = "excluded"
    UNMATCHED = "unmatched"
    BACKFILL = "backfill"
    BEFORE = "before"
    CHANGED = "changed"  # the keywords match it now, and did not then
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`digests`: those of the last 90 days with the paper, the one that counts first. `entry`: the
    paper's in that one. `explanation` is by the keywords of the entry, else by the present ones."""

    kind: Kind
    sentence: str
    explanation: Explanation
    digests: tuple[Digest, ...] = ()
    entry: DigestEntry | None = None


def verdict_on(subscriber: Subscriber, paper: Paper, at: datetime) -> Verdict:
    """Judge by the digests that are kept, and by the present keywords for the rest."""
    today = at.astimezone(subscriber.zone).date()
    kept = Digest.objects.filter(
        subscriber=subscriber, pruned=False, local_date__gt=today - REMEMBERED
    )
    found = sorted(digests_with(paper, kept), key=_counts_first)
    if found:
        return _in_digest(subscriber, paper, found)
    explained = explain_paper(subscriber, paper, None)
    kind, sentences = _not_in_digest(subscriber, paper, explained)
    if (digest := related_in(paper, kept.filter(state=State.SENT))) is not None:
        day = plain_date(digest.local_date)
        sentences.append(f"Your digest of {day} showed it among the related papers.")
    return Verdict(kind, " ".join(sentences), explained)


def _counts_first(digest: Digest) -> int:
    """Sort key: one that arrived, then one under way, then one that may have arrived."""
    if digest.state in ACTIVE:
        return 1
    return {State.SENT: 0, State.UNKNOWN: 2}.get(State(digest.state), 3)


def _in_digest(subscriber: Subscriber, paper: Paper, found: list[Digest]) -> Verdict:
    digest = found[0]
    ids = {paper.pk, *paper.former}
    entry = next(entry for entry in digest.entries if entry.paper in ids)
    explained = explain_paper(subscriber, paper, entry)
    name = "sample" if digest.kind == Digest.Kind.SAMPLE else "digest"
    named = f"your {name} of {plain_date(digest.local_date)}"
    kind, sentences = Kind.HELD, [f"It is in {named}.", outcome_of(digest)]
    if digest.state == State.SENT:
        kind, sentences = Kind.SENT, [f"We sent it to you in {named}."]
    elif digest.state in ACTIVE and (digest.reply_text == WITHHELD or _is_held(subscriber, digest)):
        sentences[1:] = [_ON_HOLD]
    return Verdict(kind, " ".join(sentences), explained, tuple(found), entry)


def _is_held(subscriber: Subscriber, digest: Digest | None = None) -> bool:
    held = Hold.objects.held()
    domain = subscriber.email_key.rpartition("@")[2]
    of_date = digest is not None and digest.local_date in held.dates
    return held.everything or domain in held.domains or of_date


def _not_in_digest(
    subscriber: Subscriber, paper: Paper, explained: Explanation
) -> tuple[Kind, list[str]]:
    if paper.unlisted_on:
        day = plain_date(paper.unlisted_on)
        return Kind.WITHDRAWN, [f"The list that it came from was withdrawn on {day}."]
    if paper.withdrawn_at:
        day = plain_date(paper.withdrawn_at)
        return Kind.WITHDRAWN, [f"It was withdrawn on {day}, and we never send withdrawn papers."]
    if not explained.selected:
        return _unmatched(subscriber, paper, explained)
    if paper.seq is None:
        return Kind.BACKFILL, [f"It matches your keywords, but {_BACKFILL}."]
    if paper.seq > subscriber.confirmed_through_seq:
        return Kind.PENDING, list(_waiting(subscriber))
    return _dealt_with(subscriber, paper, paper.seq)


def _unmatched(
    subscriber: Subscriber, paper: Paper, explained: Explanation
) -> tuple[Kind, list[str]]:
    rules = [each.keyword.text for each in explained.reasons if each.hit and each.keyword.excludes]
    if rules:
        names = ", ".join(f"“{rule}”" for rule in rules)
        return Kind.EXCLUDED, [f"Your exclusion{'s'[: len(rules) > 1]} {names} left it out."]
    sentences = ["None of your keywords match it."]
    if paper.seq is None:
        sentences.append(f"Besides, {_BACKFILL}.")
    elif paper.seq > subscriber.confirmed_through_seq:
        sentences += [_TRENDING] if subscriber.trending_top else []
    elif (earlier := _dealt_with(subscriber, paper, paper.seq))[0] != Kind.CHANGED:
        return earlier[0], [*earlier[1], *sentences]
    elif subscriber.trending_top:
        sentences.append("Other papers were more popular.")
    return Kind.UNMATCHED, sentences


def _waiting(subscriber: Subscriber) -> Iterator[str]:
    """Yield sentences on a paper that the next digest will have."""
    until = subscriber.paused_until
    day = f" on {_moment(subscriber, until)}" if until else ""
    match subscriber.status:
        case Status.PAUSED:
            ends = f", which ends{day}" if day else ""
            yield f"It will be in the first digest after your pause{ends}."
        case Status.BOUNCING:
            yield "It is waiting: your mail server refused our e-mails, so we stopped sending."
            if day:
                yield f"We will try again{day}."
        case Status.UNSUBSCRIBED:
            yield "It matches your keywords, but you have unsubscribed, so it will not be sent."
        case Status.PENDING:
            yield "It will be in your first digest, once you confirm your subscription."
        case _:
            due = subscriber.next_due_at
            when = f", due {_moment(subscriber, due)}" if due else ""
            yield f"It will be in your next digest{when}."
            if suppression := subscriber.suppressions.first():
                yield f"But this address is on our do-not-mail list: {_reason(suppression.reason)}."
            elif _is_held(subscriber):
                yield _ON_HOLD


def _moment(subscriber: Subscriber, at: datetime) -> str:
    """Return like "Saturday, 21 November, 07:00 in Berlin"."""
    local = at.astimezone(subscriber.zone)
    return f"{local:%A}, {local.day} {local:%B}, {local:%H:%M} {subscriber.in_zone}"


def _reason(reason: str) -> str:
    reasons = {
        "bounce": "your mail server said that it does not exist",
        "complaint": "one of our e-mails was marked as spam",
    }
    return reasons.get(reason, "an operator put it there")


def _dealt_with(subscriber: Subscriber, paper: Paper, seq: int) -> tuple[Kind, list[str]]:
    """Judge a paper that no digest has, though the digests so far have covered its number."""
    covered = Digest.objects.scheduled().filter(
        subscriber=subscriber,
        state__in=(State.SENT, State.EMPTY),
        from_seq__lt=seq,
        to_seq__gte=seq,
    )
    columns = ("local_date", "composed_at", "pruned")
    digest = covered.only(*columns).order_by("-local_date").first()
    if digest is None:
        listed, confirmed = paper.listed_on, confirmation_date(subscriber)
        if listed and listed <= confirmed:
            return Kind.BEFORE, [
                "It was listed before you subscribed: you get papers listed after "
                f"{plain_date(confirmed)}."
            ]
        return Kind.FORGOTTEN, ["It was listed too long ago to know whether we sent it."]
    day = plain_date(digest.local_date)
    if digest.pruned:
        return Kind.FORGOTTEN, [
            f"It was listed before your digest of {day}: too long ago to know whether we sent it."
        ]
    return Kind.CHANGED, [
        f"Your keywords match it now, but they didn’t when your digest of {day} was made."
    ]
