"""F2: a dossier in the book and a slip in the hand."""
