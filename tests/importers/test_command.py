"""`atrium import` as people run it: from a dump and from a server, with exit codes and a report on paper."""

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

import orjson
from sqlalchemy import URL

from api.cli.exits import ExitCode
from db.binaries import Account, Binaries
from db.embedded import PORT, EmbeddedServer
from tests.importers.conftest import KEYS, NewDatabase, Source
from tests.importers.test_conflicts import fetch

Atrium = Callable[..., subprocess.CompletedProcess[str]]
ZONE = ("--source-tz", "Asia/Taipei")


def text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def settings(here: URL) -> dict[str, str]:
    return {"database_url": text(here), "encryption_keys": orjson.dumps(KEYS).decode()}


def test_an_import_reports_on_the_terminal_and_as_json(
    atrium: Atrium, standing: Source, migrated: NewDatabase, tmp_path: Path
) -> None:
    (there,), here, paper = standing("cozychat"), migrated(), tmp_path / "report.json"
    done = atrium("import", "cozychat", "--from", text(there), *ZONE, "--json", str(paper), **settings(here))
    assert done.returncode == ExitCode.OK, done.stderr
    assert "tokens of messages (prompt)" in done.stdout
    report = orjson.loads(paper.read_bytes())
    assert report["agrees"]
    assert report["tables"]["messages"]["written"] == 180
    (run,) = asyncio.run(fetch(here, "SELECT status, rows_read FROM import_runs"))
    assert run["status"] == "completed"
    assert run["rows_read"] == sum(table["read"] for table in report["tables"].values())


def test_a_clash_a_missing_zone_and_a_wrong_address_are_told_by_their_exit_codes(
    atrium: Atrium, standing: Source, migrated: NewDatabase
) -> None:
    (there,), here = standing("cozychat"), migrated()
    asyncio.run(fetch(here, "INSERT INTO users (username) VALUES ('Admin')"))
    clash = atrium("import", "cozychat", "--from", text(there), *ZONE, **settings(here))
    assert clash.returncode == ExitCode.FAILED
    assert "has the user name admin" in clash.stderr
    naive = atrium("import", "cozychat", "--from", text(there), **settings(here))
    assert naive.returncode == ExitCode.MISCONFIGURED
    assert "--source-tz" in naive.stderr
    for arguments in (("--from", "mysql://host/db"), ("--from", text(there), "--source-tz", "Mars/Base")):
        assert atrium("import", "cozychat", *arguments, **settings(here)).returncode == ExitCode.USAGE


def dumped(server: EmbeddedServer, there: URL, file: Path) -> None:
    """A plain dump, as pg_dump writes it."""
    binaries = Binaries.find(Account.owning(server.folder), server.folder.parent / "binaries")
    done = binaries.run(
        "pg_dump", "--host", str(there.query["host"]), "--port", str(PORT), "--username", str(there.username),
        str(there.database),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    file.write_text(done.stdout, encoding="utf-8")


def test_a_dump_is_loaded_aside_and_gone_afterwards(
    atrium: Atrium, standing: Source, migrated: NewDatabase, postgres: EmbeddedServer, tmp_path: Path
) -> None:
    (there,), here, file = standing("chingtech"), migrated(), tmp_path / "dump.sql"
    dumped(postgres, there, file)
    home = str(postgres.folder.parent)
    done = atrium("import", "chingtech", "--from", str(file), *ZONE, home=home, **settings(here))
    assert done.returncode == ExitCode.OK, done.stderr
    assert asyncio.run(fetch(here, "SELECT count(*) FROM sessions"))[0][0] > 0
    left = "SELECT count(*) FROM pg_database WHERE datname LIKE 'atrium_scratch%'"
    assert asyncio.run(fetch(here, left))[0][0] == 0


def test_a_dump_cannot_reach_beyond_its_database(
    atrium: Atrium, migrated: NewDatabase, postgres: EmbeddedServer, tmp_path: Path
) -> None:
    here, file, mark = migrated(), tmp_path / "dump.sql", tmp_path / "mark"
    home = str(postgres.folder.parent)
    for attack in (f"\\! touch {mark}\n", f"COPY (SELECT 1) TO PROGRAM 'touch {mark}';\n"):
        file.write_text(f"CREATE TABLE users (id int);\n{attack}", encoding="utf-8")
        done = atrium("import", "chingtech", "--from", str(file), *ZONE, home=home, **settings(here))
        assert done.returncode == ExitCode.MISCONFIGURED
        assert "cannot be loaded" in done.stderr
        assert not mark.exists()
