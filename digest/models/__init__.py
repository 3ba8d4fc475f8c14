"""The nouns of the pipeline: fields, constraints, named querysets and state changes."""

from .controls import Hold
from .digests import Digest, Letter
from .dumps import Dump
from .outgoing import LEASE, LICENCE_LEASE, Outgoing, OutgoingQuerySet, State
from .papers import Catalogue, Listing, Paper, PaperQuerySet

__all__ = [
    "LEASE",
    "LICENCE_LEASE",
    "Catalogue",
    "Digest",
    "Dump",
    "Hold",
    "Letter",
    "Listing",
    "Outgoing",
    "OutgoingQuerySet",
    "Paper",
    "PaperQuerySet",
    "State",
]
