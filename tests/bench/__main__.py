"""`make bench`: prints every table and writes it to var/bench/."""

from . import matching, quality

if __name__ == "__main__":
    matching.run()
    quality.run()
