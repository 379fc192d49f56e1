"""`atrium secrets`: the secrets that the database keeps encrypted."""

from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import URL

from api.cli.revisions import Revisions
from api.cli.support import database, run, target, vault_of
from api.cli.terminal import note, show
from db.importers.rotation import rotate
from db.importers.vault import Vault

app = typer.Typer()


@app.command(
    epilog="**Examples**\n\n"
    "atrium secrets — tell which key encrypts\n\n"
    "atrium secrets --rotate — encrypt everything anew with the first key"
)
def command(
    anew: Annotated[
        bool, typer.Option("--rotate", help="Encrypt every secret anew with the first of the keys.")
    ] = False,
) -> None:
    """Change the key that encrypts connections and imported secrets.

    Put the new key before the old ones in ATRIUM_ENCRYPTION_KEYS, restart what serves, and run this with
    --rotate; then the old keys can go. Without --rotate it tells which key encrypts.
    """
    with target() as where:
        Revisions(where.url).check_schema()
        vault = vault_of(where)
        if not anew:
            note(f"The key {vault.key_id} encrypts. Run atrium secrets --rotate to give it every secret.")
            return
        changed = run(_rotate(where.url, vault))
    table = Table("Table", "Encrypted anew")
    for name, rows in changed.items():
        table.add_row(name, f"{rows:,}")
    show(table)


async def _rotate(url: URL, vault: Vault) -> dict[str, int]:
    async with database(url, patient=True) as opened:
        return await rotate(opened, vault)
