"""DKIM keys in the DNS against the key that signs; DMARC policies and alignment."""

import base64
import shutil
import subprocess

import pytest

from digest.mail.dkim import Signer
from digest.monitoring.report.lines import Level, ReportLine
from digest.monitoring.report.lookups import Lookups
from digest.monitoring.report.signatures import check_dkim, check_dmarc
from tests.support.dns_server import FAILING, DnsServer

from .zone import publish

pytest.importorskip("dkim")
NAME = "s1._domainkey.example.org TXT"


def openssl(*command: str, given: str = "") -> str:
    if not shutil.which("openssl"):
        pytest.skip("openssl is missing")
    done = subprocess.run(
        ["openssl", *command], input=given, capture_output=True, check=True, text=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def key() -> str:
    return openssl("genrsa", "2048")


@pytest.fixture(scope="module")
def signer(key: str) -> Signer:
    return Signer.read(key, "s1", "example.org")


def public_part(key: str) -> str:
    return "".join(openssl("rsa", "-pubout", given=key).splitlines()[1:-1])


def dkim(lookups: Lookups, signer: Signer | None) -> ReportLine:
    (line,) = check_dkim(signer, "s1", "example.org", lookups)
    return line


def test_the_record_of_a_signer_is_what_openssl_makes(key: str, signer: Signer) -> None:
    assert signer.dns_record == f"v=DKIM1; k=rsa; p={public_part(key)}"
    base64.b64decode(signer.dns_record.partition("p=")[2], validate=True)


def test_the_key_that_signs(server: DnsServer, lookups: Lookups, signer: Signer) -> None:
    publish(server, signer)
    line = dkim(lookups, signer)
    assert line.level == Level.OK
    assert "is the one that e-mails are signed with" in line.fact


def test_another_key(server: DnsServer, lookups: Lookups, signer: Signer) -> None:
    publish(server, Signer.read(openssl("genrsa", "2048"), "s1", "example.org"))
    line = dkim(lookups, signer)
    assert line.level == Level.FAULT
    assert "is not the one of DKIM_KEY" in line.fact
    assert signer.dns_record in line.cure


@pytest.mark.parametrize(
    ("record", "level", "words"),
    [
        ("", Level.FAULT, "There is no key"),
        ("v=DKIM1; p=", Level.FAULT, "is revoked"),
        ("v=DKIM1; k=rsa; p=AAAA", Level.FAULT, "cannot be read"),
        ("v=DKIM1; k=rsa; p=é!", Level.FAULT, "cannot be read"),
        ("v=DKIM1; k=ed25519; p=MCowBQ", Level.FAULT, "is not an RSA key"),
    ],
)
def test_faults(
    server: DnsServer, lookups: Lookups, signer: Signer, record: str, level: Level, words: str
) -> None:
    if record:
        server.zone[NAME] = [f'"{record}"'.replace(";", "\\;")]
    line = dkim(lookups, signer)
    assert (line.level, words in line.fact) == (level, True)
    assert signer.dns_record in line.cure


def test_a_relay_that_signs(server: DnsServer, lookups: Lookups, signer: Signer) -> None:
    assert dkim(lookups, None).level == Level.WARNING
    assert "DKIM_SELECTOR" in dkim(lookups, None).cure
    fresh = Lookups([server.address])
    publish(server, signer)
    assert dkim(fresh, None).level == Level.OK
    fresh = Lookups([server.address])
    server.zone[NAME] = ['"v=DKIM1; k=ed25519; p=MCowBQ"']
    assert dkim(fresh, None).level == Level.OK


def test_weak_doubled_and_test_keys(server: DnsServer, lookups: Lookups, signer: Signer) -> None:
    weak = public_part(openssl("genrsa", "1024"))
    server.zone[NAME] = [f'"v=DKIM1; p={weak}"']
    assert "has 1024 bits" in dkim(lookups, None).fact
    publish(server, signer)
    server.zone[NAME] = [server.zone[NAME][0].replace("k=rsa;", "k=rsa; t=y:s;")]
    assert "marked as a test" in dkim(Lookups([server.address]), signer).fact
    server.zone[NAME] = ['"p=AAAA"', '"p=BBBB"']
    assert "There are 2 keys" in dkim(Lookups([server.address]), signer).fact
    server.zone[NAME] = [FAILING]
    assert dkim(Lookups([server.address]), signer).level == Level.WARNING


def dmarc(
    lookups: Lookups, author: str = "example.org", envelope: str = "", signed: str = ""
) -> list[ReportLine]:
    return list(check_dmarc(author, envelope or author, signed or author, lookups))


def test_dmarc(lookups: Lookups) -> None:
    policy, alignment = dmarc(lookups)
    assert (policy.level, alignment.level) == (Level.OK, Level.OK)
    assert "p=quarantine" in policy.fact


@pytest.mark.parametrize(
    ("record", "level", "words"),
    [
        ("v=DMARC1; p=none", Level.WARNING, "p=none"),
        ("v=DMARC1; p=reject", Level.OK, "p=reject"),
        ("v=DMARC1; rua=mailto:a@b.example", Level.FAULT, "no valid policy"),
        ("v=DMARC1; p=rejected", Level.FAULT, "no valid policy"),
        ("v=dmarc2; p=reject", Level.FAULT, "no DMARC record"),
    ],
)
def test_policies(
    server: DnsServer, lookups: Lookups, record: str, level: Level, words: str
) -> None:
    server.zone["_dmarc.example.org TXT"] = [f'"{record}"']
    line = dmarc(lookups)[0]
    assert (line.level, words in line.fact) == (level, True)


def test_a_subdomain_has_the_policy_of_its_parent(server: DnsServer, lookups: Lookups) -> None:
    assert "policy of example.org is p=quarantine" in dmarc(lookups, "a.b.example.org")[0].fact
    server.zone["_dmarc.example.org TXT"] = ['"v=DMARC1; p=reject; sp=none"']
    assert "p=none" in dmarc(Lookups([server.address]), "news.example.org")[0].fact


def test_the_top_level_is_not_asked(server: DnsServer, lookups: Lookups) -> None:
    server.zone["_dmarc.example TXT"] = ['"v=DMARC1; p=reject"']
    assert "no DMARC record" in dmarc(lookups, "a.example")[0].fact


@pytest.mark.parametrize(
    ("tags", "envelope", "signed", "level"),
    [
        ("", "bounces.example.org", "example.org", Level.OK),
        ("; aspf=s", "bounces.example.org", "example.org", Level.WARNING),
        ("", "relay.example.net", "example.org", Level.WARNING),
        ("; adkim=s", "relay.example.net", "mail.example.org", Level.FAULT),
        ("", "relay.example.net", "notexample.org", Level.FAULT),
    ],
)
def test_alignment(
    server: DnsServer, lookups: Lookups, tags: str, envelope: str, signed: str, level: Level
) -> None:
    server.zone["_dmarc.example.org TXT"] = [f'"v=DMARC1; p=reject{tags}"']
    line = dmarc(lookups, "example.org", envelope, signed)[1]
    assert (line.check, line.level) == ("alignment", level)
    assert bool(line.cure) == (level != Level.OK)
