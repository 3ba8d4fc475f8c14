"""Answers to OAI-PMH's ListRecords and GetRecord, of the arXiv and of other repositories.

http://www.openarchives.org/OAI/openarchivesprotocol.html; the metadata are oai_dc, which every
repository has, or the arXiv's arXiv, arXivRaw and arXivOld
(https://info.arxiv.org/help/oa/index.html).
"""

from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element

from .entries.arxiv_entry import ArxivEntry, entry_to_record
from .entries.oai_metadata import read_arxiv, read_arxiv_raw, read_dublin_core
from .fields.dates import utc_day
from .records import BadDump, Page, Record, Skipped
from .text.decoding import peek
from .text.xml_tree import noted, read_tree, root_name
from .validation import DELETED, build_page, excerpt, one_line

NAME = "arxiv_oai"
OAI = "{http://www.openarchives.org/OAI/2.0/}"
_ASK = "ask for verb=ListRecords with metadataPrefix=arXiv, arXivRaw or oai_dc"
_CURE = f"To fetch it in another form, {_ASK}."


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like an answer of this protocol, whatever it holds."""
    return root_name(peek(data)).rpartition(":")[2] == "OAI-PMH"


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of an answer; the page's day is `listed_on`, else that of the answer.

    The error noRecordsMatch is a page without papers; raises BadDump for any other error.
    """
    tree = read_tree(data, "OAI-PMH", ["record"])
    root = tree.root
    if root.tag != f"{OAI}OAI-PMH":
        raise BadDump("The response is not OAI-PMH 2.0, the only supported version.")
    day = listed_on or utc_day(root.findtext(f"{OAI}responseDate"))
    if _has_no_records(root):
        return Page(NAME, day, ())
    records = [element for verb in _lists(root) for element in verb.iterfind(f"{OAI}record")]
    damaged = tree.is_damaged
    results = [_read(element, day or received_on, damaged) for element in records]
    page = build_page(NAME, day, [*results, *tree.skipped], _CURE, damaged=damaged)
    return noted(page, tree)


def _has_no_records(root: Element) -> bool:
    """Return whether the answer is the error noRecordsMatch. Raises BadDump for any other error."""
    errors = root.findall(f"{OAI}error")
    for error in errors:
        code = error.get("code", "")
        if code == "badResumptionToken":
            raise BadDump(
                "The server no longer knows the list that this continues (badResumptionToken). "
                "Start it again."
            )
        if code != "noRecordsMatch":
            said = ": ".join(filter(None, (code, one_line(error.text)))) or "no reason given"
            raise BadDump(
                f"The server returned an error ({excerpt(said)}). Correct the request: {_ASK}."
            )
    return bool(errors)


def _lists(root: Element) -> list[Element]:
    lists = [*root.iterfind(f"{OAI}ListRecords"), *root.iterfind(f"{OAI}GetRecord")]
    if not lists:
        raise BadDump(f"The response contains no records: {_ASK}.")
    return lists


def _read(element: Element, as_of: date, damaged: bool) -> Record | Skipped:
    header = element.find(f"{OAI}header")
    name = "" if header is None else header.findtext(f"{OAI}identifier", "").strip()
    metadata = element.find(f"{OAI}metadata/*")
    if header is not None and header.get("status") == "deleted":
        return Skipped(excerpt(name), DELETED)
    if metadata is None:
        return Skipped(excerpt(name or "a record without a name"), "it has no metadata")
    kind = metadata.tag.rpartition("}")[2]
    if kind == "dc":
        return read_dublin_core(metadata, name, tuple(_sets(header)), as_of, damaged)
    if (entry := _entry(kind, metadata)) is not None:
        return entry_to_record(entry, as_of, damaged=damaged)
    return Skipped(excerpt(name), f"its metadata format “{excerpt(kind)}” is not supported")


def _entry(kind: str, metadata: Element) -> ArxivEntry | None:
    if kind == "arXiv":
        return read_arxiv(metadata)
    if kind in ("arXivRaw", "arXivOld"):
        return read_arxiv_raw(metadata)
    return None


def _sets(header: Element | None) -> Iterator[str]:
    """Yield the arXiv's categories as its sets name them: cs:cs:AI, physics:hep-ex."""
    for element in () if header is None else header.iterfind(f"{OAI}setSpec"):
        _, _, name = (element.text or "").strip().partition(":")
        yield name.replace(":", ".")
