"""What may be written of the service's own settings."""

from collections.abc import Iterable

from api.writing.declarations import Values, Wrong, writable
from db import models


def _stays_secret(values: Values, current: Values) -> Iterable[Wrong]:
    if current.get("is_secret") and values.get("is_secret") is False and "value" not in values:
        yield Wrong("What was a secret is not shown: give a new value as well.", "is_secret")


writable(
    models.Config,
    change="key value description is_active is_secret",
    key="key",
    secret="value",  # noqa: S106
    check=_stays_secret,
)
