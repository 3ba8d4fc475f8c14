"""Pages of a subscriber's papers: the history of digests, ratings, and papers saved for later."""
