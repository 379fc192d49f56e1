"""Sessions, messages and memories, and the calls made for them.

Revision: 2026_11_22_4_conversations
Before: 2026_11_22_3_agents
"""

from typing import Final

from migrations.ddl import keep_updated_at, run

revision: Final = "2026_11_22_4_conversations"
down_revision: Final = "2026_11_22_3_agents"
branch_labels: Final = None
depends_on: Final = None

SESSIONS: Final = """
CREATE TABLE sessions (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    kind text COLLATE pg_c_utf8 DEFAULT 'chat' NOT NULL
        CONSTRAINT sessions_kind_check CHECK (kind IN ('chat', 'visit')),
    mode text COLLATE pg_c_utf8 CONSTRAINT sessions_mode_check CHECK (mode IN ('llm', 'mcp', 'rag')),
    title text COLLATE pg_c_utf8,
    model text COLLATE pg_c_utf8 CONSTRAINT sessions_model_check CHECK (char_length(model) <= 100),
    system_prompt text COLLATE pg_c_utf8,
    personality_id uuid,
    agent_id uuid,
    source text COLLATE pg_c_utf8,
    external_id text COLLATE pg_c_utf8
        CONSTRAINT sessions_external_id_check CHECK (char_length(external_id) <= 255),
    client_session_key text COLLATE pg_c_utf8,
    user_segment text COLLATE pg_c_utf8
        CONSTRAINT sessions_user_segment_check CHECK (char_length(user_segment) <= 100),
    preferences jsonb DEFAULT '{}' NOT NULL,
    is_archived boolean DEFAULT false NOT NULL,
    message_count integer DEFAULT 0 NOT NULL,
    total_tokens bigint DEFAULT 0 NOT NULL,
    last_message_at timestamptz,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT sessions_agent_id_user_id_fkey FOREIGN KEY (agent_id, user_id)
        REFERENCES agents (id, user_id) ON DELETE SET NULL (agent_id) ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT sessions_message_count_check CHECK (message_count >= 0),
    CONSTRAINT sessions_total_tokens_check CHECK (total_tokens >= 0),
    CONSTRAINT sessions_source_check CHECK (external_id IS NULL OR source IS NOT NULL),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT sessions_personality_id_fkey FOREIGN KEY (personality_id)
        REFERENCES personalities (id) ON DELETE SET NULL
);

CREATE INDEX sessions_agent_id_created_at_id_idx ON sessions (agent_id, created_at DESC, id DESC);

CREATE INDEX sessions_client_session_key_idx ON sessions (client_session_key)
    WHERE client_session_key IS NOT NULL;

CREATE INDEX sessions_created_at_id_idx ON sessions (created_at DESC, id DESC);

CREATE INDEX sessions_metadata_idx ON sessions USING gin (metadata jsonb_path_ops);

CREATE INDEX sessions_personality_id_created_at_id_idx
    ON sessions (personality_id, created_at DESC, id DESC);

CREATE UNIQUE INDEX sessions_source_external_id_key ON sessions (source, external_id)
    WHERE external_id IS NOT NULL;

CREATE INDEX sessions_user_id_created_at_id_idx ON sessions (user_id, created_at DESC, id DESC);

CREATE INDEX sessions_user_id_last_message_at_asc_id_idx ON sessions (user_id, last_message_at, id);

CREATE INDEX sessions_user_id_last_message_at_desc_id_idx
    ON sessions (user_id, last_message_at DESC NULLS LAST, id DESC);

CREATE INDEX sessions_user_id_live_idx ON sessions (user_id, last_message_at DESC NULLS LAST, id DESC)
    WHERE deleted_at IS NULL AND NOT is_archived;

CREATE INDEX sessions_user_id_message_count_id_idx ON sessions (user_id, message_count DESC, id DESC);

CREATE INDEX sessions_user_id_updated_at_id_idx ON sessions (user_id, updated_at DESC, id DESC);

CREATE TABLE messages (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,
    parent_id uuid,
    seq integer NOT NULL,
    role text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT messages_role_check CHECK (role IN ('user', 'assistant', 'system', 'tool')),
    content text COLLATE pg_c_utf8 NOT NULL,
    model text COLLATE pg_c_utf8 CONSTRAINT messages_model_check CHECK (char_length(model) <= 100),
    temperature double precision,
    prompt_tokens integer,
    completion_tokens integer,
    total_tokens integer,
    tool_calls jsonb,
    is_summary boolean DEFAULT false NOT NULL,
    edited_at timestamptz,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT messages_pkey PRIMARY KEY (id),
    CONSTRAINT messages_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT messages_session_id_seq_key UNIQUE (session_id, seq),
    CONSTRAINT messages_session_id_user_id_fkey FOREIGN KEY (session_id, user_id)
        REFERENCES sessions (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT messages_parent_id_user_id_fkey FOREIGN KEY (parent_id, user_id)
        REFERENCES messages (id, user_id) ON DELETE SET NULL (parent_id) ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT messages_seq_check CHECK (seq >= 0),
    CONSTRAINT messages_prompt_tokens_check CHECK (prompt_tokens >= 0),
    CONSTRAINT messages_completion_tokens_check CHECK (completion_tokens >= 0),
    CONSTRAINT messages_total_tokens_check CHECK (total_tokens >= 0),
    CONSTRAINT messages_parent_id_check CHECK (parent_id <> id),
    CONSTRAINT messages_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX messages_created_at_id_idx ON messages (created_at DESC, id DESC);

CREATE INDEX messages_parent_id_seq_id_idx ON messages (parent_id, seq, id);

CREATE INDEX messages_user_id_created_at_id_idx ON messages (user_id, created_at DESC, id DESC);
"""

MEMORIES: Final = """
CREATE TABLE memories (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid,
    memory_type text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT memories_memory_type_check CHECK (memory_type IN ('user', 'ai', 'system')),
    content text COLLATE pg_c_utf8 NOT NULL,
    importance double precision DEFAULT 0.5 NOT NULL,
    quality_score double precision,
    category text COLLATE pg_c_utf8
        CONSTRAINT memories_category_check CHECK (char_length(category) <= 50),
    tags text[] COLLATE pg_c_utf8 DEFAULT '{}' NOT NULL,
    access_count integer DEFAULT 0 NOT NULL,
    last_accessed_at timestamptz,
    expires_at timestamptz,
    external_vector_id text COLLATE pg_c_utf8,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT memories_pkey PRIMARY KEY (id),
    CONSTRAINT memories_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT memories_session_id_user_id_fkey FOREIGN KEY (session_id, user_id)
        REFERENCES sessions (id, user_id) ON DELETE SET NULL (session_id) ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT memories_importance_check CHECK (importance BETWEEN 0 AND 1),
    CONSTRAINT memories_access_count_check CHECK (access_count >= 0),
    CONSTRAINT memories_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX memories_created_at_id_idx ON memories (created_at DESC, id DESC);

CREATE INDEX memories_expires_at_idx ON memories (expires_at) WHERE expires_at IS NOT NULL;

CREATE INDEX memories_session_id_created_at_id_idx ON memories (session_id, created_at DESC, id DESC);

CREATE INDEX memories_tags_idx ON memories USING gin (tags);

CREATE INDEX memories_user_id_access_count_id_idx ON memories (user_id, access_count DESC, id DESC);

CREATE INDEX memories_user_id_created_at_id_idx ON memories (user_id, created_at DESC, id DESC);

CREATE INDEX memories_user_id_importance_id_idx ON memories (user_id, importance DESC, id DESC);

CREATE INDEX memories_user_id_last_accessed_at_asc_id_idx ON memories (user_id, last_accessed_at, id);

CREATE INDEX memories_user_id_last_accessed_at_desc_id_idx
    ON memories (user_id, last_accessed_at DESC NULLS LAST, id DESC);

CREATE INDEX memories_user_id_updated_at_id_idx ON memories (user_id, updated_at DESC, id DESC);

CREATE TABLE memory_links (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    memory_id uuid NOT NULL,
    related_id uuid NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT memory_links_pkey PRIMARY KEY (id),
    CONSTRAINT memory_links_memory_id_related_id_key UNIQUE (memory_id, related_id),
    CONSTRAINT memory_links_memory_id_user_id_fkey FOREIGN KEY (memory_id, user_id)
        REFERENCES memories (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT memory_links_related_id_user_id_fkey FOREIGN KEY (related_id, user_id)
        REFERENCES memories (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT memory_links_related_id_check CHECK (memory_id <> related_id),
    CONSTRAINT memory_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX memory_links_created_at_id_idx ON memory_links (created_at DESC, id DESC);

CREATE INDEX memory_links_memory_id_created_at_id_idx
    ON memory_links (memory_id, created_at DESC, id DESC);

CREATE INDEX memory_links_related_id_created_at_id_idx
    ON memory_links (related_id, created_at DESC, id DESC);

CREATE INDEX memory_links_user_id_created_at_id_idx ON memory_links (user_id, created_at DESC, id DESC);

CREATE TABLE message_memories (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    message_id uuid NOT NULL,
    memory_id uuid,
    external_ref text COLLATE pg_c_utf8,
    similarity double precision,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT message_memories_pkey PRIMARY KEY (id),
    CONSTRAINT message_memories_message_id_memory_id_external_ref_key UNIQUE NULLS NOT DISTINCT
        (message_id, memory_id, external_ref),
    CONSTRAINT message_memories_message_id_user_id_fkey FOREIGN KEY (message_id, user_id)
        REFERENCES messages (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT message_memories_memory_id_user_id_fkey FOREIGN KEY (memory_id, user_id)
        REFERENCES memories (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT message_memories_memory_check CHECK (num_nonnulls(memory_id, external_ref) > 0),
    CONSTRAINT message_memories_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX message_memories_created_at_id_idx ON message_memories (created_at DESC, id DESC);

CREATE INDEX message_memories_memory_id_created_at_id_idx
    ON message_memories (memory_id, created_at DESC, id DESC);

CREATE INDEX message_memories_message_id_created_at_id_idx
    ON message_memories (message_id, created_at DESC, id DESC);

CREATE INDEX message_memories_user_id_created_at_id_idx
    ON message_memories (user_id, created_at DESC, id DESC);
"""

CALLS: Final = """
CREATE TABLE tool_calls (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid,
    message_id uuid,
    execution_id uuid,
    tool_name text COLLATE pg_c_utf8 NOT NULL,
    tool_type text COLLATE pg_c_utf8
        CONSTRAINT tool_calls_tool_type_check CHECK (tool_type IN ('builtin', 'mcp')),
    server_name text COLLATE pg_c_utf8,
    arguments jsonb DEFAULT '{}' NOT NULL,
    result jsonb,
    result_text text COLLATE pg_c_utf8,
    status text COLLATE pg_c_utf8 DEFAULT 'pending' NOT NULL
        CONSTRAINT tool_calls_status_check
            CHECK (status IN ('pending', 'running', 'succeeded', 'failed', 'timeout', 'cancelled',
                'unknown')),
    error_message text COLLATE pg_c_utf8,
    duration_ms integer,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT tool_calls_pkey PRIMARY KEY (id),
    CONSTRAINT tool_calls_session_id_user_id_fkey FOREIGN KEY (session_id, user_id)
        REFERENCES sessions (id, user_id) ON DELETE SET NULL (session_id) ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT tool_calls_message_id_user_id_fkey FOREIGN KEY (message_id, user_id)
        REFERENCES messages (id, user_id) ON DELETE SET NULL (message_id) ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT tool_calls_execution_id_user_id_fkey FOREIGN KEY (execution_id, user_id)
        REFERENCES executions (id, user_id) ON DELETE SET NULL (execution_id) ON UPDATE CASCADE
            DEFERRABLE,
    CONSTRAINT tool_calls_duration_ms_check CHECK (duration_ms >= 0),
    CONSTRAINT tool_calls_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX tool_calls_created_at_id_idx ON tool_calls (created_at DESC, id DESC);

CREATE INDEX tool_calls_execution_id_created_at_id_idx
    ON tool_calls (execution_id, created_at DESC, id DESC);

CREATE INDEX tool_calls_message_id_created_at_id_idx ON tool_calls (message_id, created_at DESC, id DESC);

CREATE INDEX tool_calls_session_id_created_at_id_idx ON tool_calls (session_id, created_at DESC, id DESC);

CREATE INDEX tool_calls_user_id_created_at_id_idx ON tool_calls (user_id, created_at DESC, id DESC);

CREATE INDEX tool_calls_user_id_duration_ms_asc_id_idx ON tool_calls (user_id, duration_ms, id);

CREATE INDEX tool_calls_user_id_duration_ms_desc_id_idx
    ON tool_calls (user_id, duration_ms DESC NULLS LAST, id DESC);

CREATE INDEX tool_calls_user_id_tool_name_idx
    ON tool_calls (user_id, tool_name, created_at DESC, id DESC);

CREATE TABLE llm_calls (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid,
    execution_id uuid,
    provider text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT llm_calls_provider_check CHECK (char_length(provider) <= 50),
    model text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT llm_calls_model_check CHECK (char_length(model) <= 100),
    endpoint text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT llm_calls_endpoint_check CHECK (char_length(endpoint) <= 100),
    request jsonb DEFAULT '{}' NOT NULL,
    response jsonb,
    status text COLLATE pg_c_utf8 DEFAULT 'pending' NOT NULL
        CONSTRAINT llm_calls_status_check
            CHECK (status IN ('pending', 'running', 'succeeded', 'failed', 'timeout', 'cancelled',
                'unknown')),
    http_status integer,
    error_message text COLLATE pg_c_utf8,
    prompt_tokens integer,
    completion_tokens integer,
    cached_tokens integer,
    total_tokens integer,
    cost_usd numeric(18,8),
    latency_ms integer,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT llm_calls_pkey PRIMARY KEY (id),
    CONSTRAINT llm_calls_session_id_user_id_fkey FOREIGN KEY (session_id, user_id)
        REFERENCES sessions (id, user_id) ON DELETE SET NULL (session_id) ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT llm_calls_execution_id_user_id_fkey FOREIGN KEY (execution_id, user_id)
        REFERENCES executions (id, user_id) ON DELETE SET NULL (execution_id) ON UPDATE CASCADE
            DEFERRABLE,
    CONSTRAINT llm_calls_prompt_tokens_check CHECK (prompt_tokens >= 0),
    CONSTRAINT llm_calls_completion_tokens_check CHECK (completion_tokens >= 0),
    CONSTRAINT llm_calls_cached_tokens_check CHECK (cached_tokens >= 0),
    CONSTRAINT llm_calls_total_tokens_check CHECK (total_tokens >= 0),
    CONSTRAINT llm_calls_cost_usd_check CHECK (cost_usd >= 0),
    CONSTRAINT llm_calls_latency_ms_check CHECK (latency_ms >= 0),
    CONSTRAINT llm_calls_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX llm_calls_created_at_id_idx ON llm_calls (created_at DESC, id DESC);

CREATE INDEX llm_calls_execution_id_created_at_id_idx
    ON llm_calls (execution_id, created_at DESC, id DESC);

CREATE INDEX llm_calls_session_id_created_at_id_idx ON llm_calls (session_id, created_at DESC, id DESC);

CREATE INDEX llm_calls_user_id_cost_usd_asc_id_idx ON llm_calls (user_id, cost_usd, id);

CREATE INDEX llm_calls_user_id_cost_usd_desc_id_idx
    ON llm_calls (user_id, cost_usd DESC NULLS LAST, id DESC);

CREATE INDEX llm_calls_user_id_created_at_id_idx ON llm_calls (user_id, created_at DESC, id DESC);

CREATE INDEX llm_calls_user_id_latency_ms_asc_id_idx ON llm_calls (user_id, latency_ms, id);

CREATE INDEX llm_calls_user_id_latency_ms_desc_id_idx
    ON llm_calls (user_id, latency_ms DESC NULLS LAST, id DESC);

CREATE INDEX llm_calls_user_id_model_idx ON llm_calls (user_id, model, created_at DESC, id DESC);

"""

# Statement by statement, so that a million copied messages cost one update for each of their sessions.
TRIGGERS: Final = """
CREATE FUNCTION newest_message(session uuid) RETURNS timestamptz LANGUAGE sql STABLE
RETURN (SELECT max(created_at) FROM messages WHERE session_id = session AND deleted_at IS NULL);

CREATE FUNCTION count_messages() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE sessions
        SET message_count = message_count + change.messages,
            total_tokens = sessions.total_tokens + change.tokens,
            last_message_at = greatest(last_message_at, change.newest)
        FROM (
            SELECT session_id, count(*) AS messages, coalesce(sum(total_tokens), 0) AS tokens,
                max(created_at) AS newest
            FROM new_messages WHERE deleted_at IS NULL GROUP BY session_id
        ) change
        WHERE sessions.id = change.session_id;
        RETURN NULL;
    END IF;
    -- Differences, not fresh sums: a sum would miss what another transaction is just adding.
    IF TG_OP = 'UPDATE' THEN
        UPDATE sessions
        SET message_count = message_count + change.messages,
            total_tokens = sessions.total_tokens + change.tokens,
            last_message_at = CASE
                WHEN change.gone >= last_message_at THEN newest_message(sessions.id)
                ELSE greatest(last_message_at, change.newest)
            END
        FROM (
            SELECT session_id, sum(sign) AS messages, coalesce(sum(sign * total_tokens), 0) AS tokens,
                max(created_at) FILTER (WHERE sign > 0) AS newest,
                max(created_at) FILTER (WHERE sign < 0) AS gone
            FROM (
                SELECT 1 AS sign, session_id, total_tokens, created_at, deleted_at FROM new_messages
                UNION ALL
                SELECT -1, session_id, total_tokens, created_at, deleted_at FROM old_messages
            ) version
            WHERE deleted_at IS NULL GROUP BY session_id
        ) change
        WHERE sessions.id = change.session_id
            AND (change.messages <> 0 OR change.tokens <> 0 OR change.newest IS DISTINCT FROM change.gone);
        RETURN NULL;
    END IF;
    UPDATE sessions
    SET message_count = message_count - change.messages,
        total_tokens = sessions.total_tokens - change.tokens,
        last_message_at = CASE
            WHEN change.gone >= last_message_at THEN newest_message(sessions.id)
            ELSE last_message_at
        END
    FROM (
        SELECT session_id, count(*) AS messages, coalesce(sum(total_tokens), 0) AS tokens,
            max(created_at) AS gone
        FROM old_messages WHERE deleted_at IS NULL GROUP BY session_id
    ) change
    WHERE sessions.id = change.session_id;
    RETURN NULL;
END
$$;

CREATE TRIGGER count_inserted AFTER INSERT ON messages REFERENCING NEW TABLE AS new_messages
    FOR EACH STATEMENT EXECUTE FUNCTION count_messages();

CREATE TRIGGER count_updated AFTER UPDATE ON messages
    REFERENCING OLD TABLE AS old_messages NEW TABLE AS new_messages
    FOR EACH STATEMENT EXECUTE FUNCTION count_messages();

CREATE TRIGGER count_deleted AFTER DELETE ON messages REFERENCING OLD TABLE AS old_messages
    FOR EACH STATEMENT EXECUTE FUNCTION count_messages();

CREATE FUNCTION count_personality_usage() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE personalities SET usage_count = usage_count + change.sessions
        FROM (
            SELECT personality_id, count(*) AS sessions FROM new_sessions
            WHERE personality_id IS NOT NULL GROUP BY personality_id
        ) change
        WHERE personalities.id = change.personality_id;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE personalities SET usage_count = greatest(usage_count - change.sessions, 0)
        FROM (
            SELECT personality_id, count(*) AS sessions FROM old_sessions
            WHERE personality_id IS NOT NULL GROUP BY personality_id
        ) change
        WHERE personalities.id = change.personality_id;
    ELSE
        UPDATE personalities SET usage_count = greatest(usage_count - 1, 0) WHERE id = OLD.personality_id;
        UPDATE personalities SET usage_count = usage_count + 1 WHERE id = NEW.personality_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER count_inserted AFTER INSERT ON sessions REFERENCING NEW TABLE AS new_sessions
    FOR EACH STATEMENT EXECUTE FUNCTION count_personality_usage();

CREATE TRIGGER count_updated AFTER UPDATE OF personality_id ON sessions
    FOR EACH ROW WHEN (OLD.personality_id IS DISTINCT FROM NEW.personality_id)
    EXECUTE FUNCTION count_personality_usage();

CREATE TRIGGER count_deleted AFTER DELETE ON sessions REFERENCING OLD TABLE AS old_sessions
    FOR EACH STATEMENT EXECUTE FUNCTION count_personality_usage()
"""

KEPT: Final = (
    "messages",
    "tool_calls",
    "llm_calls",
)
# Use does not count as change: counters and the times of the last use are left out.
KEPT_IN_PART: Final = {
    "sessions": (
        "id, user_id, kind, mode, title, model, system_prompt, personality_id, agent_id, source, "
        "external_id, client_session_key, user_segment, preferences, is_archived, metadata, "
        "created_at, deleted_at"
    ),
    "memories": (
        "id, user_id, session_id, memory_type, content, importance, quality_score, category, "
        "tags, expires_at, external_vector_id, metadata, created_at, deleted_at"
    ),
}


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(SESSIONS)
    run(MEMORIES)
    run(CALLS)
    for table in KEPT:
        keep_updated_at(table)
    for table, columns in KEPT_IN_PART.items():
        keep_updated_at(table, of=columns)
    run(TRIGGERS)


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("DROP FUNCTION newest_message(uuid)")
    run("""
DROP TABLE
    llm_calls, tool_calls, message_memories, memory_links, memories, messages, sessions
""")
    run("""
DROP FUNCTION count_messages(), count_personality_usage()
""")
