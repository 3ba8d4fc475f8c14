"""Answers of OAI-PMH in parts, each with the token of the next
(https://www.openarchives.org/OAI/openarchivesprotocol.html#FlowControl).
"""

from collections.abc import Sequence
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from .page_walk import not_joined

_OAI = "{http://www.openarchives.org/OAI/2.0/}"


def is_oai(page: bytes) -> bool:
    return b"OAI-PMH" in page[:2000]


def resumption(page: bytes) -> str:
    """Return the token of the part after this one; "" if it is the last."""
    tree = _tree(page) if b"resumptionToken" in page else None
    found = tree.findtext(f".//{_OAI}resumptionToken") if tree is not None else None
    return (found or "").strip()


def resumed(address: str, token: str) -> str:
    """Return the address for a resumption token, which stands alone beside the verb."""
    parts = urlsplit(address)
    verb = parse_qs(parts.query).get("verb", ["ListRecords"])[0]
    return urlunsplit(parts._replace(query=f"verb={verb}&resumptionToken={quote(token, safe='')}"))


def joined_records(bodies: Sequence[bytes]) -> bytes:
    """Return the first part with the records of all. Raises CannotFetch if one has none."""
    lists = []
    trees = [_tree(body) for body in bodies]
    for number, tree in enumerate(trees, 1):
        found = tree.find(f"{_OAI}ListRecords") if tree is not None else None
        if found is None:
            raise not_joined(number)
        lists.append(found)
    for each in lists:
        for token in each.findall(f"{_OAI}resumptionToken"):
            each.remove(token)
    for each in lists[1:]:
        lists[0].extend(list(each))
    assert trees[0] is not None
    return bytes(tostring(trees[0], encoding="utf-8", xml_declaration=True))


def _tree(page: bytes) -> Element | None:
    try:
        return fromstring(page) if is_oai(page) else None
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
