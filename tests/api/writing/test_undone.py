"""All or nothing: every declared mutation, refused at its end, leaves nothing behind and goes well then."""

import pytest

from api.writing.declarations import WRITABLES, Writable
from tests.api.writing.conftest import House
from tests.api.writing.failing import failing
from tests.api.writing.samples import Case, cases, document
from tests.api.writing.test_golden import steps


@pytest.mark.parametrize("writable", WRITABLES.values(), ids=lambda writable: writable.mirror.name)
async def test_nothing_is_written_when_the_last_of_it_fails(house: House, writable: Writable) -> None:
    """The audit is written after all else, in the same transaction."""
    it = None
    planned = await steps(house, writable)
    if planned[0][0].kind not in ("create", "upsert"):
        it = str(house.mine[writable.model.__tablename__])
    for case, values in planned:
        sent = values | ({"id": it} if "id" in values else {})
        before = await house.state()
        async with failing(house, "audit_logs"):
            result = await house.send(document(case), house.me(case.roles), input=sent)
        assert await house.state() == before, case
        payload = await house.ask(case, sent)
        assert payload["errors"] == [], case
        # Rows that cannot be made are told one by one, and without any there is nothing to be undone.
        idle = case.kind == "bulk" and payload["createdCount"] == 0
        assert idle is not bool(result.errors), f"{case}: the fault was not noticed"
        it = it or payload[case.mirror.one]["id"]


@pytest.mark.parametrize("case", cases("bulk"), ids=str)
async def test_no_row_is_written_when_the_last_of_it_fails(house: House, case: Case) -> None:
    sent = await house.full(case)
    before = await house.state()
    async with failing(house, "audit_logs"):
        result = await house.send(document(case), house.me(case.roles), input=sent)
    assert result.errors, "the fault was not noticed"
    assert await house.state() == before
