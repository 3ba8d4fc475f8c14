"""`manage.py up`: the whole site on this machine, in one command."""

import contextlib
import gc
import io
import os
import secrets
import shlex
import signal
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.admin.models import ADDITION
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db.models import Q
from django.db.utils import OperationalError

from digest.epochs.checking import check_at_start
from digest.management.base_command import DatabaseCommand
from digest.monitoring import watchdog
from digest.monitoring.health.outbox_exposure import outbox_is_used, outbox_warning
from digest.runner import CannotStart, data_folder, service
from digest.runner.broker import broker_service
from digest.runner.preloading import preload
from digest.runner.process import die_with_parent, in_fork
from digest.runner.site_address import bind_site
from digest.runner.supervisor import Supervisor
from subscriptions.suppression_key import check_key

OPERATOR = "admin"


class Command(DatabaseCommand):
    help = (
        "Run the whole site on this machine: database migrations, a private broker (unless "
        "REDIS_URL is set), the web server, and Celery workers with their scheduler. Restarts what "
        "fails; Ctrl-C stops everything in order. Settings come from the environment or .env "
        "(see .env.example); data is kept in DATA_DIR."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="load the sample papers first (safe to repeat)"
        )

    def handle(self, *args: object, demo: bool, **options: object) -> None:
        if "MAKELEVEL" in os.environ:
            # End with `make`, even if it is killed.
            die_with_parent(os.getppid(), signal.SIGTERM)
        try:
            with data_folder.lock_data_folder(
                settings.DATA_DIR, f"process {os.getpid()}, {settings.SITE_URL}/"
            ):
                self.serve(demo)
        except CannotStart as why:
            raise CommandError(str(why)) from None

    def serve(self, demo: bool) -> None:
        """Run until a signal. Raises CannotStart, with the cure, if the start fails."""
        prepare_folders()
        listener = bind_site(settings.BIND, settings.PORT)
        # Absolute for the services: a relative DATA_DIR depends on the working directory.
        environment = {**os.environ, "DATA_DIR": str(settings.DATA_DIR), "PYTHONUNBUFFERED": "1"}
        with Supervisor(settings.BASE_DIR, environment, self.report) as supervisor:
            if not settings.REDIS_URL:
                supervisor.start(
                    broker_service(settings.BROKER_SOCKET, settings.DATA_DIR / "broker")
                )
            with in_fork(prepare_database, demo) as prepared:
                preload()
                database = prepared.result()
            supervisor.start(
                *service.worker_services(settings.CELERY_WORKER_CONCURRENCY),
                service.web_service(listener),
            )
            # Not a thread of the runner: a process with threads cannot be forked.
            supervisor.stand_by(service.Service("watch", watchdog.main))
            if not supervisor.signals:
                self.report(welcome(database.password))
                for sentence in database.warnings:
                    self.report(sentence)
            supervisor.run()
            self.report("Stopping.")
        self.report("Stopped.")

    def report(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def prepare_folders() -> None:
    """Create the folders that the services need. Raises CannotStart if one is not safe to use."""
    data_folder.make_private_folder(settings.DATA_DIR / "broker")
    data_folder.make_private_folder(settings.BROKER_SOCKET.parent)
    settings.INBOX_DIR.mkdir(exist_ok=True)


@dataclass(frozen=True)
class PreparedDatabase:
    """The password of the first operator while it is stored, and sentences on what is wrong."""

    password: str | None
    warnings: list[str]


def prepare_database(demo: bool) -> PreparedDatabase:
    """Run migrations, load the sample papers if asked, and create the first operator.

    Raises CannotStart if the database does not answer.
    """
    gc.enable()
    migrate()
    restored = check_at_start()
    if demo:
        # The welcome says what the command prints.
        call_command("demo", stdout=io.StringIO())
    return PreparedDatabase(first_operator(), [*filter(None, (check_key(), restored))])


def first_operator() -> str | None:
    """Create the first operator's account, once; return its password while it is stored."""
    had_operator = has_operator()
    password = operator_password(settings.DATA_DIR / "admin-password")
    if not had_operator:
        Command().log_act("Created the first operator.", flag=ADDITION, shown=OPERATOR)
    return password


def migrate() -> None:
    """Run migrations. Raises CannotStart if the database does not answer."""
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as wrong:
        raise CannotStart(
            f"The database cannot be used: {wrong}\nCheck DATABASE_URL (or DATA_DIR for SQLite)."
        ) from None


def has_operator() -> bool:
    """Whether there is an account that the first operator's would be in place of."""
    users = get_user_model()._default_manager
    return users.filter(Q(is_superuser=True) | Q(username=OPERATOR)).exists()


def operator_password(path: Path) -> str | None:
    """Create the first operator's account, once; return its password while `path` holds it.

    The password is written before the account is created, so that a crash between loses neither.
    """
    users = get_user_model()._default_manager
    password = path.read_text().strip() if path.is_file() else ""
    if not has_operator():
        password = password or write_private_file(path, secrets.token_urlsafe(12))
        users.create_superuser(OPERATOR, password=password)
    account = users.filter(username=OPERATOR, is_superuser=True, is_active=True).first()
    return password if account and password and account.check_password(password) else None


def write_private_file(path: Path, secret: str) -> str:
    """Write `secret` to a file with mode 0600, and return it."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secret + "\n")
    return secret


def welcome(password: str | None) -> str:
    """Return the lines that are printed once everything runs."""
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
    """Describe where mail is sent, without the password."""
    if outbox_is_used():
        where = f"{settings.SITE_URL}/outbox/"
        if wrong := outbox_warning():
            return f"{where}  for operators only. {wrong}"
        return f"{where}  (nothing leaves this machine; set EMAIL_URL to send e-mail)"
    places = " and ".join(relay.location for relay in settings.MAIL_RELAYS)
    return f"sent through {places} as {settings.MAIL_FROM}"


def relative_path(path: Path) -> str:
    """Return the path relative to the working directory if it is below it, quoted for a shell."""
    with contextlib.suppress(ValueError):
        path = path.relative_to(Path.cwd())
    return shlex.quote(str(path))
