"""A site that sends through these servers, and the requests of its readers."""

import contextlib
import http.client
import itertools
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from tests.support.servers import free_port, listens, wait_until
from tests.support.site import ROOT, Site

from .dovecot import PASSWORD, Dovecot
from .postfix import Postfix

HOST = "digest.example"
BOUNCES = f"bounces@{HOST}"
SIGN_UP = """
from django.utils.timezone import now
from subscriptions import signup
for email in {people}:
    asked = signup.SignUpRequest(keywords=("attention", "lighthouse", "seaweed"))
    signup.confirm(signup.request(email, asked, at=now(), letter=False).pk, at=now())
"""
MORNING = """
from django.core.management import call_command
call_command("ingest", "{page}")
call_command("deliver", "--at", "{at:%Y-%m-%dT%H:%M:%SZ}")
"""
DUE = "UPDATE subscriptions_subscriber SET next_due_at = '{at:%Y-%m-%d %H:%M:%S}'"
LISTING = """new

Daily Papers

{day:%b %d, %Y}

{title}

Attention pays, and we say how much.

  • 2 authors
·
{day:%b %d} 4
"""


EVENTS = """
SELECT event.kind, event.status FROM digest_mailevent event
JOIN digest_digest digest ON digest.id = event.digest_id
JOIN subscriptions_subscriber person ON person.id = digest.subscriber_id
WHERE person.email = '{email}' ORDER BY event.kind
"""
STATUS = """
SELECT status, round((julianday(paused_until) - julianday('now')) * 24)
FROM subscriptions_subscriber WHERE email = '{email}'
"""


class Account(NamedTuple):
    """A subscriber's status, the hours until it ends, and kind and status of the mail events."""

    status: object
    hours: object
    events: list[tuple[object, ...]]


class Newsletter(Site):
    """A site with its commands and rows."""

    def __init__(self, folder: Path, key: Path, mailboxes: Dovecot, relay: Postfix) -> None:
        user = quote(BOUNCES)
        super().__init__(
            folder,
            SITE_URL=f"https://{HOST}",
            MAIL_FROM=f"Paper Digest <papers@{HOST}>",
            EMAIL_URL=f"smtp+tls://{user}:{quote(PASSWORD)}@localhost:{relay.smtp}",
            VERP_SENDER=f"bounces+{{}}@{HOST}",
            BOUNCE_IMAP_URL=f"imaps://{user}:{quote(PASSWORD)}@localhost:{mailboxes.imaps}/INBOX",
            DKIM_KEY_FILE=str(key),
            DKIM_SELECTOR="s1",
            DKIM_DOMAIN=HOST,
            SSL_CERT_FILE=str(mailboxes.certificate),
        )
        self._days = itertools.count(1)
        self.run("migrate", "--verbosity=0")

    def sign_up(self, *people: str) -> None:
        """Sign up and confirm; papers listed from now on are due."""
        self.run("shell", "-c", SIGN_UP.format(people=people))

    def listing(self, title: str) -> Path:
        """Write a listing with one paper that matches everybody's keywords."""
        page = self.folder / f"{title}.txt"
        page.write_text(LISTING.format(title=title, day=datetime.now(UTC)))
        return page

    def send(self, page: Path, to: str = "%", days: int = 0, **settings: str) -> str:
        """Ingest the page and send the digest of today, or of so many days later.

        `to` is a LIKE pattern of addresses. Returns the output of the commands.
        """
        # In whole seconds, and not before the sign-up, or the paper would not be due.
        at = datetime.now(UTC) + timedelta(days=days, seconds=1)
        self.sql(f"{DUE.format(at=at)} WHERE email LIKE '{to}'")
        return self.run("shell", "-c", MORNING.format(page=page, at=at), **settings)

    def send_next_day(self) -> str:
        """Send the digests of the next day, with one paper for everybody; return its title."""
        day = next(self._days)
        title = f"Attention on day {day}"
        self.send(self.listing(title), days=day)
        return title

    def read_bounces(self) -> None:
        """Run the task that reads the bounces."""
        self.run("shell", "-c", "from digest.tasks import bounces; bounces()")

    def take(self, given: bytes, command: str = "mail_event", **settings: str) -> str:
        """Run a command with standard input, as mail servers do; return its output."""
        done = subprocess.run(
            [sys.executable, "manage.py", command],
            cwd=ROOT,
            env=self.environment | settings,
            input=given,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def account(self, email: str) -> Account:
        """Return the account of a subscriber."""
        ((status, hours),) = self.sql(STATUS.format(email=email))
        return Account(status, hours, self.sql(EVENTS.format(email=email)))

    def suppressed(self) -> int:
        """Return the number of suppressed addresses."""
        return len(self.sql("SELECT 1 FROM subscriptions_suppression"))

    @contextlib.contextmanager
    def serving(self) -> Iterator["Visits"]:
        """Run the web server for the block."""
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", "digest.wsgi", "--bind", f"127.0.0.1:{port}"]
        log = (self.folder / "web.log").open("w")
        server = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        try:
            assert wait_until(lambda: listens(port)), Path(log.name).read_text()
            yield Visits(port)
        finally:
            server.terminate()
            server.wait(30)
            log.close()


class Visits:
    """Requests as they come through a web server with TLS: no cookies, no referrer."""

    def __init__(self, port: int) -> None:
        self._port = port

    def get(self, url: str) -> int:
        """GET the URL; return the status code."""
        return self._ask("GET", url)

    def press(self, url: str, body: bytes, content_type: str) -> int:
        """POST to the URL; return the status code."""
        return self._ask("POST", url, body, {"Content-Type": content_type})

    def _ask(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> int:
        parts = urlsplit(url)
        assert (parts.scheme, parts.netloc) == ("https", HOST), url
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        with contextlib.closing(connection):
            sent = {"Host": HOST, "X-Forwarded-Proto": "https", **(headers or {})}
            connection.request(method, f"{parts.path}?{parts.query}", body, sent)
            reply = connection.getresponse()
            reply.read()
            return reply.status
