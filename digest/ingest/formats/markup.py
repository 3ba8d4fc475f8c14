"""Text out of HTML fragments as feeds carry them, losing no word of it.

A parser would take the rest of `p<n and q` for a tag; so only elements that exist are mark-up.
"""

import html
import re

_BLOCKS = "p|div|li|ul|ol|dl|dt|dd|h[1-6]|hr|blockquote|pre|table|tr|section|article|sec|title"
_INLINE = (
    "a|abbr|b|bold|big|cite|code|del|em|font|i|img|inf|ins|italic|kbd|mark|math|q|s|samp|small"
    "|span|strike|strong|sub|sup|td|th|time|tt|u|var|wbr|thead|tbody"
)
# Only what is written like attributes: `<b and c>` is no tag.
_ATTRIBUTES = r"""(?:\s+[\w:-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s<>"'=]+))*\s*/?>"""
_HIDDEN = re.compile(
    # Neither runs over another start, or a text of nothing but starts would take minutes.
    r"<!--(?:(?!<!--).)*?-->"
    r"|<(?P<name>script|style)\b[^<>]*>(?:(?!<(?P=name)\b).)*?</(?P=name)\s*>",
    re.DOTALL | re.IGNORECASE,
)
_BLOCK = re.compile(rf"</?(?:jats:)?(?:{_BLOCKS}){_ATTRIBUTES}", re.IGNORECASE)
_BREAK = re.compile(rf"<br{_ATTRIBUTES}", re.IGNORECASE)
_TAG = re.compile(rf"</?(?:jats:)?(?:{_INLINE}){_ATTRIBUTES}", re.IGNORECASE)
_LONGEST = 1_000_000


def plain_text(fragment: str) -> str:
    """Return the fragment's text, blocks separated by blank lines, entities decoded once."""
    fragment = _HIDDEN.sub("", fragment[:_LONGEST])
    parted = _BLOCK.sub("\n\n", _BREAK.sub("\n", fragment))
    return html.unescape(_TAG.sub("", parted))
