"""What a reader learns about each keyword of the list: its meaning, what it brought, and cures."""
