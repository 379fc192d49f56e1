"""What the index of words says of texts that contain another one never leaves out any of them."""

import random
from typing import Final

import pytest
from sqlalchemy import ARRAY, Text, bindparam, text

from db.search.within import _COMMON, CUT, words_within
from db.session import Database

PIECES: Final = (
    "溫室", "数据库", "電", "か", "が", "カ\u3099", "한국어", "각", "ﬁnding", "naïve", "e\u0301", "running",
    "Runs", "about", "themselves", "PG-40123", "greenhouse", "GREENHOUSE", "\u212aelvin", "don't", "a", "the",
    " ", "  ", "，", "。", ".", "-", "_", "/", "\n", "\ufe0f", "😀", "ＡＰＩ", "2026", "x9", "'", '"', "&",
    "|", "!", "…",
)  # fmt: skip
HOLDS: Final = text("""
    SELECT content, needle, query FROM unnest(:contents, :needles, :queries) given(content, needle, query)
    WHERE NOT search_vector(content) @@ CAST(query AS tsquery)
""").bindparams(*(bindparam(name, type_=ARRAY(Text())) for name in ("contents", "needles", "queries")))


async def test_no_text_is_left_out(database: Database) -> None:
    drawn = random.Random(41)  # noqa: S311
    cases = []
    while len(cases) < 3_000:
        content = "".join(drawn.choices(PIECES, k=drawn.randint(1, 12)))
        begin = drawn.randrange(len(content))
        needle = content[begin : drawn.randint(begin + 1, len(content))]
        query = words_within(needle)
        if query is not None:
            cases.append((content, needle, query))
    names = ("contents", "needles", "queries")
    async with database.read() as session:
        left_out = await session.execute(
            HOLDS, dict(zip(names, map(list, zip(*cases, strict=True)), strict=True))
        )
        assert left_out.all() == []


async def test_a_text_that_is_too_long_is_looked_at(database: Database) -> None:
    contents = ["a " * 30_000 + "溫室", "a " * 29_000 + "溫室", "a " * 29_000]
    async with database.read() as session:
        found = await session.execute(
            text(
                "SELECT search_vector(content) @@ CAST(:query AS tsquery)"
                " FROM unnest(:contents) WITH ORDINALITY given(content, place) ORDER BY place"
            ).bindparams(bindparam("contents", type_=ARRAY(Text()))),
            {"contents": contents, "query": words_within("溫室")},
        )
        assert list(found.scalars()) == [True, True, False]


async def test_words_that_the_database_leaves_out_are_known(database: Database) -> None:
    async with database.read() as session:
        listed = await session.scalar(
            text(
                "SELECT pg_read_file(setting || '/tsearch_data/english.stop') FROM pg_config()"
                " WHERE name = 'SHAREDIR'"
            )
        )
    assert {word for word in str(listed).split() if len(word) >= 5 and word.isalpha()} == set(_COMMON)


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ("溫室", f"('溫室') | '{CUT}'"),
        ("夜間溫度 18", f"('夜間' & '間溫' & '溫度') | '{CUT}'"),
        (" running about ", f"('run') | '{CUT}'"),
        ("running", None),
        ("室", None),
        ("かが", None),
        ("100%", None),
        ("", None),
    ],
)
def test_only_what_is_sure_is_asked_for(asked: str, query: str | None) -> None:
    assert words_within(asked) == query
