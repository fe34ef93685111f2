"""What a text mentions: dates, numbers, issuers, places, terms, periods."""
