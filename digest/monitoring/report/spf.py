"""SPF (RFC 7208): the record of the domain that mail is sent from, its includes, and whether it
allows an address."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from .lines import Level, ReportLine
from .lookups import LookupFailed, Lookups

MOST_LOOKUPS = 10  # of includes and the like (RFC 7208 4.6.4); receivers give up after that
MOST_VOID = 2  # of them without an answer
_TERM = re.compile(
    r"(?P<sign>[-+~?]?)(?P<name>all|include|a|mx|ptr|ip4|ip6|exists)(?::(?P<value>[^\s/]+))?"
    r"(?P<masks>(?:/[0-9]{1,3})?(?://[0-9]{1,3})?)",
    re.IGNORECASE,
)
_MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9_.-]*)=(?P<value>\S*)", re.IGNORECASE)
_LOOKED_UP = ("include", "a", "mx", "ptr", "exists")


class SpfError(Exception):
    """The record is invalid, so that receivers ignore it; the message is a sentence."""


class _Term(NamedTuple):
    """A mechanism: `sign` "+", "-", "~" or "?", its name, value and prefix lengths."""

    sign: str
    name: str
    value: str
    masks: str


@dataclass(frozen=True, slots=True)
class _Record:
    terms: tuple[_Term, ...]
    redirect: str

    @property
    def last_sign(self) -> str:
        """The sign of `all`, "" if there is none."""
        return next((each.sign for each in self.terms if each.name == "all"), "")


def check_spf(domain: str, senders: dict[str, bool], lookups: Lookups) -> Iterator[ReportLine]:
    """Check the record of a domain.

    `senders`: the addresses that mail leaves from -> whether that is known for sure; of a relay
    only the addresses of its name are known.
    """
    try:
        walk = _Walk(lookups)
        walk.count(domain)
        yield from _check_end(domain, _record(domain, lookups), lookups)
        yield _budget(domain, walk)
        for address, is_sure in senders.items():
            yield _allowed(domain, address, is_sure, lookups)
    except SpfError as wrong:
        yield ReportLine(
            "spf", Level.FAULT, str(wrong),
            f"Publish one TXT record at {domain}, like “v=spf1 include:RELAY -all”: your relay’s "
            "documentation says what to include, or list its addresses (ip4:192.0.2.7).",
        )  # fmt: skip
    except LookupFailed as failed:
        yield ReportLine("spf", Level.WARNING, str(failed), "Run this again.")


def _check_end(domain: str, record: _Record, lookups: Lookups) -> Iterator[ReportLine]:
    sign = record.last_sign
    if not sign and record.redirect:
        sign = _record(record.redirect, lookups).last_sign
    if sign == "+":
        yield ReportLine(
            "spf", Level.FAULT, f"{domain} lets anybody send in its name (+all).",
            "End the record with -all.",
        )  # fmt: skip
    elif sign not in ("-", "~"):
        yield ReportLine(
            "spf", Level.WARNING, f"The record of {domain} says nothing about other senders.",
            "End it with ~all, or with -all once everything works.",
        )  # fmt: skip


def _budget(domain: str, walk: "_Walk") -> ReportLine:
    needed = f"The record of {domain} takes {walk.lookups} of at most {MOST_LOOKUPS} look-ups"
    if walk.lookups > MOST_LOOKUPS:
        return ReportLine(
            "spf", Level.FAULT, f"The record of {domain} takes more than {MOST_LOOKUPS} look-ups, "
            "so receivers ignore it.", "Remove includes, or replace them by ip4: and ip6:.",
        )  # fmt: skip
    if walk.void > MOST_VOID:
        return ReportLine(
            "spf", Level.WARNING, f"{needed}, {walk.void} of them of names without a record.",
            "Remove those: some receivers ignore a record with more than two.",
        )  # fmt: skip
    return ReportLine("spf", Level.OK, f"{needed}.")


def _allowed(domain: str, address: str, is_sure: bool, lookups: Lookups) -> ReportLine:
    result = evaluate(domain, address, lookups)
    if result == "+":
        return ReportLine("spf", Level.OK, f"{domain} lets {address} send.")
    return ReportLine(
        "spf", Level.FAULT if is_sure else Level.WARNING,
        f"{domain} does not let {address} send.",
        "Add it to the record if mail leaves from there."
        + ("" if is_sure else " --address names where it really leaves from."),
    )  # fmt: skip


def _record(domain: str, lookups: Lookups) -> _Record:
    """Return the SPF record of a domain. Raises SpfError, LookupFailed."""
    found = [text for text in lookups.txt(domain) if re.match(r"v=spf1(?: |$)", text, re.I)]
    if len(found) != 1:
        count = "no SPF record" if not found else f"{len(found)} SPF records"
        raise SpfError(f"{domain} has {count}.")
    terms, redirect = [], ""
    for word in found[0].split()[1:]:
        if match := _TERM.fullmatch(word):
            name, value = match["name"].lower(), match["value"] or ""
            terms.append(_Term(match["sign"] or "+", name, value, match["masks"]))
            _check_value(domain, word, terms[-1])
        elif modifier := _MODIFIER.fullmatch(word):
            redirect = modifier["value"] if modifier["name"].lower() == "redirect" else redirect
        else:
            raise SpfError(f"The SPF record of {domain} has the unknown term “{word[:80]}”.")
    return _Record(tuple(terms), "" if any(each.name == "all" for each in terms) else redirect)


def _check_value(domain: str, word: str, term: _Term) -> None:
    wanted = term.name in ("include", "exists", "ip4", "ip6")
    try:
        if wanted and not term.value:
            raise ValueError(word)
        if term.name in ("ip4", "ip6") and ip_network(_network(term), strict=False).version != int(
            term.name[-1]
        ):
            raise ValueError(word)
    except ValueError:
        sentence = f"The SPF record of {domain} has the invalid term “{word[:80]}”."
        raise SpfError(sentence) from None


def _network(term: _Term) -> str:
    return f"{term.value}{term.masks}"


class _Walk:
    """Counts the look-ups that a receiver may need for a record, includes and all."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups
        self.lookups = self.void = 0

    def count(self, domain: str) -> None:
        """Count those of a domain's record; stops beyond MOST_LOOKUPS, so that a record that
        includes itself ends. Raises SpfError, LookupFailed."""
        record = _record(domain, self._lookups)
        for term in record.terms:
            if term.name in _LOOKED_UP:
                self.lookups += 1
                if self.lookups > MOST_LOOKUPS:
                    return
                self._follow(term, domain)
        if record.redirect:
            self.lookups += 1
            if self.lookups <= MOST_LOOKUPS and "%" not in record.redirect:
                self.count(record.redirect)

    def _follow(self, term: _Term, domain: str) -> None:
        target = term.value or domain
        if "%" in target:  # a macro: it depends on the mail
            return
        if term.name == "include":
            self.count(target)
        elif term.name in ("a", "exists"):
            self.void += not self._lookups.addresses(target)
        elif term.name == "mx":
            self.void += not self._lookups.mail_servers(target)


def evaluate(domain: str, address: str, lookups: Lookups, depth: int = 0) -> str:
    """Return the sign of the term that an address matches, "" if none does.

    Terms with macros and ptr match nothing. Raises SpfError, LookupFailed.
    """
    if depth > MOST_LOOKUPS:
        raise SpfError(f"The SPF record of {domain} is included too deeply.")
    record = _record(domain, lookups)
    for term in record.terms:
        if _matches(term, domain, address, lookups, depth):
            return term.sign
    redirect = record.redirect
    return evaluate(redirect, address, lookups, depth + 1) if redirect else ""


def _matches(term: _Term, domain: str, address: str, lookups: Lookups, depth: int) -> bool:
    target = term.value or domain
    if term.name == "all":
        return True
    if "%" in target:
        return False
    match term.name:
        case "ip4" | "ip6":
            return ip_address(address) in ip_network(_network(term), strict=False)
        case "include":
            return evaluate(target, address, lookups, depth + 1) == "+"
        case "a":
            return _is_one_of(address, lookups.addresses(target), term.masks)
        case "mx":
            hosts = lookups.mail_servers(target)[:MOST_LOOKUPS]
            return any(
                _is_one_of(address, lookups.addresses(host), term.masks) for host in hosts if host
            )
        case "exists":
            return bool(lookups.addresses(target))
    return False


def _is_one_of(address: str, hosts: list[str], masks: str) -> bool:
    """Whether an address is in the network of one of the hosts; `masks`: like /24//64."""
    ip4, _, ip6 = masks.partition("//")
    lengths = {4: ip4.strip("/") or "32", 6: ip6 or "128"}
    for host in hosts:
        network = ip_network(f"{host}/{lengths[ip_address(host).version]}", strict=False)
        if ip_address(address) in network:
            return True
    return False
