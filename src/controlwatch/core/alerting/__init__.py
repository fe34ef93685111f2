"""Who is alerted to what, when: decisions, routing, reminders, source health, failures of delivery."""
