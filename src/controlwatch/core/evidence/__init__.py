"""Chain of custody, dossiers, time stamps and their verification."""
