"""Folding the letters of names: `Mühlbacher`, `Muehlbacher` and `Muhlbacher` are one name.

Words of texts are folded by `digest.matching.text`, which leaves `Muehlbacher` as it is.
"""

import re
import unicodedata
from functools import lru_cache

from digest.matching.text.symbols import base_form

# How a letter is spelled where it cannot be typed; without its mark it is a spelling as well.
_SPELLED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "đ": "dj", "æ": "ae", "œ": "oe"}
)
# The vowel of an umlaut that is spelled with an e: before a consonant, and not after a vowel
# (Bauer). Not so in Xue, Yue, Juefei, Chuen; Michael, Noelle, Samuel; Jaehyun, Taewon.
_UMLAUT = re.compile(
    r"(?<![aeiou])(?:"
    r"a(?=e[b-df-hj-np-tv-z])(?!el(?:a|le)?$)(?!e(?:h[aeiouyw]|[wj]|ky))"
    r"|o(?=e[b-df-hj-np-tv-xz])(?!el(?:a|le)?$)"
    r"|(?<![qxyj])u(?=e[b-df-hj-np-tv-xz])(?!el(?:a|le)?$)(?!en$)"
    r"|(?<=j)u(?=er)"
    r")e"
)
# Han, kana and Hangul: no blank between family and given name.
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+")


def joined(words: str) -> str:
    """Return folded words that are written as one, folded again."""
    return _UMLAUT.sub(lambda vowel: vowel[0][0], words) if "e" in words else words


@lru_cache(32_768)
def fold_name(word: str) -> tuple[str, ...]:
    """Return the folded spellings of a word of a name, in lower case and without marks.

    They are two for letters such as ö that may be spelled with two, unless both fold to one; () if
    there is no letter or digit.
    """
    low = unicodedata.normalize("NFC", word.casefold()).replace("ـ", "")  # tatweel
    if low.isascii():
        found = {joined("".join(filter(str.isalnum, low)))}
    else:
        found = {joined(_letters(low)), joined(_letters(low.translate(_SPELLED)))}
    return tuple(sorted(filter(None, found), key=lambda each: (len(each), each)))


def _letters(low: str) -> str:
    plain = "".join(map(base_form, low)).casefold()
    kept = (char for char in plain if char.isalnum() or _is_kept_mark(char))
    return "".join(char for char in kept if not "\u02b0" <= char <= "\u02ff")  # Kaʻahumanu


def _is_kept_mark(char: str) -> bool:
    """Whether it is a mark that belongs to its word: a vowel of Devanagari, not one of Arabic."""
    return char > "\u0900" and unicodedata.category(char) in ("Mn", "Mc")
