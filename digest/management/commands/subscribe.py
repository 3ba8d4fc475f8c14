"""manage.py subscribe: sign up an address."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from django.conf import settings
from django.contrib.admin.models import ADDITION
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from digest.mail.mailboxes import AddressError, read_address
from digest.management.base_command import DatabaseCommand
from digest.matching.query import KeywordError, parse_list
from subscriptions import signup
from subscriptions.models import TRENDING_LIMIT, TRENDING_USUAL, Subscriber
from subscriptions.schedule import Frequency, Schedule
from subscriptions.sign_up_request import SignUpRequest, defaults
from subscriptions.zones import format_moment, parse_zone


class Command(DatabaseCommand):
    help = (
        "Sign an address up for papers that match the keywords or, without keywords, for the "
        "day's trending papers. A confirmation letter is sent, unless --confirmed says that the "
        "owner has already agreed. Write -- before a keyword that starts with a minus: -- "
        "-survey."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("keywords", metavar="KEYWORD", nargs="*")
        parser.add_argument(
            "--timezone", metavar="TZ", help="a city or an offset, such as Europe/Paris or UTC+2"
        )
        parser.add_argument("--send-at", metavar="HH:MM", help="local time of the digest")
        parser.add_argument(
            "--frequency", metavar="F", help="daily (default), weekdays or weekly (on Mondays)"
        )
        parser.add_argument(
            "--trending",
            metavar="N",
            help=f"trending papers per digest, 0 to {TRENDING_LIMIT} (default {TRENDING_USUAL} "
            "without keywords, else 0); subscribers who get some already keep their number",
        )
        parser.add_argument(
            "--confirmed", action="store_true", help="active at once, without a letter"
        )

    def handle(self, *, email: str, confirmed: bool, **options: Any) -> None:
        at = timezone.now()
        try:
            address = read_address(email, public=settings.PUBLIC_SITE)
        except AddressError as wrong:
            meant = f" Did you mean {wrong.suggestion}?" if wrong.suggestion else ""
            raise CommandError(f"{email!r} is not an e-mail address.{meant}") from wrong
        asked = _asked(options, _schedule_so_far(address))
        subscriber = signup.request(address, asked, at=at, letter=not confirmed)
        if confirmed:
            signup.confirm(subscriber.pk, at=at, takes_schedule=_has_schedule(options))
            subscriber.refresh_from_db()
            self.log_act("Subscribed, confirmed.", subscriber, flag=ADDITION)
            due = timezone.localtime(subscriber.next_due_at, subscriber.zone)
            self.stdout.write(f"Subscribed; the first digest is due {format_moment(due)}.")
        else:
            self.log_act("Signed up, with a confirmation letter.", subscriber, flag=ADDITION)
            self.stdout.write("Signed up; a confirmation letter is on its way.")


def _has_schedule(options: Mapping[str, Any]) -> bool:
    return any(options[name] for name in ("timezone", "send_at", "frequency"))


def _schedule_so_far(address: str) -> Schedule:
    """Return the schedule of a subscriber, else that of a visitor who chooses nothing."""
    known = Subscriber.objects.by_email(address).first()
    return known.schedule if known and signup.has_schedule(known) else defaults().schedule


def _asked(options: Mapping[str, Any], chosen: Schedule) -> SignUpRequest:
    """Return the options as a sign-up; what they leave open is as in the schedule `chosen`.

    Raises CommandError for the first invalid one.
    """
    trending = _trending(options["trending"], options["keywords"])
    return SignUpRequest(
        keywords=_keywords(options["keywords"], with_trending=trending > 0),
        timezone=_zone(options["timezone"] or chosen.timezone),
        send_at=_hour(options["send_at"]) if options["send_at"] else chosen.send_at,
        frequency=_frequency(options["frequency"] or chosen.frequency),
        weekly_on=chosen.weekly_on,
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
        raise CommandError(f"{raw!r} is not an hour. Write it like 07:00.") from wrong
    return found.replace(second=0, microsecond=0, tzinfo=None)


def _frequency(raw: str) -> str:
    if raw not in set(Frequency):
        raise CommandError(f"{raw!r} is not a frequency. Use {', '.join(Frequency)}.")
    return raw


def _trending(raw: str | None, keywords: list[str]) -> int:
    if raw is None:
        return 0 if any(text.strip() for text in keywords) else TRENDING_USUAL
    if not raw.isascii() or not raw.isdigit() or len(raw) > 9 or int(raw) > TRENDING_LIMIT:
        raise CommandError(
            f"--trending takes a number from 0 to {TRENDING_LIMIT}, not {raw[:40]!r}."
        )
    return int(raw)
