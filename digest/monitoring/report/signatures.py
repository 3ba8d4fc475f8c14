"""DKIM (RFC 6376) and DMARC (RFC 7489): the public key, the policy, and whether the domains of a
mail are aligned with its From."""

import base64
import binascii
import importlib
import re
from collections.abc import Iterator

from digest.mail.dkim import LEAST_BITS, Signer

from .lines import Level, ReportLine
from .lookups import LookupFailed, Lookups

MOST_LABELS = 8  # of a domain that are climbed for a DMARC record


def check_dkim(
    signer: Signer | None, selector: str, domain: str, lookups: Lookups
) -> Iterator[ReportLine]:
    """Check the key at `<selector>._domainkey.<domain>`; with a signer compare it with the key that
    mail is signed with."""
    name = f"{selector}._domainkey.{domain}"
    try:
        records = [text for text in lookups.txt(name) if "p=" in text]
    except LookupFailed as failed:
        yield ReportLine("dkim", Level.WARNING, str(failed), "Run this again.")
        return
    publish = f"Publish this TXT record at {name}: {signer.dns_record}" if signer else ""
    if len(records) != 1:
        count = "is no key" if not records else f"are {len(records)} keys"
        yield ReportLine(
            "dkim", Level.FAULT if signer else Level.WARNING, f"There {count} at {name}.",
            publish or "If your relay signs, set DKIM_SELECTOR and DKIM_DOMAIN to what it signs "
            "with, so that this can be checked; else set DKIM_KEY.",
        )  # fmt: skip
        return
    yield from _check_key(name, read_tags(records[0]), signer, publish)


def _check_key(
    name: str, tags: dict[str, str], signer: Signer | None, publish: str
) -> Iterator[ReportLine]:
    replace = publish or "Publish the key that your relay signs with."
    given = re.sub(r"\s", "", tags.get("p", ""))
    if not given:
        yield ReportLine("dkim", Level.FAULT, f"The key at {name} is revoked (p=).", replace)
        return
    if tags.get("k", "rsa") == "rsa":
        modulus = _modulus(given)
        if not modulus:
            yield ReportLine("dkim", Level.FAULT, f"The key at {name} cannot be read.", replace)
            return
        if signer and modulus != signer.modulus:
            yield ReportLine(
                "dkim", Level.FAULT,
                f"The key at {name} is not the one of DKIM_KEY, so no signature is valid.", replace,
            )  # fmt: skip
            return
        if modulus.bit_length() < LEAST_BITS:
            yield ReportLine(
                "dkim", Level.WARNING,
                f"The key at {name} has {modulus.bit_length()} bits.",
                f"Use one of {LEAST_BITS} bits, under a new selector.",
            )  # fmt: skip
            return
    elif signer:
        yield ReportLine("dkim", Level.FAULT, f"The key at {name} is not an RSA key.", replace)
        return
    if "y" in tags.get("t", "").split(":"):
        yield ReportLine(
            "dkim", Level.WARNING, f"The key at {name} is marked as a test (t=y).", "Remove t=y."
        )
        return
    matches = " is the one that e-mails are signed with" if signer else " is there"
    yield ReportLine("dkim", Level.OK, f"The key at {name}{matches}.")


def _modulus(text: str) -> int:
    """Return the modulus of an RSA public key in base64, 0 if it is none or dkimpy is missing."""
    try:
        crypto = importlib.import_module("dkim.crypto")
        return int(crypto.parse_public_key(base64.b64decode(text, validate=True))["modulus"])
    except (ImportError, binascii.Error, ValueError, IndexError, KeyError):
        return 0
    except Exception as wrong:
        if type(wrong).__module__.startswith("dkim"):
            return 0
        raise


def read_tags(record: str) -> dict[str, str]:
    """Return the tags of a record like `v=DKIM1; k=rsa; p=…` (RFC 6376 3.2)."""
    pairs = (each.partition("=") for each in record.split(";") if "=" in each)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def check_dmarc(author: str, envelope: str, signed: str, lookups: Lookups) -> Iterator[ReportLine]:
    """Check the policy of the From domain `author`, and whether the domain of the envelope's sender
    or the one of the signature is aligned with it."""
    try:
        where, tags = _policy(author, lookups)
    except LookupFailed as failed:
        yield ReportLine("dmarc", Level.WARNING, str(failed), "Run this again.")
        return
    if not tags:
        yield ReportLine(
            "dmarc", Level.FAULT, f"{author} has no DMARC record, which large providers ask for.",
            f"Publish a TXT record at _dmarc.{author}, like “v=DMARC1; p=none; "
            f"rua=mailto:postmaster@{author}”, and later p=quarantine.",
        )  # fmt: skip
        return
    policy = tags.get("p", "").lower()
    if where != author:
        policy = tags.get("sp", policy).lower()
    if policy not in ("none", "quarantine", "reject"):
        yield ReportLine(
            "dmarc", Level.FAULT, f"The DMARC record of {where} has no valid policy (p=).",
            "Set p=none, p=quarantine or p=reject.",
        )  # fmt: skip
    elif policy == "none":
        yield ReportLine(
            "dmarc", Level.WARNING, f"The DMARC policy of {where} is p=none: forged mail arrives.",
            "Once the reports (rua=) show that your own passes, set p=quarantine.",
        )  # fmt: skip
    else:
        yield ReportLine("dmarc", Level.OK, f"The DMARC policy of {where} is p={policy}.")
    yield _alignment(author, envelope, signed, where, tags)


def _policy(domain: str, lookups: Lookups) -> tuple[str, dict[str, str]]:
    """Return the domain with the DMARC record for `domain`, the nearest above it, and its tags."""
    labels = domain.split(".")[-MOST_LABELS:]
    for start in range(max(len(labels) - 1, 1)):
        where = domain if start == 0 else ".".join(labels[start:])
        found = [text for text in lookups.txt(f"_dmarc.{where}") if re.match(r"v=DMARC1\b", text)]
        if len(found) == 1:
            return where, read_tags(found[0])
    return domain, {}


def _alignment(
    author: str, envelope: str, signed: str, where: str, tags: dict[str, str]
) -> ReportLine:
    by_spf = is_aligned(envelope, author, where, strict=tags.get("aspf") == "s")
    by_dkim = is_aligned(signed, author, where, strict=tags.get("adkim") == "s")
    if by_spf and by_dkim:
        return ReportLine("alignment", Level.OK, f"{envelope} and {signed} belong to {author}.")
    apart = [name for name, ok in ((envelope, by_spf), (signed, by_dkim)) if not ok]
    return ReportLine(
        "alignment", Level.WARNING if by_spf or by_dkim else Level.FAULT,
        f"{' and '.join(dict.fromkeys(apart))} and the From domain {author} differ, so "
        + ("only one of SPF and DKIM counts" if by_spf or by_dkim else "DMARC fails")
        + ".",
        "Use one domain for MAIL_FROM, VERP_SENDER and DKIM_DOMAIN.",
    )  # fmt: skip


def is_aligned(domain: str, author: str, organisation: str, *, strict: bool) -> bool:
    """Whether a domain is the author's, or, unless `strict`, of the same organisation, whose domain
    is the one with the DMARC record."""
    if strict or domain == author:
        return domain == author
    return all(
        each == organisation or each.endswith(f".{organisation}") for each in (domain, author)
    )
