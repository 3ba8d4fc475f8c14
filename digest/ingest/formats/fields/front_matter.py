"""What an issue of a journal holds besides papers, known by its title."""

import re

# With a longer abstract it is a paper after all: “Contributors” may be its subject.
_LONGEST_ABSTRACT = 300
_LONGEST_TITLE = 300
_TITLES = re.compile(
    r"(?:the )?(?:editorial (?:advisory )?boards?(?: and (?:table of )?contents| page)?"
    r"|(?:editorial board|issue editorial) members|editors and editorial board"
    r"|(?:table of |graphical )?contents(?: list| pages?| and front matter)?|graphical abstracts"
    r"|(?:list of |notes on |our |about the )?contributors"
    r"|(?:issue|publication|issue publication|journal|subscription|copyright|society) information"
    r"(?: (?:and|-|–) .{1,60})?|mast ?head(?: page| and (?:table of )?contents)?"
    r"|(?:(?:inside|outside) )?(?:front|back) covers?|(?:inside|outside) covers?"
    r"|cover (?:image|picture|page|art|legend)s?|covers?|front ?matter|back ?matter|prelims?"
    r"|title page|half title|copyright page|impressum|inhalt|sommaire|full (?:issue|text) pdf"
    r"|(?:author|subject|keyword|annual|cumulative|volume)s? index(?:es)?|index of authors"
    r"|aims? and scope|(?:information|instructions?|guide|guidelines|notes) (?:for|to) authors"
    r"|in this issue|issue highlights|forthcoming (?:articles|papers|events)"
    r"|calendar(?: of events)?|announcements?|call for papers|[io]fc(?: ?\(.{1,40}\))?|[io]bc"
    r"|(?:list of |thanks to |acknowledge?ments? (?:of|to) )(?:reviewers|referees))",
    re.IGNORECASE,
)
# What may follow: “Cover Image, Volume 12, Issue 3”, “Front Cover: …”, “Issue Information - TOC”.
_REST = re.compile(
    r"\W*(?:,? ?(?:volume|vol\.?|issue|no\.?|number|page)\b.{0,100}|[:–—-] .{1,250}"
    r"|\(.{1,100}\))?\W*",
    re.IGNORECASE,
)
_WITH_A_SUBJECT = re.compile(
    r"(?:(?:inside|outside)? ?(?:front|back)? ?cover|cover (?:picture|image|feature)|masthead"
    r"|editorial board|issue information|contents|table of contents|in this issue)",
    re.IGNORECASE,
)
_OF_A_JOURNAL = re.compile(
    r".{3,150} (?:publication information|information for authors|table of contents|society"
    r" information|institutional listings)",
    re.IGNORECASE,
)


def is_front_matter(title: str, abstract: str = "") -> bool:
    """Return whether an entry of this title is part of an issue and no paper."""
    if len(title) > _LONGEST_TITLE or len(abstract) > _LONGEST_ABSTRACT:
        return False
    found = _TITLES.match(title)
    if found is None:
        return _OF_A_JOURNAL.fullmatch(title) is not None
    rest = _REST.fullmatch(title, found.end())
    if rest is None or (title[found.end() : found.end() + 1].isalnum()):
        return False
    has_subject = title[found.end() :].lstrip().startswith((":", "–", "—", "-"))
    return not has_subject or _WITH_A_SUBJECT.fullmatch(found[0]) is not None
