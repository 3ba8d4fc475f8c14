"""A DNS server on loopback, which answers by UDP from a table."""

import contextlib
import socketserver
import threading
from collections.abc import Iterator, Mapping, Sequence

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

# name and type, like "example.org TXT" -> records in zone file format
Zone = Mapping[str, Sequence[str]]
SILENT, FAILING = "silent", "failing"  # in place of records


class DnsServer:
    """`zone` may be changed while it runs; `asked` are the questions so far."""

    def __init__(self, zone: Zone) -> None:
        self.zone = dict(zone)
        self.asked: list[str] = []
        self.address = ("127.0.0.1", 0)

    def answer(self, query: dns.message.Message) -> dns.message.Message | None:
        """Return the answer to a query; a name without any record does not exist."""
        (question,) = query.question
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{name} {kind}")
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        records = self.zone.get(f"{name} {kind}", ())
        if list(records) == [SILENT]:
            return None
        if list(records) == [FAILING]:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif records:
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records))
        elif not any(key.split(" ")[0] == name for key in self.zone):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response


@contextlib.contextmanager
def serving_dns(zone: Zone) -> Iterator[DnsServer]:
    """Run a server on a free port for the block."""
    server = DnsServer(zone)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, sock = self.request
            if (response := server.answer(dns.message.from_wire(data))) is not None:
                sock.sendto(response.to_wire(), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as listener:
        server.address = listener.server_address
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join()
