"""arXiv's categories where they stand alone: `cs.CL` is a category, not two words.

The names are those of https://arxiv.org/category_taxonomy.
"""

import re

_ARCHIVES = {
    "astro-ph": "CO EP GA HE IM SR",
    "cond-mat": "dis-nn mes-hall mtrl-sci other quant-gas soft stat-mech str-el supr-con",
    "cs": "AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE "
    "NI OH OS PF PL RO SC SD SE SI SY",
    "econ": "EM GN TH",
    "eess": "AS IV SP SY",
    "math": "AC AG AP AT CA CO CT CV DG DS FA GM GN GR GT HO IT KT LO MG MP NA NT OA OC PR QA RA "
    "RT SG SP ST",
    "nlin": "AO CD CG PS SI",
    "physics": "acc-ph ao-ph app-ph atm-clus atom-ph bio-ph chem-ph class-ph comp-ph data-an "
    "ed-ph flu-dyn gen-ph geo-ph hist-ph ins-det med-ph optics plasm-ph pop-ph soc-ph space-ph",
    "q-bio": "BM CB GN MN NC OT PE QM SC TO",
    "q-fin": "CP EC GN MF PM PR RM ST TR",
    "stat": "AP CO ME ML OT TH",
}
_ALONE = (
    "astro-ph cond-mat gr-qc hep-ex hep-lat hep-ph hep-th math-ph nucl-ex nucl-th q-bio quant-ph"
)
_NAMES = [
    *_ALONE.split(),
    *(f"{archive}.{part}" for archive, parts in _ARCHIVES.items() for part in parts.split()),
]
_KNOWN = {name.lower(): name for name in [*_NAMES, *_ARCHIVES]}
_NAME = "|".join(map(re.escape, sorted(_NAMES, key=len, reverse=True)))
_OPERAND = re.compile(
    rf"(?:(?<=^)|(?<=\()|(?<=AND )|(?<=OR )|(?<=NOT ))((?i:{_NAME}))"
    r"(?=$|\)| AND | OR | NOT | ANDNOT )"
)


def known_category(name: str) -> str | None:
    """A category or archive of arXiv's in its usual spelling; None if there is none."""
    return _KNOWN.get(name.lower())


def with_categories(text: str) -> str:
    """The text in which each category that stands alone, or between operators, has its field."""
    return _OPERAND.sub(lambda found: f"category:{_KNOWN[found[1].lower()]}", text)
