"""Profiles: fitting them to ratings, and what subscribers do about what was learnt."""
