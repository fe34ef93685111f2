"""A declared source and what it sends: index pages, notice pages, attachments, charsets."""
