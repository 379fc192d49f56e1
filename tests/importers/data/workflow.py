"""The AI Workflow Platform's data at any size, with every trap that its design allows."""

from datetime import timedelta
from decimal import Decimal

from tests.importers.data.common import BCRYPT, Chance, Rows, Table, Values, js, zoned

HOMES = {
    **dict.fromkeys(("users", "agents", "agent_plugins", "executions", "execution_logs"), "agent"),
    **dict.fromkeys(("personas", "persona_validations"), "persona"),
    "code_executions": "code",
    **dict.fromkeys(("databases", "schemas", "tables", "sql_queries"), "sql"),
    **dict.fromkeys(("documents", "document_chunks"), "knowledge"),
    **dict.fromkeys(("workflows", "workflow_executions", "workflow_snapshots"), "workflow"),
}
SECRET = "Zm9yZWlnbiBjaXBoZXI="  # noqa: S105


def tables(rows: int, seed: int = 2) -> list[Table]:
    """About so many rows in all tables together."""
    chance = Chance(seed)
    people = _users(chance, max(8, rows // 100))
    ids = [row[0] for row in people]
    personas = _personas(chance, max(10, rows // 50), ids)
    agents = _agents(chance, max(12, rows // 40), ids, personas)
    workflows = _workflows(chance, max(12, rows // 40), ids)
    runs = _runs(chance, max(40, rows // 8), agents, workflows, ids)
    databases = _databases(chance, max(6, rows // 100), ids)
    schemas = [(chance.uuid(), chance.choice(databases)[0], f"schema{n}", "綱要" if n % 2 else None, n % 2 == 0,
                zoned(chance.time()) if n % 2 == 0 else None, zoned(chance.time()), zoned(chance.time()))
               for n in range(max(8, rows // 60))]  # fmt: skip
    documents = _documents(chance, max(10, rows // 60), ids)
    return [
        Table("users", ("id", "email", "password_hash", "name", "roles", "permissions", "is_active",
              "email_verified", "last_login_at", "created_at", "updated_at", "deleted_at"), people),
        Table("personas", ("id", "user_id", "name", "description", "template", "variables", "is_public",
              "usage_count", "rating", "created_at", "updated_at", "deleted_at"), personas),
        Table("persona_validations", ("id", "persona_id", "validator", "validation_result", "is_valid",
              "issues", "validated_at"), _validations(chance, max(10, rows // 60), personas)),
        Table("agents", ("id", "user_id", "persona_id", "name", "description", "status", "settings",
              "metadata", "version", "created_at", "updated_at", "deleted_at"), agents),
        Table("agent_plugins", ("id", "agent_id", "name", "plugin_type", "config", "is_enabled",
              "order_index", "created_at", "updated_at"), _plugins(chance, agents)),
        Table("workflows", ("id", "user_id", "name", "description", "status", "version", "nodes", "edges",
              "viewport", "metadata", "tags", "created_at", "updated_at", "published_at", "deleted_at"),
              workflows),
        Table("workflow_snapshots", ("id", "workflow_id", "snapshot_data", "created_by", "created_at"),
              [(chance.uuid(), chance.choice(workflows)[0], js({"update": "AQLx8A==", "n": n}),
                chance.uuid() if n % 9 == 4 else chance.choice(ids), zoned(chance.time()))
               for n in range(max(15, rows // 30))]),
        Table("executions", ("id", "agent_id", "user_id", "workflow_id", "status", "progress", "input",
              "output", "error", "execution_time_ms", "tokens_used", "cost", "created_at", "started_at",
              "completed_at", "retry_count", "max_retries", "parent_execution_id"), runs),
        Table("workflow_executions", ("id", "workflow_id", "user_id", "status", "input", "output", "error",
              "node_executions", "current_node_id", "total_nodes", "completed_nodes", "execution_time_ms",
              "cost", "created_at", "started_at", "completed_at"),
              _workflow_runs(chance, max(20, rows // 20), workflows, ids)),
        Table("execution_logs", ("execution_id", "level", "message", "metadata", "created_at"),
              _logs(chance, max(80, rows // 3), runs)),
        Table("code_executions", ("id", "user_id", "agent_id", "language", "code", "status", "container_id",
              "container_ip", "stdout", "stderr", "exit_code", "execution_time_ms", "memory_used_mb",
              "cpu_usage_percent", "security_score", "security_issues", "created_at", "started_at",
              "completed_at"), _code(chance, max(20, rows // 20), ids, agents)),
        Table("databases", ("id", "user_id", "name", "connection_string", "database_type", "is_active",
              "last_sync_at", "created_at", "updated_at"), databases),
        Table("schemas", ("id", "database_id", "schema_name", "description", "is_enhanced", "enhanced_at",
              "created_at", "updated_at"), schemas),
        Table("tables", ("id", "schema_id", "table_name", "description", "row_count", "columns", "indexes",
              "foreign_keys", "sample_data", "last_analyzed_at", "created_at", "updated_at"),
              _tables(chance, max(16, rows // 40), schemas)),
        Table("sql_queries", ("id", "user_id", "database_id", "natural_language", "generated_sql",
              "validation_result", "is_safe", "executed", "result_rows", "execution_time_ms", "created_at",
              "executed_at"), _questions(chance, max(20, rows // 20), databases, ids)),
        Table("documents", ("id", "user_id", "title", "content", "content_type", "file_path", "file_size",
              "metadata", "status", "chunk_count", "indexed_at", "created_at", "updated_at", "deleted_at"),
              documents),
        Table("document_chunks", ("id", "document_id", "chunk_index", "content", "content_length",
              "embedding", "metadata", "created_at"), _chunks(chance, max(20, rows // 30), documents)),
    ]  # fmt: skip


def _users(chance: Chance, count: int) -> Rows:
    return [
        (
            chance.uuid(), f"w{n}@workflow.example", BCRYPT if n % 3 == 0 else "AQAAAAIAAYagAAAAE…", f"使用者 {n}",
            (["admin"], ["developer", "analyst"], ["user", "wizard"], [])[n % 4], ["agent:read"] if n % 2 else [],
            n % 5 != 4, n % 2 == 0, zoned(chance.time()) if n % 2 else None, zoned(chance.time()),
            zoned(chance.time() + timedelta(days=60)), zoned(chance.time()) if n % 7 == 5 else None,
        )
        for n in range(count)
    ]  # fmt: skip


def _personas(chance: Chance, count: int, ids: Values) -> Rows:
    return [
        (
            chance.uuid(), chance.uuid() if n % 9 == 4 else chance.choice(ids), f"角色 {n}", chance.text() if n % 2 else None,
            "Hello {{ name }}", js({"type": "object"}), n % 2 == 0, n, Decimal("6.5") if n == 3 else Decimal("4.25"),
            zoned(chance.time()), zoned(chance.time()), zoned(chance.time()) if n % 8 == 7 else None,
        )
        for n in range(count)
    ]  # fmt: skip


def _validations(chance: Chance, count: int, personas: Rows) -> Rows:
    return [
        (
            chance.uuid(), chance.choice(personas)[0], ("gpt4_judge", "template_syntax", "variable_schema")[n % 3],
            js({"score": n}), n % 2 == 0, (["太長", None], None, [])[n % 3], zoned(chance.time()),
        )
        for n in range(count)
    ]  # fmt: skip


def _agents(chance: Chance, count: int, ids: Values, personas: Rows) -> Rows:
    return [
        (
            chance.uuid(), chance.choice(ids), chance.uuid() if n % 6 == 2 else chance.choice(personas)[0], f"代理 {n}",
            None if n % 3 else chance.text(), ("active", "inactive", "archived")[n % 3], js({"temperature": 0.1 * n}),
            None if n % 4 == 3 else js({"k": n}), n + 1, zoned(chance.time()), zoned(chance.time()),
            zoned(chance.time()) if n % 11 == 9 else None,
        )
        for n in range(count)
    ]  # fmt: skip


def _plugins(chance: Chance, agents: Rows) -> Rows:
    kinds = ("code_executor", "text_to_sql", "knowledge_rag", "web_search", "file_upload")
    return [
        (
            chance.uuid(), agent[0], f"外掛 {n}", kinds[n % 5], js({"api_key": SECRET, "depth": 2} if n % 2 else {"k": 1}),
            n % 3 != 2, n % 4, zoned(chance.time()), zoned(chance.time()),
        )
        for n, agent in enumerate(agents)
    ]  # fmt: skip


def _workflows(chance: Chance, count: int, ids: Values) -> Rows:
    return [
        (
            chance.uuid(), chance.uuid() if n % 10 == 6 else chance.choice(ids), f"流程 {n}", None if n % 2 else "說明",
            ("draft", "active", "paused", "archived")[n % 4], n + 1, js([{"id": "a"}, {"id": "b"}]),
            js([{"source": "a", "target": "b"}]), None if n % 5 == 4 else js({"x": 1, "y": 2, "zoom": 0.5}),
            None if n % 3 == 2 else js({"m": n}), (["標籤"], None, [])[n % 3], zoned(chance.time()), zoned(chance.time()),
            zoned(chance.time()) if n % 2 else None, zoned(chance.time()) if n % 11 == 8 else None,
        )
        for n in range(count)
    ]  # fmt: skip


def _runs(chance: Chance, count: int, agents: Rows, workflows: Rows, ids: Values) -> Rows:
    statuses = ("pending", "running", "completed", "failed", "cancelled", "timeout")
    rows: Rows = []
    for n in range(count):
        agent = chance.choice(agents)
        made = chance.time()
        above = None
        if n % 5 == 3:
            own = [row[0] for row in rows if row[2] == agent[1]]
            above = own[-1] if own else rows[0][0]
        if n % 31 == 4:
            above = None
        rows.append((
            chance.uuid(), agent[0], chance.choice(ids) if n % 8 == 5 else agent[1],
            (None, chance.choice(workflows)[0], chance.uuid())[n % 3], statuses[n % 6], n % 101, js({"q": n}),
            js({"a": "好"}) if n % 2 else None, js({"message": "壞"}) if n % 6 == 3 else None, n * 10,
            -7 if n == 9 else (n * 3 if n % 4 else None), Decimal("-0.5") if n == 12 else Decimal(n) / 1000,
            zoned(made), zoned(made) if n % 6 else None, zoned(made + timedelta(seconds=9)) if n % 6 > 1 else None,
            -1 if n == 14 else n % 3, 3, above,
        ))  # fmt: skip
    # Nothing keeps a parent from being made after its child.
    first = list(rows[0])
    later = next(row for row in rows[5:] if row[1] == first[1] and row[2] == first[2])
    first[-1] = later[0]
    rows[0] = tuple(first)
    return rows


def _workflow_runs(chance: Chance, count: int, workflows: Rows, ids: Values) -> Rows:
    statuses = ("pending", "running", "completed", "failed", "cancelled")
    rows = []
    for n in range(count):
        whole = chance.choice(workflows)
        made = chance.time()
        nodes: object = [
            {"node_id": "a", "status": "completed", "input": {"x": 1}, "output": {"y": 2},
             "started_at": "2025-10-10T08:00:00Z", "completed_at": "2025-10-10T08:00:01Z"},
            {"nodeId": "b", "status": "exploded", "error": "炸了", "startedAt": 1_760_000_000},
        ]  # fmt: skip
        if n % 6 == 4:
            nodes = {"a": {"status": "success", "result": [1]}, "b": "bare"}
        if n % 6 == 5:
            nodes = []
        rows.append((
            chance.uuid(), whole[0], chance.choice(ids) if n % 7 == 3 else whole[1], statuses[n % 5], js({"n": n}),
            js({"o": 1}) if n % 2 else None, js({"code": n}) if n % 5 == 3 else None, js(nodes),
            "b" if n % 2 else None, (None, 2, 3, 0)[n % 4], n % 4, n * 7, Decimal(n) / 10_000, zoned(made),
            zoned(made) if n % 2 else None, zoned(made + timedelta(minutes=1)) if n % 5 == 2 else None,
        ))  # fmt: skip
    return rows


def _logs(chance: Chance, count: int, runs: Rows) -> Rows:
    return [
        (
            chance.uuid() if n % 59 == 7 else chance.choice(runs)[0], ("debug", "info", "warning", "error")[n % 4],
            chance.text(), js({"n": n}) if n % 2 else None, zoned(chance.time()),
        )
        for n in range(count)
    ]  # fmt: skip


def _code(chance: Chance, count: int, ids: Values, agents: Rows) -> Rows:
    return [
        (
            chance.uuid(), chance.uuid() if n % 13 == 5 else chance.choice(ids),
            (None, chance.uuid(), chance.choice(agents)[0])[n % 3], ("python", "javascript", "typescript")[n % 3],
            "print('嗨')", ("pending", "running", "completed", "failed", "timeout", "cancelled")[n % 6], f"c{n}",
            ("10.1.2.3", "bridge0", None)[n % 3], "輸出" if n % 2 else None, "警告" if n % 3 else None, n % 3, n, 64,
            Decimal("180.5") if n % 2 else Decimal(-1), 101 if n == 8 else n % 100, (["逃逸"], None)[n % 2],
            zoned(chance.time()), zoned(chance.time()) if n % 2 else None, zoned(chance.time()) if n % 3 == 0 else None,
        )
        for n in range(count)
    ]  # fmt: skip


def _databases(chance: Chance, count: int, ids: Values) -> Rows:
    return [
        (
            chance.uuid(), chance.choice(ids), f"資料庫 {n}",
            SECRET if n % 3 else "postgresql://bob:hunter22@db.example/app",
            ("postgresql", "mysql", "mssql", "sqlite")[n % 4], n % 2 == 0, zoned(chance.time()) if n % 2 else None,
            zoned(chance.time()), zoned(chance.time()),
        )
        for n in range(count)
    ]  # fmt: skip


def _tables(chance: Chance, count: int, schemas: Rows) -> Rows:
    return [
        (
            chance.uuid(), schemas[n % 4][0], "users" if n % 3 == 0 else f"table{n}", None if n % 2 else "表",
            -1 if n == 5 else 2**35 + n, js([{"name": "id"}]), js([{"name": "pk"}]) if n % 2 else None, js([{"column": "id"}]) if n % 3 else None, js([{"id": 1, "name": "王"}]) if n % 4 == 0 else None, zoned(chance.time()) if n % 2 else None,
            zoned(chance.time()), zoned(chance.time()),
        )
        for n in range(count)
    ]  # fmt: skip


def _questions(chance: Chance, count: int, databases: Rows, ids: Values) -> Rows:
    rows = []
    for n in range(count):
        home = chance.choice(databases)
        rows.append((
            chance.uuid(), chance.choice(ids) if n % 6 == 3 else home[1], home[0], "有多少用戶？", "SELECT 1",
            js({"ok": True}) if n % 2 else None, n % 3 != 1, n % 2 == 0, n if n % 2 == 0 else None, n,
            zoned(chance.time()), zoned(chance.time()) if n % 2 == 0 else None,
        ))  # fmt: skip
    return rows


def _documents(chance: Chance, count: int, ids: Values) -> Rows:
    kinds = ("text/plain", "text/markdown", "application/pdf", "application/msword", "text/html")
    return [
        (
            chance.uuid(), chance.uuid() if n % 9 == 7 else chance.choice(ids), f"文件 {n}", chance.text(20, 60),
            kinds[n % 5], f"/srv/files/{n}" if n % 2 else None, n * 1000, None if n % 4 == 3 else js({"source": "s"}),
            ("uploaded", "processing", "indexed", "failed", "indexed")[n % 5], n % 5,
            zoned(chance.time()) if n % 5 == 2 else None, zoned(chance.time()), zoned(chance.time()),
            zoned(chance.time()) if n % 8 == 6 else None,
        )
        for n in range(count)
    ]  # fmt: skip


def _chunks(chance: Chance, count: int, documents: Rows) -> Rows:
    rows = []
    for n in range(count):
        content = chance.text(5, 20)
        vector = "[" + ",".join(f"{chance.random():.4f}" for _ in range(1536)) + "]"
        rows.append((
            chance.uuid(), chance.uuid() if n % 17 == 6 else chance.choice(documents)[0], n % 4, content,
            len(content.encode()) if n % 2 else len(content), None if n % 3 == 1 else vector,
            None if n % 5 == 2 else js({"page": n}), zoned(chance.time()),
        ))  # fmt: skip
    return rows
