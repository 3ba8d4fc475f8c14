"""Which kinds of entries in a library are no papers, as the exporters call them.

Papers are articles, preprints, theses, books, chapters, conference papers and reports. A kind that
is not named here counts as one.
"""

import re

# The words of RIS (TY), BibTeX, CSL, Zotero, EndNote and of the columns of searches, without case,
# blanks and hyphens. https://aurimasv.github.io/z2csl/typeMap.xml compares most of them.
_KINDS = {
    "an attachment": "attachment file filenote",
    "a note": "note memo annotation",
    "a web page": "webpage elec online icomm website electronic internetcommunication",
    "a post": "blogpost blog forumpost post postweblog",
    "a data set": "data dataset dbase datafile onlinedatabase aggregateddatabase aggr",
    "a program": "comp software computerprogram code",
    "a recording": "videorecording audiorecording film tvbroadcast radiobroadcast podcast sound "
    "soundrecording video mpct motionpicture filmorbroadcast broadcast song multi onlinemultimedia "
    "audiovisualmaterial advs music musicalscore movie audio",
    "a picture": "artwork art graphic figure chart chartortable map image equa equation",
    "slides or a talk": "slide speech presentation performance event",
    "a letter or a message": "email instantmessage pcomm personalcommunication interview",
    "a law or a case": "bill case hear hearing legal legalruleorregulation stat statute unbill "
    "legislation legalcase regulation treaty jurisdiction",
    "a patent": "pat patent",
    "a standard": "stand standard",
    "a newspaper's article": "news newspaperarticle articlenewspaper newspaper",
    "a dictionary's entry": "dict dictionary dictionaryentry entrydictionary",
    "a grant": "grant",
    "a whole journal": "jfull journalfull periodical",
    "a part of its journal, like a cover": "paratext cover",
}
_WORDS = {kind: label for label, kinds in _KINDS.items() for kind in kinds.split()}
# Of a page that has an identifier, a reference manager only did not know what it is about.
_MAY_BE_PAPERS = frozenset({"a web page", "a post"})
_NOT_IN_A_WORD = re.compile(r"[\W_]+")
_LONGEST_KIND = 60


def kind_of_no_paper(kind: str, *, is_identified: bool) -> str:
    """Return what an entry of that kind is if it is no paper, like “a data set”; "" if it is one.

    `is_identified`: it has a DOI or an arXiv id.
    """
    word = _NOT_IN_A_WORD.sub("", kind[:_LONGEST_KIND].casefold())
    label = _WORDS.get(word, "")
    return "" if is_identified and label in _MAY_BE_PAPERS else label
