"""Why a subscriber got no mail today, in one sentence."""

from datetime import datetime, timedelta

from digest.models import Digest, Hold, State
from digest.monitoring.diagnosis import diagnose
from subscriptions.models import Subscriber
from subscriptions.suppression_key import WrongSuppressionKey

from .mail_entries import reply_of

Status = Subscriber.Status
# As long a planned mail may take without anything being wrong.
_USUAL = timedelta(minutes=5)
_ENDED = {
    State.EMPTY: "None of the {read} new papers matched, so nothing was sent.",
    State.FAILED: "The mail server refused today’s digest: {reply}",
    State.SUPPRESSED: "Today’s digest was not sent, because they got no e-mail at that time.",
    State.EXPIRED: "Today’s digest could not be sent in time; its papers are in the next one.",
    State.CANCELLED: "Today’s digest was cancelled; its papers are in the next one.",
    State.UNKNOWN: "The mail server did not reply to today’s digest, so it may not have arrived.",
}


def mail_of_today(person: Subscriber, at: datetime) -> str:
    """Return a sentence that says that today's digest was sent, or why it was not.

    Today is the person's own date. What stops all mail is looked up only for one that is overdue,
    because that asks the mail servers.
    """
    today = at.astimezone(person.zone).date()
    digest = person.digests.filter(kind=Digest.Kind.SCHEDULED, local_date=today).first()
    if digest and digest.state == State.SENT:
        return f"Today’s digest was sent at {_time(digest.sent_at, person)}."
    if sentence := _stopped(person, at):
        return sentence
    if digest:
        return _of_digest(digest, at)
    if not person.trending_top and not person.subscriptions.active().exists():
        return "They have no keywords and no trending papers, so there is nothing to send."
    due = person.next_due_at
    if due is None or due > at:
        day = _day(" The next one is due on {}", due, person)
        hour = f" at {_time(due, person)} ({person.get_frequency_display()})." if due else ""
        return f"No digest is due now.{day}{hour}"
    return f"A digest is due since {_time(due, person)} and not planned yet. {_obstacle(at, due)}"


def _stopped(person: Subscriber, at: datetime) -> str:
    """Return why the person gets no mail at all, "" if they do."""
    until = _day(" until {}", person.paused_until, person)
    match Status(person.status):
        case Status.PENDING:
            letter = person.letters.filter(purpose="confirm").first()
            sent = (
                f" Their last confirmation letter: {letter.get_state_display()}." if letter else ""
            )
            return f"They have not confirmed the subscription.{sent}"
        case Status.UNSUBSCRIBED:
            return f"They unsubscribed{_day(' on {}', person.unsubscribed_at, person)}."
        case Status.PAUSED:
            return f"They are paused{until}."
        case Status.BOUNCING:
            return f"The address refused e-mail, so it is suspended{until}."
    try:
        suppression = person.suppressions.first()
    except WrongSuppressionKey as wrong:
        return str(wrong)
    if suppression:
        return f"The address is suppressed: {suppression.get_reason_display()}."
    return ""


def _of_digest(digest: Digest, at: datetime) -> str:
    """Say what became of today's digest, which was not sent so far."""
    state = State(digest.state)
    if state in _ENDED:
        reply = reply_of(digest) or "no reason is kept."
        return _ENDED[state].format(read=digest.papers_read, reply=reply)
    if held := _holds_of(digest):
        return f"Today’s digest waits: {held} is held."
    if digest.not_before > at and digest.reply_text:
        retry = _time(digest.not_before, digest.subscriber)
        return f"Today’s digest is tried again at {retry}: {reply_of(digest)}"
    return f"Today’s digest is planned and on its way. {_obstacle(at, digest.not_before)}".strip()


def _holds_of(digest: Digest) -> str:
    """Return what is held and keeps the digest back, "" if nothing does. A hold of a backend
    leaves it to the others."""
    domain = digest.subscriber.email_key.rpartition("@")[2]
    scopes = Hold.Scope
    day = str(digest.local_date)
    covering = {(scopes.EVERYTHING, ""), (scopes.DOMAIN, domain), (scopes.DATE, day)}
    holds = Hold.objects.order_by("created_at")
    return next((str(hold) for hold in holds if (hold.scope, hold.value) in covering), "")


def _obstacle(at: datetime, since: datetime) -> str:
    """Return what blocks mail that has waited since then, "" while it has not waited long."""
    if at - since <= _USUAL:
        return ""
    obstacles = diagnose(at).obstacles
    return obstacles[0] if obstacles else "Nothing is blocking e-mail."


def _time(moment: datetime | None, person: Subscriber) -> str:
    return f"{moment.astimezone(person.zone):%H:%M}" if moment else "an unknown time"


def _day(sentence: str, moment: datetime | None, person: Subscriber) -> str:
    """Return the sentence with the person's date of a moment, "" without one."""
    return sentence.format(f"{moment.astimezone(person.zone):%-d %B %Y}") if moment else ""
