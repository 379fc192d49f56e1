"""The examples of the manual, run in their order."""

import re
from pathlib import Path
from typing import Any

from api.writing.fields import operations_of
from tests.api.writing.conftest import House
from tests.api.writing.samples import DEVELOPER, cases

MANUAL = Path(__file__).parents[3] / "docs" / "writing.md"


def examples() -> dict[str, str]:
    blocks = re.findall(r"```graphql\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.DOTALL)
    return {re.findall(r"mutation (\w+)", block)[0]: block for block in blocks}


async def test_the_examples_do_what_the_manual_says(house: House) -> None:
    shown, me = examples(), house.me(DEVELOPER)

    async def run(name: str, **variables: Any) -> dict[str, Any]:
        result = await house.send(shown.pop(name), me, **variables)
        assert result.errors is None, result.errors
        data: dict[str, Any] = result.data
        return data

    again = shown["Make"]
    made = (await run("Make"))["createSession"]
    assert made["errors"] == []
    session = made["session"]
    assert (session["version"], session["messageCount"], session["totalTokens"]) == (1, 2, "12")
    assert [each["seq"] for each in session["messages"]["nodes"]] == [1, 2]
    assert (await house.send(again, me)).data["createSession"] == made
    changed = (await run("Change", id=session["id"]))["updateSession"]
    assert changed == {
        "session": {"title": "Plans for summer", "systemPrompt": None, "version": 2}, "errors": []
    }  # fmt: skip
    kept = (await run("Keep"))["upsertPersonality"]
    assert (kept["created"], kept["personality"]["slug"], kept["errors"]) == (True, "gardener", [])
    dropped = await run("Drop", id=session["id"])
    assert dropped["deleteSession"] == {"deletedId": session["id"], "errors": []}
    assert dropped["restoreSession"] == {"session": {"id": session["id"], "messageCount": 2}, "errors": []}
    many = (await run("Many", session=session["id"]))["createMessages"]
    assert many["createdCount"] == 1
    assert many["results"][0] == {"message": {"seq": 3, "content": "And then?"}, "errors": []}
    (error,) = many["results"][1]["errors"]
    assert (error["code"], error["path"]) == ("INVALID", ["input", "messages", "1", "totalTokens"])
    assert shown == {}


def test_every_mutation_that_the_manual_names_exists() -> None:
    known = {name for case in cases() for name in operations_of(case.writable)}
    named = re.findall(
        r"`((?:create|update|upsert|delete|restore)[A-Z]\w+)`", MANUAL.read_text(encoding="utf-8")
    )
    assert named
    assert set(named) <= known
