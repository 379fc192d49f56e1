"""PostGraphile, installed once by npm into the bench's folder, with a Node that it accepts."""

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

import orjson
from sqlalchemy import URL

from bench.processes import ROOT, LeftOut

_SOURCE: Final = ROOT / "bench" / "postgraphile"
_INSTALL: Final = ("install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")
_INSTALL_SECONDS: Final = 600


def installed(home: Path) -> Path:
    """The folder with the server and its packages. Raises LeftOut when npm is missing or fails."""
    package = (_SOURCE / "package.json").read_bytes()
    # Another version gets another folder, and a folder appears only when it is whole.
    folder = home / f"postgraphile-{hashlib.sha256(package).hexdigest()[:12]}"
    if not folder.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise LeftOut(
                "PostGraphile is left out, since npm is missing: install Node.js to compare with it."
            )
        fresh = folder.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        (fresh / "package.json").write_bytes(package)
        done = subprocess.run(
            [npm, *_INSTALL], cwd=fresh, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS
        )
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if "error" in line] or ["no reason given"]
            raise LeftOut(f"PostGraphile is left out, since npm could not install it: {lines[0]}")
        if not _node(fresh).exists():
            raise LeftOut("PostGraphile is left out, since npm did not install a Node: allow its scripts.")
        fresh.rename(folder)
    shutil.copyfile(_SOURCE / "server.mjs", folder / "server.mjs")
    return folder


def command(home: Path, url: URL, pool: int) -> list[str]:
    """What starts it. Raises LeftOut where it cannot be installed."""
    folder = installed(home)
    query = url.normalized_query
    address = {
        "host": query["host"][0] if "host" in query else url.host,
        "port": url.port or 5432,
        "user": url.username,
        "password": url.password,
        "database": url.database,
    }
    given = {name: value for name, value in address.items() if value is not None}
    return [str(_node(folder)), str(folder / "server.mjs"), orjson.dumps(given).decode(), str(pool)]


def _node(folder: Path) -> Path:
    return folder / "node_modules" / "node" / "bin" / "node"
