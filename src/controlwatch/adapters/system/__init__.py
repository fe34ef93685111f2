"""The machine: backup, disk space, heartbeat, scheduler, signing secret."""
