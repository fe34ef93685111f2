"""What a document is: its kind, number, issuers, day of publication and author."""
