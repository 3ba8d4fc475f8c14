"""Answers to OAI-PMH's ListRecords and GetRecord, of the arXiv and of other repositories.

http://www.openarchives.org/OAI/openarchivesprotocol.html; the metadata are oai_dc, which every
repository has, or the arXiv's arXiv, arXivRaw and arXivOld
(https://info.arxiv.org/help/oa/index.html).
"""

from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element

from .arxiv_entry import ArxivEntry, entry_to_record
from .dates import utc_day
from .decoding import peek
from .oai_metadata import read_arxiv, read_arxiv_raw, read_dublin_core
from .records import BadDump, Page, Record, Skipped
from .validation import DELETED, build_page, excerpt, one_line
from .xml_tree import read_tree, root_name

NAME = "arxiv_oai"
OAI = "{http://www.openarchives.org/OAI/2.0/}"
_ASK = "ask for verb=ListRecords with metadataPrefix=arXiv, arXivRaw or oai_dc"
_CURE = f"To fetch it otherwise, {_ASK}."


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like an answer of this protocol, whatever it holds."""
    return root_name(peek(data)).rpartition(":")[2] == "OAI-PMH"


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of an answer; the page's day is `listed_on`, else that of the answer.

    The error noRecordsMatch is a page without papers; raises BadDump for any other error.
    """
    root = read_tree(data, "OAI-PMH")
    if root.tag != f"{OAI}OAI-PMH":
        raise BadDump("The answer is not of OAI-PMH's version 2.0, the only one that is read.")
    day = listed_on or utc_day(root.findtext(f"{OAI}responseDate"))
    if _has_no_records(root):
        return Page(NAME, day, ())
    records = [element for verb in _lists(root) for element in verb.iterfind(f"{OAI}record")]
    return build_page(NAME, day, [_read(element, day or received_on) for element in records], _CURE)


def _has_no_records(root: Element) -> bool:
    """Return whether the answer is the error noRecordsMatch. Raises BadDump for any other error."""
    errors = root.findall(f"{OAI}error")
    for error in errors:
        code = error.get("code", "")
        if code == "badResumptionToken":
            raise BadDump(
                "The server no longer knows the list that this continues (badResumptionToken): "
                "start it anew."
            )
        if code != "noRecordsMatch":
            said = ": ".join(filter(None, (code, one_line(error.text)))) or "no reason given"
            raise BadDump(
                f"The server answered with an error ({excerpt(said)}): correct the request, {_ASK}."
            )
    return bool(errors)


def _lists(root: Element) -> list[Element]:
    lists = [*root.iterfind(f"{OAI}ListRecords"), *root.iterfind(f"{OAI}GetRecord")]
    if not lists:
        raise BadDump(f"The answer holds no records: {_ASK}.")
    return lists


def _read(element: Element, as_of: date) -> Record | Skipped:
    header = element.find(f"{OAI}header")
    name = "" if header is None else header.findtext(f"{OAI}identifier", "").strip()
    if header is not None and header.get("status") == "deleted":
        return Skipped(excerpt(name), DELETED)
    for metadata in element.iterfind(f"{OAI}metadata/*"):
        kind = metadata.tag.rpartition("}")[2]
        if kind == "dc":
            return read_dublin_core(metadata, name, tuple(_sets(header)), as_of)
        entry = _entry(kind, metadata)
        if entry is not None:
            return entry_to_record(entry, as_of)
        return Skipped(excerpt(name), f"its metadata “{excerpt(kind)}” are not known here")
    return Skipped(excerpt(name or "a record without a name"), "it has no metadata")


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
