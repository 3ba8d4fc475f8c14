"""The dashboard on the admin's first page: problems first, then figures, each section for those who
may view what it counts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from digest.monitoring.dashboard.problems import (
    alarm_problems,
    hold_problems,
    process_problems,
)

from . import mail_sections, other_sections
from .section import Section

KEPT_SECONDS = 60
# Permission -> section, in their order on the page.
SECTIONS: dict[str, Callable[[datetime], Section]] = {
    "digest.view_hold": lambda at: Section(at, problems=list(hold_problems(at))),
    "digest.view_digest": mail_sections.todays_mail,
    "digest.view_mailevent": mail_sections.reputation,
    "subscriptions.view_subscriber": other_sections.subscribers,
    "subscriptions.view_subscription": other_sections.keywords,
    "digest.view_source": other_sections.papers,
    "digest.view_dump": other_sections.service_storage,
    "digest.view_machine": other_sections.machines,
    "digest.view_heartbeat": lambda at: Section(at, problems=list(process_problems(at))),
    "digest.view_alarm": lambda at: Section(at, problems=list(alarm_problems(at))),
}


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What one user sees. `at`: when the oldest part of it was counted, None if there is none."""

    at: datetime | None
    problems: list[str]
    sections: list[Section]


def dashboard_for(may: Callable[[str], bool], at: datetime) -> Dashboard:
    """Return the sections of a user, each counted at most KEPT_SECONDS ago by this process.

    `may`: whether the user has a permission.
    """
    parts = [_kept(permission, at) for permission in SECTIONS if may(permission)]
    return Dashboard(
        at=min((part.at for part in parts), default=None),
        problems=[sentence for part in parts for sentence in part.problems],
        sections=[part for part in parts if part.title],
    )


def _kept(permission: str, at: datetime) -> Section:
    key = f"dashboard-{permission}"
    kept: Section | None = cache.get(key)
    if kept is None:
        kept = SECTIONS[permission](at)
        cache.set(key, kept, KEPT_SECONDS)
    return kept
