"""The servers, started once, and a site that has sent its first digests through them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.site import ROOT

from . import dovecot, postfix
from .dovecot import Dovecot
from .newsletter import BOUNCES, Account, Newsletter
from .people import FULL, INBOXES, READERS, TROUBLE
from .postfix import Postfix


@pytest.fixture(scope="package")
def mailboxes() -> Iterator[Dovecot]:
    if os.geteuid() != 0:
        pytest.skip("only root can start Postfix and Dovecot")
    if reason := dovecot.missing_reason():
        pytest.skip(reason)
    with dovecot.dovecot({**dict.fromkeys(INBOXES, ""), FULL: "1k"}) as served:
        yield served


@pytest.fixture(scope="package")
def relay(mailboxes: Dovecot) -> Iterator[Postfix]:
    if not postfix.MASTER.exists():
        pytest.skip("Postfix is missing: apt-get install postfix")
    with postfix.postfix(mailboxes) as served:
        yield served


@pytest.fixture(scope="package")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key for DKIM."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is missing: apt-get install openssl")
    made = tmp_path_factory.mktemp("key") / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", made, "2048"], check=True, capture_output=True)
    return made


class Morning(NamedTuple):
    """A site that has sent its first digests and read the bounces; the accounts afterwards."""

    site: Newsletter
    accounts: dict[str, Account]
    suppressed: int


@pytest.fixture(scope="package")
def first_morning(
    tmp_path_factory: pytest.TempPathFactory, key: Path, mailboxes: Dovecot, relay: Postfix
) -> Morning:
    site = Newsletter(tmp_path_factory.mktemp("site"), key, mailboxes, relay)
    site.sign_up(*READERS, *TROUBLE)
    print(site.send(ROOT / "tests" / "fixtures" / "listing.txt"))
    mailboxes.arrived(BOUNCES, 4)
    site.read_bounces()
    return Morning(site, {each: site.account(each) for each in TROUBLE}, site.suppressed())


@pytest.fixture
def newsletter(first_morning: Morning) -> Newsletter:
    """The site. Tests must not remove mails of the first morning, which other tests need."""
    return first_morning.site
