"""The command line as people and scripts use it: real processes, real servers, exit codes and sentences."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, text

from api.cli import COMMANDS
from api.cli.exits import MEANINGS, ExitCode
from api.core.addresses import is_loopback
from api.server import listen
from api.settings import ApiSettings, WorkerSettings
from bench.databases import administer
from db.binaries import Account, Binaries
from db.errors import Misconfigured
from db.readiness import check_pgvector, check_version
from db.session import Database
from db.settings import DatabaseSettings, HomeSettings, SecretSettings

ROOT = Path(__file__).parents[2]
SECRET = "0123456789abcdefghijklmnopqrstuvwxyz"  # noqa: S105
Atrium = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def atrium(tmp_path: Path) -> Atrium:
    """Runs a command to its end, with the settings given by name, in an empty folder."""

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            [sys.executable, "-m", "api.cli", *arguments],
            check=False,
            cwd=tmp_path,
            env=environment(**settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def environment(**settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ATRIUM_")}
    given = {f"ATRIUM_{name.upper()}": value for name, value in settings.items()}
    return {**kept, **given, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "NO_COLOR": "1"}


def address(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def fault(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence that a failed command wrote; anything more is a failure of the test."""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("Error: ")
    assert done.stdout == ""
    return lines[0].removeprefix("Error: ")


def test_help_lists_commands_and_exit_codes(atrium: Atrium) -> None:
    done = atrium("--help")
    assert done.returncode == ExitCode.OK
    for command in COMMANDS:
        assert re.search(rf"^\W*{command}\s+\w", done.stdout, re.MULTILINE), command
    for code, meaning in MEANINGS.items():
        assert re.search(rf"\b{code}\s+{re.escape(meaning)}", done.stdout), code


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(atrium: Atrium, command: str) -> None:
    done = atrium(command, "--help")
    assert done.returncode == ExitCode.OK
    assert "Examples" in done.stdout
    assert f"atrium {command}" in done.stdout


def test_every_exit_code_has_a_meaning() -> None:
    assert set(MEANINGS) == set(ExitCode)


def test_unknown_command_is_a_usage_error(atrium: Atrium) -> None:
    assert atrium("dance").returncode == ExitCode.USAGE


def test_wrong_setting_is_named(atrium: Atrium) -> None:
    done = atrium("status", database_pool_size="many")
    assert done.returncode == ExitCode.MISCONFIGURED
    assert fault(done).startswith("ATRIUM_DATABASE_POOL_SIZE is wrong: ")


@pytest.mark.parametrize(
    "url", ["mysql://u:secret@localhost/x", "localhost:5432", "postgresql://u:secret@localhost:x/y"]
)
def test_wrong_url_is_explained_and_not_repeated(atrium: Atrium, url: str) -> None:
    done = atrium("status", database_url=url)
    assert done.returncode == ExitCode.MISCONFIGURED
    assert "looks like postgresql://user:password@host:5432/database" in fault(done)
    assert "secret" not in done.stderr


def test_unreachable_server(atrium: Atrium) -> None:
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    done = atrium("status", database_url=f"postgresql://u:secret@127.0.0.1:{port}/x")
    assert done.returncode == ExitCode.UNAVAILABLE
    assert re.match(r"PostgreSQL cannot be reached .*: check that it runs", fault(done))
    assert "secret" not in done.stderr


def test_unknown_host(atrium: Atrium) -> None:
    done = atrium("status", database_url="postgresql://u@no-such-host.invalid/x")
    assert done.returncode == ExitCode.UNAVAILABLE
    assert fault(done).startswith("PostgreSQL cannot be reached")


def test_unknown_database(atrium: Atrium, postgres_url: URL) -> None:
    done = atrium("status", database_url=address(postgres_url.set(database="nowhere")))
    assert done.returncode == ExitCode.MISCONFIGURED
    assert 'no such database (database "nowhere" does not exist): create it' in fault(done)


def test_empty_database_asks_for_migration(atrium: Atrium, postgres_url: URL) -> None:
    done = atrium("doctor", database_url=address(postgres_url))
    assert done.returncode == ExitCode.SCHEMA
    assert fault(done) == "The database is empty: run atrium migrate."


async def test_schema_behind_and_ahead(atrium: Atrium, database: Database, database_url: URL) -> None:
    async with database.transaction() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = 'of_tomorrow'"))
    done = await asyncio.to_thread(atrium, "doctor", database_url=address(database_url))
    assert done.returncode == ExitCode.SCHEMA
    assert "revision of_tomorrow, which this program does not know" in fault(done)


async def test_tables_without_revision(atrium: Atrium, database: Database, database_url: URL) -> None:
    async with database.transaction() as session:
        await session.execute(text("DROP TABLE alembic_version"))
    done = await asyncio.to_thread(atrium, "doctor", database_url=address(database_url))
    assert done.returncode == ExitCode.SCHEMA
    assert "if they are Atrium's, run atrium migrate --stamp" in fault(done)
    assert (
        await asyncio.to_thread(atrium, "migrate", "--stamp", database_url=address(database_url))
    ).returncode == 0
    assert (await asyncio.to_thread(atrium, "doctor", database_url=address(database_url))).returncode == 0


async def test_missing_privilege(atrium: Atrium, database_url: URL) -> None:
    name = f"guest_{database_url.database}"
    await administer(database_url, f"CREATE ROLE {name} LOGIN")
    try:
        url = address(database_url.set(username=name))
        done = await asyncio.to_thread(atrium, "migrate", database_url=url)
        assert done.returncode == ExitCode.MISCONFIGURED
        assert re.match(
            rf"The user {name} may not create tables in the database \w+: run ALTER DATABASE", fault(done)
        )
        done = await asyncio.to_thread(atrium, "status", database_url=url)
        assert done.returncode == ExitCode.MISCONFIGURED
        assert fault(done).startswith("The database user lacks a privilege (permission denied for table")
    finally:
        await administer(database_url, f"DROP ROLE {name}")


@pytest.mark.parametrize(("number", "version"), [(170004, "17.4"), (90624, "9.6.24")])
def test_old_server_is_refused(number: int, version: str) -> None:
    with pytest.raises(
        Misconfigured, match=f"is PostgreSQL {version}, and 18 or newer is needed: upgrade it"
    ):
        check_version(number, version)


def test_pgvector_versions() -> None:
    check_version(180000, "18.0")
    assert check_pgvector(None, "0.8.5") == "0.8.5"
    assert check_pgvector("0.10.0", "0.10.0") == "0.10.0"
    with pytest.raises(Misconfigured, match=r"lacks the extension pgvector: install version 0\.8"):
        check_pgvector(None, None)
    with pytest.raises(Misconfigured, match=r"offers pgvector 0\.7\.4"):
        check_pgvector(None, "0.7.4")
    with pytest.raises(Misconfigured, match=r"then run ALTER EXTENSION vector UPDATE"):
        check_pgvector("0.7.4", "0.8.5")


class PasswordServer:
    """A server that listens on TCP and wants a password, made from the embedded one's programs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "data"
        self.folder.mkdir()
        self.programs = Binaries.find(Account.owning(self.folder), folder / "binaries")
        self.programs.own(self.folder)
        secret = folder / "password"
        secret.write_text("correct\n")
        self.programs.own(secret)
        self.call("initdb", "--pgdata", f"{self.folder}", "--username", "keeper", "--pwfile", f"{secret}",
                  "--auth", "scram-sha-256", "--no-sync", "--encoding", "UTF8", "--locale", "C")  # fmt: skip
        with listen("127.0.0.1", 0) as free:
            self.port = free.getsockname()[1]
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c fsync=off -c shared_buffers=16MB"
        self.call(
            "pg_ctl", "start", "--pgdata", f"{self.folder}", "--log", f"{self.folder}/log", "-o", options
        )

    def call(self, program: str, *arguments: str) -> None:
        done = self.programs.run(program, *arguments)
        assert done.returncode == 0, done.stderr

    def url(self, password: str) -> str:
        return f"postgresql://keeper:{password}@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        self.call("pg_ctl", "stop", "--pgdata", f"{self.folder}", "--mode", "immediate")


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder with a short path that the server's own user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="atrium-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_password(atrium: Atrium, scratch: Path) -> None:
    server = PasswordServer(scratch)
    try:
        refused = atrium("status", database_url=server.url("wr0ng"))
        assert refused.returncode == ExitCode.MISCONFIGURED
        assert fault(refused) == "PostgreSQL refused the password: correct it in ATRIUM_DATABASE_URL."
        accepted = atrium("status", database_url=server.url("correct"))
        assert accepted.returncode == ExitCode.SCHEMA
        assert "none: run atrium migrate" in accepted.stdout
        assert "correct" not in accepted.stdout
    finally:
        server.stop()


def test_reset_spares_a_database_with_an_address(atrium: Atrium, database_url: URL) -> None:
    refused = atrium("reset", "--yes", database_url=address(database_url))
    assert refused.returncode == ExitCode.USAGE
    assert "add --database-url-too" in fault(refused)
    assert atrium("doctor", database_url=address(database_url)).returncode == ExitCode.OK


def test_reset_asks_and_nobody_answers(atrium: Atrium, database_url: URL) -> None:
    refused = atrium("reset", "--database-url-too", database_url=address(database_url))
    assert refused.returncode == ExitCode.USAGE
    assert fault(refused) == "Nobody is there to be asked: add --yes to delete all data."


def test_reset_and_migrate(atrium: Atrium, database_url: URL) -> None:
    where = {"database_url": address(database_url)}
    assert atrium("reset", "--yes", "--database-url-too", **where).returncode == ExitCode.OK
    assert atrium("status", **where).returncode == ExitCode.SCHEMA
    assert atrium("migrate", **where).returncode == ExitCode.OK
    assert atrium("doctor", **where).returncode == ExitCode.OK
    again = atrium("migrate", **where)
    assert (again.returncode, again.stdout) == (ExitCode.OK, "")
    assert re.fullmatch(r"The schema is at \w+ already\.\n", again.stderr)


def test_unknown_revision(atrium: Atrium, database_url: URL) -> None:
    done = atrium("migrate", "--to", "of_tomorrow", database_url=address(database_url))
    assert done.returncode == ExitCode.MISCONFIGURED
    assert fault(done).startswith("There is no revision of_tomorrow: the newest is ")


async def test_doctor_repairs_counters(atrium: Atrium, database: Database, database_url: URL) -> None:
    async with database.transaction() as session:
        await session.execute(text("INSERT INTO users (username) VALUES ('mei')"))
        await session.execute(text("INSERT INTO sessions (user_id, message_count) SELECT id, 7 FROM users"))
    url = address(database_url)
    sick = await asyncio.to_thread(atrium, "doctor", database_url=url)
    assert sick.returncode == ExitCode.UNHEALTHY
    assert "sessions.message_count is wrong on 1 rows." in sick.stdout
    assert (await asyncio.to_thread(atrium, "doctor", "--repair", database_url=url)).returncode == ExitCode.OK
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT message_count FROM sessions")) == 0
    assert (await asyncio.to_thread(atrium, "doctor", database_url=url)).returncode == ExitCode.OK


def test_doctor_searches_for_what_is_stored(atrium: Atrium, demo_url: URL) -> None:
    done = atrium("doctor", "--recall", database_url=address(demo_url))
    assert done.returncode == ExitCode.OK
    assert re.search(r"Recall of \S+: [01]\.\d{3} on average, [01]\.\d\d at worst", done.stdout)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org"])  # noqa: S104
def test_fixed_viewer_is_refused_for_other_machines(atrium: Atrium, host: str) -> None:
    done = atrium("serve", "--as", "mei", "--host", host)
    assert done.returncode == ExitCode.USAGE
    assert fault(done).startswith(
        f"--as is refused on {host}, since whoever reaches that address would be mei"
    )


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_occupied_port(atrium: Atrium) -> None:
    with listen("127.0.0.1", 0) as taken:
        taken.listen()
        done = atrium("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == ExitCode.MISCONFIGURED
    assert re.match(
        r"Port \d+ of 127\.0\.0\.1 cannot be used .*: stop what uses it, or take another", fault(done)
    )


class Serving:
    """`atrium serve` in the background, once it answers."""

    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "api.cli", "serve", "--port", "0", *arguments],
            cwd=folder,
            env=environment(**settings),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        self.said: list[str] = []
        for line in self.process.stderr:
            self.said.append(line)
            found = re.search(r"at (http://[^/]+)/graphql(?:, as (\w+))?\. Ctrl-C", line)
            if found is not None:
                self.url, self.viewer = found.groups()
                return
        pytest.fail(f"it did not start: {''.join(self.said)}")

    def demo_tokens(self) -> dict[str, str]:
        """The tokens that it shows once it is ready, by user name."""
        assert self.process.stderr is not None
        for line in () if self.process.stderr.closed else self.process.stderr:
            self.said.append(line)
            if "atrium user token NAME" in line:
                break
        return dict(re.findall(r"^As (\w+): \S+#token=(\S+)$", "".join(self.said), re.MULTILINE))

    def end(self, number: signal.Signals) -> int:
        assert self.process.stderr is not None
        self.process.send_signal(number)
        self.said.extend(self.process.stderr)
        self.process.stderr.close()
        return self.process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_on_an_empty_machine_and_ends_cleanly(scratch: Path, number: signal.Signals) -> None:
    """One process from nothing: PostgreSQL, schema, demo data, API; and nothing of it stays behind."""
    serving = Serving(scratch, "--migrate", "--seed", home=str(scratch / "home"))
    assert serving.viewer is None
    assert httpx.get(f"{serving.url}/healthz").status_code == 200
    assert httpx.get(f"{serving.url}/readyz").json()["status"] == "ready"
    answer = httpx.post(f"{serving.url}/graphql", json={"query": "{ __typename }"})
    assert answer.json() == {"data": {"__typename": "Query"}}
    tokens = serving.demo_tokens()
    assert tokens.keys() == {"mei", "admin"}
    for name, token in tokens.items():
        mine = httpx.post(
            f"{serving.url}/graphql",
            json={"query": "{ viewer { login } }"},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert mine.json() == {"data": {"viewer": {"login": name}}}
    assert (scratch / "home" / "secret").stat().st_mode & 0o777 == 0o600
    assert serving.end(number) == ExitCode.OK
    assert "Traceback" not in "".join(serving.said)
    assert not (scratch / "home" / "postgres" / "postmaster.pid").exists()


def test_the_demo_worker_does_what_waits(scratch: Path) -> None:
    """A server, its background work, and a worker beside it with a key of its own; all end together."""
    serving = Serving(
        scratch,
        *("--migrate", "--seed", "--demo-worker"),
        home=str(scratch / "home"),
        worker_pace_seconds="0.01",
        worker_lease_seconds="3",
    )
    headers = {"Authorization": f"Bearer {serving.demo_tokens()['mei']}"}
    document = """{
      executions(where: { status: { in: [PENDING, RUNNING] } }) { nodes { id } }
      done: executions(where: { events: { some: { data: { path: { path: ["worker"], eq: "demo" } } } } }) {
        nodes { status leaseOwner events(last: 1) { nodes { message } } }
      }
    }"""
    while True:
        answer = httpx.post(f"{serving.url}/graphql", json={"query": document}, headers=headers).json()
        assert "errors" not in answer, answer
        if not answer["data"]["executions"]["nodes"]:
            break
        time.sleep(0.2)
    done = answer["data"]["done"]["nodes"]
    # What waited, and what another worker had left.
    assert len(done) == 2
    for each in done:
        assert (each["status"], each["leaseOwner"]) == ("COMPLETED", None)
        assert each["events"]["nodes"] == [{"message": "Now completed."}]
    assert newcomer(f"{serving.url}/graphql", headers) == {"report": "COMPLETED", "intake": "COMPLETED"}
    assert serving.end(signal.SIGTERM) == ExitCode.OK
    assert "Traceback" not in "".join(serving.said)


def newcomer(url: str, headers: dict[str, str]) -> dict[str, str]:
    """What becomes of the demo's workflows that somebody starts who has seen them for the first time."""

    def ask(query: str) -> Any:
        answer = httpx.post(url, json={"query": query}, headers=headers).json()
        assert "errors" not in answer, answer
        return answer["data"]

    found = ask("{ workflows(where: { status: { eq: ACTIVE } }) { nodes { id name publishedVersion } } }")
    by_name = {each["name"].split()[-1]: each["id"] for each in found["workflows"]["nodes"]}
    started = ask(
        "mutation {"
        + " ".join(
            f'{word}: startExecution(input: {{ workflowId: "{by_name[word]}" }}) '
            "{ execution { id } errors { message path } }"
            for word in ("report", "intake")
        )
        + "}"
    )
    return {word: settled(ask, payload) for word, payload in started.items()}


def settled(ask: Callable[[str], Any], payload: dict[str, Any]) -> str:
    """The status in which a started run ends, whose questions are all answered."""
    assert payload["errors"] == []
    key = payload["execution"]["id"]
    answer = f'submitExecutionInput(input: {{ id: "{key}", input: true }})'
    while True:
        status: str = ask(f'{{ execution(id: "{key}") {{ status }} }}')["execution"]["status"]
        if status in ("COMPLETED", "FAILED"):
            return status
        if status == "WAITING_INPUT":
            ask(f"mutation {{ {answer} {{ errors {{ message }} }} }}")
        time.sleep(0.2)


def test_a_worker_needs_its_work_and_a_key(atrium: Atrium, tmp_path: Path, demo_url: URL) -> None:
    assert atrium("worker").returncode == ExitCode.USAGE
    serving = Serving(tmp_path, database_url=address(demo_url), secret=SECRET)
    try:
        done = atrium("worker", "--demo", "--url", f"{serving.url}/graphql")
        assert done.returncode == ExitCode.FAILED
        assert "Nobody has signed in: send an API key" in done.stderr
    finally:
        serving.end(signal.SIGTERM)


def test_other_machines_are_served_who_signed_in(tmp_path: Path, demo_url: URL) -> None:
    settings = {"database_url": address(demo_url), "secret": SECRET}
    serving = Serving(tmp_path, "--host", "0.0.0.0", **settings)  # noqa: S104
    assert serving.viewer is None
    url = f"{serving.url.replace('0.0.0.0', '127.0.0.1')}/graphql"  # noqa: S104
    answer = httpx.post(url, json={"query": "{ viewer { login } sessions { totalCount } }"})
    assert answer.json() == {"data": {"viewer": None, "sessions": {"totalCount": 0}}}
    assert serving.end(signal.SIGTERM) == ExitCode.OK
    assert serving.demo_tokens() == {}


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        (None, "ATRIUM_SECRET is not set, and it has to sign the access tokens: set it to at least 32 "),
        ("too-short", "ATRIUM_SECRET is too weak: give at least 32 random bytes"),
    ],
)
def test_a_database_of_ones_own_needs_a_secret(
    atrium: Atrium, demo_url: URL, secret: str | None, sentence: str
) -> None:
    settings = {"database_url": address(demo_url)} | ({} if secret is None else {"secret": secret})
    for command in (("serve", "--port", "0"), ("user", "token", "mei")):
        done = atrium(*command, **settings)
        assert done.returncode == ExitCode.MISCONFIGURED
        assert fault(done).startswith(sentence)
        assert "too-short" not in done.stderr


def test_a_fixed_viewer_needs_no_credentials(tmp_path: Path, demo_url: URL) -> None:
    serving = Serving(tmp_path, "--as", "mei", database_url=address(demo_url))
    assert serving.viewer == "mei"
    answer = httpx.post(f"{serving.url}/graphql", json={"query": "{ viewer { login } }"})
    assert answer.json() == {"data": {"viewer": {"login": "mei"}}}
    assert serving.end(signal.SIGTERM) == ExitCode.OK


def test_unknown_viewer(atrium: Atrium, demo_url: URL) -> None:
    done = atrium("serve", "--port", "0", "--as", "ghost", database_url=address(demo_url))
    assert done.returncode == ExitCode.MISCONFIGURED
    assert fault(done).startswith("There is no user ghost: run atrium user list ")


def test_too_large_headers_are_refused(tmp_path: Path, demo_url: URL) -> None:
    serving = Serving(tmp_path, database_url=address(demo_url), secret=SECRET)
    try:
        with httpx.Client(base_url=serving.url) as client:
            assert client.get("/healthz", headers={"x-fill": "x" * 20_000}).status_code == 200
            assert client.get("/healthz", headers={"x-fill": "x" * 40_000}).status_code == 431
            many = [(f"x-{number}", "x" * 100) for number in range(400)]
            assert client.get("/healthz", headers=many).status_code == 431
            assert client.get("/healthz").status_code == 200
    finally:
        assert serving.end(signal.SIGTERM) == ExitCode.OK


# As a shell starts a program in the foreground, and in the background.
@pytest.mark.parametrize("handling", ["trap - INT", "trap '' INT"])
def test_termination_in_the_middle_of_work(scratch: Path, handling: str) -> None:
    """A command that is stopped while it works still stops the server that it started."""
    work = [sys.executable, "-m", "api.cli", "seed", "scale", "--users", "100000"]
    process = subprocess.Popen(  # noqa: S603
        ["/bin/sh", "-c", f'{handling}; exec "$@"', "sh", *work],
        cwd=scratch,
        env=environment(home=str(scratch / "home")),
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (scratch / "home" / "postgres" / "postmaster.pid").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.terminate()
    _, said = process.communicate()
    assert (process.returncode, said) == (ExitCode.TERMINATED, "")
    assert not (scratch / "home" / "postgres" / "postmaster.pid").exists()


def test_schema_is_written(atrium: Atrium, tmp_path: Path) -> None:
    printed = atrium("schema").stdout
    assert printed.startswith('"""') or "type Query" in printed
    assert atrium("schema", "--output", "schema.graphql").returncode == ExitCode.OK
    assert (tmp_path / "schema.graphql").read_text(encoding="utf-8") == printed


def test_example_environment_names_every_setting() -> None:
    """Each is commented out with its default, so that the file changes nothing until someone edits it."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    named = [found.group(1) for line in lines if (found := re.match(r"# (ATRIUM_\w+)=", line))]
    classes = (HomeSettings, SecretSettings, DatabaseSettings, ApiSettings, WorkerSettings)
    assert named == [
        f"{each.model_config['env_prefix']}{name}".upper() for each in classes for name in each.model_fields
    ]
    assert {line for line in lines if line and not line.startswith("#")} == {"POSTGRES_PASSWORD="}
