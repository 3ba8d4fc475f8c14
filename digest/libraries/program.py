"""The program that reads a library, in a process of its own: a file on standard input, JSON out.

`python -m digest.libraries.program` imports no Django, so that it starts in a tenth of a second and
has no settings, keys or connections. It sets its own limits of memory and processor time before it
imports a parser, opens no file, and writes one line: a Library, or the sentence of a refusal.
"""

import gc
import json
import resource
import sys
from datetime import UTC, datetime

MAX_MEMORY = 512_000_000  # bytes of address space; 5,000 papers take some 100 MB
MAX_SECONDS = 3  # of the processor
# In the order in which they are tried.
FORMATS = (
    "scholar_alert", "ris", "nbib", "wos", "endnote", "bibtex", "csl_json", "zotero_rdf", "csv",
)  # fmt: skip
_EXPORTS = "Export your papers as BibTeX, RIS, CSL JSON, Zotero RDF or CSV."
TOO_LARGE = "Reading it needs too much memory. Export fewer papers at once."
_SHOWN = 5  # entries left out


def limit_itself() -> None:
    """Limit memory and processor time of this process; beyond the latter the kernel ends it."""
    if sys.platform != "darwin":  # which does not limit it, and refuses to
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold the file


def load_parsers() -> None:
    """Import the parsers; then forbid to write files (until now, their bytecode may be)."""
    from digest.ingest.formats import load

    load(FORMATS)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def answer(data: bytes) -> str:
    """Return a library as JSON, or {"refused": …} with a sentence."""
    from digest.ingest.formats import BadDump

    from .library import LibraryRefused

    try:
        return _read(data)
    except (BadDump, LibraryRefused) as wrong:
        sentence = str(wrong)
    except MemoryError:
        sentence = TOO_LARGE
    # The exceptions of parsers for hostile bytes are no closed list.
    except Exception as wrong:
        sentence = f"Reading this file failed ({type(wrong).__name__}). {_EXPORTS}"
    return json.dumps({"refused": sentence})


def _read(data: bytes) -> str:
    from digest.ingest.formats import FORMATS as PARSERS
    from digest.ingest.formats import NotThisFormat, detect
    from digest.ingest.formats.file_kinds.describe_file import describe
    from digest.profiles.library_counting import count_terms

    from .library import MAX_PAPERS, LeftOut, Library, LibraryRefused
    from .library_authors import count_authors
    from .phrases import Paper, count_phrases

    try:
        name = detect(data, FORMATS)
    except NotThisFormat:
        raise LibraryRefused(f"This is {describe(data)}. {_EXPORTS}") from None
    page = PARSERS[name](data, datetime.now(UTC).date(), None)
    records = page.records
    if len(records) > MAX_PAPERS:
        raise LibraryRefused(
            f"The file has {len(records):,} papers; the limit is {MAX_PAPERS:,}. Export "
            "the newest, or one collection at a time."
        )
    if not records:
        raise LibraryRefused("There are no papers in this file.")
    # Libraries hold many a paper twice.
    papers = list({each.title.casefold(): each for each in records}.values())
    return Library(
        format=name,
        papers=len(papers),
        phrases=count_phrases(Paper(each.title, each.keywords) for each in papers),
        authors=count_authors(each.authors for each in papers),
        left_out=tuple(LeftOut(each.entry, each.reason) for each in page.skipped[:_SHOWN]),
        left_out_count=len(page.skipped),
        terms=count_terms(papers),
    ).to_json()


if __name__ == "__main__":
    gc.disable()  # it takes a fifth of the time, and the process ends before there is much to free
    limit_itself()
    load_parsers()
    sys.stdout.write(answer(sys.stdin.buffer.read()))
