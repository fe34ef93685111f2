"""Evidence on disk: snapshots, time stamps, WARC and PDF exports."""
