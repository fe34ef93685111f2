"""What a notice changes: dates, categories, codes, directions, relations, parties."""
