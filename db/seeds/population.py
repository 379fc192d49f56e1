"""Made-up users for measuring: each has as many rows of every kind, with texts, times and ids of their own.

Everything about a user follows from the seed, the user's number and the time of joining, so the rows are the
same however the work is cut up. Ids are ordered by time as those of the database are; texts are those of the
demo, recombined. Users join one after the other and are active for a while, as in a service that grows: their
rows then lie together in every index that is ordered by time, and writing stays fast in a large database.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any, Final

from asyncpg.pgproto.pgproto import UUID  # type: ignore[import-untyped]

from db.models import DocumentChunk, Memory, Message, Session
from db.seeds.demo import demo_scenario
from db.seeds.llm import MODELS, tokens
from db.seeds.rows import ANCHOR
from db.seeds.shape import (
    AGENTS,
    CHUNKS,
    DAYS,
    DOCUMENTS,
    EXECUTIONS,
    MEMORIES,
    MESSAGES,
    SESSIONS,
    SPAN,
    STEPS,
    TOOL_CALLS,
    Records,
)

_FAMILY: Final = "陳林黃張李王吳劉蔡楊赵周徐孙马朱胡郭何高"
_GIVEN: Final = (
    "怡君",
    "家豪",
    "志明",
    "淑芬",
    "雅婷",
    "子轩",
    "浩然",
    "欣怡",
    "俊杰",
    "梓涵",
    "Anna",
    "Ben",
    "Chloe",
    "David",
)
_TOOLS: Final = (
    ("greenhouse", "read_sensor"),
    ("analytics", "run_query"),
    ("calendar", "find_slot"),
    ("search", "web"),
)
_ENDS: Final = ("completed",) * 8 + ("failed", "cancelled")


class _Pool:
    """Texts of the demo, with how many tokens each has."""

    def __init__(self) -> None:
        demo = demo_scenario()
        said: dict[str, list[str]] = defaultdict(list)
        for message in demo.all(Message):
            said[message["role"]].append(message["content"])
        self.questions = [(text, tokens(text)) for text in said["user"]]
        self.answers = [(text, tokens(text)) for text in said["assistant"]]
        self.titles = [row["title"] for row in demo.all(Session) if "title" in row]
        self.memories = [(row["content"], row["memory_type"], row["tags"]) for row in demo.all(Memory)]
        self.chunks = [row["content"] for row in demo.all(DocumentChunk)]
        self.models = list(MODELS)


@cache
def _pool() -> _Pool:
    return _Pool()


def user_id(seed: int, number: int) -> UUID:
    """The id of one user, by which a later run sees that the user is there already, whenever they joined."""
    return _identity(Random(f"atrium user {seed} {number}"), ANCHOR - SPAN)


def add_user(records: Records, seed: int, number: int, joined: datetime) -> None:
    """Add the rows of one user who is active for `DAYS` from `joined`, `ROWS` altogether."""
    person = _Person(seed, number, joined)
    person.settle(records)
    agents = person.agents(records)
    for _ in range(SESSIONS):
        person.session(records)
    person.library(records)
    for _ in range(EXECUTIONS):
        person.execution(records, person.rng.choice(agents))
    person.usage(records)


def _identity(rng: Random, when: datetime) -> UUID:
    """An id of version 7: 48 bits of milliseconds, then noise."""
    noise = rng.randbytes(8)
    clock = int(when.timestamp() * 1000).to_bytes(6, "big")
    return UUID(clock + b"\x70" + noise[:1] + b"\x80" + noise[1:])


class _Person:
    """One user while their rows are made."""

    def __init__(self, seed: int, number: int, joined: datetime) -> None:
        self.seed, self.number, self.joined = seed, number, joined
        self.rng = Random(f"atrium {seed} {number}")
        self.id = user_id(seed, number)
        self.last_session: UUID | None = None

    def identity(self, when: datetime) -> UUID:
        """A new id with the time `when`."""
        return _identity(self.rng, when)

    def moment(self) -> datetime:
        """Some time while the user is active, early enough for what begins then to end."""
        return self.joined + timedelta(seconds=self.rng.randrange(DAYS * 86_400 - 7200))

    def settle(self, records: Records) -> None:
        """The user and their preferences."""
        name = f"scale-{self.seed}-{self.number}"
        shown = self.rng.choice(_FAMILY) + self.rng.choice(_GIVEN)
        made = self.joined
        records["users"].append((self.id, name, f"{name}@example.com", shown, ["user"], made, made))
        language = self.rng.choice(("zh-TW", "zh-CN", "en"))
        model = self.rng.choice(_pool().models)
        records["user_preferences"].append((self.identity(made), self.id, model, language, made, made))

    def agents(self, records: Records) -> list[UUID]:
        """The user's agents; their ids."""
        ids = []
        for number in range(AGENTS):
            agent = self.identity(self.joined)
            ids.append(agent)
            records["agents"].append(
                (agent, self.id, f"助手 {number + 1}", "active", self.joined, self.joined)
            )
        return ids

    def session(self, records: Records) -> None:
        """One conversation: messages, calls of language models and tools."""
        pool, rng = _pool(), self.rng
        start = self.moment()
        session = self.last_session = self.identity(start)
        name = rng.choice(pool.models)
        model = MODELS[name]
        mode = rng.choice(("llm", "llm", "llm", "mcp", "rag"))
        title, archived = rng.choice(pool.titles), rng.random() < 0.1
        messages, calls = records["messages"], records["llm_calls"]
        endpoint = "messages" if model.provider == "anthropic" else "chat/completions"
        questions = rng.choices(pool.questions, k=MESSAGES // 2)
        answers = rng.choices(pool.answers, k=MESSAGES // 2)
        parent, now, history, used, seq = None, start, 120, 0, 0
        for (question, asked), (answer, written) in zip(questions, answers, strict=True):
            now += timedelta(seconds=rng.randrange(20, 140))
            first = self.identity(now)
            seq += 1
            messages.append(
                (first, self.id, session, parent, seq, 1, "user", question, None, None, None, asked, now, now)
            )
            history += asked
            latency = 400 + 1000 * written // model.speed
            now += timedelta(milliseconds=latency)
            parent = self.identity(now)
            seq += 1
            messages.append(
                (
                    *(parent, self.id, session, first, seq, 1, "assistant", answer, name),
                    *(history, written, history + written, now, now),
                )
            )
            calls.append(
                (
                    *(self.identity(now), self.id, session, model.provider, name, endpoint, "succeeded", 200),
                    *(history, written, history + written, _cost(name, history, written), latency, now, now),
                )
            )
            history += written
            used += asked + history
        records["sessions"].append(
            (session, self.id, mode, title, name, archived, start, start, MESSAGES, used, now)
        )
        self._tools(records, session, messages[-MESSAGES:])

    def _tools(self, records: Records, session: UUID, messages: list[tuple[Any, ...]]) -> None:
        for message in self.rng.sample(messages, TOOL_CALLS):
            server, tool = self.rng.choice(_TOOLS)
            status = "failed" if self.rng.random() < 0.05 else "succeeded"
            took, when = self.rng.randrange(20, 3000), message[-2]
            records["tool_calls"].append(
                (
                    self.identity(when),
                    self.id,
                    session,
                    message[0],
                    tool,
                    "mcp",
                    server,
                    status,
                    took,
                    when,
                    when,
                )
            )

    def library(self, records: Records) -> None:
        """Memories, and documents with their chunks."""
        pool, rng = _pool(), self.rng
        for _ in range(MEMORIES):
            when = self.moment()
            content, kind, tags = rng.choice(pool.memories)
            weight = round(rng.random(), 3)
            records["memories"].append(
                (self.identity(when), self.id, self.last_session, kind, content, weight, tags, when, when)
            )
        for number in range(DOCUMENTS):
            when = self.moment()
            document = self.identity(when)
            title, media = f"{rng.choice(pool.titles)} {number + 1}", "text/markdown"
            records["documents"].append(
                (
                    *(document, self.id, title, media, rng.randrange(4_000, 90_000), "needs_embedding"),
                    *(when, when, when, CHUNKS),
                )
            )
            for index, content in enumerate(rng.choices(pool.chunks, k=CHUNKS)):
                records["document_chunks"].append(
                    (self.identity(when), self.id, document, index, content, when)
                )

    def execution(self, records: Records, agent: UUID) -> None:
        """One run with its steps and a gapless stream of events."""
        rng = self.rng
        start = now = self.moment()
        run, status = self.identity(start), rng.choice(_ENDS)
        done = STEPS if status == "completed" else rng.randrange(STEPS)
        told: list[tuple[str, str, str, datetime]] = [
            ("status", "info", "Queued.", now),
            ("status", "info", "Started.", now),
        ]
        for seq in range(1, STEPS + 1):
            began, now = now, now + timedelta(milliseconds=rng.randrange(300, 9000))
            ended = "completed" if seq <= done else status if seq == done + 1 else "skipped"
            node = f"step-{seq}"
            records["execution_steps"].append(
                (self.identity(began), self.id, run, seq, node, ended, began, now, start, now)
            )
            level = "error" if ended == "failed" else "info"
            told.append(("step_started", "info", f"Step {node} started.", began))
            told.append(("step_finished", level, f"Step {node}: {ended}.", now))
        told.append(("status", "error" if status == "failed" else "info", f"Now {status}.", now))
        events = records["execution_events"]
        for seq, (kind, level, message, when) in enumerate(told, start=1):
            events.append((self.identity(when), self.id, run, seq, kind, level, message, when))
        took = round((now - start).total_seconds() * 1000)
        used = rng.randrange(300, 9000)
        records["executions"].append(
            (
                *(run, self.id, "agent", agent, status, 100 * done // STEPS, STEPS, done, took, used),
                *(_cost("gpt-4o", used, used // 4), start, now, len(told), start, now),
            )
        )

    def usage(self, records: Records) -> None:
        """What was used on each day; figures of their own, as if some sessions had been purged."""
        for day in range(DAYS):
            when = self.joined + timedelta(days=day)
            answered = self.rng.randrange(1, 40)
            used, took = answered * self.rng.randrange(200, 900), answered * self.rng.randrange(500, 4000)
            records["usage_daily"].append(
                (
                    *(self.identity(when), self.id, when.date(), 1 + answered // 10, 2 * answered),
                    *(answered // 5, used, took, answered, when, when),
                )
            )


@cache
def _price(name: str, thousands: int, hundreds: int) -> Decimal:
    return MODELS[name].cost(thousands * 1000, hundreds * 100)


def _cost(name: str, prompt: int, completion: int) -> Decimal:
    """US dollars, to the next thousand and hundred tokens: exact sums of this size are cheap to remember."""
    return _price(name, 1 + prompt // 1000, 1 + completion // 100)
