"""Neighbours: papers close to what a keyword brings, which no keyword hit."""

from .choosing import MOST, NeighbourRequest, neighbours_of
from .match_counts import count_matches

__all__ = ["MOST", "NeighbourRequest", "count_matches", "neighbours_of"]
