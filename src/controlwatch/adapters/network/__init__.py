"""Where a request may go, and by which way: shared by everything that speaks HTTP."""
