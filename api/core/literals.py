"""Texts of the program's own as SQL literals: in the statement itself, so that the server knows them."""

from sqlalchemy import ColumnElement, Text, literal_column


def quoted(text: str) -> ColumnElement[str]:
    """A literal of a text without quotes; never for what a request says, which is bound."""
    if "'" in text:
        raise ValueError(f"{text} cannot stand between quotes")
    return literal_column(f"'{text}'", Text())
