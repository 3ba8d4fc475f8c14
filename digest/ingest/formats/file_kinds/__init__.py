"""What a file is that holds no papers, for the sentence that refuses it."""
