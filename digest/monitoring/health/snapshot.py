"""The state of the service at a moment, and the alarms that follow from it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min

from digest.mail_events.reconciliation import (
    ALARM,
    UnknownShare,
    count_unknown,
    percent,
    unknown_share,
)
from digest.models import AlarmKind, Digest, Hold, Letter, OutgoingQuerySet, Run, State
from digest.models.alarms import AlarmFacts
from digest.monitoring.health import reachability
from digest.monitoring.heartbeats import MissingHeartbeat, format_duration, missing_heartbeats
from subscriptions.models import Subscriber

from .clocks import ClockVerdict, current_verdict
from .folders import low_space, unwritable_folders
from .recent_outcomes import RecentOutcomes, count_outcomes

NOTHING_SENT_AFTER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class HealthSnapshot:
    """Measurements of the service at `at`.

    `due` counts planned mails whose time has come and that no hold covers; `due_since` is the time
    of the first of them. `unplanned_since` is the first time at which a subscriber was due who is
    not planned yet.
    """

    at: datetime
    due: int
    due_since: datetime | None
    unplanned_since: datetime | None
    last_sent_at: datetime | None
    everything_is_held: bool
    no_reply: UnknownShare
    missing_heartbeats: tuple[MissingHeartbeat, ...]
    unwritable_folders: tuple[str, ...]
    low_space: tuple[str, ...]
    clock: ClockVerdict
    outcomes: RecentOutcomes


def take_snapshot(at: datetime) -> HealthSnapshot:
    """Measure. The queries read the queue and recent rows, never the whole history."""
    # A waiting alarm is no reason for another one.
    letters = Letter.objects.exclude(purpose=Letter.Purpose.ALARM)
    held = Hold.objects.all().held()
    due = [_due(rows.not_held(held), at) for rows in (Digest.objects.all(), letters)]
    last_sent = Run.objects.filter(task="sent").first()
    # Counting all mails of a day is slow, and most days there is no need.
    no_reply = unknown_share(at) if count_unknown(at) else UnknownShare(0, 0)
    return HealthSnapshot(
        at=at,
        due=sum(count for count, _ in due),
        due_since=min((since for _, since in due if since), default=None),
        unplanned_since=Subscriber.objects.due(at).values_list("next_due_at", flat=True).first(),
        last_sent_at=last_sent.ended_at if last_sent else None,
        everything_is_held=held.everything,
        no_reply=no_reply,
        missing_heartbeats=tuple(missing_heartbeats(at)),
        unwritable_folders=tuple(unwritable_folders()),
        low_space=tuple(low_space()),
        clock=current_verdict(),
        outcomes=count_outcomes(at, held),
    )


def _due(
    rows: OutgoingQuerySet[Digest] | OutgoingQuerySet[Letter], at: datetime
) -> tuple[int, datetime | None]:
    due = rows.filter(state=State.PLANNED, not_before__lte=at, expires_at__gt=at)
    found = due.order_by().aggregate(count=Count("pk"), since=Min("not_before"))
    return found["count"], found["since"]


def find_alarms(health: HealthSnapshot) -> Iterator[tuple[AlarmKind, AlarmFacts]]:
    """Yield the alarms that follow from a snapshot, each kind at most once."""
    checks: dict[AlarmKind, Callable[[HealthSnapshot], AlarmFacts | None]] = {
        AlarmKind.NOTHING_SENT: nothing_sent,
        AlarmKind.REFUSED: refused,
        AlarmKind.PUT_OFF: put_off,
        AlarmKind.NO_REPLY: no_reply,
        AlarmKind.HEARTBEAT: heartbeat,
        AlarmKind.STORAGE: storage,
        AlarmKind.CLOCK: lambda health: health.clock.alarm,
    }
    for kind, check in checks.items():
        if facts := check(health):
            yield kind, facts


def nothing_sent(health: HealthSnapshot) -> AlarmFacts | None:
    """Return an alarm if something has been due for NOTHING_SENT_AFTER and no mail left since."""
    put_off, people = health.outcomes.put_off_since, health.unplanned_since
    since = [moment for moment in (health.due_since, people, put_off) if moment]
    long_ago = health.at - NOTHING_SENT_AFTER
    recently = health.last_sent_at and health.last_sent_at > long_ago
    explained = health.everything_is_held or health.clock.is_ahead
    if explained or recently or not since or min(since) > long_ago:
        return None
    waited = format_duration(health.at - min(since))
    mails = health.due + health.outcomes.put_off
    details = [f"{mails} e-mails are due, and none has been sent for at least half an hour."]
    if health.outcomes.put_off:
        details.append(f"{health.outcomes.put_off} of them were temporarily refused.")
    if health.unplanned_since:
        details.append("Some digests that are due have not been planned.")
    details += [missing.sentence(health.at) for missing in health.missing_heartbeats]
    return AlarmFacts(f"No e-mail has been sent for {waited}, although some is due", details)


def refused(health: HealthSnapshot) -> AlarmFacts | None:
    found = health.outcomes
    sentences = [each for each in (found.refused_warning, found.suspended_warning) if each]
    if not sentences:
        return None
    return AlarmFacts("Too many e-mails are refused", sentences)


def put_off(health: HealthSnapshot) -> AlarmFacts | None:
    sentence = health.outcomes.put_off_warning
    return AlarmFacts("Too many e-mails are deferred", [sentence]) if sentence else None


def no_reply(health: HealthSnapshot) -> AlarmFacts | None:
    odd = health.no_reply
    if not odd.alarming:
        return None
    return AlarmFacts(
        f"{odd.unanswered} of {odd.tried} e-mails got no reply",
        [
            f"{odd.unanswered} of {odd.tried} e-mails of the last 24 hours got no reply from the "
            f"mail server: {percent(odd.share)}, over the limit of {percent(ALARM)}.",
            "The mail server received each of them in full, but its final reply never came, so "
            "nobody knows whether they arrived. They are not sent again; the papers of such a "
            "digest go into the next one, which says so.",
            "Usually the mail server, or something in front of it, drops connections: compare "
            "its log with the times of these e-mails (admin, Digests, state “no reply”).",
        ],
    )


def heartbeat(health: HealthSnapshot) -> AlarmFacts | None:
    if not health.missing_heartbeats:
        return None
    names = " and ".join(missing.kind.label for missing in health.missing_heartbeats)
    sentences = [missing.sentence(health.at) for missing in health.missing_heartbeats]
    return AlarmFacts(f"No heartbeat from the {names}", [*sentences, *reachability.check_broker()])


def storage(health: HealthSnapshot) -> AlarmFacts | None:
    if not health.unwritable_folders:
        return None
    return AlarmFacts("Files cannot be written", [*health.unwritable_folders, *health.low_space])
