"""An address that cannot be served is refused with the cure."""

import socket

import pytest

from digest.runner import CannotStart
from digest.runner.site_address import bind_site, listens
from tests.support.servers import free_port


def test_a_port_in_use_is_refused_with_another_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"port {port} is in use.*PORT=\d+ make run"):
            bind_site("127.0.0.1", port)
        assert listens("127.0.0.1", port)
        assert listens("0.0.0.0", port)
    with bind_site("127.0.0.1", port) as bound:
        assert not listens("127.0.0.1", port)
        bound.listen()
        assert listens("127.0.0.1", port)


def test_the_last_port_suggests_one_that_exists() -> None:
    taken = socket.create_server(("127.0.0.1", 65535))
    with taken, pytest.raises(CannotStart, match="PORT=8000 make run"):
        bind_site("127.0.0.1", 65535)


@pytest.mark.parametrize("bind", ["192.0.2.1", "not an address"])
def test_an_address_that_is_not_ours_is_refused(bind: str) -> None:
    with pytest.raises(CannotStart, match="BIND="):
        bind_site(bind, free_port())


def test_an_ipv6_address_may_stand_in_brackets() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 on this machine")
    with bind_site("[::1]", port := free_port()) as bound:
        assert bound.getsockname()[:2] == ("::1", port)
