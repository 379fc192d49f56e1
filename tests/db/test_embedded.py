"""The embedded server starts, is shared, survives what is done to it, and says what it cannot use."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import create_async_engine

import db.binaries
from db.binaries import SYSTEM_USER, Account, Binaries
from db.embedded import embedded_server, tuned
from db.errors import Misconfigured, Unavailable
from db.session import Database
from db.settings import DatabaseSettings

SMALL = {"shared_buffers": "16MB", "fsync": "off"}

# Holds the server until a line comes in, or its end.
HOLDER = """
import sys
from pathlib import Path
from db.embedded import embedded_server
with embedded_server(Path(sys.argv[1]), settings={"shared_buffers": "16MB", "fsync": "off"}):
    print("ready", flush=True)
    sys.stdin.readline()
print("left", flush=True)
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run the server as another user")
as_user = pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every folder")


def hold(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", HOLDER, home], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


class Holder:
    """Another program that uses the embedded server of a folder."""

    def __init__(self, home: Path) -> None:
        self.process = hold(home)
        assert self.line() == "ready"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        assert self.line() == "left"
        self.process.wait()
        self.close()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.close()

    def close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder with a short path, and no server left behind."""
    folder = Path(tempfile.mkdtemp(prefix="atrium-"))
    yield folder
    pid = postmaster(folder)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)
        wait_for_end(pid)
    shutil.rmtree(folder, ignore_errors=True)


def postmaster(home: Path) -> int | None:
    """The process id of the folder's server, if it lives."""
    try:
        pid = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return None
    return pid


def wait_for_end(pid: int) -> None:
    """Until the process is gone; a zombie whose parent does not care counts as gone."""
    while True:
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return
        if state == "Z":
            return
        time.sleep(0.02)


def ask(url: URL, statement: str) -> Any:
    async def run() -> Any:
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            result = await connection.execute(text(statement))
            row = result.one()[0] if result.returns_rows else None
        await engine.dispose()
        return row

    return asyncio.run(run())


def test_starts_keeps_data_and_stops(home: Path) -> None:
    with embedded_server(home, settings=SMALL) as server:
        ask(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert postmaster(home) is not None
    assert postmaster(home) is None
    with embedded_server(home, settings=SMALL) as server:
        assert ask(server.url, "SELECT answer FROM kept") == 42


def test_server_is_the_promised_one(postgres_url: URL) -> None:
    assert ask(postgres_url, "SELECT current_setting('server_version_num')::int / 10000") == 18
    assert (
        ask(postgres_url, "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'")
        >= "0.8"
    )
    assert ask(postgres_url, "SELECT current_setting('listen_addresses')") == ""
    assert ask(postgres_url, "SELECT current_setting('jit')") == "off"
    assert ask(postgres_url, "SELECT current_setting('random_page_cost')") == "1.1"
    assert ask(postgres_url, "SELECT datlocprovider FROM pg_database WHERE datname = 'atrium'") == b"b"
    assert ask(postgres_url, "SELECT count(*) FROM pg_settings WHERE name = 'port' AND setting = '5432'") == 1


def test_memory_settings_fit_the_machine() -> None:
    large, small = tuned(64 * 2**30), tuned(2**30)
    assert (large["shared_buffers"], large["maintenance_work_mem"]) == ("512MB", "256MB")
    assert (small["shared_buffers"], small["maintenance_work_mem"]) == ("256MB", "128MB")


def test_other_settings_restart_the_server(home: Path) -> None:
    holder = Holder(home)
    holder.kill()
    before = postmaster(home)
    with embedded_server(home, settings={**SMALL, "shared_buffers": "32MB"}) as server:
        assert ask(server.url, "SELECT current_setting('shared_buffers')") == "32MB"
        assert postmaster(home) != before


def test_other_settings_do_not_disturb_another_program(home: Path) -> None:
    holder = Holder(home)
    before = postmaster(home)
    with embedded_server(home, settings={**SMALL, "shared_buffers": "32MB"}) as server:
        assert ask(server.url, "SELECT current_setting('shared_buffers')") == "16MB"
        assert postmaster(home) == before
    holder.leave()


def test_two_programs_share_one_server_until_the_last_leaves(home: Path) -> None:
    first, second = Holder(home), Holder(home)
    pid = postmaster(home)
    assert pid is not None
    first.leave()
    assert postmaster(home) == pid
    second.leave()
    assert postmaster(home) is None


def test_many_programs_may_start_at_once(home: Path) -> None:
    started = [hold(home) for _ in range(4)]
    said = [process.communicate("\n")[0].split() for process in started]
    assert said == [["ready", "left"]] * 4
    assert postmaster(home) is None


def test_killed_program_leaves_nothing_that_misleads(home: Path) -> None:
    Holder(home).kill()
    pid = postmaster(home)
    assert pid is not None
    with embedded_server(home, settings=SMALL) as server:
        assert ask(server.url, "SELECT 1") == 1
        assert postmaster(home) == pid
    assert postmaster(home) is None


def test_killed_server_is_recovered(home: Path) -> None:
    with embedded_server(home, settings={"shared_buffers": "16MB"}) as server:
        ask(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
        pid = postmaster(home)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_for_end(pid)
        with embedded_server(home, settings={"shared_buffers": "16MB"}) as again:
            assert ask(again.url, "SELECT answer FROM kept") == 42
        # The first program is still there, so its server is as well.
        assert ask(server.url, "SELECT answer FROM kept") == 42
    assert postmaster(home) is None


def test_number_of_a_dead_server_may_be_taken_by_a_stranger(home: Path) -> None:
    """After a restart of the machine the old process id can belong to anything, even to this process."""
    with embedded_server(home, settings=SMALL):
        pass
    trace = home / "postgres" / "postmaster.pid"
    trace.write_text(
        f"{os.getpid()}\n{home / 'postgres'}\n1700000000\n5432\n{home / 'postgres'}\n\n0 0\nready\n"
    )
    shutil.chown(trace, (home / "postgres").stat().st_uid, (home / "postgres").stat().st_gid)
    with embedded_server(home, settings=SMALL) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_interrupted_creation_is_begun_anew(home: Path) -> None:
    left = home / "postgres.new" / "base"
    left.mkdir(parents=True)
    (left / "half").touch()
    with embedded_server(home, settings=SMALL) as server:
        assert ask(server.url, "SELECT 1") == 1
    assert not left.exists()


def test_long_path_gets_a_short_socket(home: Path) -> None:
    long = home / ("long" * 20) / "home"
    long.parent.mkdir()
    long.parent.chmod(0o755)
    home.chmod(0o755)
    with embedded_server(long, settings=SMALL) as server:
        assert ask(server.url, "SELECT 1") == 1
        folder = Path(str(server.url.query["host"]))
        assert folder.stat().st_mode & 0o777 == 0o700
    folder.rmdir()


def test_data_of_another_version_is_refused(home: Path) -> None:
    data = home / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(
        Misconfigured, match=r"holds data of PostgreSQL 16, and this program brings PostgreSQL 18"
    ):
        embedded_server(home).__enter__()


def test_folder_with_other_things_is_refused(home: Path) -> None:
    (home / "postgres").mkdir()
    (home / "postgres" / "holiday.jpg").touch()
    with pytest.raises(Misconfigured, match="holds no PostgreSQL data: set ATRIUM_HOME"):
        embedded_server(home).__enter__()
    assert (home / "postgres" / "holiday.jpg").exists()


def test_file_in_place_of_the_folder_is_refused(home: Path) -> None:
    (home / "file").touch()
    with pytest.raises(Misconfigured, match=r"cannot be used .*: set ATRIUM_HOME"):
        embedded_server(home / "file").__enter__()


@as_user
def test_folder_without_write_permission_is_refused(home: Path) -> None:
    home.chmod(0o555)
    with pytest.raises(Misconfigured, match=r"cannot be used .Permission denied.: set ATRIUM_HOME"):
        embedded_server(home).__enter__()


def test_missing_wheel_is_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.binaries, "_PACKAGE", "no_such_package")
    with pytest.raises(Misconfigured, match=r"pip install 'atrium\[embedded\]'"):
        embedded_server(home).__enter__()


@as_root
def test_as_root_the_server_runs_as_a_user_of_its_own(home: Path) -> None:
    with embedded_server(home, settings=SMALL):
        owner = Path(f"/proc/{postmaster(home)}").owner()
        assert owner == SYSTEM_USER
        assert (home / "postgres").owner() == SYSTEM_USER


@as_root
def test_as_root_folders_above_the_home_are_left_as_they_are(home: Path) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Misconfigured, match="as a user of its own, who cannot enter"):
        embedded_server(closed / "home").__enter__()
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_as_root_unreachable_programs_are_copied(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        db.binaries.Account, "may_enter", lambda _self, folder: "site-packages" not in str(folder)
    )
    with embedded_server(home, settings=SMALL) as server:
        assert ask(server.url, "SELECT 1") == 1
        program = Path(f"/proc/{postmaster(home)}/exe").resolve()
    assert program.is_relative_to(home / "binaries")


@as_root
def test_ordinary_user_runs_it_as_themselves(home: Path) -> None:
    """In a child process that gave up root: nobody's account is made, nothing changes hands."""
    nobody = pwd.getpwnam("nobody")
    if not Account(nobody.pw_uid, nobody.pw_gid).may_enter(Binaries.find(None, home).folder):
        pytest.skip("an ordinary user cannot reach this virtual environment")
    home.chmod(0o777)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 1
        with suppress(BaseException):
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
            with embedded_server(home / "mine", settings=SMALL):
                code = 0 if Path(f"/proc/{postmaster(home / 'mine')}").stat().st_uid == nobody.pw_uid else 2
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (home / "mine" / "postgres").stat().st_uid == nobody.pw_uid


@as_root
def test_root_takes_the_place_of_the_owner_of_the_data(home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    with embedded_server(home, settings=SMALL):
        pass
    for path in (home / "postgres", *(home / "postgres").rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    with embedded_server(home, settings=SMALL):
        assert Path(f"/proc/{postmaster(home)}").stat().st_uid == nobody.pw_uid


async def test_program_recovers_with_its_server(home: Path) -> None:
    """While the server is gone reads fail clearly; when it is back they work at once."""

    async def read() -> Any:
        async with database.read() as connection:
            return await connection.scalar(text("SELECT pg_backend_pid()"))

    with embedded_server(home, settings=SMALL) as server:
        database = Database.connect(server.url, DatabaseSettings(pool_size=3))
        backends = set(await asyncio.gather(*(read() for _ in range(3))))
        assert len(backends) == 3
        pid = postmaster(home)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        # A connection lives until its own process has noticed.
        for process in (pid, *backends):
            wait_for_end(process)
        for _ in range(3):
            with pytest.raises(Unavailable):
                await read()
        with embedded_server(home, settings=SMALL):
            assert all(await asyncio.gather(*(read() for _ in range(6))))
        assert database.pool_status().checked_out == 0
        await database.dispose()
