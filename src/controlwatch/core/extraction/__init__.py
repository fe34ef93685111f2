"""From a document to what it says, each conclusion with the words that prove it."""
