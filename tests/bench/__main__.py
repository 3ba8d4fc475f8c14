"""`make bench`: prints every table and writes it to var/bench/."""

from . import (
    commands,
    fuzz,
    index_memory,
    ingest,
    matching,
    planning,
    preview,
    quality,
    sending,
    store,
)

if __name__ == "__main__":
    # First: a process's peak memory counts that of the one it was forked from (getrusage(2)).
    store.run()
    planning.run()
    sending.run()
    ingest.run()
    matching.run()
    preview.run()
    index_memory.run()
    quality.run()
    fuzz.run()
    commands.run()
