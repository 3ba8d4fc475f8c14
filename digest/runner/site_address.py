"""The address on which the site is served."""

import contextlib
import errno
import socket

from . import CannotStart

CURES = {
    errno.EADDRINUSE: "port {port} is in use by another program. Choose another one: "
    "PORT={other} make run",
    errno.EACCES: "port {port} is reserved for root. Choose one above 1023: PORT=8000 make run",
    errno.EADDRNOTAVAIL: "BIND={bind} is not an address of this machine. Try BIND=127.0.0.1",
}


def bind_site(bind: str, port: int) -> socket.socket:
    """Return a socket that is bound to that address, and does not listen yet.

    Raises CannotStart, with the cure, if no server can listen there now.
    """
    host = bind.strip("[]")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        # As other servers do: a port with connections in TIME_WAIT is free.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(address)
        except OSError:
            bound.close()
            raise
        return bound
    except socket.gaierror:
        raise CannotStart(f"The site cannot be served: BIND={bind} is not an address.") from None
    except OSError as wrong:
        cure = CURES.get(wrong.errno or 0, f"{wrong.strerror}. Check BIND and PORT.")
        other = port + 1 if port < 65535 else 8000
        sentence = cure.format(port=port, bind=bind, other=other)
        raise CannotStart(f"The site cannot be served: {sentence}") from None


def listens(bind: str, port: int) -> bool:
    """Whether a server accepts connections on that address."""
    host = bind.strip("[]")
    # The wildcard addresses cannot be connected to.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False
