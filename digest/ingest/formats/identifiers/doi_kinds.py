"""What a DOI's prefix says of its work: a preprint, a deposit in a repository, or a publication.

The prefixes are those that Crossref and DataCite list for these registrants
(https://api.crossref.org/members, https://api.datacite.org/clients).
"""

import re
from typing import Literal

Kind = Literal["preprint", "repository", "journal"]

# 10.1101 is Cold Spring Harbor's, whose journals have it too: their names begin with letters.
_COLD_SPRING_HARBOR = re.compile(r"10\.1101/(?:\d{4}\.\d\d\.\d\d\.)?\d{6,8}")
_PREPRINTS = {
    "10.64898": "bioRxiv and medRxiv since the end of 2025",
    "10.48550": "arXiv",
    "10.21203": "Research Square",
    "10.26434": "ChemRxiv",
    "10.20944": "Preprints.org",
    "10.31234": "PsyArXiv",
    "10.31235": "SocArXiv",
    "10.31219": "OSF Preprints",
    "10.2139": "SSRN",
    "10.36227": "TechRxiv",
    "10.22541": "Authorea",
    "10.31223": "EarthArXiv",
    "10.35542": "EdArXiv",
}
_REPOSITORIES = {
    "10.5281": "Zenodo",
    "10.6084": "figshare",
    "10.5061": "Dryad",
    "10.17605": "OSF",
    "10.7910": "Harvard Dataverse",
    "10.17632": "Mendeley Data",
}
# Some servers write the version into the DOI: 10.21203/rs.3.rs-1/v2, 10.26434/chemrxiv-2026-a-v2.
_VERSION = re.compile(r"(?:[/.-]v\d{1,3}|_v\d{1,3})\Z")


def kind_of(doi: str) -> Kind:
    """Return what a DOI in lower case is assigned to; "journal" for all publishers."""
    prefix = doi.partition("/")[0]
    if prefix in _PREPRINTS or _COLD_SPRING_HARBOR.fullmatch(doi):
        return "preprint"
    return "repository" if prefix in _REPOSITORIES else "journal"


def unversioned(doi: str) -> str:
    """Return a preprint's DOI without the version that some servers write into it."""
    return _VERSION.sub("", doi)
