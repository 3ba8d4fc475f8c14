"""`manage.py up`: the whole site on this machine, in one command."""

import contextlib
import io
import os
import secrets
import shlex
import signal
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db import connection
from django.db.models import Q
from django.db.utils import OperationalError

from digest.management.base_command import DatabaseCommand
from digest.monitoring import watchdog
from digest.monitoring.health.outbox_exposure import outbox_is_used, outbox_warning
from digest.runner import CannotStart, data_folder, service
from digest.runner.broker import broker_service
from digest.runner.process import die_with_parent
from digest.runner.site_address import check_free
from digest.runner.supervisor import Supervisor
from subscriptions.suppression_key import check_key

OPERATOR = "admin"


class Command(DatabaseCommand):
    help = (
        "Runs the whole site on this machine: database migrations, the private broker (unless "
        "REDIS_URL is set), the web server, the Celery worker and its clock. Restarts what fails; "
        "Ctrl-C stops everything in order. Settings come from the environment or .env "
        "(.env.example lists them); data lives in DATA_DIR."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="load the sample papers first (harmless twice)"
        )

    def handle(self, *args: object, demo: bool, **options: object) -> None:
        if "MAKELEVEL" in os.environ:
            # `make` that was killed must not leave us running behind its back.
            die_with_parent(os.getppid(), signal.SIGTERM)
        try:
            with data_folder.lock_data_folder(
                settings.DATA_DIR, f"process {os.getpid()}, {settings.SITE_URL}/"
            ):
                self.serve(demo)
        except CannotStart as why:
            raise CommandError(str(why)) from None

    def serve(self, demo: bool) -> None:
        """Run until a signal comes; raises Refused with the cure when something is in the way."""
        prepare_folders()
        check_free(settings.BIND, settings.PORT)
        # Said again for the services, for a relative DATA_DIR depends on where one stands.
        environment = {**os.environ, "DATA_DIR": str(settings.DATA_DIR), "PYTHONUNBUFFERED": "1"}
        with Supervisor(settings.BASE_DIR, environment, self.tell) as supervisor:
            migrate()
            if not settings.REDIS_URL:
                supervisor.start(
                    broker_service(settings.BROKER_SOCKET, settings.DATA_DIR / "broker")
                )
            if demo:
                # What it says to whoever runs it by hand, the welcome says here.
                call_command("demo", stdout=io.StringIO())
            password = operator_password(settings.DATA_DIR / "admin-password")
            wrong_key = check_key()
            connection.close()
            if not supervisor.signals:
                supervisor.start(
                    service.worker_service(),
                    service.beat_service(),
                    service.web_service(settings.BIND, settings.PORT),
                )
            if not supervisor.signals:
                self.tell(welcome(password))
                if wrong_key:
                    self.tell(wrong_key)
            watchdog.start()
            supervisor.run()
            self.tell("Stopping.")
        self.tell("Stopped.")

    def tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def prepare_folders() -> None:
    """Make the folders that the services expect; Refused when one is not safe to use."""
    data_folder.make_private_folder(settings.DATA_DIR / "broker")
    data_folder.make_private_folder(settings.BROKER_SOCKET.parent)
    settings.INBOX_DIR.mkdir(exist_ok=True)


def migrate() -> None:
    """Bring the database up to date; Refused when it does not answer."""
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as wrong:
        raise CannotStart(
            f"The database cannot be used: {wrong}\nCheck DATABASE_URL (or DATA_DIR for SQLite)."
        ) from None


def operator_password(path: Path) -> str | None:
    """Make the operators' first account, once; its password while that is still the one in `path`.

    The password is kept before the account is made, so that a crash between loses neither.
    """
    users = get_user_model()._default_manager
    password = path.read_text().strip() if path.is_file() else ""
    if not users.filter(Q(is_superuser=True) | Q(username=OPERATOR)).exists():
        password = password or write_private_file(path, secrets.token_urlsafe(12))
        users.create_superuser(OPERATOR, password=password)
    account = users.filter(username=OPERATOR, is_superuser=True, is_active=True).first()
    return password if account and password and account.check_password(password) else None


def write_private_file(path: Path, secret: str) -> str:
    """Write `secret` where only its owner can read it, and return it."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secret + "\n")
    return secret


def welcome(password: str | None) -> str:
    """Where to look, once everything runs."""
    site = settings.SITE_URL
    who = f"user {OPERATOR}, password {password}" if password else "with an operator's account"
    lines = [
        "",
        "Paper Digest is running.",
        f"  Site    {site}/",
        f"  Mail    {mail_destination()}",
        f"  Admin   {site}/admin/  {who}",
    ]
    second = settings.DATA_DIR / "sample" / "second-listing.txt"
    if second.is_file():
        source, inbox = relative_path(second), relative_path(settings.INBOX_DIR)
        lines.append(f"  More papers for the next digest: cp {source} {inbox}/")
    return "\n".join([*lines, "Ctrl-C stops everything.", ""])


def mail_destination() -> str:
    """Where mail is sent to, in a few words and without the password."""
    if outbox_is_used():
        where = f"{settings.SITE_URL}/outbox/"
        if wrong := outbox_warning():
            return f"{where}  for operators only. {wrong}"
        return f"{where}  (nothing leaves this machine; EMAIL_URL changes that)"
    places = " and ".join(relay.location for relay in settings.MAIL_RELAYS)
    return f"leaves through {places} as {settings.MAIL_FROM}"


def relative_path(path: Path) -> str:
    """The path as one would type it in this folder."""
    with contextlib.suppress(ValueError):
        path = path.relative_to(Path.cwd())
    return shlex.quote(str(path))
