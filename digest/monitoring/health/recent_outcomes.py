"""Outcomes of the digests of the last hour, and people suspended because of refusals."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min

from digest.models import WITHHELD, Digest, Held, OutcomeCount, State, Tally, minute_now
from digest.monitoring.alarms.alarm_limits import AlarmLimits
from digest.monitoring.heartbeats import format_duration
from subscriptions.models import Subscriber

LONG_PUT_OFF = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RecentOutcomes:
    """Counts at `at`.

    `put_off`: digests that were refused for now and wait, the first since `put_off_since`. `tried`:
    digests that ended within the hour, `refused` of them for good. `suspended`: people who get no
    mail for now because their addresses refused it; `active`: those who do.
    """

    at: datetime
    put_off: int = 0
    put_off_since: datetime | None = None
    tried: int = 0
    refused: int = 0
    suspended: int = 0
    active: int = 0

    @property
    def refused_warning(self) -> str:
        """A sentence if too many digests were refused for good, else ""."""
        mails = max(self.tried, self.refused)  # a report may be counted where its mail was not
        if not _limits().exceeded(_limits().refused, self.refused, mails):
            return ""
        return (
            f"{self.refused} of {mails} digests of the last hour were permanently refused: see "
            "the replies (admin, Digests, state “refused”)."
        )

    @property
    def put_off_warning(self) -> str:
        """A sentence if too many digests are put off, or one for an hour, else ""."""
        if self.put_off_since is None:
            return ""
        total, waited = self.put_off + self.tried, self.at - self.put_off_since
        is_share = _limits().exceeded(_limits().put_off, self.put_off, total)
        if not is_share and waited < LONG_PUT_OFF:
            return ""
        return (
            f"{self.put_off} digests are deferred, the first for {format_duration(waited)}; "
            f"{self.tried} finished in the last hour. The mail server refuses them for now, or "
            "the outbox cannot be written. They are retried until the next ones are due."
        )

    @property
    def suspended_warning(self) -> str:
        """A sentence if too many people are suspended, else ""."""
        people = self.suspended + self.active
        if not _limits().exceeded(_limits().suspended, self.suspended, people):
            return ""
        return (
            f"{self.suspended} of {people} subscribers are suspended, because their addresses "
            "refused e-mails: are the addresses wrong, or the mail server (admin, Subscribers, "
            "bouncing)?"
        )


def _limits() -> AlarmLimits:
    limits: AlarmLimits = settings.ALARM_LIMITS
    return limits


def count_outcomes(at: datetime, held: Held) -> RecentOutcomes:
    """Count as of `at`; digests that a hold covers do not count as put off."""
    retried = Digest.objects.filter(state=State.PLANNED, attempts__gt=0, expires_at__gt=at)
    waiting = retried.exclude(reply_text=WITHHELD).not_held(held).order_by()
    put_off = waiting.aggregate(count=Count("pk"), since=Min("created_at"))
    hour = OutcomeCount.objects.hour(minute_now()).filter(domain="").by("domain")
    tally = hour.get("", Tally())
    people = Subscriber.objects
    return RecentOutcomes(
        at=at,
        put_off=put_off["count"],
        put_off_since=put_off["since"],
        tried=tally.tried,
        refused=tally.refused,
        suspended=people.filter(status=Subscriber.Status.BOUNCING, paused_until__gt=at).count(),
        active=people.active().count(),
    )
