"""Secrets inside JSON: encrypted where they stand, and encrypted anew when keys change."""

from typing import Any, Final

from db.importers.redaction import is_secret_name
from db.importers.vault import Vault

_MEMBERS: Final = {"encrypted", "key_id"}


def seal(secret: str, vault: Vault) -> dict[str, str]:
    """A secret as it stands in JSON: its token, and the name of its key."""
    made = vault.seal(secret)
    return {"encrypted": made.token, "key_id": made.key_id}


def sealed(value: Any, vault: Vault) -> Any:
    """A JSON value whose secrets, told by the names of their keys, are encrypted."""
    match value:
        case dict():
            return {
                key: seal(each, vault)
                if is_secret_name(key) and isinstance(each, str) and each
                else sealed(each, vault)
                for key, each in value.items()
            }
        case list():
            return [sealed(each, vault) for each in value]
    return value


def resealed(value: Any, vault: Vault) -> Any:
    """A JSON value whose secrets are encrypted with the first key. Raises Misconfigured for a lost key."""
    match value:
        case {"encrypted": str(token), "key_id": str(key)} if value.keys() == _MEMBERS:
            return value if key == vault.key_id else seal(vault.open(token), vault)
        case dict():
            return {name: resealed(each, vault) for name, each in value.items()}
        case list():
            return [resealed(each, vault) for each in value]
    return value
