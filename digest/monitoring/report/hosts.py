"""Names of the addresses that mail leaves from (PTR), and where replies and bounces go (MX)."""

from collections.abc import Iterator

from digest.limits.client_address import is_private

from .lines import Level, ReportLine
from .lookups import LookupFailed, Lookups

MOST_NAMES = 5  # of an address that are looked at


def check_reverse(senders: dict[str, bool], lookups: Lookups) -> Iterator[ReportLine]:
    """Check that each address has a name which leads back to it; `senders` as in `check_spf`."""
    for address, is_sure in senders.items():
        level = Level.FAULT if is_sure else Level.WARNING
        try:
            names = lookups.host_names(address)[:MOST_NAMES]
            confirmed = [name for name in names if address in lookups.addresses(name)]
        except LookupFailed as failed:
            yield ReportLine("ptr", Level.WARNING, str(failed), "Run this again.")
            continue
        if confirmed:
            yield ReportLine("ptr", Level.OK, f"{address} is {confirmed[0]}, and back.")
        elif names:
            yield ReportLine(
                "ptr", level, f"{address} is {names[0]}, which does not lead back to it.",
                f"Let {names[0]} have the address {address}.",
            )  # fmt: skip
        else:
            yield ReportLine(
                "ptr", level, f"{address} has no name (PTR), so many servers refuse its mail.",
                "Set one where you rent the address, and let the name lead back to it.",
            )  # fmt: skip


def check_mail_servers(domains: dict[str, str], lookups: Lookups) -> Iterator[ReportLine]:
    """Check that mail to these domains arrives; `domains`: domain -> what is sent there."""
    for domain, what in domains.items():
        try:
            yield _mail_servers(domain, what, lookups)
        except LookupFailed as failed:
            yield ReportLine("mx", Level.WARNING, str(failed), "Run this again.")


def _mail_servers(domain: str, what: str, lookups: Lookups) -> ReportLine:
    hosts = lookups.mail_servers(domain)
    if hosts == [""]:
        return ReportLine(
            "mx", Level.FAULT, f"{domain} takes no mail (null MX), but {what} go there.",
            "Use a domain that takes mail: many servers refuse a sender that takes none.",
        )  # fmt: skip
    if not hosts and lookups.addresses(domain):
        return ReportLine(
            "mx", Level.WARNING, f"{domain} has no MX record; {what} go to its own address.",
            "Publish an MX record.",
        )  # fmt: skip
    reached = [host for host in hosts if host and lookups.addresses(host)]
    if reached:
        return ReportLine("mx", Level.OK, f"{what.capitalize()} go to {reached[0]} for {domain}.")
    return ReportLine(
        "mx", Level.FAULT, f"{domain} has no mail server with an address, but {what} go there.",
        "Publish an MX record, or use a domain that takes mail.",
    )  # fmt: skip


def public_addresses(host: str, lookups: Lookups) -> list[str]:
    """Return the addresses of a host that are on the internet. Raises LookupFailed."""
    return [address for address in lookups.addresses(host) if not is_private(address)]
