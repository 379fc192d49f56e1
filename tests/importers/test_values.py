"""Values in one way: secrets taken out, secrets locked away, columns that know what they hold."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from cryptography.fernet import Fernet

from db.base import Base
from db.errors import Misconfigured
from db.importers import values
from db.importers.limits import shape
from db.importers.redaction import (
    LONGEST,
    REMOVED,
    is_secret_name,
    redacted_body,
    redacted_headers,
    redacted_text,
)
from db.importers.report import Report
from db.importers.scopes import translated
from db.importers.texts import dumped, has_duplicates, is_json, jsonb_fault, parsed
from db.importers.vault import Vault


@pytest.mark.parametrize(
    "name", ["password", "Authorization", "X-Api-Key", "access_token", "client_secret", "Set-Cookie"]
)
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["max_tokens", "total_tokens", "tokens", "author", "secretary", "cookies_accepted"]
)
def test_names_that_only_look_like_those_of_secrets_are_left_alone(name: str) -> None:
    assert not is_secret_name(name)


def test_bodies_lose_secrets_by_name_and_by_looks() -> None:
    body, cut = redacted_body('{"user": "a", "password": "p", "deep": [{"token": "t", "n": 1}]}')
    assert body == f'{{"user":"a","password":"{REMOVED}","deep":[{{"token":"{REMOVED}","n":1}}]}}'
    assert not cut
    assert redacted_body("a=1&password=hunter22&b=2")[0] == f"a=1&password={REMOVED}&b=2"
    text = redacted_text("Bearer abc.def, postgresql://bob:pw@host/db and sk-live-0123456789abcdef")
    assert text == f"Bearer {REMOVED}, postgresql://bob:{REMOVED}@host/db and {REMOVED}"
    assert redacted_body("你" * (LONGEST + 1)) == ("你" * LONGEST, True)
    assert redacted_headers([["Cookie", "a"], ["Accept", "b"]]) == [["Cookie", REMOVED], ["Accept", "b"]]


@pytest.mark.parametrize(
    "part", ["x", "eyJ-", "eyJa.", "a:b", "://a:", "token ", 'token="', "sk-", "Bearer ", "_", "&", "9"]
)
def test_long_texts_are_redacted_in_one_pass(part: str) -> None:
    """Looking at each letter's rest of the text anew would take minutes for a text as long as this."""
    text = redacted_text(f"{part * 300_000} mysql://bob:hunter22@host")
    assert text.endswith(f" mysql://bob:{REMOVED}@host")


def test_what_begins_like_a_token_and_is_none_is_left_alone() -> None:
    text = "eyJub3BlIjoxfQ, x-eyJhbGciOiJI.eyJzdWIiOiIx.c2ln, eyJhbGciOiJI.eyJzdWIiOiIx"
    assert redacted_text(text) == f"eyJub3BlIjoxfQ, x-{REMOVED}, eyJhbGciOiJI.eyJzdWIiOiIx"


def test_a_vault_opens_what_any_of_its_keys_closed_and_closes_with_the_first() -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    sealed = Vault.of([old]).seal("祕密")
    both = Vault.of([new, old])
    assert both.open(sealed.token) == "祕密"
    again = both.seal("祕密")
    assert again.key_id == Vault.of([new]).key_id != sealed.key_id
    assert Vault.of([new]).open(again.token) == "祕密"
    with pytest.raises(Misconfigured, match="not among ATRIUM_ENCRYPTION_KEYS"):
        Vault.of([new]).open(sealed.token)
    with pytest.raises(Misconfigured, match="is no key"):
        Vault.of(["short"])
    assert old not in repr(both)


def test_a_vault_beside_the_embedded_database_keeps_its_key(tmp_path: Any) -> None:
    token = Vault.kept([], tmp_path).seal("x").token
    assert Vault.kept([], tmp_path).open(token) == "x"
    (file,) = tmp_path.iterdir()
    file.chmod(0o644)
    with pytest.raises(Misconfigured, match="chmod 600"):
        Vault.kept([], tmp_path)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (1_702_345_678, datetime(2023, 12, 12, 1, 47, 58, tzinfo=UTC)),
        (1_702_345_678_000, datetime(2023, 12, 12, 1, 47, 58, tzinfo=UTC)),
        ("2023-12-12T01:47:58Z", datetime(2023, 12, 12, 1, 47, 58, tzinfo=UTC)),
        ("yesterday", None),
        (True, None),
        (-5, None),
        (None, None),
    ],
)
def test_moments_are_read_in_every_spelling(value: object, meant: datetime | None) -> None:
    assert values.moment(value) == meant


def test_money_is_what_was_written() -> None:
    assert values.money(0.1) == Decimal("0.1")
    assert values.money(Decimal("1.50")) == Decimal("1.50")
    assert values.money(None) is None


def test_json_that_jsonb_cannot_hold_is_told() -> None:
    assert jsonb_fault('{"a": "\\u4f60"}') is None
    assert jsonb_fault('{"a": "\\u0000"}') == "\\u0000 in JSON"
    assert jsonb_fault('{"a": "\\\\u0000"}') is None
    assert jsonb_fault('["\\ud83d"]') == "half of a surrogate pair in JSON"
    assert has_duplicates('{"a": {"b": 1, "b": 2}}')
    assert not has_duplicates('{"a": {"b": 1}, "b": 2}')


@pytest.mark.parametrize(
    "text",
    [
        '{"n":123456789012345678901234567890,"f":0.12345678901234567890,"e":1E5,"z":-0.0}',
        "[1e400,9223372036854775807,1.10]",
        '{"a":[1,0.1,true,null,"x"]}',
    ],
)
def test_json_is_written_as_it_was_read(text: str) -> None:
    assert dumped(parsed(text)) == text


def test_json_that_nobody_could_answer_with_stays_text() -> None:
    assert jsonb_fault("[" * 200 + "]" * 200) is None
    assert jsonb_fault("[" * 201 + "]" * 201) == "JSON nested more than 200 levels"
    assert jsonb_fault('["' + "[" * 300 + '"]') is None
    assert jsonb_fault("[1e99999]") == "a number in JSON that is out of range"
    assert jsonb_fault('["1e99999"]') is None
    assert [is_json(text) for text in ("1e400", "NaN", "[1", '"\\ud800"', "1")] == [
        True,
        False,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("said", "tag"), [("zh_tw", "zh-TW"), ("EN", "en"), ("zh-hant-tw", "zh-Hant-TW"), ("台語", None)]
)
def test_languages_become_tags(said: str, tag: str | None) -> None:
    assert values.language(said) == tag


def test_scopes_are_translated_and_decisions_go_first() -> None:
    scopes, unknown = translated(["chat", "session:read", "audio"], {"chat": ["session:write"]})
    assert scopes == ["session:read", "session:write"]
    assert unknown == ["audio"]


@pytest.mark.parametrize("table", sorted(Base.metadata.tables))
def test_every_table_has_a_shape_whose_defaults_fit(table: str) -> None:
    made = shape(table)
    assert set(made.columns) == {
        column.name for column in Base.metadata.tables[table].columns if column.computed is None
    }
    for name, fault in made.faults:
        if made.defaults.get(name) is not None:
            assert fault(made.defaults[name]) is None, name


def test_columns_know_what_they_cannot_hold() -> None:
    faults = dict(shape("messages").faults)
    assert faults["seq"](-1) == "out of range"
    assert faults["total_tokens"](0) is None
    assert dict(shape("personalities").faults)["rating"](Decimal("5.01")) == "out of range"
    assert dict(shape("users").faults)["display_name"]("x" * 101) == "longer than 100 characters"
    requests = [fault for name, fault in shape("api_requests").faults if name == "status_code"]
    assert [fault.nearest(999) for fault in requests][-1] == 599


def test_a_report_is_read_back_as_it_was_written() -> None:
    report = Report("a", "b")
    table = report.table("t")
    table.read = table.written = 1
    data = report.as_data()
    assert Report.from_data(data).as_data() == data
    assert data["agrees"] is True
    table.read = 2
    assert not report.agrees
