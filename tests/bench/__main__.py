"""`make bench`: prints every table and writes it to var/bench/."""

from . import fuzz, ingest, matching, quality, store

if __name__ == "__main__":
    matching.run()
    quality.run()
    fuzz.run()
    ingest.run()
    store.run()
