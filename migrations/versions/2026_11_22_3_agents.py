"""Agents and workflows, and their executions.

Revision: 2026_11_22_3_agents
Before: 2026_11_22_2_people
"""

from typing import Final

from migrations.ddl import keep_updated_at, run

revision: Final = "2026_11_22_3_agents"
down_revision: Final = "2026_11_22_2_people"
branch_labels: Final = None
depends_on: Final = None

AGENTS: Final = """
CREATE TABLE agents (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    personality_id uuid,
    name text COLLATE pg_c_utf8 NOT NULL CONSTRAINT agents_name_check CHECK (char_length(name) <= 100),
    description text COLLATE pg_c_utf8,
    status text COLLATE pg_c_utf8 DEFAULT 'active' NOT NULL
        CONSTRAINT agents_status_check CHECK (status IN ('active', 'inactive', 'archived')),
    settings jsonb DEFAULT '{"temperature": 0.7, "max_tokens": 4000, "top_p": 1.0}' NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT agents_pkey PRIMARY KEY (id),
    CONSTRAINT agents_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT agents_version_check CHECK (version >= 1),
    CONSTRAINT agents_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT agents_personality_id_fkey FOREIGN KEY (personality_id)
        REFERENCES personalities (id) ON DELETE SET NULL
);

CREATE INDEX agents_active_idx ON agents (user_id, created_at DESC, id DESC)
    WHERE status = 'active' AND deleted_at IS NULL;

CREATE INDEX agents_created_at_id_idx ON agents (created_at DESC, id DESC);

CREATE INDEX agents_metadata_idx ON agents USING gin (metadata);

CREATE INDEX agents_personality_id_created_at_id_idx ON agents (personality_id, created_at DESC, id DESC);

CREATE INDEX agents_settings_idx ON agents USING gin (settings);

CREATE INDEX agents_user_id_created_at_id_idx ON agents (user_id, created_at DESC, id DESC);

CREATE INDEX agents_user_id_name_id_idx ON agents (user_id, name DESC, id DESC);

CREATE INDEX agents_user_id_updated_at_id_idx ON agents (user_id, updated_at DESC, id DESC);

CREATE TABLE agent_plugins (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    name text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT agent_plugins_name_check CHECK (char_length(name) <= 100),
    plugin_type text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT agent_plugins_plugin_type_check
            CHECK (plugin_type IN ('code_executor', 'text_to_sql', 'knowledge_rag', 'web_search',
                'file_upload')),
    config jsonb DEFAULT '{}' NOT NULL,
    is_enabled boolean DEFAULT true NOT NULL,
    order_index integer DEFAULT 0 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT agent_plugins_pkey PRIMARY KEY (id),
    CONSTRAINT agent_plugins_agent_id_user_id_fkey FOREIGN KEY (agent_id, user_id)
        REFERENCES agents (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT agent_plugins_order_index_check CHECK (order_index >= 0),
    CONSTRAINT agent_plugins_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX agent_plugins_agent_id_order_index_id_idx ON agent_plugins (agent_id, order_index, id);

CREATE UNIQUE INDEX agent_plugins_agent_id_plugin_type_key ON agent_plugins (agent_id, plugin_type)
    WHERE is_enabled;

CREATE INDEX agent_plugins_created_at_id_idx ON agent_plugins (created_at DESC, id DESC);

CREATE INDEX agent_plugins_user_id_created_at_id_idx ON agent_plugins (user_id, created_at DESC, id DESC);

CREATE INDEX agent_plugins_user_id_updated_at_id_idx ON agent_plugins (user_id, updated_at DESC, id DESC);
"""

WORKFLOWS: Final = """
CREATE TABLE workflows (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    name text COLLATE pg_c_utf8 NOT NULL CONSTRAINT workflows_name_check CHECK (char_length(name) <= 100),
    description text COLLATE pg_c_utf8,
    status text COLLATE pg_c_utf8 DEFAULT 'draft' NOT NULL
        CONSTRAINT workflows_status_check CHECK (status IN ('draft', 'active', 'paused', 'archived')),
    version integer DEFAULT 1 NOT NULL,
    nodes jsonb DEFAULT '[]' NOT NULL,
    edges jsonb DEFAULT '[]' NOT NULL,
    viewport jsonb DEFAULT '{"x": 0, "y": 0, "zoom": 1}' NOT NULL,
    tags text[] COLLATE pg_c_utf8 DEFAULT '{}' NOT NULL,
    published_at timestamptz,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT workflows_pkey PRIMARY KEY (id),
    CONSTRAINT workflows_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT workflows_version_check CHECK (version >= 1),
    CONSTRAINT workflows_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX workflows_created_at_id_idx ON workflows (created_at DESC, id DESC);

CREATE INDEX workflows_edges_idx ON workflows USING gin (edges jsonb_path_ops);

CREATE INDEX workflows_nodes_idx ON workflows USING gin (nodes jsonb_path_ops);

CREATE INDEX workflows_tags_idx ON workflows USING gin (tags);

CREATE INDEX workflows_user_id_created_at_id_idx ON workflows (user_id, created_at DESC, id DESC);

CREATE INDEX workflows_user_id_name_id_idx ON workflows (user_id, name DESC, id DESC);

CREATE INDEX workflows_user_id_published_at_asc_id_idx ON workflows (user_id, published_at, id);

CREATE INDEX workflows_user_id_published_at_desc_id_idx
    ON workflows (user_id, published_at DESC NULLS LAST, id DESC);

CREATE INDEX workflows_user_id_updated_at_id_idx ON workflows (user_id, updated_at DESC, id DESC);

CREATE TABLE workflow_versions (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    version integer NOT NULL,
    data jsonb NOT NULL,
    created_by uuid,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT workflow_versions_pkey PRIMARY KEY (id),
    CONSTRAINT workflow_versions_workflow_id_version_key UNIQUE (workflow_id, version),
    CONSTRAINT workflow_versions_workflow_id_user_id_fkey FOREIGN KEY (workflow_id, user_id)
        REFERENCES workflows (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT workflow_versions_version_check CHECK (version >= 1),
    CONSTRAINT workflow_versions_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT workflow_versions_created_by_fkey FOREIGN KEY (created_by)
        REFERENCES users (id) ON DELETE SET NULL
);

CREATE INDEX workflow_versions_created_at_id_idx ON workflow_versions (created_at DESC, id DESC);

CREATE INDEX workflow_versions_created_by_created_at_id_idx
    ON workflow_versions (created_by, created_at DESC, id DESC);

CREATE INDEX workflow_versions_user_id_created_at_id_idx
    ON workflow_versions (user_id, created_at DESC, id DESC);

CREATE INDEX workflow_versions_workflow_id_version_id_idx
    ON workflow_versions (workflow_id, version DESC, id DESC);
"""

EXECUTIONS: Final = """
CREATE TABLE executions (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    kind text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT executions_kind_check CHECK (kind IN ('agent', 'workflow')),
    agent_id uuid,
    workflow_id uuid,
    parent_id uuid,
    retry_of_id uuid,
    status text COLLATE pg_c_utf8 DEFAULT 'pending' NOT NULL
        CONSTRAINT executions_status_check
            CHECK (status IN ('pending', 'running', 'paused', 'waiting_input', 'completed', 'failed',
                'cancelled', 'timeout')),
    progress integer DEFAULT 0 NOT NULL,
    input jsonb DEFAULT '{}' NOT NULL,
    output jsonb,
    error jsonb,
    current_node_id text COLLATE pg_c_utf8
        CONSTRAINT executions_current_node_id_check CHECK (char_length(current_node_id) <= 100),
    steps_total integer,
    steps_completed integer DEFAULT 0 NOT NULL,
    attempt integer DEFAULT 1 NOT NULL,
    retry_count integer DEFAULT 0 NOT NULL,
    max_retries integer DEFAULT 3 NOT NULL,
    duration_ms integer,
    total_tokens bigint,
    cost_usd numeric(18,8),
    scheduled_at timestamptz,
    deadline_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    lease_owner text COLLATE pg_c_utf8,
    lease_expires_at timestamptz,
    lease_token bigint DEFAULT 0 NOT NULL,
    event_seq bigint DEFAULT 0 NOT NULL,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT executions_pkey PRIMARY KEY (id),
    CONSTRAINT executions_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT executions_agent_id_user_id_fkey FOREIGN KEY (agent_id, user_id)
        REFERENCES agents (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT executions_workflow_id_user_id_fkey FOREIGN KEY (workflow_id, user_id)
        REFERENCES workflows (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT executions_parent_id_user_id_fkey FOREIGN KEY (parent_id, user_id)
        REFERENCES executions (id, user_id) ON DELETE SET NULL (parent_id) ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT executions_retry_of_id_user_id_fkey FOREIGN KEY (retry_of_id, user_id)
        REFERENCES executions (id, user_id) ON DELETE SET NULL (retry_of_id) ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT executions_subject_check
        CHECK (CASE kind WHEN 'agent' THEN agent_id IS NOT NULL ELSE workflow_id IS NOT NULL END),
    CONSTRAINT executions_lease_check CHECK ((lease_owner IS NULL) = (lease_expires_at IS NULL)),
    CONSTRAINT executions_parent_id_check CHECK (parent_id <> id),
    CONSTRAINT executions_retry_of_id_check CHECK (retry_of_id <> id),
    CONSTRAINT executions_attempt_check CHECK (attempt >= 1),
    CONSTRAINT executions_progress_check CHECK (progress BETWEEN 0 AND 100),
    CONSTRAINT executions_duration_ms_check CHECK (duration_ms >= 0),
    CONSTRAINT executions_total_tokens_check CHECK (total_tokens >= 0),
    CONSTRAINT executions_cost_usd_check CHECK (cost_usd >= 0),
    CONSTRAINT executions_retry_count_check CHECK (retry_count >= 0),
    CONSTRAINT executions_max_retries_check CHECK (max_retries >= 0),
    CONSTRAINT executions_steps_total_check CHECK (steps_total >= 0),
    CONSTRAINT executions_steps_completed_check CHECK (steps_completed >= 0),
    CONSTRAINT executions_event_seq_check CHECK (event_seq >= 0),
    CONSTRAINT executions_lease_token_check CHECK (lease_token >= 0),
    CONSTRAINT executions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX executions_active_idx ON executions (status, coalesce(scheduled_at, created_at), id)
    WHERE status IN ('pending', 'running', 'paused', 'waiting_input');

CREATE INDEX executions_agent_id_created_at_id_idx ON executions (agent_id, created_at DESC, id DESC);

CREATE INDEX executions_created_at_id_idx ON executions (created_at DESC, id DESC);

CREATE INDEX executions_input_idx ON executions USING gin (input jsonb_path_ops);

CREATE INDEX executions_lease_expires_at_idx ON executions (lease_expires_at)
    WHERE lease_expires_at IS NOT NULL;

CREATE INDEX executions_output_idx ON executions USING gin (output jsonb_path_ops);

CREATE INDEX executions_parent_id_created_at_id_idx ON executions (parent_id, created_at DESC, id DESC);

CREATE INDEX executions_retry_of_id_created_at_id_idx
    ON executions (retry_of_id, created_at DESC, id DESC);

CREATE INDEX executions_user_id_cost_usd_asc_id_idx ON executions (user_id, cost_usd, id);

CREATE INDEX executions_user_id_cost_usd_desc_id_idx
    ON executions (user_id, cost_usd DESC NULLS LAST, id DESC);

CREATE INDEX executions_user_id_created_at_id_idx ON executions (user_id, created_at DESC, id DESC);

CREATE INDEX executions_user_id_duration_ms_asc_id_idx ON executions (user_id, duration_ms, id);

CREATE INDEX executions_user_id_duration_ms_desc_id_idx
    ON executions (user_id, duration_ms DESC NULLS LAST, id DESC);

CREATE INDEX executions_user_id_finished_at_asc_id_idx ON executions (user_id, finished_at, id);

CREATE INDEX executions_user_id_finished_at_desc_id_idx
    ON executions (user_id, finished_at DESC NULLS LAST, id DESC);

CREATE INDEX executions_user_id_started_at_asc_id_idx ON executions (user_id, started_at, id);

CREATE INDEX executions_user_id_started_at_desc_id_idx
    ON executions (user_id, started_at DESC NULLS LAST, id DESC);

CREATE INDEX executions_user_id_status_idx ON executions (user_id, status, created_at DESC, id DESC);

CREATE INDEX executions_user_id_updated_at_id_idx ON executions (user_id, updated_at DESC, id DESC);

CREATE INDEX executions_workflow_id_created_at_id_idx
    ON executions (workflow_id, created_at DESC, id DESC);

CREATE INDEX executions_workflow_id_status_idx ON executions (workflow_id, status, created_at DESC);

CREATE TABLE execution_steps (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    seq integer NOT NULL,
    node_id text COLLATE pg_c_utf8
        CONSTRAINT execution_steps_node_id_check CHECK (char_length(node_id) <= 100),
    status text COLLATE pg_c_utf8 DEFAULT 'pending' NOT NULL
        CONSTRAINT execution_steps_status_check
            CHECK (status IN ('pending', 'running', 'waiting_input', 'completed', 'failed', 'skipped',
                'cancelled')),
    input jsonb,
    output jsonb,
    error jsonb,
    started_at timestamptz,
    finished_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT execution_steps_pkey PRIMARY KEY (id),
    CONSTRAINT execution_steps_execution_id_seq_key UNIQUE (execution_id, seq),
    CONSTRAINT execution_steps_execution_id_user_id_fkey FOREIGN KEY (execution_id, user_id)
        REFERENCES executions (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT execution_steps_seq_check CHECK (seq >= 0),
    CONSTRAINT execution_steps_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX execution_steps_created_at_id_idx ON execution_steps (created_at DESC, id DESC);

CREATE INDEX execution_steps_user_id_created_at_id_idx
    ON execution_steps (user_id, created_at DESC, id DESC);

CREATE INDEX execution_steps_user_id_started_at_asc_id_idx ON execution_steps (user_id, started_at, id);

CREATE INDEX execution_steps_user_id_started_at_desc_id_idx
    ON execution_steps (user_id, started_at DESC NULLS LAST, id DESC);

CREATE TABLE execution_events (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    seq bigint NOT NULL,
    type text COLLATE pg_c_utf8 DEFAULT 'log' NOT NULL
        CONSTRAINT execution_events_type_check
            CHECK (type IN ('log', 'status', 'progress', 'step_started', 'step_finished', 'output',
                'input_requested', 'input_received')),
    level text COLLATE pg_c_utf8 DEFAULT 'info' NOT NULL
        CONSTRAINT execution_events_level_check CHECK (level IN ('debug', 'info', 'warning', 'error')),
    message text COLLATE pg_c_utf8 NOT NULL,
    data jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT execution_events_pkey PRIMARY KEY (id, created_at),
    CONSTRAINT execution_events_execution_id_user_id_fkey FOREIGN KEY (execution_id, user_id)
        REFERENCES executions (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT execution_events_seq_check CHECK (seq >= 1),
    CONSTRAINT execution_events_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) PARTITION BY RANGE (created_at);

CREATE INDEX execution_events_created_at_id_idx ON execution_events (created_at DESC, id DESC);

CREATE INDEX execution_events_execution_id_seq_id_idx ON execution_events (execution_id, seq, id);

CREATE INDEX execution_events_user_id_created_at_id_idx
    ON execution_events (user_id, created_at DESC, id DESC);

CREATE TABLE code_executions (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    agent_id uuid,
    execution_id uuid,
    language text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT code_executions_language_check
            CHECK (language IN ('python', 'javascript', 'typescript')),
    code text COLLATE pg_c_utf8 NOT NULL,
    status text COLLATE pg_c_utf8 DEFAULT 'pending' NOT NULL
        CONSTRAINT code_executions_status_check
            CHECK (status IN ('pending', 'running', 'paused', 'waiting_input', 'completed', 'failed',
                'cancelled', 'timeout')),
    container_id text COLLATE pg_c_utf8
        CONSTRAINT code_executions_container_id_check CHECK (char_length(container_id) <= 100),
    container_ip inet,
    stdout text COLLATE pg_c_utf8,
    stderr text COLLATE pg_c_utf8,
    exit_code integer,
    duration_ms integer,
    memory_used_mb integer,
    cpu_usage_percent numeric(5,2),
    security_score integer,
    security_issues text[] COLLATE pg_c_utf8 DEFAULT '{}' NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT code_executions_pkey PRIMARY KEY (id),
    CONSTRAINT code_executions_agent_id_user_id_fkey FOREIGN KEY (agent_id, user_id)
        REFERENCES agents (id, user_id) ON DELETE SET NULL (agent_id) ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT code_executions_execution_id_user_id_fkey FOREIGN KEY (execution_id, user_id)
        REFERENCES executions (id, user_id) ON DELETE SET NULL (execution_id) ON UPDATE CASCADE
            DEFERRABLE,
    CONSTRAINT code_executions_duration_ms_check CHECK (duration_ms >= 0),
    CONSTRAINT code_executions_memory_used_mb_check CHECK (memory_used_mb >= 0),
    CONSTRAINT code_executions_cpu_usage_percent_check CHECK (cpu_usage_percent >= 0),
    CONSTRAINT code_executions_security_score_check CHECK (security_score BETWEEN 0 AND 100),
    CONSTRAINT code_executions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX code_executions_active_idx ON code_executions (container_id)
    WHERE status IN ('pending', 'running');

CREATE INDEX code_executions_agent_id_created_at_id_idx
    ON code_executions (agent_id, created_at DESC, id DESC);

CREATE INDEX code_executions_created_at_id_idx ON code_executions (created_at DESC, id DESC);

CREATE INDEX code_executions_execution_id_created_at_id_idx
    ON code_executions (execution_id, created_at DESC, id DESC);

CREATE INDEX code_executions_user_id_created_at_id_idx
    ON code_executions (user_id, created_at DESC, id DESC);

CREATE INDEX code_executions_user_id_duration_ms_asc_id_idx ON code_executions (user_id, duration_ms, id);

CREATE INDEX code_executions_user_id_duration_ms_desc_id_idx
    ON code_executions (user_id, duration_ms DESC NULLS LAST, id DESC);

CREATE INDEX code_executions_user_id_started_at_asc_id_idx ON code_executions (user_id, started_at, id);

CREATE INDEX code_executions_user_id_started_at_desc_id_idx
    ON code_executions (user_id, started_at DESC NULLS LAST, id DESC);

CREATE INDEX code_executions_user_id_status_idx
    ON code_executions (user_id, status, created_at DESC, id DESC);

CREATE INDEX code_executions_user_id_updated_at_id_idx
    ON code_executions (user_id, updated_at DESC, id DESC);
"""

KEPT: Final = (
    "agents",
    "agent_plugins",
    "workflows",
    "executions",
    "execution_steps",
    "code_executions",
)


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(AGENTS)
    run(WORKFLOWS)
    run(EXECUTIONS)
    run("CREATE TABLE execution_events_default PARTITION OF execution_events DEFAULT")
    for table in KEPT:
        keep_updated_at(table)


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("""
DROP TABLE
    code_executions, execution_events, execution_steps, executions, workflow_versions,
    workflows, agent_plugins, agents
""")
