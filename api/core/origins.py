"""Where an object came from, as the API tells it."""

from typing import Final

import strawberry

FIELD: Final = "importedFrom"
ATTRIBUTE: Final = "imported_from"
"""As which the matrix knows the field: nothing of a row that may be anybody's shows it."""

DESCRIPTION: Final = (
    "The rows of older systems that it was brought in from: several where two were one and the same, none "
    "where it was made here."
)


@strawberry.type(description="A row of an older system from which an object was brought in.")
class OriginInfo:
    system: str = strawberry.field(description="The system, as `cozychat`.")
    table: str = strawberry.field(
        description="The table there; for parts of a row, with what they are a part of."
    )
    key: str = strawberry.field(
        description="The primary key there, as text; for parts of a row, with what tells them apart."
    )
