"""Documents on their way to being found: received, read, cut into chunks, and turned into vectors."""
