"""The key that signs: made once, readable by its owner alone, and never a weak one."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.auth.secret import Secrets
from api.settings import ApiSettings
from db.errors import Misconfigured
from db.session import Database

GOOD = "0123456789abcdefghijklmnopqrstuvwxyz"
WEAK = ["", " ", "short", "x" * 31, "x" * 1_000, "abcabcabc" * 10, " " * 40]


def test_it_is_made_at_the_first_start_and_kept(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = Secrets.kept(ApiSettings(), home)
    assert len(first.current) >= 32
    assert (home / "secret").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in home.iterdir()] == ["secret"]
    assert Secrets.kept(ApiSettings(), home) == first
    assert Secrets.kept(ApiSettings(), tmp_path / "other") != first


def test_the_umask_changes_nothing(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Secrets.kept(ApiSettings(), tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_several_that_start_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: _kept(tmp_path), range(8)))
    assert len(set(made)) == 1


def _kept(home: Path) -> bytes:
    return Secrets.kept(ApiSettings(), home).current


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    Secrets.kept(ApiSettings(), tmp_path)
    (tmp_path / "secret").chmod(mode)
    with pytest.raises(Misconfigured, match=r"^Others may read .*: run chmod 600 "):
        Secrets.kept(ApiSettings(), tmp_path)


@pytest.mark.parametrize("text", WEAK)
def test_a_file_with_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret").write_text(text)
    (tmp_path / "secret").chmod(0o600)
    with pytest.raises(Misconfigured, match="is too weak") as raised:
        Secrets.kept(ApiSettings(), tmp_path)
    assert not text.strip() or text not in str(raised.value)


def test_a_folder_that_cannot_be_used_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="cannot be used"):
        Secrets.kept(ApiSettings(), tmp_path / "file")


def test_settings_go_before_the_file(tmp_path: Path) -> None:
    settings = ApiSettings(secret=GOOD, previous_secrets=[GOOD[::-1]])  # type: ignore[arg-type]
    expected = Secrets(GOOD.encode(), (GOOD[::-1].encode(),))
    assert Secrets.kept(settings, tmp_path) == Secrets.required(settings) == expected
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", [each for each in WEAK if each])
def test_weak_ones_are_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match=r"^ATRIUM_SECRET is too weak: give at least 32 random bytes"):
        Secrets.required(ApiSettings(secret=text))  # type: ignore[arg-type]
    with pytest.raises(Misconfigured, match=r"^ATRIUM_PREVIOUS_SECRETS is too weak"):
        Secrets.required(ApiSettings(secret=GOOD, previous_secrets=[text]))  # type: ignore[arg-type, list-item]


async def test_without_one_nothing_starts(database: Database) -> None:
    with pytest.raises(
        Misconfigured, match=r"^ATRIUM_SECRET is not set, .*: set it to at least 32 random bytes"
    ):
        create_app(ApiSettings(), database)


@pytest.mark.parametrize("shown", [repr, str, ApiSettings.model_dump_json])
def test_it_shows_nowhere(shown: Any) -> None:
    settings = ApiSettings(secret=GOOD, previous_secrets=[GOOD])  # type: ignore[arg-type, list-item]
    assert GOOD not in shown(settings)
    assert GOOD not in repr(Secrets.required(settings))
