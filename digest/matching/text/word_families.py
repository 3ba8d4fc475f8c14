"""Word families: derived forms of a word that mean the same, by a few rules of English endings.

The rules join tokenize, tokenized, tokenizing and tokenization, but not relation and related. They
say what is possible; what a corpus holds often enough is in `family`.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

MIN_LETTERS = 5
MIN_PAPERS = 3  # in which each of two forms occurs
MAX_CANDIDATES = 24
MAX_FAMILY = 6
MAX_WORDINGS = 11

_MIN_STEM = 3
_LONGEST = 40  # letters of a word with a family

# Endings that may follow the same stem; the British spellings of -ize are apart, see _NOT_ISE.
_BRITISH_ENDINGS = ("ise", "ised", "ising", "isation", "iser")
_AMERICAN_ENDINGS = ("ize", "ized", "izing", "ization", "izer")
_IZE = (*_AMERICAN_ENDINGS, *_BRITISH_ENDINGS)
_PARTICIPLES = ("ing", "ed")
_ENDINGS = (
    _IZE,
    ("ate", "ated", "ating", "ation"),
    _PARTICIPLES,
    ("able", "ability"),
    ("ible", "ibility"),
    ("ic", "ics"),
)
# Before -ise: words in which it is no ending, so that nothing is spelled -ize.
_NOT_ISE = frozenset(
    {
        "adv", "appra", "chast", "compr", "comprom", "conc", "cru", "dem", "deno", "desp", "dev",
        "disgu", "enterpr", "exc", "exerc", "expert", "franch", "improv", "inc", "likew",
        "merchand", "otherw", "pra", "prec", "prem", "prom", "ra", "rev", "superv", "surpr",
        "telev", "treat",
    }
)  # fmt: skip
# Verbs written together with a prefix: the plain form means the same there (pretrain), while a
# train is also something else.
_PREFIXES = (
    "co", "de", "down", "fine", "instruction", "meta", "mid", "multi", "over", "post", "pre", "re",
    "self", "un", "under", "up",
)  # fmt: skip
_PREFIXED_VERBS = (
    ("compute", "computed", "computing"),
    ("fill", "filled", "filling"),
    ("learn", "learned", "learning"),
    ("noise", "noised", "noising"),
    ("process", "processed", "processing"),
    ("rank", "ranked", "ranking"),
    ("sample", "sampled", "sampling"),
    ("train", "trained", "training"),
    ("tune", "tuned", "tuning"),
)
# Verbs whose plain form is a noun of the same meaning; a `model` is not what modeling does.
_LISTED = (
    ("robot", "robotic", "robotics"),
    ("benchmark", "benchmarking", "benchmarked"),
    ("fingerprint", "fingerprinting", "fingerprinted"),
    ("forecast", "forecasting", "forecasted"),
    ("jailbreak", "jailbreaking"),
    ("watermark", "watermarking", "watermarked"),
)


def _read_exceptions() -> frozenset[str]:
    """The words that are joined to none but their other spelling."""
    text = files("digest.matching.text").joinpath("word_families.txt").read_text(encoding="utf-8")
    rows = (line.split("#")[0].strip() for line in text.splitlines())
    return frozenset(row for row in rows if row)


EXCEPTIONS = _read_exceptions()
_GROUPS_OF = {
    ending: tuple(group for group in _ENDINGS if ending in group)
    for ending in {ending for group in _ENDINGS for ending in group}
}
_ENDING_LENGTHS = tuple(sorted({len(ending) for ending in _GROUPS_OF}))
_LISTED_WITH = {form: group for group in _LISTED for form in group}


def candidates(word: str) -> tuple[str, ...]:
    """The folded words that the rules allow in the family of a folded word, at most 24.

    Symmetric: if a word is a candidate of another, so is the other of the word.
    """
    if not (MIN_LETTERS <= len(word) <= _LONGEST and word.isascii() and word.isalpha()):
        return ()
    american = _american(word)
    apart = american in EXCEPTIONS
    found = dict.fromkeys(_derived(word))
    found.pop(word, None)
    return tuple(
        form
        for form in found
        if MIN_LETTERS <= len(form) <= _LONGEST
        and ((spelled := _american(form)) == american or not (apart or spelled in EXCEPTIONS))
    )


def family(word: str, papers: Mapping[str, int]) -> tuple[str, ...]:
    """The members of a word's family that a corpus holds, the most frequent first, at most 6.

    `papers`: in how many papers each folded word occurs in lower case (a name such as `Gated` says
    nothing about a verb). Both the word and each member must occur in 3 or more, in British and
    American spelling together (see `other_spelling`), of which the more frequent one is returned;
    () if the word does not.
    """
    return tuple(_frequent(word, papers)[:MAX_FAMILY])


def other_wordings(words: Sequence[str], papers: Mapping[str, int]) -> tuple[tuple[str, ...], ...]:
    """The phrases that mean the same as a phrase of folded words, at most 11.

    One word is replaced at a time, the last one first. A word alone is replaced by its whole
    family. Within a phrase, only nouns and participles replace each other, and only as its last
    word: `model generates` is no `model generation`, a `trained model` no `training model`. Other
    spellings, and `robotic` for `robot`, replace any word.
    """
    if len(words) == 1:
        return tuple((form,) for form in family(words[0], papers))
    found: dict[tuple[str, ...], None] = {}
    for place in reversed(range(len(words))):
        for form in _same_use(words[place], papers, last=place == len(words) - 1):
            found[(*words[:place], form, *words[place + 1 :])] = None
    if len(words) == 2:
        found |= dict.fromkeys(_with_prefix(words[0], words[1], papers))
    return tuple(found)[:MAX_WORDINGS]


def _frequent(word: str, papers: Mapping[str, int]) -> list[str]:
    if _in_any_spelling(word, papers) < MIN_PAPERS:
        return []
    seen = [form for form in candidates(word) if _in_any_spelling(form, papers) >= MIN_PAPERS]
    seen.sort(key=lambda form: (-papers.get(form, 0), form))
    found: dict[str, str] = {}
    for form in seen:
        found.setdefault(_american(form), form)
    return list(found.values())


def _in_any_spelling(form: str, papers: Mapping[str, int]) -> int:
    """How many papers have a form: tokenise and tokenize are one, however rare one of them is."""
    other = other_spelling(form)
    return papers.get(form, 0) + (papers.get(other, 0) if other else 0)


def other_spelling(word: str) -> str:
    """The British spelling of an American -ize and its like, or the reverse; "" for other words."""
    if (american := _american(word)) != word:
        return american
    for ending in _AMERICAN_ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _MIN_STEM and stem not in _NOT_ISE:
            return f"{stem}is{ending[2:]}"
    return ""


def _derived(word: str) -> Iterator[str]:
    """Words that differ from `word` by an ending; some may be too short or exceptions."""
    yield from _LISTED_WITH.get(word, ())
    yield from _prefixed(word)
    for length in _ENDING_LENGTHS:
        stem = word[:-length]
        if len(stem) >= _MIN_STEM:
            for endings in _GROUPS_OF.get(word[-length:], ()):
                yield from _with_endings(stem, endings)


def _with_endings(stem: str, endings: tuple[str, ...]) -> list[str]:
    if endings is _IZE and stem in _NOT_ISE:
        return []
    stems = (stem, *_other_l(stem)) if endings is _PARTICIPLES else (stem,)
    return [spelling + ending for spelling in stems for ending in endings]


def _american(word: str) -> str:
    """The American spelling of -ise and its like."""
    if not word.endswith(_BRITISH_ENDINGS):
        return word
    at = word.rindex("is")
    return word if word[:at] in _NOT_ISE else f"{word[:at]}iz{word[at + 2 :]}"


def _other_l(stem: str) -> tuple[str, ...]:
    """The British spelling of `model` before -ing and -ed, or the American one of `modell`."""
    if stem.endswith(("all", "ell")) and len(stem) > _MIN_STEM:
        return (stem[:-1],)
    return (stem + "l",) if stem.endswith(("al", "el")) else ()


def _prefixed(word: str) -> Iterator[str]:
    if not word.startswith(_PREFIXES):
        return
    for forms in _PREFIXED_VERBS:
        for form in forms:
            if word.endswith(form) and (prefix := word[: -len(form)]) in _PREFIXES:
                yield from [prefix + other for other in forms]


def _with_prefix(prefix: str, verb: str, papers: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Other forms of a verb that is typed apart from its prefix: `pre train` for `pre training`."""
    for forms in _PREFIXED_VERBS:
        if prefix in _PREFIXES and verb in forms:
            seen = _frequent(prefix + verb, papers)
            yield from [(prefix, form) for form in forms if prefix + form in seen]


def _same_use(word: str, papers: Mapping[str, int], *, last: bool) -> list[str]:
    """The members of a word's family that a phrase may have in its place."""
    seen = _frequent(word, papers)
    has_noun = any(form.endswith("ation") for form in (word, *seen))
    use = _use(word, has_noun=has_noun)
    allowed = {"noun", "participle"} if last and use in ("noun", "participle") else {use}
    return [form for form in seen if _use(form, has_noun=has_noun) in allowed][:MAX_FAMILY]


def _use(form: str, *, has_noun: bool) -> str:
    """How a form is used in a phrase; -ing is the noun of a verb that has none in -ation."""
    if form.endswith("ed"):
        return "participle"
    if form.endswith("ation") or (form.endswith("ing") and not has_noun):
        return "noun"
    if form in _LISTED_WITH or form.endswith(("ic", "ics")):
        return "field"
    endings = ("ing", "ability", "ibility", "able", "ible")
    return next((ending for ending in endings if form.endswith(ending)), "verb")
