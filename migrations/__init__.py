"""Alembic migrations: the history of the database schema, one revision a file."""
