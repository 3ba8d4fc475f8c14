"""Whether a paper was sent, will be, or was not, and why."""

from datetime import date, timedelta
from typing import Any

import pytest

from digest.models import Digest, DigestEntry, Hold, Paper
from digest.models.outgoing import WITHHELD
from digest.web.paper_verdict import Kind, Verdict, verdict_on
from subscriptions.models import Subscriber, Suppression
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import earlier

pytestmark = pytest.mark.django_db
LISTED = date(2026, 11, 19)


def person(**fields: Any) -> Subscriber:
    """Subscribed for three weeks, and served up to paper 50."""
    values = {"confirmed_at": MORNING - timedelta(days=21), "confirmed_through_seq": 50}
    return factories.subscriber("ada@example.org", "robot", "-survey", **(values | fields))


def paper(title: str = "Robots that knit", **fields: Any) -> Paper:
    return factories.paper(title, **({"seq": 40, "listed_on": LISTED} | fields))


def holding(who: Subscriber, pk: int, days: int = 1, state: str = "sent", **fields: Any) -> Digest:
    values = {"entries": [DigestEntry(pk, ("robot",), "title hit")], "from_seq": 30, "to_seq": 50}
    return earlier(who, days, state, **(values | fields))


def verdict(who: Subscriber, about: Paper) -> Verdict:
    return verdict_on(who, about, MORNING)


def test_a_sent_paper_names_its_digest_and_its_keyword() -> None:
    who, about = person(), paper()
    digest = holding(who, about.pk)
    found = verdict(who, about)
    assert (found.kind, found.digests) == (Kind.SENT, (digest,))
    assert found.sentence == "We sent it to you in your digest of 19 Nov 2026."
    assert [each.hit for each in found.explanation.reasons] == [True]


def test_what_arrived_counts_before_what_may_have() -> None:
    who, about = person(), paper()
    lost, sent = holding(who, about.pk, 1, "unknown"), holding(who, about.pk, 2)
    assert verdict(who, about).digests == (sent, lost)
    assert verdict(who, about).kind == Kind.SENT


def test_a_sample_is_called_so() -> None:
    who, about = person(), paper()
    holding(who, about.pk, kind="sample")
    assert "in your sample of 19 Nov 2026" in verdict(who, about).sentence


def test_a_paper_that_was_sent_as_another_one() -> None:
    who, about = person(), paper(former=[999])
    holding(who, 999)
    found = verdict(who, about)
    assert found.kind == Kind.SENT
    assert found.entry == DigestEntry(999, ("robot",), "title hit")


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("planned", "It is on its way."),
        ("failed", "the mail server refused it. Its papers will be in the next digest."),
        ("suppressed", "your digests were off. Its papers will be"),
        ("expired", "could not be sent in time. Its papers will be"),
        ("unknown", "may not have arrived. Its papers will be"),
    ],
)
def test_a_digest_that_was_not_sent_is_named(state: str, sentence: str) -> None:
    who, about = person(), paper()
    holding(who, about.pk, state=state)
    found = verdict(who, about)
    assert found.kind == Kind.HELD
    assert found.sentence.startswith("It is in your digest of 19 Nov 2026. ")
    assert sentence in found.sentence


@pytest.mark.parametrize("scope", ["everything", "domain", "date", "", "other"])
def test_a_hold_is_named(scope: str) -> None:
    who, about = person(), paper()
    holding(who, about.pk, state="planned", reply_text="" if scope else WITHHELD)
    values = {"domain": "example.org", "date": "2026-11-19", "other": "example.com"}
    if scope:
        real = "domain" if scope == "other" else scope
        Hold.objects.create(scope=real, value=values.get(scope, ""), reason="x")
    assert ("on hold" in verdict(who, about).sentence) == (scope != "other")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "It will be in your next digest, due Friday, 20 November, 07:00 UTC."),
        ({"timezone": "Europe/Berlin"}, "due Friday, 20 November, 08:00 in Berlin."),
        (
            {"status": "paused", "paused_until": MORNING},
            "after your pause, which ends on Friday, 20 November, 07:00",
        ),
        ({"status": "paused"}, "It will be in the first digest after your pause."),
        ({"status": "bouncing", "paused_until": MORNING}, "We will try again on Friday"),
        ({"status": "unsubscribed"}, "you have unsubscribed"),
        ({"status": "pending"}, "once you confirm"),
    ],
)
def test_a_paper_that_waits(fields: dict[str, Any], sentence: str) -> None:
    found = verdict(person(**fields), paper(seq=51))
    assert found.kind == Kind.PENDING
    assert sentence in found.sentence


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [("bounce", "does not exist"), ("complaint", "marked as spam"), ("operator", "an operator")],
)
def test_a_suppression_is_named(reason: str, sentence: str) -> None:
    who = person()
    Suppression.objects.record(who.email_key, reason)
    found = verdict(who, paper(seq=51)).sentence
    assert "on our do-not-mail list" in found
    assert sentence in found


def test_a_hold_is_named_before_anything_is_planned() -> None:
    Hold.objects.create(scope="everything", reason="x")
    assert verdict(person(), paper(seq=51)).sentence.endswith("Sending is on hold at the moment.")


NOT_SENT: dict[str, tuple[dict[str, Any], Kind, str]] = {
    "withdrawn": ({"withdrawn_at": LISTED}, Kind.WITHDRAWN, "It was withdrawn on 19 Nov 2026"),
    "excluded": ({"title": "Survey of robots"}, Kind.EXCLUDED, "Your exclusion “-survey” left it"),
    "unmatched": ({"title": "Knitting"}, Kind.UNMATCHED, "None of your keywords match it."),
    "backfill": ({"seq": None}, Kind.BACKFILL, "matches your keywords, but it was added"),
    "unmatched backfill": (
        {"seq": None, "title": "Knitting"}, Kind.UNMATCHED, "match it. Besides, it was added with",
    ),
    "changed": ({}, Kind.CHANGED, "they didn’t when your digest of 18 Nov 2026 was made"),
    "changed, the newest": ({"seq": 50}, Kind.CHANGED, "when your digest of 18 Nov 2026 was made"),
    "covered to the last number": ({"seq": 30}, Kind.FORGOTTEN, "your digest of 20 Aug 2026"),
    "covered from the next one": ({"seq": 10}, Kind.FORGOTTEN, "listed too long ago to know"),
    "before": (
        {"seq": 3, "listed_on": date(2026, 10, 30)}, Kind.BEFORE,
        "It was listed before you subscribed: you get papers listed after 30 Oct 2026.",
    ),
    "before, unmatched": (
        {"seq": 3, "listed_on": date(2026, 10, 30), "title": "Knitting"}, Kind.BEFORE,
        "after 30 Oct 2026. None of your keywords match it.",
    ),
    "forgotten": ({"seq": 3}, Kind.FORGOTTEN, "too long ago to know whether we sent it"),
    "pruned": ({"seq": 20}, Kind.FORGOTTEN, "before your digest of 20 Aug 2026: too long ago"),
    "pruned, unmatched": (
        {"seq": 20, "title": "Knitting"}, Kind.FORGOTTEN, "sent it. None of your keywords match",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_SENT)
def test_why_it_was_not_sent(case: str) -> None:
    who = person()
    earlier(who, 2, "empty", from_seq=30, to_seq=50)
    earlier(who, 1, "failed", from_seq=0, to_seq=99)  # the next one had its window
    earlier(who, 92, from_seq=10, to_seq=30, pruned=True)
    earlier(factories.subscriber("eve@example.org"), 3, from_seq=0, to_seq=99)
    fields, kind, sentence = NOT_SENT[case]
    found = verdict(who, paper(**fields))
    assert (found.kind, found.digests) == (kind, ())
    assert sentence in found.sentence


@pytest.mark.parametrize(
    ("seq", "sentence"), [(40, "Other papers were more"), (51, "It may still")]
)
def test_trending_papers_may_come_without_a_keyword(seq: int, sentence: str) -> None:
    who = person(trending_top=3)
    earlier(who, 1, from_seq=30, to_seq=50)
    assert sentence in verdict(who, paper("Knitting", seq=seq)).sentence
