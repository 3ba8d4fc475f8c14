"""Network namespaces, each a machine, on one bridge. They go with the program, however it ends."""

import contextlib
import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_CLONE_NEWNET = 0x40000000
_SWITCH = "switch"
_MASK = "/24"
_libc = ctypes.CDLL(None, use_errno=True)
# Waits for the end of its input, which comes with that of the program, even by kill -9.
_REMOVAL = 'cat >/dev/null; for name in "$@"; do ip netns delete "$name" 2>/dev/null; done'
REMOVED_WITHIN = 20.0  # seconds


def missing() -> str:
    """What this machine lacks for it, as a sentence; "" if nothing."""
    if shutil.which("ip") is None:
        return "iproute2 is missing: apt-get install iproute2"
    if os.geteuid() != 0:
        return "network namespaces need root"
    probe = f"paper-digest-{os.getpid()}-probe"
    done = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True)
    if done.returncode:
        return f"this machine has no network namespaces: {done.stderr.strip()}"
    subprocess.run(["ip", "netns", "delete", probe], check=True)
    return ""


class Network:
    """Namespaces of these names, for the block. Addresses: `address(name)`.

    No address of this computer's own network is used: the bridge is in a namespace, too.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._numbers = {name: number for number, name in enumerate([_SWITCH, *names], 1)}
        self._removal: subprocess.Popen[bytes] | None = None

    def namespace(self, name: str) -> str:
        """The name of a machine's namespace on this computer."""
        return f"paper-digest-{os.getpid()}-{name}"

    def address(self, name: str) -> str:
        return f"10.213.77.{self._numbers[name]}"

    def __enter__(self) -> Self:
        names = [self.namespace(name) for name in self._numbers]
        self._removal = subprocess.Popen(
            ["sh", "-c", _REMOVAL, "removal", *names],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the program
        )
        try:
            for name in self._numbers:
                self._add(name)
        except BaseException:
            self.close()
            raise
        return self

    def _add(self, name: str) -> None:
        own, switch = self.namespace(name), self.namespace(_SWITCH)
        address = f"{self.address(name)}{_MASK}"
        _ip("netns", "add", own)
        _ip("-n", own, "link", "set", "lo", "up")
        if name == _SWITCH:
            _ip("-n", own, "link", "add", "bridge", "type", "bridge")
            _ip("-n", own, "address", "add", address, "dev", "bridge")
            _ip("-n", own, "link", "set", "bridge", "up")
            return
        port = f"to-{name}"
        _ip("-n", switch, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", own)
        _ip("-n", switch, "link", "set", port, "master", "bridge", "up")
        _ip("-n", own, "address", "add", address, "dev", "eth0")
        _ip("-n", own, "link", "set", "eth0", "up")

    @contextlib.contextmanager
    def cut(self, name: str) -> Iterator[None]:
        """The machine's link is down for the block."""
        switch, port = self.namespace(_SWITCH), f"to-{name}"
        _ip("-n", switch, "link", "set", port, "down")
        try:
            yield
        finally:
            _ip("-n", switch, "link", "set", port, "up")

    @contextlib.contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """This thread is on that machine, for the block: so are the sockets that it opens and the
        processes that it starts."""
        with (
            Path("/proc/thread-self/ns/net").open() as back,
            Path(f"/run/netns/{self.namespace(name)}").open() as there,
        ):
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(back.fileno())

    @contextlib.contextmanager
    def beside(self) -> Iterator[None]:
        """This thread is on the bridge, from where all machines can be reached, for the block."""
        with self.inside(_SWITCH):
            yield

    def close(self) -> None:
        """Remove the namespaces, and wait until they are gone."""
        if self._removal:
            self._removal.communicate(timeout=REMOVED_WITHIN)
            self._removal = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def namespaces_of(pid: int) -> list[str]:
    """The namespaces that the program with that pid has made and that are still there."""
    folder = Path("/run/netns")
    return sorted(path.name for path in folder.glob(f"paper-digest-{pid}-*"))


def removed(pid: int) -> bool:
    """Wait until no namespace of that program is left; returns whether that happened."""
    until = time.monotonic() + REMOVED_WITHIN
    while namespaces_of(pid):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
