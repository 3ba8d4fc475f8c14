"""Words of the same stem, and totals of the papers of an index: what ranking is computed from."""
