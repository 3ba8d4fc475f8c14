"""Another process's writes to SQLite, which has one writer at a time: how long they wait."""

import sqlite3
import threading
import time
from pathlib import Path


class Writer:
    """Writes every 100 ms, from a thread with a connection of its own, until it is stopped."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._waits: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    def stop(self) -> list[float]:
        """Stop it; return the seconds that each write took."""
        self._over.set()
        self._thread.join()
        return self._waits

    def _write(self) -> None:
        connection = sqlite3.connect(self._database, timeout=60, isolation_level=None)
        connection.execute("CREATE TABLE IF NOT EXISTS bench_writes (at REAL)")
        while not self._over.wait(0.1):
            start = time.perf_counter()
            connection.execute("INSERT INTO bench_writes VALUES (?)", (start,))
            self._waits.append(time.perf_counter() - start)
        connection.close()
