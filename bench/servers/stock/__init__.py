"""Strawberry, SQLAlchemy's ORM and DataLoaders, put together as their documentation shows it."""
