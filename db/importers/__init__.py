"""Moving in from older systems: what each of their rows becomes here, and a report that proves it."""
