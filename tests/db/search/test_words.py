"""Questions and texts are read alike: by the program and by the database, in every script."""

import random
from typing import Final
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from db.search.fold import folded
from db.search.marking import marks
from db.search.scripts import forms, simplified
from db.search.wording import MOST_CHARACTERS, Unsearchable, marked, read
from db.session import Database

ALPHABETS: Final = (
    "aZ éßİΣ 0 9.-_'\"/@#（）「」，。ＡＢ１２ｱﾞ①ﬁ數据庫库台臺々〆"
    "カーガが゙ㄱ한국어중 ไทย हिन्दी\u3000\u00a0\U00020000😀"
)
DOCUMENT: Final = '用 PG-40123 數據庫的人，running "API keys" 茶。ﬁle Ａ１、東京都庁とカレー。한국어 검색'


@settings(max_examples=300)
@given(
    content=st.text(
        st.sampled_from(ALPHABETS) | st.characters(exclude_categories=["Cs", "Cn", "Co"]), max_size=60
    )
)
def test_marks_lie_within_the_text_and_in_order(content: str) -> None:
    found = marks(content, marked("'数据' | '數據' | 'run' | '茶':*"), most=50)
    ends = [0, *(place for each in found for place in (each.start, each.end)), len(content)]
    assert ends == sorted(ends)
    assert all(each.start < each.end for each in found)


async def test_program_and_database_fold_alike(database: Database) -> None:
    rng = random.Random(7)  # noqa: S311
    # What this Python has not heard of the server may know.
    plain = "".join(character for character in map(chr, range(1, 0x3100)) if category(character) != "Cn")
    texts = ["".join(rng.choices(ALPHABETS, k=40)) for _ in range(300)]
    texts += ["".join(rng.choices(plain, k=30)) for _ in range(300)]
    async with database.read() as session:
        rows = await session.execute(
            text("SELECT t, search_fold(t) FROM unnest(CAST(:texts AS text[])) t"), {"texts": texts}
        )
        differing = {content: made for content, made in rows if made != folded(content)}
    assert differing == {}


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("40123", True),
        ("pg40123", False),
        ("數據", True),
        ("数据库", True),
        ("据", True),
        ("茶", True),
        ("咖啡", False),
        ("RUN", True),
        ('"API key"', True),
        ('"key API"', False),
        ('"數據庫的人"', True),
        ('"人的數據庫"', False),
        ('"pg 40123 数据库"', True),
        ("running -茶", False),
        ("running -咖啡", True),
        ('running -"API keys"', False),
        ("ru*", True),
        ("402*", False),
        ("file", True),
        ("A1", True),
        ("東京都", True),
        ("カレー", True),
        ("ｶﾚｰ", True),
        ("한국어", True),
        ("검색 엔진", True),
        ("검진", False),
    ],
)
async def test_what_is_found(database: Database, question: str, found: bool) -> None:
    wording = read(question)
    async with database.read() as session:
        answer = await session.scalar(
            text("SELECT search_vector(:content) @@ to_tsquery('pg_catalog.english', :match)"),
            {"content": DOCUMENT, "match": wording.match},
        )
    assert answer is found


async def test_scripts_are_told_apart_where_they_are_not_folded(database: Database) -> None:
    async with database.read() as session:
        found = {
            fold: await session.scalar(
                text("SELECT search_vector('數據庫') @@ to_tsquery('pg_catalog.english', :match)"),
                {"match": read("数据库", fold_scripts=fold).match},
            )
            for fold in (True, False)
        }
    assert found == {True: True, False: False}
    assert simplified("數據庫與臺灣") == "数据库与台湾"
    assert set(forms("發")) == {"发", "發", "髮"}


async def test_a_text_of_any_length_can_be_kept(database: Database) -> None:
    every = "".join(map(chr, range(0x4E00, 0x9FFF)))
    rng = random.Random(1)  # noqa: S311
    long = "".join("".join(rng.sample(every, len(every))) for _ in range(60))
    async with database.read() as session:
        size = await session.scalar(text("SELECT length(search_vector(:content))"), {"content": long})
    assert size is not None
    assert size > 50_000


@pytest.mark.parametrize(
    ("question", "fault"),
    [
        ("", "is empty"),
        (" \n\u3000", "is empty"),
        ("。！？…", "only signs"),
        ("-tea", "only says what not to find"),
        ("x" * 100_000, f"at most {MOST_CHARACTERS:,}"),
    ],
)
def test_what_is_no_question(question: str, fault: str) -> None:
    with pytest.raises(Unsearchable, match=fault):
        read(question)


def test_a_question_is_embedded_without_its_signs() -> None:
    assert read('"restore a backup" -tape snap*').meaning == "restore a backup snap"
    assert read("How do I restore, please?").meaning == "How do I restore, please?"


def test_marks() -> None:
    wanted = marked("'run' | '数据' | '據庫' | 'inter':*")
    stretches = [
        (each.start, each.end) for each in marks("ＲＵＮＮＩＮＧ 数据庫 internal run", wanted, most=50)
    ]
    assert stretches == [(0, 7), (8, 10), (12, 20), (21, 24)]
    assert len(marks("run " * 100, wanted, most=50)) == 50
