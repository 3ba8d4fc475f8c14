"""Titles as names of papers: compared without case and punctuation, and which of them name none."""

import hashlib
import re
import unicodedata

LONGEST_KEY = 255
_ACCENTS = range(0x300, 0x370)
_KEPT_SIGNS = frozenset("+#")  # C++ and C# are not C
_DROPPED = {code: None for code in range(128) if not (chr(code).isalnum() or chr(code) in "+#")}
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
# Han, kana and Hangul are written without blanks: two letters count as a word.
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_MOST_GENERIC_WORDS = 60  # a title of a whole paragraph needs no look at its first words
# What every issue of every journal has, word for word.
_GENERIC = frozenset({
    "abstract", "abstracts", "acknowledgement", "acknowledgements", "acknowledgment",
    "acknowledgments", "acknowledgement to reviewers", "acknowledgment of reviewers", "addendum",
    "afterword", "announcement", "announcements", "appendix", "authors reply", "author reply",
    "authors response", "author response", "author index", "back matter", "bibliography",
    "book review", "book reviews", "book notes", "books received", "briefly noted", "calendar",
    "call for papers", "commentary", "comment", "comments", "conclusion", "conclusions",
    "concluding remarks", "conference report", "contents", "contributors", "correction",
    "corrections", "correspondence", "corrigenda", "corrigendum", "cover", "cover image",
    "cover picture", "discussion", "editorial", "editorial board", "editorial comment",
    "editorial note", "editors choice", "editors introduction", "editors note", "editors page",
    "epilogue", "errata", "erratum", "expression of concern", "foreword", "from the editor",
    "from the editors", "front cover", "front matter", "frontmatter", "frontispiece",
    "general discussion", "guest editorial", "guest editors introduction", "highlights",
    "image of the month", "in brief", "in memoriam", "in this issue", "index", "introduction",
    "introductory remarks", "issue information", "issue editorial masthead", "letter",
    "letter from the editor", "letter to the editor", "letters", "letters to the editor",
    "list of contributors", "list of reviewers", "masthead", "message from the editor",
    "message from the president", "miscellany", "news", "news and notes", "news and views",
    "news in brief", "note", "notes", "notes on contributors", "obituaries", "obituary", "opinion",
    "outlook", "overview", "perspective", "perspectives", "postscript", "poster abstracts",
    "preface", "presidents message", "prologue", "publisher correction", "author correction",
    "publishers note", "references", "rejoinder", "reply", "replies", "research highlights",
    "response", "responses", "retraction", "retraction note", "review", "reviews",
    "reviewer acknowledgement", "reviewers", "special issue", "special section", "subject index",
    "summary", "symposium", "table of contents", "thank you to reviewers", "thanks to reviewers",
    "title page", "toc", "viewpoint", "volume index", "welcome",
    # of other languages
    "avant propos", "besprechungen", "buchbesprechung", "buchbesprechungen", "comptes rendus",
    "editoriale", "einfuhrung", "einleitung", "geleitwort", "inhalt", "inhaltsverzeichnis",
    "introduccion", "introducao", "introduzione", "nachruf", "prefacio", "prefazione",
    "presentacion", "resenas", "rezensionen", "sommaire", "vorwort",
})  # fmt: skip
# How titles begin that only point to another paper or to an issue: none of a later version.
_POINTING = re.compile(
    r"(?:author |publisher |editorial )?(?:correction|corrections|corrigendum|corrigenda|erratum"
    r"|errata|retraction|retraction note|expression of concern|addendum)(?: to| for| in|:)"
    r"|(?:a |the )?(?:author|authors|authors'|author's|editor's|editors')? ?"
    r"(?:reply|replies|rejoinder|comment|comments|commentary)(?: to| on|:)"
    # “Response to drought” is a paper of its own.
    r"|(?:(?:the )?authors?'?s? )?responses?(?: to)?"
    r"(?::| (?:the |a )?(?:comment|letter|editor|review))"
    r"|(?:editorial|guest editorial|book review|review of the book|obituary|in memoriam|letter"
    r"|letter to the editor|discussion):"
    r"|(?:preface|foreword|introduction|editorial|welcome)"
    r"(?: to| for) (?:the |this )?(?:special|theme|issue|section|volume|proceedings|symposium)"
    r"|(?:preface|foreword|discussion)(?: to| of) "
    r"|(?:letter|letters) to the editor"
    r"|retracted:|withdrawn:|retracted article:"
)


def title_key(title: str) -> str:
    """Return the title without case, accents, blanks, punctuation and mark-up, for comparison.

    Over 255 characters it ends in a hash.
    """
    if title.isascii():
        kept = title.lower().translate(_DROPPED)
    else:
        folded = unicodedata.normalize("NFKD", title).casefold()
        kept = "".join(sign for sign in folded if _is_kept(sign))
    key = kept or " ".join(title.casefold().split())
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[:190]}-{hashlib.sha256(key.encode()).hexdigest()}"


def _is_kept(sign: str) -> bool:
    # Marks carry the vowels of many scripts; only accents of Latin and Greek are dropped.
    if sign.isalnum() or sign in _KEPT_SIGNS:
        return True
    return unicodedata.category(sign).startswith("M") and ord(sign) not in _ACCENTS


def word_count(title: str) -> int:
    """Return how many words a title has."""
    count = len(_WORD.findall(title))
    signs = len(_EAST_ASIAN.findall(title))
    return max(count, signs // 2) if signs else count


def is_generic(title: str) -> bool:
    """Return whether many papers have this title (“Introduction”, “Reply to …”), so that it names
    none.
    """
    folded = unicodedata.normalize("NFKD", title[:300]).casefold().replace("’", "'")
    if not folded.isascii():
        folded = "".join(sign for sign in folded if ord(sign) not in _ACCENTS)
    line = " ".join(folded.split())
    if _POINTING.match(line):
        return True
    words = re.sub(r"[^\w\s]+", " ", line.replace("'", "")).split()
    return len(words) < _MOST_GENERIC_WORDS and " ".join(words) in _GENERIC
