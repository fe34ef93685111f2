"""The text of a document: normalisation, masking, rules and the lexicon."""
