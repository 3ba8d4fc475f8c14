"""The setting DNS_SERVERS."""

import re
from ipaddress import ip_address


def dns_servers(raw: str) -> tuple[tuple[str, int], ...]:
    """Parse addresses with optional ports, like `9.9.9.9 [2620:fe::fe]:53 127.0.0.1:5353`.

    Raises ValueError for a host name, and for a port that is none.
    """
    return tuple(map(_server, raw.split()))


def _server(raw: str) -> tuple[str, int]:
    found = re.fullmatch(r"\[(.+)\](?::([0-9]{1,5}))?|([0-9.]+):([0-9]{1,5})", raw)
    host, port = (found[1] or found[3], found[2] or found[4] or "53") if found else (raw, "53")
    if not 0 < int(port) < 65536:
        raise ValueError(raw)
    return str(ip_address(host)), int(port)
