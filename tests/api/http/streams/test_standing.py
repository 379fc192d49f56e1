"""Who is asking on a stream: what they say at its beginning, and what becomes of them while it is open."""

from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from api.auth.authenticate import FRESH_SECONDS
from api.http.streams.registry import LOOK_SECONDS
from tests.api.http.streams.talk import events, next_of, talking
from tests.api.http.streams.world import FEEDS, LOADERS, REFUSED, People, Place, make_app, served

FEED = 'subscription { feed(name: "a") { value roles } }'


def test_the_intervals_keep_the_promise() -> None:
    """Also where nothing renews what is kept any longer."""
    assert FRESH_SECONDS + LOOK_SECONDS < 5


@pytest.mark.parametrize("key", ["Authorization", "authorization", "AUTHORIZATION"])
async def test_the_first_message_says_who_is_asking(place: Place, people: People, key: str) -> None:
    people.add("lin")
    async with talking(place.socket_url) as talk:
        await talk.init(**{key: "Bearer lin"})
        me = str(people.known["Bearer lin"].viewer.user_id)
        assert (await talk.ask("{ me }"))[0] == next_of("1", {"me": me})


async def test_the_first_message_says_as_whom_an_administrator_acts(place: Place, people: People) -> None:
    people.add("lin")
    people.add("boss", "admin")
    async with talking(place.socket_url) as talk:
        await talk.init("boss", **{"X-Act-As": "lin"})
        me = str(people.known["Bearer lin"].viewer.user_id)
        assert (await talk.ask("{ me }"))[0] == next_of("1", {"me": me})


@pytest.mark.parametrize("payload", [{}, {"Authorization": None}, {"token": "lin"}, {"headers": {}}])
async def test_whoever_says_nothing_is_a_stranger(
    place: Place, people: People, payload: dict[str, Any]
) -> None:
    people.add("lin")
    async with talking(
        place.socket_url,
        query="?token=lin&access_token=lin&Authorization=Bearer%20lin",
        additional_headers={"Authorization": "Bearer lin", "Cookie": "token=lin"},
    ) as talk:
        await talk.send({"type": "connection_init", "payload": payload})
        await talk.hear()
        assert (await talk.ask("{ me }"))[0] == next_of("1", {"me": None})


async def test_urls_are_not_logged(
    place: Place, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    async with talking(place.socket_url, query="?token=hush-1") as talk:
        await talk.init(**{"X-Act-As": "hush-2"})
        await talk.ask("{ hello }")
    await place.emptied()
    shown = capfd.readouterr()
    own = [each.getMessage() for each in caplog.records if not each.name.startswith("websockets.client")]
    assert "hush" not in shown.out + shown.err + "".join(own)


@pytest.mark.parametrize("authorization", ["Bearer nobody", "", "lin", "Basic lin"])
async def test_a_bad_credential_is_4403(place: Place, people: People, authorization: str) -> None:
    people.add("lin")
    async with talking(place.socket_url) as talk:
        await talk.send({"type": "connection_init", "payload": {"Authorization": authorization}})
        assert await talk.closed() == (4403, REFUSED)


async def test_whoever_guesses_is_counted_by_address(people: People) -> None:
    async with served(make_app(people, address_rate_per_minute=2)) as place:
        reasons = []
        for _ in range(3):
            async with talking(place.socket_url) as talk:
                await talk.send({"type": "connection_init", "payload": {"Authorization": "Bearer guess"}})
                code, reason = await talk.closed()
                assert code == 4403
                reasons.append(reason)
        assert reasons[:2] == [REFUSED, REFUSED]
        assert reasons[2].startswith("More than 2 operations a minute")


async def test_while_nobody_can_be_recognised_sockets_are_sent_away(place: Place, people: People) -> None:
    people.away = True
    async with talking(place.socket_url) as talk:
        await talk.send({"type": "connection_init"})
        code, reason = await talk.closed()
        assert (code, "10.0.0.1" in reason) == (1013, False)


async def test_while_nobody_can_be_recognised_open_sockets_stay_and_get_nothing(
    place: Place, people: People
) -> None:
    people.add("lin")
    async with talking(place.socket_url) as talk:
        await talk.init("lin")
        for name in "fg":
            await talk.subscribe(name, FEED.replace('"a"', f'"{name}"'))
        await FEEDS.until(2)
        people.away = True
        await place.streams.look()
        FEEDS.put("f", "secret")
        failed = await talk.hear()
        assert (failed["type"], failed["id"]) == ("error", "f")
        assert failed["payload"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        people.away = False
        FEEDS.put("g", "on")
        assert (await talk.hear())["payload"]["data"]["feed"]["value"] == "on"


async def test_a_credential_that_is_withdrawn_ends_the_socket(place: Place, people: People) -> None:
    people.add("lin")
    people.add("mei")
    async with talking(place.socket_url) as lin, talking(place.socket_url) as mei:
        await lin.init("lin")
        await mei.init("mei")
        for talk in (lin, mei):
            await talk.subscribe("f", FEED)
        await FEEDS.until(2)
        people.revoke("lin")
        assert await lin.closed() == (4403, REFUSED)
        await FEEDS.until(1)
        FEEDS.put("a", "on")
        assert await mei.hear() == next_of("f", {"feed": {"value": "on", "roles": ["user"]}})


async def test_a_credential_that_is_withdrawn_ends_a_stream_over_http(place: Place, people: People) -> None:
    people.add("lin")
    async with events(place.url, FEED, "lin") as stream:
        await FEEDS.until(1)
        people.revoke("lin")
        first, last = await stream.all()
    assert first["event"] == "next"
    assert first["data"]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert last == {"event": "complete", "data": None}
    await FEEDS.until(0)


async def test_an_event_asks_again_before_it_goes_out(
    place: Place, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing reaches a reader between two looks at the credentials either."""

    async def look() -> None:
        pass

    monkeypatch.setattr(place.streams, "look", look)
    people.add("lin")
    async with talking(place.socket_url) as talk:
        await talk.init("lin")
        await talk.subscribe("f", FEED)
        await FEEDS.until(1)
        people.revoke("lin")
        FEEDS.put("a", "secret")
        (only,) = [await talk.hear()]
        assert only["type"] == "error"
        assert only["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        await FEEDS.until(0)
        await talk.subscribe("g", "{ hello }")
        assert (await talk.closed())[0] == 4403


async def test_new_rights_count_for_the_next_event(place: Place, people: People) -> None:
    people.add("lin")
    async with talking(place.socket_url) as talk, events(place.url, FEED, "lin") as stream:
        await talk.init("lin")
        await talk.subscribe("f", FEED)
        await FEEDS.until(2)
        people.grant("lin", "user", "admin")
        FEEDS.put("a", "x")
        expected = {"feed": {"value": "x", "roles": ["admin", "user"]}}
        assert await talk.hear() == next_of("f", expected)
        event = await stream.event()
        assert event is not None
        assert event["data"] == {"data": expected}


async def test_rights_that_are_lost_end_what_may_stand_on_them(place: Place, people: People) -> None:
    people.add("lin", "user", "developer")
    async with talking(place.socket_url) as talk:
        await talk.init("lin")
        on_role = 'subscription ($role: String!) { conditional(name: "a", role: $role) { value } }'
        await talk.subscribe("of a user", on_role, variables={"role": "user"})
        await talk.subscribe("of a developer", on_role, variables={"role": "developer"})
        await talk.subscribe("of nobody knows", FEED)
        await talk.subscribe("query", '{ wait(name: "q") }')
        await FEEDS.until(4)
        people.grant("lin", "user")
        ended = sorted([await talk.hear(), await talk.hear()], key=lambda each: each["id"])
        assert [(each["type"], each["id"]) for each in ended] == [
            ("error", "of a developer"),
            ("error", "of nobody knows"),
        ]
        assert [each["payload"][0]["message"] for each in ended] == [
            "Only for the role developer.",
            "Your rights have changed: subscribe again.",
        ]
        assert {each["payload"][0]["extensions"]["code"] for each in ended} == {"FORBIDDEN"}
        await FEEDS.until(2)
        FEEDS.put("a", "still")
        assert await talk.hear() == next_of("of a user", {"conditional": {"value": "still"}})
        FEEDS.put("q", "done")
        assert await talk.hear() == next_of("query", {"wait": "done"})


async def test_rights_that_are_lost_end_a_stream_over_http(place: Place, people: People) -> None:
    people.add("lin", "user", "developer")
    async with events(place.url, FEED, "lin") as stream:
        await FEEDS.until(1)
        people.grant("lin", "user")
        first, last = await stream.all()
    assert first["data"]["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert last["event"] == "complete"


async def test_each_event_has_loaders_of_its_own(place: Place, people: People) -> None:
    people.add("lin")
    async with talking(place.socket_url) as talk:
        await talk.init("lin")
        await talk.subscribe("f", 'subscription { feed(name: "a") { one: loaders two: loaders } }')
        await FEEDS.until(1)
        seen = []
        for number in range(3):
            FEEDS.put("a", number)
            event = (await talk.hear())["payload"]["data"]["feed"]
            assert event["one"] == event["two"]
            seen.append(event["one"])
        assert len(set(seen)) == 3
        assert all(each._abandoned for each in LOADERS)


async def test_one_question_for_all_streams_of_a_credential(place: Place, people: People) -> None:
    people.add("lin")
    async with talking(place.socket_url) as one, talking(place.socket_url) as two:
        for talk in (one, two):
            await talk.init("lin")
        people.asked = 0
        await place.streams.look()
        assert people.asked == 1


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://127.0.0.1:{port}", True),
        ("HTTP://127.0.0.1:{port}", True),
        ("https://app.example", True),
        ("http://127.0.0.1", False),
        ("http://127.0.0.1:1", False),
        ("https://evil.example", False),
        ("https://app.example.evil.example", False),
        ("https://127.0.0.1:{port}.evil.example", False),
        ("http://127.0.0.1:{port}@evil.example", False),
        ("http://127.0.0.1:99999999", False),
        ("null", False),
        ("", False),
    ],
)
async def test_pages_of_other_origins_open_no_sockets(
    people: People, origin: str | None, allowed: bool
) -> None:
    async with served(make_app(people, cors_origins=["https://app.example"])) as place:
        given = {} if origin is None else {"Origin": origin.format(port=place.port)}
        if allowed:
            async with talking(place.socket_url, additional_headers=given) as talk:
                await talk.init()
        else:
            with pytest.raises(InvalidStatus) as caught:
                async with talking(place.socket_url, additional_headers=given):
                    pass
            response = caught.value.response
            assert response.status_code == 403
            assert response.headers["x-content-type-options"] == "nosniff"
            assert b"ATRIUM_CORS_ORIGINS" in response.body
        await place.emptied()


async def test_every_origin_where_that_is_set(people: People) -> None:
    async with (
        served(make_app(people, cors_origins=["*"])) as place,
        talking(place.socket_url, additional_headers={"Origin": "https://evil.example"}) as talk,
    ):
        await talk.init()
