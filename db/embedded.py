"""PostgreSQL started by the program itself, for when no database URL is set.

A folder has one server, and any number of programs use it. Each holds a shared lock on a file as long as it
lives; the operating system lets go of it however the program ends, so the last one to leave always knows that
it is the last, and a killed program leaves nothing behind that could mislead.
"""

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Final

from sqlalchemy import URL

from db.binaries import MAJOR_VERSION, Account, Binaries
from db.errors import Misconfigured, Unavailable

DATABASE: Final = "atrium"
PORT: Final = 5432

# The shorter of the limits for the path of a socket: 104 bytes on macOS, 108 on Linux.
_SOCKET_PATH_BYTES: Final = 103
_START_SECONDS: Final = 120
_LOG_BYTES: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running server: `url` leads to its database, `folder` holds its data."""

    url: URL
    folder: Path


def tuned(memory: int | None = None) -> dict[str, str]:
    """Server settings for `memory` bytes (default: this machine's) and a solid-state disk."""
    total = memory or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    megabytes = total // 2**20
    return {
        "shared_buffers": f"{max(16, min(512, megabytes // 4))}MB",
        "maintenance_work_mem": f"{max(16, min(256, megabytes // 8))}MB",
        "max_wal_size": "2GB",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_connections": "100",
        "timezone": "UTC",
        "log_checkpoints": "off",
    }


@contextmanager
def embedded_server(home: Path, *, settings: Mapping[str, str] | None = None) -> Iterator[EmbeddedServer]:
    """A PostgreSQL on the data in `home`, started if none runs, stopped when its last user leaves.

    `settings` replace or add to the tuned ones. Raises Misconfigured or Unavailable with one clear sentence.
    """
    home = _prepared(home)
    with _locked(home / "postgres.lock", fcntl.LOCK_EX):
        data = home / "postgres"
        binaries = Binaries.find(Account.owning(data), home / "binaries")
        cluster = Cluster(data, binaries, {**tuned(), **(settings or {})})
        users = _open(home / "postgres.users")
        try:
            fcntl.flock(users, fcntl.LOCK_SH)
            cluster.ensure_created()
            cluster.ensure_running(alone=_alone(users))
        except BaseException:
            # Interrupted while it was starting: nobody else would stop it.
            if _alone(users):
                with suppress(Unavailable):
                    cluster.stop()
            os.close(users)
            raise
    try:
        yield EmbeddedServer(cluster.url, data)
    finally:
        with _locked(home / "postgres.lock", fcntl.LOCK_EX):
            last = _alone(users)
            os.close(users)
            if last:
                cluster.stop()


class Cluster:
    """The data folder of one server. Its methods expect the caller to hold the folder's lock."""

    def __init__(self, folder: Path, binaries: Binaries, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.binaries = binaries
        self.sockets = self._socket_folder()
        self.settings = {
            **settings,
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
        }

    @property
    def url(self) -> URL:
        """The address of its database. There is no password: the socket's folder lets in its owner alone."""
        return URL.create(
            "postgresql+asyncpg", username=DATABASE, database=DATABASE, query={"host": str(self.sockets)}
        )

    def ensure_created(self) -> None:
        """Make the data folder if there is none, whole or not at all."""
        self._check_folder()
        if self.folder.exists():
            return
        fresh = self.folder.with_name(f"{self.folder.name}.new")
        rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self.binaries.own(fresh)
        made = self.binaries.run(
            "initdb",
            *("--pgdata", str(fresh), "--username", DATABASE, "--encoding", "UTF8"),
            # The same order and case rules on every machine, whatever its locale.
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
            *("--auth-local", "trust", "--auth-host", "reject", "--no-instructions"),
        )
        if made.returncode:
            raise Unavailable(
                f"PostgreSQL could not make its data folder {self.folder}: {_reason(made.stderr)}"
            )
        with (fresh / "postgresql.conf").open("a") as main:
            main.write(
                "\n# Written by atrium at every start. ALTER SYSTEM overrides it.\ninclude_if_exists "
                "'atrium.conf'\n"
            )
        fresh.rename(self.folder)

    def ensure_running(self, *, alone: bool) -> None:
        """Start the server, or find it running; with `alone` and other settings than it has, restart it."""
        if self._answers():
            if alone and self._configuration() != self._configured():
                self.stop()
                self._start()
        else:
            self._start()
        self._ensure_database()

    def stop(self) -> None:
        """End the server; its connections are cut, its data is safe."""
        if self._postmaster() is None:
            return
        done = self.binaries.run(
            *(
                "pg_ctl",
                "stop",
                "--pgdata",
                str(self.folder),
                "--mode",
                "fast",
                "--timeout",
                str(_START_SECONDS),
            ),
            timeout=_START_SECONDS + 10,
        )
        if done.returncode and self._postmaster() is not None:
            raise Unavailable(f"PostgreSQL in {self.folder} did not stop: {_reason(done.stderr)}")

    def _start(self) -> None:
        log = self.folder / "server.log"
        with suppress(FileNotFoundError):
            if log.stat().st_size > _LOG_BYTES:
                log.rename(log.with_suffix(".log.1"))
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise Unavailable(f"PostgreSQL did not start within {_START_SECONDS} seconds: see {log}.")
            if self._postmaster() is not None:
                # It recovers, or a program that was killed had begun to stop it.
                time.sleep(0.1)
                continue
            self._forget_stranger()
            self._configure()
            size = log.stat().st_size if log.exists() else 0
            started = self.binaries.run(
                *("pg_ctl", "start", "--pgdata", str(self.folder), "--log", str(log)),
                *("--timeout", str(_START_SECONDS), "--silent"),
                timeout=_START_SECONDS + 10,
            )
            if started.returncode:
                said = log.read_text(errors="replace")[size:] if log.exists() else started.stderr
                # Processes of a killed server need a moment to notice; until then they hold its memory.
                if "pre-existing shared memory block" not in said and "lock file" not in said:
                    raise Unavailable(f"PostgreSQL in {self.folder} does not start: {_reason(said)}")
                time.sleep(0.2)

    def _ensure_database(self) -> None:
        connection = ("--no-psqlrc", "--tuples-only", "--host", str(self.sockets), "--username", DATABASE)
        query = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608
        found = self.binaries.run("psql", *connection, "--dbname", "template1", "--command", query)
        if found.returncode == 0 and not found.stdout.strip():
            found = self.binaries.run(
                "psql", *connection, "--dbname", "template1", "--command", f"CREATE DATABASE {DATABASE}"
            )
        if found.returncode:
            raise Unavailable(f"PostgreSQL in {self.folder} runs but cannot be used: {_reason(found.stderr)}")

    def _answers(self) -> bool:
        return self.binaries.run("pg_isready", "--host", str(self.sockets), "--quiet").returncode == 0

    def _postmaster(self) -> int | None:
        """The process id of the server, if it lives; another process may have its number after a restart."""
        with suppress(FileNotFoundError, ValueError, IndexError):
            pid = int((self.folder / "postmaster.pid").read_text().splitlines()[0])
            if _works_in(pid, self.folder):
                return pid
        return None

    def _forget_stranger(self) -> None:
        """Remove the trace of a server that is gone: if a stranger bears its number, it bars the start."""
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _configuration(self) -> str:
        quoted = {name: value.replace("'", "''") for name, value in self.settings.items()}
        return "".join(f"{name} = '{value}'\n" for name, value in sorted(quoted.items()))

    def _configured(self) -> str:
        with suppress(FileNotFoundError):
            return (self.folder / "atrium.conf").read_text()
        return ""

    def _configure(self) -> None:
        file = self.folder / "atrium.conf"
        file.write_text(self._configuration())
        self.binaries.own(file)

    def _socket_folder(self) -> Path:
        if len(os.fsencode(self.folder / f".s.PGSQL.{PORT}")) <= _SOCKET_PATH_BYTES:
            return self.folder
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        short = Path(tempfile.gettempdir()) / f"atrium-{digest}"
        short.mkdir(mode=0o700, exist_ok=True)
        owner = self.binaries.account.uid if self.binaries.account else os.geteuid()
        found = short.lstat()
        if found.st_uid not in {owner, os.geteuid()} or found.st_mode & 0o077 or short.is_symlink():
            raise Misconfigured(
                f"The folder {short} belongs to someone else: remove it, or shorten ATRIUM_HOME."
            )
        self.binaries.own(short)
        return short

    def _check_folder(self) -> None:
        account = self.binaries.account
        if account is not None and not account.may_enter(self.folder.parent):
            raise Misconfigured(
                "Started by root, PostgreSQL runs as a user of its own, who cannot enter "
                f"{self.folder.parent}: set ATRIUM_HOME to a folder like /var/lib/atrium, or run atrium as "
                "an ordinary user."
            )
        if not self.folder.exists():
            return
        if account is None and self.folder.stat().st_uid != os.geteuid():
            raise Misconfigured(
                f"The data in {self.folder} belongs to another user: run atrium as that user, or set "
                "ATRIUM_HOME to a folder of yours."
            )
        try:
            found = (self.folder / "PG_VERSION").read_text().strip()
        except OSError:
            raise Misconfigured(
                f"{self.folder} exists but holds no PostgreSQL data: set ATRIUM_HOME to another folder."
            ) from None
        if found != str(MAJOR_VERSION):
            raise Misconfigured(
                f"{self.folder} holds data of PostgreSQL {found}, and this program brings PostgreSQL "
                f"{MAJOR_VERSION}: set ATRIUM_HOME to another folder, or bring the data over with pg_dump."
            )


def _prepared(home: Path) -> Path:
    """The absolute path of `home`, made if it was not there.

    Root's server user may pass through it, not look.
    """
    home = home.expanduser().absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0 and home.stat().st_uid == 0:
            home.chmod(home.stat().st_mode | 0o011)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise Misconfigured(
            f"The folder {home} cannot be used ({error.strerror}): set ATRIUM_HOME to a folder where you may "
            "write."
        ) from error
    return home.resolve()


def _works_in(pid: int, folder: Path) -> bool:
    """Whether the process lives and is the server of `folder`, which is always its working folder."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False
    if not Path("/proc/self/cwd").exists():
        return True
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder
    except OSError:
        return False


def _open(path: Path) -> int:
    """A descriptor that no child process inherits, and that needs no right to write to an existing file."""
    return os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[int]:
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, kind)
        yield descriptor
    finally:
        os.close(descriptor)


def _alone(users: int) -> bool:
    """Whether no other program holds the shared lock; the caller's own stays as it was."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        alone = False
    else:
        alone = True
    fcntl.flock(users, fcntl.LOCK_SH)
    return alone


def _reason(output: str) -> str:
    """The line of a program's output that says what is wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error:" in line or "PANIC" in line]
    return (telling or lines or ["it gave no reason"])[-1].rstrip(".") + "."
