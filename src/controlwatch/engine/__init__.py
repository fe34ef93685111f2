"""What the service does, and the engine of many machines; that of one machine is in `service`."""
