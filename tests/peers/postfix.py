"""A temporary Postfix: accepts mail after a login, and delivers it to Dovecot or to a pipe.

Nothing leaves the machine: it knows a few domains and refuses all others.
"""

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.support.servers import free_port, listens, new_folder, running, wait_until

from .dovecot import Dovecot

PROGRAM = Path("/usr/sbin/postfix")
MASTER = Path("/usr/lib/postfix/sbin/master")
ALIASES = 'bounces "|cat >{piped}.part && mv {piped}.part {piped}"\n'
# Times are short, so that what waits is tried again, told of and given up within seconds.
MAIN = """
compatibility_level = 3.6
maillog_file_prefixes = {folder}
maillog_file = {log}
queue_directory = {folder}/queue
data_directory = {folder}/data
myhostname = mx.reader.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
smtpd_peername_lookup = no
recipient_delimiter = +
default_transport = error:5.4.4 no way out of here

# Whom Dovecot knows is found out at delivery, so that a bounce comes by mail.
relay_domains = reader.example digest.example xn--bcher-kva.example away.example
relay_transport = lmtp:inet:127.0.0.1:{lmtp}
# Nobody listens on port 1.
transport_maps = inline:{{away.example=lmtp:inet:127.0.0.1:1}}
# Here the unknown are refused while the sender waits.
virtual_mailbox_domains = unicode.example
virtual_mailbox_maps = inline:{{ {{grå@unicode.example=grå/}} {{sender@unicode.example=sender/}} }}
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
mydestination = pipe.example
local_recipient_maps =
alias_maps = texthash:{folder}/etc/aliases
alias_database =

smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = encrypt
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl}
smtpd_relay_restrictions = permit_sasl_authenticated, reject

queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
delay_warning_time = 2s
maximal_queue_lifetime = 6s
bounce_queue_lifetime = 6s
"""
SERVICES = """
{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
scache unix - - n - 1 scache
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """Its port; the message it piped last; the mailboxes it writes itself; its log."""

    smtp: int
    piped: Path
    mailboxes: Path
    log: Path

    def arrived(self, name: str) -> bytes:
        """Wait for the first mail in the mailbox of that name; return it."""
        inbox = self.mailboxes / name / "new"
        assert wait_until(lambda: inbox.is_dir() and any(inbox.iterdir())), name
        return next(inbox.iterdir()).read_bytes()


@contextlib.contextmanager
def postfix(mailboxes: Dovecot) -> Iterator[Postfix]:
    """Run a server for the block that delivers to these mailboxes and checks their passwords."""
    with new_folder(None) as home:
        served = Postfix(free_port(), home / "piped" / "message", home / "mail", home / "mail.log")
        _configure(home, served, mailboxes)
        subprocess.run([PROGRAM, "-c", home / "etc", "check"], check=True)
        command: list[str | Path] = [MASTER, "-c", home / "etc", "-d"]
        with (
            running(command, None, home, signal.SIGTERM, lambda: listens(served.smtp)),
            _ending_with_us(home / "queue" / "pid" / "master.pid"),
        ):
            yield served


@contextlib.contextmanager
def _ending_with_us(pid: Path) -> Iterator[None]:
    """Make sure that it ends with the tests, even by kill -9.

    It changes its user at the start, which clears its parent-death signal (prctl(2)).
    """
    command = ["sh", "-c", f"read _; kill $(cat {pid})"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as watch:
        try:
            yield
        finally:
            watch.kill()


def _configure(home: Path, served: Postfix, mailboxes: Dovecot) -> None:
    home.chmod(0o755)  # its parts run as users of their own
    for name in ("etc", "queue", "data", "piped", "mail"):
        (home / name).mkdir()
    shutil.chown(home / "data", "postfix")
    for name in ("piped", "mail"):
        shutil.chown(home / name, "nobody")
    values = {**asdict(mailboxes), **asdict(served)}
    (home / "etc" / "main.cf").write_text(MAIN.format(folder=home, **values))
    (home / "etc" / "master.cf").write_text(SERVICES.format(**values))
    (home / "etc" / "aliases").write_text(ALIASES.format(**values))
