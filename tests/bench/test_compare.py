"""The comparison itself, over a tiny data set: every server answers alike, and figures come out."""

import shutil
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import URL

from bench import report
from bench.compare import agree, measure, started
from bench.dataset import Dataset, fill
from bench.people import Holdings
from bench.servers.catalogue import SERVERS
from bench.shapes import SHAPES
from db.embedded import EmbeddedServer

COMPARED = ("statement", "loaders", "bare", "stock")


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is missing: apt-get install wrk")
def test_servers_agree_and_are_measured(postgres: EmbeddedServer, database_url: URL, tmp_path: Path) -> None:
    console = Console(record=True, quiet=True, width=160)
    fill(database_url, 1, console, Holdings(sessions=30, messages=12))
    data = Dataset(database_url, postgres)
    with started(data, tmp_path, [SERVERS[name] for name in COMPARED], console) as fleet:
        agreed = agree(fleet.running, list(SHAPES.values()))
        results = measure(
            data,
            fleet.running,
            [SHAPES["two"]],
            rounds=1,
            seconds=1,
            folder=tmp_path / "requests",
            console=console,
            patience=0,
        )
    assert not fleet.left_out
    assert agreed["one", "statement"].objects == 1
    assert {agreed["ten", name].objects for name in COMPARED} == {10}
    assert list(results["two"]) == list(COMPARED)
    for measured in results["two"].values():
        (load,) = measured.loads
        assert load.requests > 0
        assert load.p99 >= load.p50 > 0
        assert measured.objects > 100
    figures = {row["server"]: row for row in report.as_data(results)}
    assert figures["statement"]["ratios"] == [1.0]
    loud = Console(record=True, width=160, file=(tmp_path / "table.txt").open("w"))
    with loud.file:
        report.print_results(results, ["Something was left out."], loud)
    text = loud.export_text()
    assert all(SERVERS[name].title in text for name in COMPARED)
    assert "to bare" in text
    assert "(≥ 20)" in text
    assert "Something was left out." in text
