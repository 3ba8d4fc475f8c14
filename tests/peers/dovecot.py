"""A Dovecot of our own: mailboxes that take mail over LMTP and show it over IMAP and TLS."""

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
# Dovecot 2.3; its users' mail belongs to nobody, for it refuses to write as root.
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
    """Where it listens: `imaps` shows the mail, `lmtp` takes it, `sasl` checks passwords."""

    imaps: int
    lmtp: int
    sasl: int
    certificate: Path
    key: Path
    log: Path

    def mails(self, address: str) -> list[EmailMessage]:
        """What lies in that inbox, in the order of its coming."""
        return [message_from_bytes(raw, policy=default) for raw in self.raw(address)]

    def raw(self, address: str) -> list[bytes]:
        """The same, byte for byte, and left unseen."""
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
        """The mails of that inbox, byte for byte, once there are so many."""
        wait_until(lambda: len(self.raw(address)) >= number, ARRIVES)
        found = self.raw(address)
        assert len(found) >= number, f"{len(found)} mails of {number} for {address}"
        return found


@contextlib.contextmanager
def dovecot(quotas: Mapping[str, str]) -> Iterator[Dovecot]:
    """One that knows these addresses, each with a quota ("10k", "" for none), run for the block."""
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
    home.chmod(0o755)  # its parts run as users of their own
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


def wanting() -> str:
    """Why it cannot be run here, with the cure; "" where it can."""
    needed = {"dovecot-imapd": "imap", "dovecot-lmtpd": "lmtp"}
    if missing := [name for name, part in needed.items() if not (PARTS / part).exists()]:
        return f"Dovecot is missing: apt-get install {' '.join(missing)}"
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout
    # 2.4 has another language for its configuration.
    return "" if version.startswith("2.3.") else f"Dovecot 2.3 is wanted, here is {version}"
