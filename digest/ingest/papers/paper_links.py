"""Links of papers, which come from outside: which of them may be shown and followed.

In a module of its own, and without imports, because pages, mails and the merge all use it.
"""

import re
from functools import lru_cache
from unicodedata import category
from urllib.parse import urlsplit

# A browser reads a backslash as a slash, and other programs do not: such a link is none.
_WEB = re.compile(r"(https?://)([^\s/?#<>\"\\]+)([^\s<>\"\\\x00-\x1f\x7f-\x9f]*)", re.IGNORECASE)


@lru_cache(maxsize=4096)
def safe_link(url: str) -> str:
    """Return the address if it leads where it seems to lead; "" if it is no web address.

    It loses its userinfo (`https://arxiv.org@evil.example/` opens evil.example) and invisible
    characters, some of which turn the direction of what follows (Unicode's category Cf: overrides,
    isolates, zero widths).
    """
    visible = url if url.isascii() else "".join(each for each in url if category(each) != "Cf")
    found = _WEB.fullmatch(visible.strip())
    if found is None:
        return ""
    scheme, authority, rest = found.groups()
    link = f"{scheme}{authority.rpartition('@')[2]}{rest}"
    try:
        return link if urlsplit(link).hostname else ""
    except ValueError:  # a bracket without its other half
        return ""
