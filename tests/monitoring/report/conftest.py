from collections.abc import Iterator

import pytest

from digest.monitoring.report.lookups import Lookups
from tests.support.dns_server import DnsServer, serving_dns

from .zone import GOOD


@pytest.fixture
def server() -> Iterator[DnsServer]:
    with serving_dns(GOOD) as server:
        yield server


@pytest.fixture
def lookups(server: DnsServer) -> Lookups:
    return Lookups([server.address])
