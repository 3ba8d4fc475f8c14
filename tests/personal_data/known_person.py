"""A person of whom something is kept in every place, and another with a similar address."""

from datetime import timedelta
from pathlib import Path

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType

from digest.models import Alarm, Hold, Letter, MailEvent, Paper
from subscriptions.models import Profile, Rating, SavedPaper, Subscriber, Suppression
from subscriptions.models.suppressions import Refusal
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import earlier, entry

ADA, BADA = "Ada@Example.org", "bada@example.org"
KEY = "ada@example.org"


def log(row: object, object_repr: str, change_message: str) -> LogEntry:
    operator, _ = User.objects.get_or_create(username="operator")
    return LogEntry.objects.create(
        user=operator,
        content_type=ContentType.objects.get_for_model(type(row)),
        object_id=str(row.pk),  # type: ignore[attr-defined]
        object_repr=object_repr,
        action_flag=CHANGE,
        change_message=change_message,
    )


def mail_file(folder: Path, name: str, to: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"Return-Path: <digest@example.org>\r\nTo: {to}\r\n\r\nHello")
    return path


def ada() -> Subscriber:
    """She has keywords, digests, letters (two to former addresses), events, a suppression, a
    rating, a saved paper and a profile."""
    person = factories.subscriber(ADA, "robot", "speech")
    paper = factories.paper("A robot")
    held = {"entries": [entry(paper.pk, "robot")], "reply_text": f"550 <{KEY}> unknown"}
    digest = earlier(person, 1, **held)
    Rating.objects.create(subscriber=person, paper=paper, value=Rating.Value.MORE)
    SavedPaper.objects.create(subscriber=person, paper=paper)
    Profile.objects.create(subscriber=person, changes=1)
    times = {"not_before": MORNING, "expires_at": MORNING + timedelta(days=1)}
    for key in (KEY, "countess@example.org", "ada@old.example"):
        Letter.objects.create(
            subscriber=person, email_key=key, purpose="confirm", nonce="1", state="sent", **times
        )
    for number, about in enumerate([{"digest": digest}, {"letter": person.letters.first()}]):
        MailEvent.objects.create(
            kind="delivered", provider="mail", event_id=str(number), sha256="0" * 64, at=MORNING,
            **about,
        )  # fmt: skip
    refusal = Refusal("example.org", "smtp", person.pk)
    Suppression.objects.record(KEY, "bounce", detail="a report said 5.1.1", refusal=refusal)
    log(person, ADA, f'[{{"changed": {{"fields": ["{ADA}"]}}}}]')
    log(digest, str(digest), "Sent again.")
    log(person.subscriptions.first(), "robot", "")
    return person


def others() -> Subscriber:
    """What belongs to somebody else, and speaks of her."""
    person = factories.subscriber(BADA, "robot")
    forwarded = f"550 {KEY}: user unknown; forwarded from {BADA}"
    earlier(person, 1, "failed", reply_text=forwarded)
    Rating.objects.create(subscriber=person, paper=factories.paper(), value=Rating.Value.LESS)
    SavedPaper.objects.create(subscriber=person, paper=Paper.objects.latest("pk"))
    Profile.objects.create(subscriber=person, changes=1)
    Hold.objects.create(scope="domain", value="a.example", reason=f"asked by {KEY}.")
    Alarm.objects.create(kind="refused", day=MORNING.date(), summary="Refused", raised_at=MORNING,
                         details=[f"See <{ADA}> and {KEY}.au"], post_after=MORNING)  # fmt: skip
    log(person, BADA, f"Not the same as {KEY}")
    Letter.objects.create(
        email=ADA, email_key=KEY, purpose="alarm", nonce="a", state="sent",
        not_before=MORNING, expires_at=MORNING,
    )  # fmt: skip
    return person
