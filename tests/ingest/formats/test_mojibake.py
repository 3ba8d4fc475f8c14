"""Text that was decoded wrongly before it came here: repaired, or left out and named."""

import html
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import FORMATS, BadDump, Page, detect
from digest.ingest.formats.text.markup import plain_text
from digest.ingest.formats.text.mojibake import is_garbled, repaired

from .listing_pages import full_entry, page

RECEIVED = date(2026, 11, 29)


def as_latin_1(text: str) -> str:
    """The text in UTF-8 as a program shows it that takes it for Latin-1."""
    return text.encode().decode("latin-1")


def garbled(text: str) -> str:
    """The text in UTF-8 as a program shows it that takes it for Windows-1252."""
    return "".join(
        bytes([byte]).decode("cp1252") if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(byte)
        for byte in text.encode()
    )


@pytest.mark.parametrize(
    "text",
    ["Aims: • to see – it’s …", "“quoted”", "Gestão da água é já", "naïve Größe", "±3 °C, 5 µm, α",
     "a ≥ b − c", "3 × 4 of é", "30 £ or 20 €", "TNF-α and Δπ", "Voilà é"],
)  # fmt: skip
def test_what_is_certain_is_repaired(text: str) -> None:
    assert garbled(text) != text
    assert repaired(garbled(text)) == text
    assert repaired(text) == text
    assert repaired(f"Sound ö. {garbled(text)}") == f"Sound ö. {text}"


@pytest.mark.parametrize(
    "text",
    ["Ein Maß für „Größe“", "Aims: • to see – it’s", "Gestão da água", "Kovač", "±3 °C, α ≥ β"],
)
def test_latin_1_is_repaired_too(text: str) -> None:
    assert repaired(as_latin_1(text)) == text


@pytest.mark.parametrize(
    "text",
    ["“IRMÃ” disse", "SÃO PAULO – Ã", "10 Å² of film", "„Spaß“ und „Ö“", "café”—and", "É© and Ë®",
     "IRMÃ… e «IRMû", "Î and Ï", "Â and â", "ÂNGELA’s",
     "IRMÃ\x94, Ä\x85, Å\x92", "pâ€ is half", "中文 Привет"],
)  # fmt: skip
def test_what_may_be_right_stays(text: str) -> None:
    assert repaired(text) == text


@given(st.text())
def test_no_sound_text_of_letters_changes(text: str) -> None:
    if not any(lead in text for lead in "ÃÂÄÅÎÏâ"):
        assert repaired(text) == text


@given(st.text(alphabet="•–’“”éãαμ±≥ abc", max_size=30))
def test_garbled_signs_come_back(text: str) -> None:
    found = repaired(garbled(f"{text} é"))
    assert found == f"{text} é"


def test_half_a_quotation_mark() -> None:
    written = garbled("An “owl” and a “lamp”.").replace("\x9d", "")
    assert repaired(written) == "An “owl” and a “lamp”."
    assert is_garbled("so â€ it is")
    assert is_garbled("so â\x80 it is")
    assert not is_garbled("pâté, € and â")


@pytest.mark.parametrize("unit", ["Ã", "â€¢Ã", "“xâ€", "“xxxx"])
def test_hostile_text_takes_linear_time(unit: str) -> None:
    repaired(unit * (300_000 // len(unit)) + "â€¢")


def feed(*abstracts: str) -> bytes:
    items = (
        f"<item><title>Owls {at}</title><link>https://e.org/{at}</link>"
        f"<description>{html.escape(each)}</description></item>"
        for at, each in enumerate(abstracts)
    )
    return f"<rss version='2.0'><channel><title>J</title>{''.join(items)}</channel></rss>".encode()


def read(data: bytes) -> Page:
    return FORMATS[detect(data)](data, RECEIVED, None)


def test_one_garbled_abstract_of_a_feed() -> None:
    found = read(feed("Sound.", "Aims:\nâ€¢ to look\nâ€¢ to see", "So â€ it is."))
    assert [record.title for record in found.records] == ["Owls 0", "Owls 1", "Owls 2"]
    assert [record.abstract for record in found.records] == [
        "Sound.", "Aims: • to look • to see", ""
    ]  # fmt: skip
    assert found.notes == (
        "The abstract of “Owls 2” was saved in the wrong encoding and has lost characters "
        "(“â€”), so it was dropped.",
    )


def test_escapes_of_other_formats() -> None:
    lines = json.dumps(
        {
            "title": garbled("Água"),
            "abstract": garbled("Aims: • í."),
            "authors": [garbled("Bo Wübb")],
        }
    )
    (record,) = read(lines.encode()).records
    assert (record.title, record.abstract) == ("Água", "Aims: • í.")
    assert record.authors == ("Bo Wübb",)
    assert plain_text("&acirc;&euro;&cent; one") == "• one"


def test_a_daily_page_that_is_garbled_throughout_is_refused() -> None:
    whole = page(full_entry("One"), full_entry("Two")).decode()
    with pytest.raises(BadDump, match="saved in the wrong encoding"):
        detect(garbled(whole).encode())
    with pytest.raises(BadDump, match="saved in the wrong encoding"):
        detect(as_latin_1(whole).encode())


def test_a_file_whose_abstracts_are_mostly_lost_is_refused() -> None:
    with pytest.raises(BadDump, match="saved in the wrong encoding"):
        read(feed("So â€ it is.", "And â€ so.", "Or â€ not.", "Sound."))
    assert len(read(feed("So â€ it is.", "And â€ so.", "Sound.", "Sound too.")).records) == 4
    half = read(feed("So â€ it is.", "And â€ so.", "Or â€ not.", "Sound.", "Sound too.", "And so."))
    assert [bool(record.abstract) for record in half.records] == [False] * 3 + [True] * 3


def test_what_went_wrong_twice_is_repaired() -> None:
    assert repaired(garbled(garbled("Água, naïve"))) == "Água, naïve"
