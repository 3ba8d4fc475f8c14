"""Bytes to text: a declared encoding is used if it can be right; guessing comes last."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import BadDump
from digest.ingest.formats.text.decoding import decode

RUSSIAN = "Мы изучаем, как реки бумаги доходят до тех, кто о них просил. " * 5
CHINESE = "我们研究纸张之河如何到达读者手中,并衡量途中丢失了什么。" * 5
JAPANESE = "私たちは紙の川が読者に届くまでを調べ、途中で何が失われるかを測ります。" * 5
CZECH = "Příliš žluťoučký kůň měří řeky papíru. "
FRENCH = "L’œuvre naïve – “déjà vu” – coûte 3 €. "
DECLARATIONS = (
    '<?xml version="1.0" encoding="{}"?>\n<rss>{}</rss>',
    "<?xml version='1.0' encoding='{}' ?><feed>{}</feed>",
    '<html><head><meta charset="{}"></head><body>{}</body></html>',
    "<META CHARSET={}><p>{}",
    '<meta http-equiv="Content-Type" content="text/html; charset={}"><p>{}',
)


@pytest.mark.parametrize("form", DECLARATIONS)
@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("koi8-r", RUSSIAN), ("windows-1251", RUSSIAN), ("iso-8859-5", RUSSIAN),
        ("gb2312", CHINESE), ("gb18030", CHINESE), ("shift_jis", JAPANESE), ("euc-jp", JAPANESE),
        ("iso-2022-jp", JAPANESE), ("iso-8859-2", CZECH), ("windows-1250", CZECH),
        ("windows-1252", FRENCH), ("utf-8", FRENCH + CHINESE),
    ],
)  # fmt: skip
def test_as_declared(form: str, encoding: str, text: str) -> None:
    page = form.format(encoding, text)
    decoded = decode(page.encode(encoding.replace("gb2312", "gb18030")))
    assert (decoded.text, decoded.damaged) == (page, encoding == "iso-2022-jp")


def test_latin_1_means_what_browsers_take_it_for() -> None:
    page = f'<meta charset="iso-8859-1">{FRENCH}'
    assert decode(page.encode("cp1252")).text == page


def test_a_declaration_that_a_conversion_left_behind() -> None:
    page = f'<meta charset="iso-8859-1">{FRENCH}{CHINESE}'
    assert decode(page.encode()).text == page
    page = f'<?xml version="1.0" encoding="utf-16"?><rss>{FRENCH}</rss>'
    assert decode(page.encode()).text == page


def test_east_asian_bytes_that_happen_to_be_utf_8() -> None:
    page = '<meta charset="gbk">联通'
    assert decode(page.encode("gbk")).text == page


@pytest.mark.parametrize(
    "name", ["unicode_escape", "utf-7", "hex", "rot13", "idna", "cp037", "undefined", "x" * 39, "é"]
)
def test_what_is_no_encoding_of_text_is_not_believed(name: str) -> None:
    page = f"<meta charset={name}><p>c\\u0041f+AOk- na\xefve words"
    assert decode(page.encode("cp1252")).text == page


def test_a_declaration_far_down_or_in_plain_words_is_none() -> None:
    page = "x" * 5000 + '<meta charset="koi8-r">' + FRENCH
    assert decode(page.encode("cp1252")).text == page
    page = f'We write encoding="koi8-r" and charset=koi8-r. {FRENCH}'
    assert decode(page.encode("cp1252")).text == page


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_mark_is_stronger_than_words(mark: bytes, encoding: str) -> None:
    page = f'<meta charset="koi8-r">{FRENCH}{CHINESE}'
    decoded = decode(mark + page.encode(encoding))
    assert (decoded.text, decoded.damaged) == (page, False)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("koi8-r", RUSSIAN), ("cp1251", RUSSIAN), ("gb18030", CHINESE)],
)
def test_guessed_where_most_of_it_is_foreign(encoding: str, text: str) -> None:
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.damaged) == (text, True)


def test_an_english_page_with_accents_is_of_windows() -> None:
    text = f"Daily Papers\n\nNov 20\n\n{'We study the gauges. ' * 20}{FRENCH}"
    assert decode(text.encode("cp1252")).text == text


def test_lost_bytes_in_wide_text() -> None:
    assert decode(FRENCH.encode("utf-16") + b"\xd8").damaged
    assert decode(f"a{chr(0)}b {FRENCH}".encode("utf-16")).damaged


def test_damaged_utf_8_stays_utf_8() -> None:
    data = (FRENCH + CHINESE).encode()
    decoded = decode(FRENCH.encode() + b"\xff" + data)
    assert (decoded.text, decoded.damaged) == (f"{FRENCH}\ufffd{FRENCH}{CHINESE}", True)
    declared = b'<meta charset="koi8-r">' + data[:-1] + b"\xff" + data
    assert CHINESE[:20] in decode(declared).text


def test_cut_inside_a_character() -> None:
    assert decode((FRENCH + "€").encode()[:-1]).text == FRENCH
    assert not decode((FRENCH + "€").encode()[:-1]).damaged


@given(st.binary(min_size=1, max_size=400))
def test_any_bytes(data: bytes) -> None:
    for prefix in (b"", b'<meta charset="gbk">', b'<?xml version="1.0" encoding="big5"?>'):
        try:
            decode(prefix + data)
        except BadDump as wrong:
            sentence = str(wrong)
            assert sentence.endswith(".")


@pytest.mark.parametrize(
    "data", [RUSSIAN.encode("koi8-r") * 20_000, b"<meta " * 500_000, b"<?xml " + b"a " * 1_000_000]
)
def test_any_size_ends(data: bytes) -> None:
    assert decode(data).text
