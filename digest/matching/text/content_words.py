"""Words that say something about the topic of a text."""

_FUNCTION_WORDS = frozenset(
    {
        "a", "about", "across", "all", "also", "an", "and", "any", "are", "as", "at", "based", "be",
        "been", "between", "both", "but", "by", "can", "each", "even", "for", "from", "given",
        "has", "have", "here", "however", "how", "i", "in", "into", "is", "it", "its", "make",
        "many", "may", "more", "most", "new", "no", "not", "of", "on", "one", "only", "or", "other",
        "our", "out", "over", "paper", "propose", "result", "several", "show", "significantly",
        "such", "than", "that", "the", "their", "them", "then", "there", "these", "they", "thi",
        "this", "those", "through", "thus", "to", "two", "under", "up", "use", "used", "using",
        "via", "we", "well", "were", "what", "when", "where", "which", "while", "who", "will",
        "with", "within", "without", "work", "yet", "introduce", "present", "demonstrate",
        "achieve", "remain", "outperform", "first", "existing", "recent", "do", "does", "http",
        "https", "www", "com", "github", "io", "project", "page", "code", "available", "state",
        "art",
    }
)  # fmt: skip


def is_content_word(word: str) -> bool:
    """Whether a folded word says something about a topic: no function word, letter or number."""
    return len(word) > 1 and word not in _FUNCTION_WORDS and not word[0].isdigit()
