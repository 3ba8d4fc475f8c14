"""manage.py preview: print the digest that a subscriber would get."""

import sys

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from digest.management.base_command import DatabaseCommand
from digest.operators.read_log import READ
from digest.rendering.digest_message import preview
from subscriptions.models import Subscriber

from .deliver import parse_moment


class Command(DatabaseCommand):
    help = "Print the digest a subscriber would get, exactly as it would be sent. Sends nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--at", metavar="ISO-TIME", help="as if it were this time")
        parser.add_argument(
            "--as",
            dest="form",
            choices=("text", "html", "eml"),
            default="text",
            help="the text part (default), the HTML part, or the whole message",
        )

    def handle(self, *, email: str, at: str | None, form: str, **options: object) -> None:
        subscriber = Subscriber.objects.by_email(email).first()
        if subscriber is None:
            raise CommandError("Nobody with this address has signed up.")
        self.log_act("Read a preview of the e-mail.", subscriber, flag=READ)
        mail = preview(subscriber, parse_moment(at) if at else timezone.now())
        if mail is None:
            self.stderr.write("Nothing new matches, so no e-mail would be sent.")
        elif form == "html" and not mail.html:
            self.stderr.write("This person gets plain text only, so there is no HTML part.")
        elif form == "eml":
            sys.stdout.buffer.write(mail.message)
        else:
            self.stdout.write(mail.html if form == "html" else mail.text)
