"""An SMTP server that misbehaves by turns and writes down, before it answers, what it took."""

import asyncio
import json
import os
import re
import signal
import socket
from pathlib import Path
from random import Random

from .shuffled_cycle import ShuffledCycle

CONNECTING = ("421 at connect", "banner delay", "banner never")
STARTTLS = ("STARTTLS refused", "STARTTLS dropped", "STARTTLS garbled")
REPLIES = {
    "421 at RCPT": (b"RCPT", b"421 4.3.2 closing"),
    "450 at RCPT, then OK": (b"RCPT", b"450 4.2.0 greylisted"),
    "550 5.1.1": (b"RCPT", b"550 5.1.1 nobody here"),
    "550 5.7.1": (b"RCPT", b"550 5.7.1 not you"),
    "451 at DATA": (b"DATA", b"451 4.3.0 later"),
    "421 after the dot": (b".", b"421 4.3.2 closing"),
    "452 after the dot": (b".", b"452 4.3.1 full"),
    "554 after the dot": (b".", b"554 5.6.0 no"),
}
ENDINGS = (
    "drop mid-DATA",
    "accepted, then dropped",
    "dropped without accepting",
    "250 too late",
    "one byte at a time",
    "stale 250",
    "early 250, then a refusal",
)
MAILS = (*REPLIES, *ENDINGS)
FAULTS = (*CONNECTING, *STARTTLS, *MAILS)
LATE = 1.3  # seconds; longer than a worker's timeouts, see worker.TIMES
_POLITE = {
    b"EHLO": b"250-sink\r\n250-STARTTLS\r\n250 8BITMIME",
    b"RCPT": b"250 2.1.5 ok",
    b"DATA": b"354 go on",
    b"QUIT": b"221 bye",
}


class Hangup(Exception):
    """Close the connection without a reply."""


class Sink:
    """Answers for `port`; the file `record` gets a line of JSON for each fault and each mail.

    `share` of the mails and connections meet a fault; after SIGUSR1 none does.
    """

    def __init__(self, listener: socket.socket, record: Path, share: float, random: Random) -> None:
        self._listener, self._random, self._share = listener, random, share
        self._record = os.open(record, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._connecting = ShuffledCycle(CONNECTING, random)
        self._starttls = ShuffledCycle(STARTTLS, random)
        self._mails = ShuffledCycle(MAILS, random)

    async def serve(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._stop_faults)
        server = await asyncio.start_server(self._talk, sock=self._listener, limit=2**22)
        await server.serve_forever()

    def note(self, **what: object) -> None:
        os.write(self._record, json.dumps(what).encode() + b"\n")

    def fault(self, faults: ShuffledCycle[str], share: float) -> str:
        """The next of these faults with probability `share`, otherwise ""."""
        return faults.draw() if self._random.random() < share else ""

    def _stop_faults(self) -> None:
        self._share = 0.0

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._greet(writer)
            await Conversation(self, reader, writer).run()
        except (Hangup, OSError, asyncio.IncompleteReadError):
            pass
        finally:
            # Not a polite end: what is still in flight is lost, as in a crash.
            writer.transport.abort()

    async def _greet(self, writer: asyncio.StreamWriter) -> None:
        fault = self.fault(self._connecting, self._share)
        if fault:
            self.note(fault=fault)
        if fault == "421 at connect":
            writer.write(b"421 4.3.2 too busy\r\n")
            await writer.drain()
            raise Hangup
        await asyncio.sleep({"banner delay": 0.2, "banner never": LATE}.get(fault, 0))
        writer.write(b"220 sink\r\n")

    def next_mail(self) -> str:
        return self.fault(self._mails, self._share)

    def pipelines(self) -> bool:
        """Half of the connections offer it."""
        return self._random.random() < 0.5

    def next_starttls(self) -> str:
        return self.fault(self._starttls, 1.0)


class Conversation:
    """One connection: commands in, replies out, and at most one fault a mail."""

    def __init__(
        self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._sink, self._reader, self._writer = sink, reader, writer
        self._fault = self._recipient = ""
        self._has_recipient = False

    async def run(self) -> None:
        while line := await self._reader.readline():
            command = line[:4].upper()
            if command == b"EHLO" and self._sink.pipelines():
                self._say(b"250-PIPELINING")
            elif command == b"MAIL":
                self._fault, self._has_recipient = self._sink.next_mail(), False
            elif command == b"RCPT":
                self._recipient = line.decode().partition("<")[2].partition(">")[0]
            elif command == b"STAR":
                await self._starttls()
            polite = await self._answer(command, self._polite(command))
            if command == b"RCPT":
                self._has_recipient = polite
            elif command == b"QUIT":
                raise Hangup
            elif command == b"DATA" and polite:
                await (self._take() if self._has_recipient else self._take_nothing())

    def _polite(self, command: bytes) -> bytes:
        reply = _POLITE.get(command, b"250 2.0.0 ok")
        if command == b"DATA" and self._fault == "early 250, then a refusal":
            # In one write: what comes after the dot looks like the answer to it.
            reply += b"\r\n250 2.0.0 of some other mail"
        return reply

    async def _answer(self, command: bytes, polite: bytes) -> bool:
        """Reply to one command; False where the mail's fault fell on it."""
        at, reply = REPLIES.get(self._fault, (b"", b""))
        if at != command:
            self._say(polite)
            return True
        self._noted()
        self._say(reply)
        await self._writer.drain()
        if reply.startswith(b"421"):
            raise Hangup
        return False

    async def _take_nothing(self) -> None:
        """A DATA that followed a refused RCPT in the same write (RFC 2920 3.1)."""
        while (line := await self._reader.readline()) != b".\r\n":
            if not line:
                raise Hangup
        self._say(b"554 5.5.1 no valid recipients")

    def _noted(self) -> str:
        """The mail's fault, which now has happened."""
        fault, self._fault = self._fault, ""
        self._sink.note(fault=fault, to=self._recipient)
        return fault

    def _say(self, reply: bytes) -> None:
        self._writer.write(reply + b"\r\n")

    async def _starttls(self) -> None:
        fault = self._sink.next_starttls()
        self._sink.note(fault=fault)
        if fault == "STARTTLS refused":
            self._say(b"454 4.7.0 TLS is not available")
        elif fault == "STARTTLS garbled":
            self._say(b"220 go on\r\nthis is no TLS")
        await self._writer.drain()
        raise Hangup

    async def _take(self) -> None:
        """Read a body and its dot, and answer that."""
        if self._fault == "drop mid-DATA":
            await self._reader.readexactly(200)
            self._noted()
            raise Hangup
        body = await self._reader.readuntil(b"\r\n.\r\n")
        if self._fault in ENDINGS:
            await self._end_badly(self._noted(), body)
        elif self._fault:
            await self._answer(b".", b"")
        else:
            self._keep(body)
            self._say(b"250 2.0.0 taken")

    async def _end_badly(self, fault: str, body: bytes) -> None:
        if fault == "dropped without accepting":
            raise Hangup
        if fault == "early 250, then a refusal":
            return self._say(b"554 5.6.0 no")
        self._keep(body)
        if fault == "accepted, then dropped":
            raise Hangup
        if fault == "one byte at a time":
            return await self._drip(b"250 2.0.0 taken\r\n")
        if fault == "250 too late":
            await asyncio.sleep(LATE)
        self._say(b"250 2.0.0 taken" + (b"\r\n250 2.0.0 again" if fault == "stale 250" else b""))
        return None

    async def _drip(self, reply: bytes) -> None:
        for byte in reply:
            self._writer.write(bytes([byte]))
            await self._writer.drain()
            await asyncio.sleep(0.002)

    def _keep(self, body: bytes) -> None:
        """Taken: from here on the mail is the receiver's, whatever it answers."""
        flat = body.replace(b"=\r\n", b"")
        found = re.search(rb"^Message-ID: <(.+)>", flat, re.MULTILINE | re.IGNORECASE)
        papers = {int(number) for number in re.findall(rb"Paper(\d{5})", flat)}
        message_id = found.group(1).decode() if found else ""
        self._sink.note(accepted=message_id, to=self._recipient, papers=sorted(papers))
