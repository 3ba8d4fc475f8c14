"""`python -m tests.hosts.relay ADDRESS PORT RECORD`: a mail server that takes everything.

It writes down what it took before it says so.
"""

import asyncio
import socket
import sys
from pathlib import Path
from random import Random

from tests.chaos.sink import Sink


def main() -> None:
    address, port, record = sys.argv[1:]
    listener = socket.create_server((address, int(port)), backlog=200)
    asyncio.run(Sink(listener, Path(record), 0.0, Random(1)).serve())


if __name__ == "__main__":
    main()
