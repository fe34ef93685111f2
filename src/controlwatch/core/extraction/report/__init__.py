"""What is reported of a notice: summary, doubts, provenance, JSON."""
