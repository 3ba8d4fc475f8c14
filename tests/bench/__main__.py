"""`make bench`: prints every table and writes it to var/bench/.

`python -m tests.bench pages matching` prints those two only.
"""

import sys

from . import (
    commands,
    fuzz,
    index_memory,
    ingest,
    large_file,
    library,
    matching,
    memory,
    neighbours,
    pages,
    planning,
    preview,
    profile,
    quality,
    recall,
    search,
    sending,
    store,
    wordings,
)

# store first: a process's peak memory counts that of the one it was forked from (getrusage(2)).
_MODULES = (
    store, large_file, library, planning, sending, pages, ingest, matching, wordings, neighbours,
    preview, index_memory, memory, quality, recall, profile, fuzz, commands, search,
)  # fmt: skip
_RUNS = {module.__name__.rpartition(".")[2]: module.run for module in _MODULES}

if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - set(_RUNS):
        sys.exit(f"There is no {', '.join(sorted(unknown))}. There are: {', '.join(_RUNS)}.")
    for name in sys.argv[1:] or _RUNS:
        _RUNS[name]()
