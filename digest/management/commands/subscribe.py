"""manage.py subscribe: sign up an address."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from digest.mail.mailboxes import AddressError, read_address
from digest.management.base_command import DatabaseCommand
from digest.matching.query import KeywordError, parse_list
from subscriptions import signup
from subscriptions.models import TRENDING_LIMIT, TRENDING_USUAL
from subscriptions.schedule import Frequency
from subscriptions.zones import format_moment, parse_zone


class Command(DatabaseCommand):
    help = (
        "Sign an address up for papers that match the keywords; without any, for the day's "
        "trending papers. A confirmation letter goes out, "
        "unless --confirmed says that the owner has already agreed. "
        "Write -- before a keyword that begins with a minus: -- -survey."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("keywords", metavar="KEYWORD", nargs="*")
        parser.add_argument(
            "--timezone", metavar="TZ", help="a city or an offset, like Europe/Paris or UTC+2"
        )
        parser.add_argument("--send-at", metavar="HH:MM", help="local time of the digest")
        parser.add_argument(
            "--frequency", metavar="F", help="daily (default), weekdays or weekly (on Mondays)"
        )
        parser.add_argument(
            "--trending",
            metavar="N",
            help=f"trending papers in each mail, 0 to {TRENDING_LIMIT} (without a keyword "
            f"{TRENDING_USUAL}, else 0); who gets some already keeps their number",
        )
        parser.add_argument(
            "--confirmed", action="store_true", help="active at once, without a letter"
        )

    def handle(self, *, email: str, confirmed: bool, **options: Any) -> None:
        at = timezone.now()
        asked = _asked(options)
        try:
            address = read_address(email, public=settings.PUBLIC_SITE)
        except AddressError as wrong:
            meant = f" Did you mean {wrong.suggestion}?" if wrong.suggestion else ""
            raise CommandError(f"{email!r} is not an e-mail address.{meant}") from wrong
        subscriber = signup.request(address, asked, at=at, letter=not confirmed)
        if confirmed:
            signup.confirm(subscriber.pk, at=at)
            subscriber.refresh_from_db()
            due = timezone.localtime(subscriber.next_due_at, subscriber.zone)
            self.stdout.write(f"Subscribed; the first digest is due {format_moment(due)}.")
        else:
            self.stdout.write("Signed up; a confirmation letter is on its way.")


def _asked(options: Mapping[str, Any]) -> signup.SignUpRequest:
    """Return the options as a sign-up. Raises CommandError for the first invalid one."""
    chosen = signup.defaults()
    trending = _trending(options["trending"], options["keywords"])
    return signup.SignUpRequest(
        keywords=_keywords(options["keywords"], with_trending=trending > 0),
        timezone=_zone(options["timezone"] or chosen.timezone),
        send_at=_hour(options["send_at"]) if options["send_at"] else chosen.send_at,
        frequency=_frequency(options["frequency"] or chosen.frequency),
        trending_top=trending,
    )


def _keywords(texts: list[str], *, with_trending: bool) -> tuple[str, ...]:
    try:
        return tuple(kept.text for kept in parse_list(texts, allow_empty=with_trending))
    except KeywordError as wrong:
        raise CommandError(wrong.message) from wrong


def _zone(name: str) -> str:
    try:
        return parse_zone(name)
    except ValueError as wrong:
        raise CommandError(f"{name!r}: {wrong}") from wrong


def _hour(raw: str) -> time:
    try:
        found = time.fromisoformat(raw)
    except ValueError as wrong:
        raise CommandError(f"{raw!r} is not an hour: write it like 07:00.") from wrong
    return found.replace(second=0, microsecond=0, tzinfo=None)


def _frequency(raw: str) -> str:
    if raw not in set(Frequency):
        raise CommandError(f"{raw!r} is not a frequency: use {', '.join(Frequency)}.")
    return raw


def _trending(raw: str | None, keywords: list[str]) -> int:
    if raw is None:
        return 0 if any(text.strip() for text in keywords) else TRENDING_USUAL
    if not raw.isascii() or not raw.isdigit() or len(raw) > 9 or int(raw) > TRENDING_LIMIT:
        raise CommandError(
            f"--trending takes a number from 0 to {TRENDING_LIMIT}, not {raw[:40]!r}."
        )
    return int(raw)
