"""manage.py sources: list the sources of papers, switch them on and off, manage push tokens."""

import json
from typing import Any

from django.contrib.admin.models import ADDITION
from django.core.management.base import CommandError, CommandParser
from django.db import IntegrityError, transaction
from django.utils import timezone

from digest.ingest.sources import quiet_reason
from digest.ingest.sources.ready_made.presets import create_presets
from digest.management.base_command import DatabaseCommand
from digest.models import PushToken, Source

_PUSH = "HTTP push"


class Command(DatabaseCommand):
    help = (
        "List the sources of papers, when each is fetched next, and what went wrong. Sources "
        "can be created and switched on and off here; edit them in the admin."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--ready-made",
            action="store_true",
            help="create the usual sources, switched off (safe to repeat)",
        )
        what.add_argument("--enable", metavar="NAME", help="switch a source on; it is fetched soon")
        what.add_argument("--disable", metavar="NAME", help="switch a source off")
        what.add_argument(
            "--new-token",
            metavar="NAME",
            help="create a token for POST /api/dumps/; it is shown only once",
        )
        what.add_argument("--revoke-token", metavar="NAME", help="revoke a token")
        parser.add_argument(
            "--source",
            default=_PUSH,
            metavar="NAME",
            help=f"with --new-token: the source for dumps pushed with it ({_PUSH})",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object per source")

    def handle(self, *args: object, **options: Any) -> None:
        if options["ready_made"]:
            made = create_presets()
            self.log_act_on_many("Created, switched off.", made)
            self.stdout.write(
                f"{len(made)} created, switched off. Switch one on with --enable NAME."
            )
        elif options["enable"] or options["disable"]:
            self._switch(options["enable"] or options["disable"], on=bool(options["enable"]))
        elif options["new_token"]:
            self._new_token(options["new_token"], options["source"])
        elif options["revoke_token"]:
            self._revoke(options["revoke_token"])
        else:
            self._list(as_json=options["json"])

    def _switch(self, name: str, *, on: bool) -> None:
        source = get_source(name)
        source.switch(on, timezone.now())
        self.log_act(f"Switched {'on' if on else 'off'}.", source)
        self.stdout.write(f"{source} is switched {'on' if on else 'off'}.")

    def _new_token(self, name: str, source_name: str) -> None:
        if source_name == _PUSH:
            create_presets()
        source = get_source(source_name)
        if source.kind != Source.Kind.PUSH:
            raise CommandError(f"{source} is not a push source. Choose one with --source.")
        try:
            with transaction.atomic():
                row, token = PushToken.make(name, source)
        except IntegrityError:
            raise CommandError(
                f"There is already a token named {name!r}. Choose another name."
            ) from None
        source.switch(True, timezone.now())
        self.log_act("Created.", row, flag=ADDITION)
        self.stderr.write(f"The token {name!r} for {source}. It is not shown again:")
        self.stdout.write(token)

    def _revoke(self, name: str) -> None:
        row = PushToken.objects.filter(name=name).first()
        if row is None:
            raise CommandError(f"There is no token named {name!r}.")
        PushToken.objects.filter(pk=row.pk).update(revoked=True)
        self.log_act("Revoked.", row)
        self.stdout.write(f"The token {name!r} has been revoked.")

    def _list(self, *, as_json: bool) -> None:
        for source in Source.objects.all():
            values = source_summary(source)
            line = json.dumps(values, default=str) if as_json else _as_text(values)
            self.stdout.write(line)
        if not as_json and not Source.objects.exists():
            self.stdout.write(
                "There are no sources yet. Create some with manage.py sources --ready-made."
            )


def get_source(name: str) -> Source:
    """Return the source of that name.

    Raises CommandError, with the names there are, if there is none.
    """
    source = Source.objects.filter(name=name).first()
    if source is None:
        known = ", ".join(repr(each) for each in Source.objects.values_list("name", flat=True))
        raise CommandError(f"There is no source named {name!r}. Sources: {known or 'none yet'}.")
    return source


def source_summary(source: Source) -> dict[str, object]:
    """Return the main facts about a source, for the list."""
    return {
        "name": source.name,
        "kind": source.kind,
        "enabled": source.enabled,
        "next_run_at": source.next_run_at,
        "last_success_at": source.last_success_at,
        "covered_through": source.covered_through,
        "trouble": source.trouble,
        "quiet": quiet_reason(source, timezone.now().date()),
    }


def _as_text(values: dict[str, object]) -> str:
    lines = [f"{'on ' if values['enabled'] else 'off'}  {values['name']} ({values['kind']})"]
    for name, label in (("last_success_at", "last fetched"), ("next_run_at", "next")):
        if values[name]:
            lines.append(f"     {label} {values[name]:%Y-%m-%d %H:%M} UTC")
    lines += [f"     {values[name]}" for name in ("trouble", "quiet") if values[name]]
    return "\n".join(lines)
