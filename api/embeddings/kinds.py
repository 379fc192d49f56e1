"""What a text is embedded as: models that tell questions from passages depend on it."""

from enum import Enum


class Kind(Enum):
    """What a text is embedded as."""

    QUERY = "query"
    DOCUMENT = "document"
