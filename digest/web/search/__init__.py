"""The page of a search: its form, its cached results, and what it says about them."""
