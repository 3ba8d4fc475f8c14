"""UTF-8 once read as Windows-1252 or Latin-1: “â€¢” for “•”, “Ã©” for “é”; repaired where certain.

Letters like Ã, Â and â stand before such signs in no language, so the bytes are known. What may as
well be right (“IRMÃ” in capitals, Å² of an area) stays, unless the text is garbled elsewhere in the
same way. ftfy goes further, and makes “IRMÔ of the former, “†” of half a quotation mark.
"""

import re

# The sentence for a file that is garbled throughout.
WRONG_ENCODING = "The text was saved in the wrong encoding (“â€¢” for “•”). Save it again as UTF-8."
_CODES = range(0x80, 0xC0)
# Read as Latin-1 the first 32 are control characters, as are those that Windows-1252 lacks.
_SIGNS = {
    code: {chr(code), bytes([code]).decode("cp1252", errors="ignore") or chr(code)}
    for code in _CODES
}
_TO_BYTES = {ord(sign): code for code, signs in _SIGNS.items() for sign in signs}
# Quotation marks, dashes, an ellipsis and a fixed space do stand behind a letter.
_AFTER_LETTERS = {0x85, 0x91, 0x92, 0x93, 0x94, 0x96, 0x97, 0x9B, 0xA0, 0xBB}


def _one_of(codes: set[int]) -> str:
    signs = sorted(sign for code in codes for sign in _SIGNS[code])
    return f"[{''.join(map(re.escape, signs))}]"


_ANY, _SAFE = _one_of(set(_CODES)), _one_of(set(_CODES) - _AFTER_LETTERS)
_PUNCTUATION = f"â{_one_of(set(range(0x80, 0x8C)) - _AFTER_LETTERS)}{_ANY}"
_LETTER = re.compile(f"[ÃÂÎÏ]{_SAFE}|[ÄÅ](?![\x85\x91-\x94\x96\x97\x9b])[\x80-\x9f]")
_CERTAIN = re.compile(f"{_PUNCTUATION}|{_LETTER.pattern}")
_LIKELY = re.compile(f"{_CERTAIN.pattern}|[ÃÂÎÏ]{_ANY}")
# The last byte of “”” is one of the undefined, which many programs drop.
_HALF_A_MARK = re.compile(r"“([^“”]{1,400}?)â[€\x80]")
_HALF = re.compile("â[€\x80]")


def repaired(text: str) -> str:
    """Return the text with garbled characters put right where it is certain what they were."""
    if _CERTAIN.search(text) is None:
        return text
    # Two rounds: some texts went wrong twice.
    for _ in range(2):
        text = (_LIKELY if _LETTER.search(text) else _CERTAIN).sub(_character, text)
    return _HALF_A_MARK.sub(r"“\1”", text)


def is_garbled(text: str) -> bool:
    """Return whether the text still holds characters of which a part was lost."""
    return _HALF.search(text) is not None


def _character(found: re.Match[str]) -> str:
    written = found[0]
    rest = bytes(_TO_BYTES[ord(sign)] for sign in written[1:])
    try:
        return (written[0].encode("latin-1") + rest).decode()
    except UnicodeDecodeError:
        return written
