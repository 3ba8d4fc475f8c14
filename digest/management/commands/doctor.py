"""manage.py doctor: what is wrong, in sentences (digest/monitoring/checks.py)."""

import contextlib
import json
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from ipaddress import ip_address
from typing import cast

from django.core.management.base import CommandParser
from django.db import DatabaseError
from django.utils import timezone

from digest.management.base_command import DatabaseCommand
from digest.models import Machine
from digest.monitoring import watchdog
from digest.monitoring.alarms.database_alarm import alarm_without_database
from digest.monitoring.checks import run_checks
from digest.monitoring.report.lines import Level, ReportLine
from digest.monitoring.report.sender import check_sender
from digest.monitoring.report.site import check_site


class Command(DatabaseCommand):
    help = (
        "Check the database, broker, proxy, outbox, processes, clock, disk, dumps, newest "
        "listing, sources, mail queue and the outcomes of e-mails, and print one sentence per "
        "problem. The exit code is 1 if there are any. With --mail, for a timer: alarms also go "
        "to OPERATOR_EMAIL and ALARM_URL, each kind once a day, without Celery. With --dns: also "
        "what other mail servers see of the sender (SPF, DKIM, DMARC, PTR, MX), TLS of the mail "
        "server, clock, disks and versions, a line each: ok, warning or fault, with what to do; "
        "the exit code is 1 for a fault too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--mail", action="store_true", help="send the alarms that are due, directly"
        )

        parser.add_argument(
            "--dns", action="store_true", help="look up the DNS records of the sender, and more"
        )
        parser.add_argument(
            "--address", action="append", default=[], type=_ip_address, metavar="IP",
            help="with --dns: an address that mail leaves from, instead of those of the mail "
            "servers; may be repeated",
        )  # fmt: skip

    def handle(self, *args: object, **options: object) -> None:
        at = timezone.now()
        if options["mail"]:
            send_alarms(at)
        found = run_checks(at)
        wrong = [sentence for sentences in found.values() for sentence in sentences]
        addresses = cast("list[str]", options["address"])
        lines = list(report(at, addresses)) if options["dns"] else []
        is_well = not wrong and not any(line.level == Level.FAULT for line in lines)
        if options["json"]:
            facts = {"ok": is_well, "checks": found, "machines": list(map(as_json, machines()))}
            if options["dns"]:
                facts["report"] = [asdict(line) for line in lines]
            self.stdout.write(json.dumps(facts, ensure_ascii=False))
        else:
            self.stdout.write("\n".join([*map(str, lines), *wrong]) or "All is well.")
        if not is_well:
            sys.exit(1)


def report(at: datetime, addresses: Sequence[str]) -> Iterator[ReportLine]:
    """Yield the lines of --dns; those about the machines only while there is a database."""
    yield from check_sender(at, addresses)
    with contextlib.suppress(DatabaseError):  # which the checks have named
        yield from list(check_site(at))


def machines() -> list[Machine]:
    try:
        return list(Machine.objects.all())
    except DatabaseError:
        return []


def as_json(machine: Machine) -> dict[str, object]:
    """Return the fields of a machine, its times as ISO 8601."""
    values = {field.name: getattr(machine, field.name) for field in Machine._meta.concrete_fields}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _ip_address(raw: str) -> str:
    try:
        return str(ip_address(raw))
    except ValueError:
        raise ArgumentTypeError(f"{raw} is not an IP address, like 192.0.2.7") from None


def send_alarms(at: datetime) -> None:
    """Raise and send what is alarming, with or without the database."""
    try:
        watchdog.watch(at)
    except DatabaseError as wrong:
        alarm_without_database(wrong)
