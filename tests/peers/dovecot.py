"""A temporary Dovecot: mailboxes that accept mail over LMTP and serve it over IMAP and TLS."""

import contextlib
import imaplib
import signal
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from tests.support.imap_server import certificate
from tests.support.servers import free_port, listens, new_folder, running, wait_until

PASSWORD = "for tests only"
PROGRAM = Path("/usr/sbin/dovecot")
PARTS = Path("/usr/lib/dovecot")
ARRIVES = 20.0  # seconds a mail may take through the queue
# For Dovecot 2.3. Mail is owned by the user nobody, for Dovecot refuses to write as root.
CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {log}
listen = 127.0.0.1
protocols = imap lmtp
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
auth_mechanisms = plain login
first_valid_uid = 1
mail_location = maildir:~/Maildir
recipient_delimiter = +
mail_plugins = quota
quota_full_tempfail = no
plugin {{
  quota = count:User quota
  quota_vsizes = yes
}}
protocol lmtp {{
  postmaster_address = postmaster@reader.example
}}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
  default_fields = uid=nobody gid=nogroup home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {sasl}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """The ports of a running server: `imaps` to read, `lmtp` to deliver, `sasl` for passwords."""

    imaps: int
    lmtp: int
    sasl: int
    certificate: Path
    key: Path
    log: Path

    def mails(self, address: str) -> list[EmailMessage]:
        """Return the mails of an inbox in the order of arrival."""
        return [message_from_bytes(raw, policy=default) for raw in self.raw(address)]

    def raw(self, address: str) -> list[bytes]:
        """Return the same as bytes; they stay unseen."""
        context = ssl.create_default_context(cafile=self.certificate)
        with imaplib.IMAP4_SSL("localhost", self.imaps, ssl_context=context) as connection:
            connection.login(address, PASSWORD)
            connection.select("INBOX", readonly=True)
            _, (numbers,) = connection.search(None, "ALL")
            fetched = [
                connection.fetch(number, "(BODY.PEEK[])")[1][0] for number in numbers.split()
            ]
        return [part[1] for part in fetched if isinstance(part, tuple)]

    def arrived(self, address: str, number: int = 1) -> list[bytes]:
        """Wait for so many mails in an inbox; return them as bytes."""
        wait_until(lambda: len(self.raw(address)) >= number, ARRIVES)
        found = self.raw(address)
        assert len(found) >= number, f"{len(found)} mails of {number} for {address}"
        return found


@contextlib.contextmanager
def dovecot(quotas: Mapping[str, str]) -> Iterator[Dovecot]:
    """Run a server for the block, with these addresses and quotas ("10k", "" for none)."""
    with new_folder(None) as home:
        made, key = certificate(home)
        ports = {name: free_port() for name in ("imaps", "lmtp", "sasl")}
        served = Dovecot(**ports, certificate=made, key=key, log=home / "dovecot.log")
        written = _configure(home, served, quotas)
        command: list[str | Path] = [PROGRAM, "-F", "-c", written]
        with running(
            command, None, home, signal.SIGTERM, lambda: all(map(listens, ports.values()))
        ):
            yield served


def _configure(home: Path, served: Dovecot, quotas: Mapping[str, str]) -> Path:
    home.chmod(0o755)  # its processes run as several users
    (home / "mail").mkdir(mode=0o777)
    (home / "mail").chmod(0o777)
    users = home / "users"
    users.write_text("".join(_user(address, quota) for address, quota in quotas.items()))
    written = home / "dovecot.conf"
    values = {name: getattr(served, name) for name in served.__slots__}
    written.write_text(CONFIGURATION.format(folder=home, **values))
    return written


def _user(address: str, quota: str) -> str:
    more = f"userdb_quota_rule=*:storage={quota}" if quota else ""
    return f"{address}:{{PLAIN}}{PASSWORD}::::::{more}\n"


def missing_reason() -> str:
    """Return why it cannot run here, with the cure; "" if it can."""
    needed = {"dovecot-imapd": "imap", "dovecot-lmtpd": "lmtp"}
    if missing := [name for name, part in needed.items() if not (PARTS / part).exists()]:
        return f"Dovecot is missing: apt-get install {' '.join(missing)}"
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout
    # The configuration of 2.4 has another syntax.
    return "" if version.startswith("2.3.") else f"Dovecot 2.3 is wanted, here is {version}"
