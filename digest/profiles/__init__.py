"""What a reader's ratings say about an order: learnt terms, and matches ordered by them."""
