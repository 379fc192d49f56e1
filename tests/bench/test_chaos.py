"""Chaos in a small form, and that its judge would notice."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from bench.chaos import Chaos, Plan, Servers, chaos


@pytest.fixture
def short_home() -> Iterator[Path]:
    """A folder whose path is short enough for that of a socket."""
    folder = Path(tempfile.mkdtemp(prefix="atrium-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


PLAN = Plan(subscribers=20, executions=4, sessions=2, writers=4, commits=60)


async def test_every_reader_gets_what_the_table_has_whatever_breaks(short_home: Path) -> None:
    figures = await chaos(short_home, PLAN)
    assert figures.faults == []
    assert (figures.server_restarts, figures.database_restarts) == (2, 1)
    assert figures.commits == PLAN.writers * PLAN.commits
    assert figures.delivered > figures.events > figures.commits
    assert figures.ends["left"] > 0
    assert figures.ends["lost"] > 0


TABLE: list[Any] = [(1, "a"), (2, "b"), (3, "c")]


@pytest.mark.parametrize(
    "got",
    [[], TABLE[:2], TABLE[1:], [TABLE[0], TABLE[2]], [*TABLE, TABLE[2]], [*TABLE[:2], (3, "b")], TABLE[::-1]],
)
def test_the_judge_notices(got: list[Any], tmp_path: Path) -> None:
    url = make_url("postgresql://nowhere/none")
    judging = Chaos(url, PLAN, Servers(url, tmp_path), lambda: None)
    judging._judge(0, TABLE, TABLE)
    assert judging.figures.faults == []
    judging._judge(0, got, TABLE)
    assert len(judging.figures.faults) == 1
