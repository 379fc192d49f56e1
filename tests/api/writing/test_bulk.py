"""Many rows by one mutation: the three policies, results in order, parts, and how few statements it takes."""

from typing import Any

import pytest

from api.core.ids import global_id
from api.core.kinds import kind_of
from api.writing.inputs import nested_attributes, part_name
from db.store.links import links
from tests.api.writing.conftest import House
from tests.api.writing.samples import DEVELOPER, Case, cases, columns
from tests.conftest import Statements

BULK = cases("bulk")
QUERY = """mutation ($input: CreateMessagesInput!) {
  createMessages(input: $input) {
    createdCount
    results { message { seq content model session { messageCount } toolCalls { totalCount } }
              errors { __typename path } }
    errors { __typename path }
  }
}"""


def rows(house: House) -> list[dict[str, Any]]:
    """Five rows, of which two cannot be written and one could without its model or its tool."""
    session = str(house.mine["sessions"])
    good = {"sessionId": session, "role": "USER"}
    return [
        good | {"content": "first"},
        good | {"content": "of another", "sessionId": str(house.theirs["sessions"])},
        good | {"content": "too long a model", "model": "x" * 101},
        good | {"content": "with tools", "toolCalls": [{"toolName": "a"}, {"toolName": "b\x00"}]},
        good | {"content": "last"},
    ]


async def send(house: House, values: dict[str, Any]) -> dict[str, Any]:
    result = await house.send(QUERY, house.me(DEVELOPER), input=values)
    assert result.errors is None
    payload: dict[str, Any] = result.data["createMessages"]
    return payload


@pytest.mark.parametrize("policy", [{}, {"policy": None}, {"policy": "ALL_OR_NOTHING"}], ids=str)
async def test_all_or_nothing(house: House, policy: dict[str, Any]) -> None:
    before = await house.state()
    payload = await send(house, {"messages": rows(house), **policy})
    assert payload["createdCount"] == 0
    assert [each["message"] for each in payload["results"]] == [None] * 5
    paths = [error["path"] for error in payload["errors"]]
    assert paths == [
        ["input", "messages", "2", "model"],
        ["input", "messages", "3", "toolCalls", "1", "toolName"],
    ]
    assert [len(each["errors"]) for each in payload["results"]] == [0, 0, 1, 1, 0]
    assert await house.state() == before


async def test_rows_with_faults_are_rejected_whole(house: House) -> None:
    payload = await send(house, {"messages": rows(house), "policy": "REJECT_FAILED_ROWS"})
    assert payload["errors"] == []
    assert payload["createdCount"] == 2
    made = [each["message"] and each["message"]["content"] for each in payload["results"]]
    assert made == ["first", None, None, None, "last"]
    assert [error["path"][2:] for each in payload["results"] for error in each["errors"]] == [
        ["1", "sessionId"], ["2", "model"], ["3", "toolCalls", "1", "toolName"]
    ]  # fmt: skip
    first, last = (payload["results"][place]["message"] for place in (0, 4))
    assert last["seq"] == first["seq"] + 1


async def test_what_is_wrong_is_left_out(house: House) -> None:
    payload = await send(house, {"messages": rows(house), "policy": "IGNORE_FAILED"})
    assert payload["errors"] == []
    assert payload["createdCount"] == 4
    made = [each["message"] and each["message"]["content"] for each in payload["results"]]
    assert made == ["first", None, "too long a model", "with tools", "last"]
    assert payload["results"][2]["message"]["model"] is None
    assert payload["results"][3]["message"]["toolCalls"] == {"totalCount": 1}
    assert [len(each["errors"]) for each in payload["results"]] == [0, 1, 1, 1, 0]


@pytest.mark.parametrize("policy", ["REJECT_FAILED_ROWS", "IGNORE_FAILED"])
async def test_what_only_the_database_refuses_is_told_of_its_row(house: House, policy: str) -> None:
    """A place in the document that is taken, in the middle of others that are not."""
    document = str(house.mine["documents"])
    taken = await house.value(
        "SELECT max(chunk_index) FROM document_chunks WHERE document_id = :id", id=house.mine["documents"]
    )
    wanted = [
        {"documentId": document, "content": f"chunk {place}", "chunkIndex": place}
        for place in range(taken + 9)
    ]
    del wanted[: taken - 4]
    query = """mutation ($input: CreateDocumentChunksInput!) { createDocumentChunks(input: $input) {
      createdCount results { documentChunk { chunkIndex } errors { code path } } errors { code }
    } }"""
    result = await house.send(query, house.me(DEVELOPER), input={"documentChunks": wanted, "policy": policy})
    payload = result.data["createDocumentChunks"]
    failed = [(place, each["errors"]) for place, each in enumerate(payload["results"]) if each["errors"]]
    existing = {chunk["chunkIndex"] for chunk in wanted} & {taken}
    assert existing
    assert [place for place, _ in failed] == [
        place for place, chunk in enumerate(wanted) if chunk["chunkIndex"] == taken
    ]
    assert failed[0][1][0]["code"] == "CONFLICT"
    assert failed[0][1][0]["path"][:3] == ["input", "documentChunks", str(failed[0][0])]
    assert payload["createdCount"] == len(wanted) - 1


async def test_what_json_does_not_carry_is_told_of_its_row_with_a_key_too(house: House) -> None:
    session = str(house.mine["sessions"])
    row = {"sessionId": session, "role": "USER", "content": "x"}
    wrong = [row, row | {"metadata": {"n": 2**70}}, row | {"content": "\ud800"}]
    values = {"messages": wrong, "policy": "REJECT_FAILED_ROWS", "idempotencyKey": "odd"}
    first = await send(house, values)
    assert [len(each["errors"]) for each in first["results"]] == [0, 1, 1]
    assert await send(house, values) == first


@pytest.mark.parametrize("case", BULK, ids=str)
async def test_one_wrong_row_in_the_middle_undoes_all(house: House, case: Case) -> None:
    good = (await house.full(case))[case.mirror.many][0]
    (attribute,) = [name for name in case.writable.given if name.endswith("_id")][:1]
    name = case.writable.names[attribute]
    wrong = good | {name: global_id("User", house.mine["users"])}
    before = await house.state()
    payload = await house.ask(case, {case.mirror.many: [good, wrong]})
    assert payload["createdCount"] == 0
    assert [error["path"] for error in payload["errors"]] == [["input", case.mirror.many, "1", name]]
    assert await house.state() == before


@pytest.mark.parametrize("case", [case for case in cases("create") if case.writable.parts], ids=str)
async def test_a_wrong_part_undoes_its_whole(house: House, case: Case) -> None:
    sent = await house.full(case)
    part = case.writable.parts[0]
    name, inner = part_name(part), part.writable
    texts = [
        inner.names[each]
        for each in nested_attributes(inner, part.attribute)
        if kind_of(columns(part.model)[each]).name == "String" or each in links(part.model)
    ]
    spoilt = [*sent[name], sent[name][0] | {texts[0]: "a\x00b"}]
    before = await house.state()
    payload = await house.ask(case, sent | {name: spoilt})
    assert payload[case.mirror.one] is None
    (error,) = payload["errors"]
    assert error["path"] == ["input", name, str(len(spoilt) - 1), texts[0]]
    assert await house.state() == before


async def test_a_thousand_rows_are_one_statement(house: House, statements: Statements) -> None:
    session = str(house.mine["sessions"])
    wanted = [{"sessionId": session, "role": "USER", "content": str(place)} for place in range(1_000)]
    few = {"messages": wanted[:1]}
    with statements(house.database) as one:
        await send(house, few)
    with statements(house.database) as thousand:
        payload = await send(house, {"messages": wanted})
    assert len(thousand) == len(one)
    contents = [each["message"]["content"] for each in payload["results"]]
    assert contents == [str(place) for place in range(1_000)]
    places = [each["message"]["seq"] for each in payload["results"]]
    assert places == list(range(places[0], places[0] + 1_000))


async def test_there_is_a_most(house: House) -> None:
    session = str(house.mine["sessions"])
    row = {"sessionId": session, "role": "USER", "content": "x", "toolCalls": [{"toolName": "x"}] * 25_000}
    before = await house.state()
    payload = await send(house, {"messages": [row, row]})
    assert payload["errors"] == [{"__typename": "InvalidInputError", "path": ["input", "messages"]}]
    assert await house.state() == before
