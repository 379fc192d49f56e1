"""Chunks: large enough to mean something, small enough to be found, and true to their text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from api.ingestion.cutting import cut, size
from api.ingestion.formats import Format

ENGLISH = "To restore a backup, stop the service and run the command. " * 60
CHINESE = "数据库每天晚上三点备份一次，保留三十天。恢复时先停止服务。" * 60
MANUAL = f"# 手册\n\n前言。\n\n## 备份\n\n{CHINESE}\n\n### Restore\n\n{ENGLISH}\n\n## 空\n\n{CHINESE}"


@pytest.mark.parametrize(("text", "least", "most"), [(ENGLISH, 500, 800), (CHINESE, 250, 400)])
@pytest.mark.parametrize("kind", [Format.TEXT, Format.MARKDOWN])
def test_chunks_have_the_size_that_is_found_best(text: str, least: int, most: int, kind: Format) -> None:
    lengths = [len(chunk.content) for chunk in cut(text, kind)]
    assert len(lengths) > 3
    assert max(lengths) <= most
    assert min(lengths[:-1]) >= least


@pytest.mark.parametrize("kind", [Format.TEXT, Format.MARKDOWN])
def test_chunks_overlap_and_leave_nothing_out(kind: Format) -> None:
    chunks = cut(ENGLISH, kind)
    assert chunks[0].start == 0
    assert all(before.start < after.start <= before.end for before, after in pairwise(chunks))
    assert chunks[-1].end >= len(ENGLISH.rstrip())


def test_chunks_know_their_headings() -> None:
    paths = [chunk.headings for chunk in cut(MANUAL, Format.MARKDOWN)]
    assert list(dict.fromkeys(paths)) == [
        ("手册",), ("手册", "备份"), ("手册", "备份", "Restore"), ("手册", "空"),
    ]  # fmt: skip
    assert all(chunk.headings == () for chunk in cut(MANUAL, Format.TEXT))


def test_a_heading_goes_with_its_text() -> None:
    contents = [chunk.content for chunk in cut(MANUAL, Format.MARKDOWN)]
    assert any(content.startswith("## 备份\n\n数据库") for content in contents)
    assert not any(content.strip() in {"## 备份", "### Restore"} for content in contents)


def test_code_that_looks_like_a_heading_is_none() -> None:
    (chunk,) = cut("# One\n\n```\n# no heading\n```\n", Format.MARKDOWN)
    assert chunk.headings == ("One",)


def test_chunks_know_their_pages() -> None:
    text = "\f".join(["first. " * 120, "", "third. " * 120])
    pages = [chunk.page for chunk in cut(text, Format.PDF)]
    assert pages[0] == 1
    assert pages[-1] == 3
    assert pages == sorted(pages)
    assert {chunk.page for chunk in cut(text, Format.TEXT)} == {None}


@given(
    text=some.text(some.sampled_from("ab 数据库。\n\f#-`*|.中  \u3000😀"), max_size=3_000),
    kind=some.sampled_from(Format),
)
def test_chunks_are_what_stands_at_their_place(text: str, kind: Format) -> None:
    plain = text.replace("\f", "\n")
    chunks = cut(text, kind)
    assert all(plain[chunk.start : chunk.end] == chunk.content for chunk in chunks)
    assert all(chunk.content.strip() and size(chunk.content) <= 1_100 for chunk in chunks)
    covered = {place for chunk in chunks for place in range(chunk.start, chunk.end)}
    assert {place for place, character in enumerate(plain) if not character.isspace()} <= covered
