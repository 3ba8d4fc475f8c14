"""Words of the same stem (`optimize`, `optimized`, `optimizer`), for ranking alone: a keyword does
not match them.

Stems are those of Porter's second English stemmer, often called Porter2:
https://snowballstem.org/algorithms/english/stemmer.html.
"""

from collections.abc import Callable, Iterable

from Stemmer import Stemmer

# What a word of a stem may end with; those that have another stem are found out by `stem`.
_ENDINGS = (
    "", "ability", "able", "ably", "al", "alism", "ality", "alization", "alize", "alized",
    "alizing", "ally", "ance", "ancy", "ant", "antly", "ate", "ated", "ately", "ating", "ation",
    "ational", "ative", "atively", "ator", "e", "ed", "edly", "eful", "eless", "ely", "ement",
    "ence", "ency", "eness", "ent", "ently", "er", "ered", "ering", "ful", "fully", "fulness",
    "ibility", "ible", "ic", "ical", "ically", "icate", "ication", "icative", "icity", "ics",
    "ied", "ier", "ily", "iness", "ing", "ingly", "ion", "ional", "ionality", "ionally", "ism",
    "ity", "ive", "ively", "iveness", "ivity", "ization", "ize", "ized", "izer", "izing",
    "less", "ly", "ment", "ness", "ogist", "or", "ous", "ously", "ousness", "s", "y", "ying",
)  # fmt: skip
MIN_WORD = 3  # letters of a word that has a stem
_DOUBLING = ("able", "ed", "er", "ing")


def words_of_same_stem(word: str, known: Callable[[set[str]], Iterable[str]]) -> tuple[str, ...]:
    """The other words of some papers that have the stem of a folded word, sorted."""
    if len(word) < MIN_WORD or not (word.isascii() and word.isalpha()):
        return ()
    base = stem(word)
    forms = {base + ending for ending in _ENDINGS}
    if base[-1] in "ei":
        forms |= {base[:-1] + ending for ending in _ENDINGS}
    forms |= {base + base[-1] + ending for ending in _DOUBLING}
    forms.discard(word)
    return tuple(sorted(form for form in known(forms) if stem(form) == base))


def stem(word: str) -> str:
    """The stem of a word in lower-case ASCII letters."""
    if len(word) < MIN_WORD:
        return word
    # Not shared: it is not safe for several threads, and is made as quickly as it stems a word.
    return str(Stemmer("english", 0).stemWord(word))
