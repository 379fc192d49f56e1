"""Writes the picture in `executions.md`: which status follows which, as the code has it (`make docs`)."""

import re
import sys
from pathlib import Path
from typing import Final

import typer

from db.transitions import mermaid

PATH: Final = Path(__file__).with_name("executions.md")
_PICTURE: Final = re.compile(r"(?<=```mermaid\n).*?(?=```\n<!-- Here ends)", re.DOTALL)


def page() -> str:
    """The page as Markdown, with the picture as it must be."""
    return _PICTURE.sub(lambda _: f"{mermaid()}\n", PATH.read_text(encoding="utf-8"), count=1)


if __name__ == "__main__":
    PATH.write_text(page(), encoding="utf-8")
    typer.echo(f"wrote {PATH.name}", file=sys.stderr)
