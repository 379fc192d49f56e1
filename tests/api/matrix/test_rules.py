"""The matrix and what was written down by hand agree; permissions and scopes come to what they should."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from api.core.declarations import MIRRORS, Mirror
from api.core.errors import Forbidden, Unauthenticated
from api.core.grants import check_changed, check_shown
from db import models
from db.base import Base, SoftDeleted
from db.matrix import GRANTS, MATRIX, ROLES, Cells, Reach, entity_of
from db.policy import Viewer, changeable, may_change, related, restorable, undeleted, visible
from db.rights import deeds_of, rights_of
from tests.api.matrix.opinion import (
    DOING,
    GUARDED,
    INSIGHT,
    LIKE_THEIR_WHOLE,
    NOBODYS,
    OWNER,
    PARTS,
    RECORDS,
    SHARED,
    Somebody,
    changed_by_role,
    seen_by_role,
)
from tests.api.matrix.opinion import ROLES as HAND_WRITTEN
from tests.api.matrix.town import Town


def field_names(model: type[Base], attributes: frozenset[str]) -> set[str]:
    mirror = MIRRORS[model]
    return {each.name for each in mirror.columns.values() if each.attribute in attributes} | {
        each.name for each in mirror.relations.values() if not each.many and each.local in attributes
    }


@pytest.mark.parametrize("mirror", MIRRORS.values(), ids=lambda mirror: mirror.name)
def test_what_is_refused_is_named_as_the_api_names_it(mirror: Mirror) -> None:
    fields = [*mirror.columns.values(), *mirror.computed.values()]
    named = {each.attribute: each.name for each in fields}
    named |= {each.local: each.name for each in mirror.relations.values() if not each.many}
    for attribute, name in named.items():
        if attribute == "id" or attribute in MATRIX[mirror.model].insight:
            continue
        with pytest.raises(Forbidden, match=rf"^{mirror.name}\.{name} "):
            check_shown(mirror, attribute, Viewer(None), insight=True)


@pytest.mark.parametrize("role", ROLES)
def test_every_deed_is_as_it_was_written_down_by_hand(role: str) -> None:
    expected = {name for name, holders in DOING.items() if role in holders.split()}
    for scopes in (None, frozenset({"*:*"}), frozenset(DOING)):
        assert deeds_of(frozenset({role}), frozenset(), scopes) == expected
    for name in DOING:
        assert deeds_of(frozenset({role}), frozenset({name}), None) == expected | {name}
        assert deeds_of(frozenset({role}), frozenset(), frozenset({name})) == expected & {name}
    assert deeds_of(frozenset({role}), frozenset(), frozenset({"execution:write"})) == set()


def test_every_model_that_is_shown_has_a_line() -> None:
    assert MATRIX.keys() == MIRRORS.keys()
    assert ROLES == HAND_WRITTEN


@pytest.mark.parametrize("model", MATRIX, ids=lambda model: model.__name__)
def test_every_cell_is_as_it_was_written_down_by_hand(model: type[Base]) -> None:
    line, table = MATRIX[model], model.__tablename__
    assert dict(line.sees) == {role: seen_by_role(role, table) for role in ROLES}
    assert dict(line.changes) == {role: changed_by_role(role, table) for role in ROLES}
    nobodys = table in NOBODYS or table in LIKE_THEIR_WHOLE
    assert line.owner == (None if nobodys else OWNER.get(table, "user_id"))
    assert (line.like.key if line.like is not None else None) == whole_of(table)
    assert line.public is (table in SHARED)
    assert [relation.property.local_columns for relation in line.part_of] == [
        {model.__table__.c[column]} for column in PARTS.get(table, ())
    ]
    shown = set(INSIGHT.get(table, "").split()) - {"adRecommendations"}
    assert field_names(model, line.insight) == shown
    assert len(line.insight) == len(shown)


def whole_of(table: str) -> str | None:
    """The relation to the whole with which a row is seen."""
    column = LIKE_THEIR_WHOLE.get(table)
    return None if column is None else column.removesuffix("_id")


def test_what_is_seen_with_its_whole_is_deleted_with_it() -> None:
    """So that nothing has to be asked of the whole but whether it is seen."""
    for line in MATRIX.values():
        if line.like is not None:
            whole = line.like.property.mapper.class_
            assert not undeleted(whole) or line.like in line.part_of


def test_one_owner_is_the_owner_of_both() -> None:
    """Where a foreign key holds a part to the owner of its whole, both are that one's and nobody else's."""
    for model in MATRIX:
        table = Base.metadata.tables[model.__tablename__]
        for key in table.foreign_key_constraints:
            if "user_id" in key.column_keys and len(key.column_keys) > 1:
                assert not table.c.user_id.nullable
                for line in (
                    MATRIX[model],
                    *(MATRIX[one] for one in MATRIX if one.__table__ is key.referred_table),
                ):
                    assert line.owner == "user_id"
                    assert not line.public


VIEWER = Viewer(UUID(int=1), frozenset({"user"}))


@pytest.mark.parametrize(
    ("far", "remote", "near", "local", "asks_whose", "asks_of_whole"),
    [
        (models.Message, "session_id", models.Session, "id", False, False),
        (models.Session, "id", models.Message, "session_id", False, False),
        (models.Message, "id", models.MessageCitation, "message_id", False, True),
        (models.MessageCitation, "document_id", models.Document, "id", False, True),
        (models.Personality, "id", models.Session, "personality_id", True, False),
        (models.ApiKey, "user_id", models.User, "id", True, False),
        (models.User, "id", models.Personality, "user_id", True, False),
        (models.Session, "personality_id", models.Personality, "id", True, False),
    ],
)
def test_what_follows_from_the_near_end_is_not_asked_again(
    far: Any, remote: str, near: Any, local: str, *, asks_whose: bool, asks_of_whole: bool
) -> None:
    """PostgreSQL takes every condition for one more that rows may fail."""
    sql = str(related(aliased(far), remote, aliased(near), local, VIEWER))
    assert ("viewer_id" in sql) is asks_whose
    assert ("EXISTS" in sql) is asks_of_whole


def test_there_is_no_insight_where_the_matrix_names_none() -> None:
    with pytest.raises(TypeError, match="Agent"):
        visible(models.Agent, VIEWER, insight=True)


def test_every_grant_is_as_it_was_written_down_by_hand() -> None:
    found = {
        (MIRRORS[grant.model].name, name): set(grant.roles)
        for grant in GRANTS.values()
        for name in field_names(grant.model, grant.attributes)
    }
    assert found == GUARDED
    assert len(found) == sum(len(grant.attributes) for grant in GRANTS.values())


def reaches(model: type[Base], roles: str, permissions: str = "", scopes: str | None = None) -> Any:
    """How far somebody sees and changes."""
    rights = rights_of(
        signed_in=True,
        roles=frozenset(roles.split()),
        permissions=frozenset(permissions.split()),
        scopes=None if scopes is None else frozenset(scopes.split()),
    )
    return rights.sight.reaches[model], rights.changes[model]


NOTHING, PUBLIC, OWN, ALL = Reach.NOTHING, Reach.PUBLIC, Reach.OWN, Reach.ALL


@pytest.mark.parametrize(
    ("expected", "model", "given"),
    [
        ((OWN, NOTHING), models.Agent, ("",)),
        ((OWN, NOTHING), models.Agent, ("unheard-of",)),
        ((NOTHING, NOTHING), models.Agent, ("guest",)),
        ((OWN, NOTHING), models.Agent, ("guest", "agent:read")),
        ((OWN, OWN), models.Agent, ("viewer", "agent:write")),
        ((OWN, OWN), models.Agent, ("viewer", "agent:write agent:read")),
        ((ALL, OWN), models.Agent, ("user", "agent:read_all")),
        ((OWN, ALL), models.Agent, ("user", "agent:write_all")),
        ((ALL, ALL), models.Agent, ("viewer", "*:*")),
        ((ALL, ALL), models.Agent, ("viewer", "agent:*")),
        ((OWN, NOTHING), models.Agent, ("viewer", "*:read agent agents:write agent:writes :write")),
        ((OWN, NOTHING), models.Agent, ("viewer", "agent:insight session:read_all")),
        ((NOTHING, NOTHING), models.Agent, ("user", "", "")),
        ((NOTHING, NOTHING), models.Agent, ("admin", "*:*", "session:read")),
        ((OWN, NOTHING), models.Agent, ("admin", "*:*", "agent:read")),
        ((OWN, OWN), models.Agent, ("user", "", "*:*")),
        ((ALL, OWN), models.Agent, ("admin", "", "agent:read_all agent:write")),
        ((OWN, NOTHING), models.Agent, ("viewer", "", "agent:write agent:read_all")),
        ((ALL, NOTHING), models.Config, ("user", "config:read")),
        ((NOTHING, NOTHING), models.Config, ("user", "config:insight")),
        ((NOTHING, ALL), models.Config, ("user", "config:write")),
        ((ALL, NOTHING), models.Config, ("developer", "", "config:read")),
        ((NOTHING, NOTHING), models.Config, ("developer", "", "metric:read")),
        ((Reach.INSIGHT, NOTHING), models.Metric, ("user", "metric:insight")),
        ((Reach.INSIGHT, NOTHING), models.Metric, ("analyst", "", "metric:read")),
        ((ALL, NOTHING), models.Metric, ("developer", "", "metric:read")),
        ((ALL, NOTHING), models.Metric, ("user", "metric:insight metric:read")),
        ((Reach.INSIGHT, NOTHING), models.UsageDaily, ("analyst", "*:*", "*:insight")),
        ((OWN, NOTHING), models.UsageDaily, ("analyst", "", "*:read")),
        ((NOTHING, NOTHING), models.UsageDaily, ("analyst", "", "session:*")),
        ((ALL, NOTHING), models.AuditLog, ("admin", "*:* audit_log:write_all")),
        ((PUBLIC, NOTHING), models.Personality, ("user", "", "session:read")),
        ((PUBLIC, NOTHING), models.Personality, ("guest",)),
        ((OWN, NOTHING), models.PersonalityValidation, ("guest", "personality_validation:read")),
        ((ALL, NOTHING), models.EmbeddingModel, ("user", "", "")),
    ],
)  # fmt: skip
def test_permissions_take_beyond_a_role_and_scopes_cut_down(
    expected: Any, model: type[Base], given: Any
) -> None:
    assert reaches(model, *given) == expected


@pytest.mark.parametrize(
    ("held", "roles", "permissions", "scopes"),
    [
        (True, "admin", "", None),
        (False, "user", "", None),
        (True, "user", "api_request:bodies", None),
        (True, "user", "api_request:*", None),
        (True, "user", "*:bodies", None),
        (True, "user", "*:*", None),
        (False, "user", "api_request:read_all llm_call:bodies", None),
        (False, "admin", "", "api_request:read_all"),
        (False, "admin", "", ""),
        (True, "admin", "", "api_request:bodies"),
        (False, "user", "", "*:*"),
    ],
)
def test_a_field_that_takes_a_permission(
    held: bool, roles: str, permissions: str, scopes: str | None
) -> None:
    viewer = Viewer(
        UUID(int=1),
        frozenset(roles.split()),
        frozenset(permissions.split()),
        None if scopes is None else frozenset(scopes.split()),
    )
    assert ("api_request:bodies" in viewer.sight.granted) is held
    refusal = viewer.sight.refusal(models.ApiRequest, "request_body", insight=False)
    assert refusal == (None if held else "api_request:bodies")


def test_whoever_sees_the_same_has_one_sight() -> None:
    one = Viewer(UUID(int=1), frozenset({"user"}), frozenset({"agent:write"}))
    other = Viewer(UUID(int=2), frozenset({"viewer"}), frozenset({"session:read"}))
    assert one.sight is other.sight
    assert one.sight is not Viewer(UUID(int=1), frozenset({"user"}), frozenset({"agent:read_all"})).sight
    assert one.sight is not Viewer(UUID(int=1), frozenset({"user"}), frozenset({"llm_call:bodies"})).sight
    assert one.sight is not Viewer(None).sight


def changed(town: Town, who: Somebody, model: type[Base]) -> set[UUID]:
    """What somebody who holds roles alone may change if they see everything."""
    table = model.__tablename__
    reach = max(changed_by_role(role, table) for role in who.roles)
    return {
        key
        for key, row in town.rows[table].items()
        if not town.deleted(table, row)
        and (reach is Reach.ALL or (reach is Reach.OWN and town.owns(who.viewer, table, row)))
    }


def differing(
    connection: Connection, town: Town, model: type[Base], roles: frozenset[str] = frozenset(ROLES)
) -> list[str]:
    """Who of those with one of the roles has other rows of a model than what was written down by hand."""
    found = []
    table = model.__tablename__
    for name, who in town.everybody().items():
        if who.beyond or who.named is not None or roles.isdisjoint(who.roles):
            continue
        viewer = Viewer(who.viewer.user_id, who.viewer.roles)
        for insight in (False, True) if MATRIX[model].insight else (False,):
            seen = {
                key for key, row in town.rows[table].items() if town.sees(who, table, row, insight=insight)
            }
            limit = visible(model, viewer, insight=insight)
            if set(connection.scalars(select(model.id).where(limit))) != seen:  # type: ignore[attr-defined]
                found.append(f"{name} sees")
        seeing = Viewer(viewer.user_id, viewer.roles, frozenset({f"{entity_of(model)}:read_all"}))
        limit = changeable(model, seeing)
        rightly = {role for role in who.roles if changed_by_role(role, table) is not Reach.NOTHING}
        if (
            set(connection.scalars(select(model.id).where(limit))) != changed(town, who, model)  # type: ignore[attr-defined]
            or may_change(model, viewer) is not bool(rightly)
        ):
            found.append(f"{name} changes")
    return found


@pytest.mark.parametrize("model", MATRIX, ids=lambda model: model.__name__)
async def test_every_role_sees_and_changes_what_was_written_down(town: Town, model: type[Base]) -> None:
    async with town.database.engine.connect() as connection:
        assert await connection.run_sync(differing, town, model) == []


# As the role has it; who sees more than they change; who changes more than they see.
GRANTED = ("", "read_all", "write_all")


@pytest.mark.parametrize("granted", GRANTED)
@pytest.mark.parametrize("role", [role for role in ROLES if role != "guest"])
@pytest.mark.parametrize("model", [each for each in MATRIX if issubclass(each, SoftDeleted)])
async def test_only_what_one_could_change_comes_back(
    town: Town, model: type[Base], role: str, granted: str
) -> None:
    table = model.__tablename__
    permissions = frozenset({f"{entity_of(model)}:{granted}"} if granted else ())
    viewer = Viewer(town.people[0]["users"], frozenset({role}), permissions)
    sees, changes = seen_by_role(role, table), changed_by_role(role, table)
    reach = min(ALL if granted == "read_all" else sees, ALL if granted == "write_all" else changes)
    binned = [
        (key, row)
        for key, row in town.rows[table].items()
        if row["deleted_at"] is not None and not town.deleted(table, {**row, "deleted_at": None})
    ]
    expected = {
        key for key, row in binned if reach is ALL or (reach is not NOTHING and town.owns(viewer, table, row))
    }
    async with town.database.engine.connect() as connection:
        found = set(await connection.scalars(select(model.id).where(restorable(model, viewer))))  # type: ignore[attr-defined]
    assert binned
    assert found == expected


def others(model: type[Base], side: str) -> list[tuple[str, Cells]]:
    """Each role with the cells of a model, its own changed to what could stand there and mean another."""
    cells: Cells = getattr(MATRIX[model], side)
    insight = bool(MATRIX[model].insight)
    possible = [NOTHING, OWN, ALL] if side == "changes" else [NOTHING, OWN, Reach.INSIGHT, ALL]
    return [
        (role, {**cells, role: reach})
        for role in ROLES
        for reach in possible
        if (reach is not Reach.INSIGHT or insight)
        and effective(model, side, role, reach) is not effective(model, side, role, cells[role])
    ]


@pytest.mark.parametrize("model", MATRIX, ids=lambda model: model.__name__)
async def test_no_cell_could_be_another_without_being_noticed(
    town: Town, model: type[Base], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the rows that it gives alone, and not by comparing the matrix with what was written by hand."""
    line = MATRIX[model]
    unnoticed = []
    async with town.database.engine.connect() as connection:
        for side in ("sees", "changes"):
            for role, cells in others(model, side):
                with monkeypatch.context() as patch:
                    patch.setitem(MATRIX, model, replace(line, **{side: cells}))  # type: ignore[arg-type]
                    rights_of.cache_clear()
                    found = await connection.run_sync(differing, town, model, frozenset({role}))
                rights_of.cache_clear()
                if not found:
                    unnoticed.append((side, cells))
    assert unnoticed == []


def effective(model: type[Base], side: str, role: str, reach: Reach) -> Reach:
    """What a cell comes to: nobody sees less than a guest, more than the whole shows, or what nobody owns."""
    line = MATRIX[model]
    if side == "sees":
        reach = max(reach, line.sees["guest"]) if role != "guest" else reach
        if line.like is not None and reach is not ALL:
            reach = min(reach, MATRIX[line.like.property.mapper.class_].sees[role])
    nobodys = line.owner is None and (line.like is None or side == "changes")
    return NOTHING if nobodys and reach is OWN and side == "sees" else reach


AGENT, CONFIG = MIRRORS[models.Agent], MIRRORS[models.Config]


@pytest.mark.parametrize(
    ("mirror", "viewer", "error"),
    [
        (AGENT, Viewer(UUID(int=1), frozenset({"user"})), None),
        (AGENT, Viewer(UUID(int=1), frozenset({"viewer"}), frozenset({"agent:write"})), None),
        (AGENT, Viewer(UUID(int=1)), Forbidden),
        (AGENT, Viewer(UUID(int=1), frozenset({"user"}), scopes=frozenset({"agent:read"})), Forbidden),
        (AGENT, Viewer(None), Unauthenticated),
        (CONFIG, Viewer(UUID(int=1), frozenset({"developer"})), Forbidden),
        (CONFIG, Viewer(None, frozenset({"admin"})), None),
    ],
)
def test_changing_what_one_may_not_change_is_refused(
    mirror: Mirror, viewer: Viewer, error: type[Forbidden] | type[Unauthenticated] | None
) -> None:
    if error is None:
        check_changed(mirror, viewer)
        return
    with pytest.raises(error) as refused:
        check_changed(mirror, viewer)
    if error is Forbidden:
        permission = f"{entity_of(mirror.model)}:write"
        assert refused.value.extensions == {"code": "FORBIDDEN", "permission": permission}
        assert permission in refused.value.message


def test_an_administrator_is_one_by_a_key_as_well() -> None:
    assert Viewer(UUID(int=1), frozenset({"user", "admin"}), scopes=frozenset()).is_admin
    assert not Viewer(UUID(int=1), frozenset({"user"}), frozenset({"*:*"})).is_admin


def test_records_are_kept_from_everybody() -> None:
    everything = Viewer(UUID(int=1), frozenset(ROLES), frozenset({"*:*"}))
    assert {model.__tablename__ for model in MATRIX if not may_change(model, everything)} == RECORDS
