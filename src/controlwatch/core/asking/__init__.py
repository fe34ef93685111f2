"""What people ask, in their own words: the intent, the subject and the days."""
