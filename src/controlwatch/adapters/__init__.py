"""Each adapter implements one port; none knows another."""
