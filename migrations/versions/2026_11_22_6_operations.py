"""What is learnt from use, what the service records about itself, and imports.

Revision: 2026_11_22_6_operations
Before: 2026_11_22_5_knowledge
"""

from typing import Final

from migrations.ddl import keep_updated_at, run

revision: Final = "2026_11_22_6_operations"
down_revision: Final = "2026_11_22_5_knowledge"
branch_labels: Final = None
depends_on: Final = None

INSIGHTS: Final = """
CREATE TABLE usage_daily (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    date date NOT NULL,
    source text COLLATE pg_c_utf8 DEFAULT 'atrium' NOT NULL,
    session_count integer DEFAULT 0 NOT NULL,
    message_count integer DEFAULT 0 NOT NULL,
    tool_call_count integer DEFAULT 0 NOT NULL,
    rag_query_count integer DEFAULT 0 NOT NULL,
    total_tokens bigint DEFAULT 0 NOT NULL,
    avg_response_time_ms integer,
    response_time_ms_sum bigint,
    response_count integer,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT usage_daily_pkey PRIMARY KEY (id),
    CONSTRAINT usage_daily_user_id_date_source_key UNIQUE (user_id, date, source),
    CONSTRAINT usage_daily_session_count_check CHECK (session_count >= 0),
    CONSTRAINT usage_daily_message_count_check CHECK (message_count >= 0),
    CONSTRAINT usage_daily_tool_call_count_check CHECK (tool_call_count >= 0),
    CONSTRAINT usage_daily_rag_query_count_check CHECK (rag_query_count >= 0),
    CONSTRAINT usage_daily_total_tokens_check CHECK (total_tokens >= 0),
    CONSTRAINT usage_daily_avg_response_time_ms_check CHECK (avg_response_time_ms >= 0),
    CONSTRAINT usage_daily_response_time_ms_sum_check CHECK (response_time_ms_sum >= 0),
    CONSTRAINT usage_daily_response_count_check CHECK (response_count >= 0),
    CONSTRAINT usage_daily_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX usage_daily_created_at_id_idx ON usage_daily (created_at DESC, id DESC);

CREATE INDEX usage_daily_date_id_idx ON usage_daily (date DESC, id DESC);

CREATE INDEX usage_daily_user_id_created_at_id_idx ON usage_daily (user_id, created_at DESC, id DESC);

CREATE INDEX usage_daily_user_id_date_id_idx ON usage_daily (user_id, date DESC, id DESC);

CREATE INDEX usage_daily_user_id_message_count_id_idx
    ON usage_daily (user_id, message_count DESC, id DESC);

CREATE INDEX usage_daily_user_id_total_tokens_id_idx ON usage_daily (user_id, total_tokens DESC, id DESC);

CREATE TABLE behavior_events (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,
    behavior_type text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT behavior_events_behavior_type_check CHECK (char_length(behavior_type) <= 50),
    data jsonb DEFAULT '{}' NOT NULL,
    detected_intent text COLLATE pg_c_utf8
        CONSTRAINT behavior_events_detected_intent_check CHECK (char_length(detected_intent) <= 255),
    intent_confidence double precision,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT behavior_events_pkey PRIMARY KEY (id),
    CONSTRAINT behavior_events_session_id_user_id_fkey FOREIGN KEY (session_id, user_id)
        REFERENCES sessions (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT behavior_events_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX behavior_events_created_at_id_idx ON behavior_events (created_at DESC, id DESC);

CREATE INDEX behavior_events_session_id_created_at_id_idx
    ON behavior_events (session_id, created_at DESC, id DESC);

CREATE INDEX behavior_events_user_id_created_at_id_idx
    ON behavior_events (user_id, created_at DESC, id DESC);

CREATE INDEX behavior_events_user_id_intent_confidence_asc_id_idx
    ON behavior_events (user_id, intent_confidence, id);

CREATE INDEX behavior_events_user_id_intent_confidence_desc_id_idx
    ON behavior_events (user_id, intent_confidence DESC NULLS LAST, id DESC);

CREATE TABLE intent_analyses (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,
    primary_intent text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT intent_analyses_primary_intent_check CHECK (char_length(primary_intent) <= 255),
    secondary_intents jsonb DEFAULT '[]' NOT NULL,
    audience_segment text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT intent_analyses_audience_segment_check CHECK (char_length(audience_segment) <= 100),
    urgency_level double precision NOT NULL,
    model text COLLATE pg_c_utf8 CONSTRAINT intent_analyses_model_check CHECK (char_length(model) <= 100),
    confidence double precision,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT intent_analyses_pkey PRIMARY KEY (id),
    CONSTRAINT intent_analyses_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT intent_analyses_session_id_user_id_fkey FOREIGN KEY (session_id, user_id)
        REFERENCES sessions (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT intent_analyses_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX intent_analyses_created_at_id_idx ON intent_analyses (created_at DESC, id DESC);

CREATE INDEX intent_analyses_session_id_created_at_id_idx
    ON intent_analyses (session_id, created_at DESC, id DESC);

CREATE INDEX intent_analyses_user_id_confidence_asc_id_idx ON intent_analyses (user_id, confidence, id);

CREATE INDEX intent_analyses_user_id_confidence_desc_id_idx
    ON intent_analyses (user_id, confidence DESC NULLS LAST, id DESC);

CREATE INDEX intent_analyses_user_id_created_at_id_idx
    ON intent_analyses (user_id, created_at DESC, id DESC);

CREATE INDEX intent_analyses_user_id_urgency_level_id_idx
    ON intent_analyses (user_id, urgency_level DESC, id DESC);

CREATE TABLE ad_recommendations (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,
    intent_analysis_id uuid,
    ad_id text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT ad_recommendations_ad_id_check CHECK (char_length(ad_id) <= 255),
    product_id text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT ad_recommendations_product_id_check CHECK (char_length(product_id) <= 255),
    relevance_score double precision NOT NULL,
    ad_copy text COLLATE pg_c_utf8 NOT NULL,
    reason text COLLATE pg_c_utf8,
    position integer,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT ad_recommendations_pkey PRIMARY KEY (id),
    CONSTRAINT ad_recommendations_session_id_user_id_fkey FOREIGN KEY (session_id, user_id)
        REFERENCES sessions (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT ad_recommendations_intent_analysis_id_user_id_fkey FOREIGN KEY (intent_analysis_id,
        user_id)
        REFERENCES intent_analyses (id, user_id) ON DELETE SET NULL (intent_analysis_id) ON UPDATE CASCADE
            DEFERRABLE,
    CONSTRAINT ad_recommendations_position_check CHECK (position >= 0),
    CONSTRAINT ad_recommendations_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ad_recommendations_created_at_id_idx ON ad_recommendations (created_at DESC, id DESC);

CREATE INDEX ad_recommendations_intent_analysis_id_created_at_id_idx
    ON ad_recommendations (intent_analysis_id, created_at DESC, id DESC);

CREATE INDEX ad_recommendations_session_id_created_at_id_idx
    ON ad_recommendations (session_id, created_at DESC, id DESC);

CREATE INDEX ad_recommendations_user_id_created_at_id_idx
    ON ad_recommendations (user_id, created_at DESC, id DESC);

CREATE INDEX ad_recommendations_user_id_relevance_score_id_idx
    ON ad_recommendations (user_id, relevance_score DESC, id DESC);
"""

OPERATIONS: Final = """
CREATE TABLE configs (
    id uuid DEFAULT uuidv7() NOT NULL,
    key text COLLATE pg_c_utf8 NOT NULL CONSTRAINT configs_key_check CHECK (char_length(key) <= 300),
    value jsonb NOT NULL,
    description text COLLATE pg_c_utf8,
    is_active boolean DEFAULT true NOT NULL,
    is_secret boolean DEFAULT false NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT configs_pkey PRIMARY KEY (id),
    CONSTRAINT configs_key_key UNIQUE (key)
);

CREATE INDEX configs_created_at_id_idx ON configs (created_at DESC, id DESC);

CREATE INDEX configs_key_id_idx ON configs (key DESC, id DESC);

CREATE INDEX configs_updated_at_id_idx ON configs (updated_at DESC, id DESC);

CREATE TABLE api_requests (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid,
    session_id uuid,
    api_key_id uuid,
    request_id text COLLATE pg_c_utf8
        CONSTRAINT api_requests_request_id_check CHECK (char_length(request_id) <= 255),
    method text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT api_requests_method_check CHECK (char_length(method) <= 10),
    path text COLLATE pg_c_utf8 NOT NULL,
    query_params jsonb DEFAULT '{}' NOT NULL,
    request_headers jsonb DEFAULT '{}' NOT NULL,
    request_body text COLLATE pg_c_utf8,
    status_code integer NOT NULL,
    response_body text COLLATE pg_c_utf8,
    duration_ms integer,
    error_code text COLLATE pg_c_utf8
        CONSTRAINT api_requests_error_code_check CHECK (char_length(error_code) <= 50),
    error_message text COLLATE pg_c_utf8,
    user_agent text COLLATE pg_c_utf8,
    ip_address inet,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT api_requests_pkey PRIMARY KEY (id, created_at),
    CONSTRAINT api_requests_status_code_check CHECK (status_code BETWEEN 100 AND 599),
    CONSTRAINT api_requests_duration_ms_check CHECK (duration_ms >= 0),
    CONSTRAINT api_requests_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT api_requests_session_id_fkey FOREIGN KEY (session_id)
        REFERENCES sessions (id) ON DELETE SET NULL,
    CONSTRAINT api_requests_api_key_id_fkey FOREIGN KEY (api_key_id)
        REFERENCES api_keys (id) ON DELETE SET NULL
) PARTITION BY RANGE (created_at);

CREATE INDEX api_requests_api_key_id_created_at_id_idx
    ON api_requests (api_key_id, created_at DESC, id DESC);

CREATE INDEX api_requests_created_at_id_idx ON api_requests (created_at DESC, id DESC);

CREATE INDEX api_requests_path_idx ON api_requests (path, created_at DESC);

CREATE INDEX api_requests_request_id_idx ON api_requests (request_id);

CREATE INDEX api_requests_session_id_created_at_id_idx
    ON api_requests (session_id, created_at DESC, id DESC);

CREATE INDEX api_requests_user_id_created_at_id_idx ON api_requests (user_id, created_at DESC, id DESC);

CREATE INDEX api_requests_user_id_duration_ms_asc_id_idx ON api_requests (user_id, duration_ms, id);

CREATE INDEX api_requests_user_id_duration_ms_desc_id_idx
    ON api_requests (user_id, duration_ms DESC NULLS LAST, id DESC);

CREATE TABLE audit_logs (
    id uuid DEFAULT uuidv7() NOT NULL,
    actor_user_id uuid,
    action text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT audit_logs_action_check CHECK (char_length(action) <= 100),
    resource_type text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT audit_logs_resource_type_check CHECK (char_length(resource_type) <= 50),
    resource_id text COLLATE pg_c_utf8
        CONSTRAINT audit_logs_resource_id_check CHECK (char_length(resource_id) <= 255),
    changes jsonb DEFAULT '{}' NOT NULL,
    ip_address inet,
    user_agent text COLLATE pg_c_utf8,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT audit_logs_pkey PRIMARY KEY (id),
    CONSTRAINT audit_logs_actor_user_id_fkey FOREIGN KEY (actor_user_id)
        REFERENCES users (id) ON DELETE SET NULL
);

CREATE INDEX audit_logs_actor_user_id_created_at_id_idx
    ON audit_logs (actor_user_id, created_at DESC, id DESC);

CREATE INDEX audit_logs_created_at_id_idx ON audit_logs (created_at DESC, id DESC);

CREATE INDEX audit_logs_resource_idx ON audit_logs (resource_type, resource_id, created_at DESC, id DESC);

CREATE TABLE error_logs (
    id uuid DEFAULT uuidv7() NOT NULL,
    error_type text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT error_logs_error_type_check CHECK (char_length(error_type) <= 100),
    message text COLLATE pg_c_utf8 NOT NULL,
    stack_trace text COLLATE pg_c_utf8,
    request_id text COLLATE pg_c_utf8
        CONSTRAINT error_logs_request_id_check CHECK (char_length(request_id) <= 255),
    context jsonb DEFAULT '{}' NOT NULL,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT error_logs_pkey PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);

CREATE INDEX error_logs_created_at_id_idx ON error_logs (created_at DESC, id DESC);

CREATE INDEX error_logs_error_type_idx ON error_logs (error_type, created_at DESC);

CREATE INDEX error_logs_request_id_idx ON error_logs (request_id);

CREATE TABLE metrics (
    id uuid DEFAULT uuidv7() NOT NULL,
    name text COLLATE pg_c_utf8 NOT NULL,
    value numeric NOT NULL,
    metric_type text COLLATE pg_c_utf8
        CONSTRAINT metrics_metric_type_check CHECK (char_length(metric_type) <= 50),
    tags jsonb DEFAULT '{}' NOT NULL,
    payload jsonb,
    recorded_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT metrics_pkey PRIMARY KEY (id, recorded_at)
) PARTITION BY RANGE (recorded_at);

CREATE INDEX metrics_metric_type_idx ON metrics (metric_type, recorded_at DESC);

CREATE INDEX metrics_name_idx ON metrics (name, recorded_at DESC, id DESC);

CREATE INDEX metrics_recorded_at_id_idx ON metrics (recorded_at DESC, id DESC);
"""

IMPORTS: Final = """
CREATE TABLE import_runs (
    id uuid DEFAULT uuidv7() NOT NULL,
    source text COLLATE pg_c_utf8 NOT NULL,
    started_by_id uuid,
    status text COLLATE pg_c_utf8 DEFAULT 'running' NOT NULL
        CONSTRAINT import_runs_status_check
            CHECK (status IN ('running', 'completed', 'failed', 'cancelled')),
    options jsonb DEFAULT '{}' NOT NULL,
    report jsonb DEFAULT '{}' NOT NULL,
    rows_read bigint DEFAULT 0 NOT NULL,
    rows_written bigint DEFAULT 0 NOT NULL,
    rows_skipped bigint DEFAULT 0 NOT NULL,
    error_message text COLLATE pg_c_utf8,
    finished_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT import_runs_pkey PRIMARY KEY (id),
    CONSTRAINT import_runs_rows_read_check CHECK (rows_read >= 0),
    CONSTRAINT import_runs_rows_written_check CHECK (rows_written >= 0),
    CONSTRAINT import_runs_rows_skipped_check CHECK (rows_skipped >= 0),
    CONSTRAINT import_runs_started_by_id_fkey FOREIGN KEY (started_by_id)
        REFERENCES users (id) ON DELETE SET NULL
);

CREATE INDEX import_runs_created_at_id_idx ON import_runs (created_at DESC, id DESC);

CREATE INDEX import_runs_finished_at_asc_id_idx ON import_runs (finished_at, id);

CREATE INDEX import_runs_finished_at_desc_id_idx ON import_runs (finished_at DESC NULLS LAST, id DESC);

CREATE INDEX import_runs_started_by_id_created_at_id_idx
    ON import_runs (started_by_id, created_at DESC, id DESC);

CREATE INDEX import_runs_updated_at_id_idx ON import_runs (updated_at DESC, id DESC);

CREATE TABLE import_map (
    id uuid DEFAULT uuidv7() NOT NULL,
    run_id uuid,
    source text COLLATE pg_c_utf8 NOT NULL,
    source_table text COLLATE pg_c_utf8 NOT NULL,
    source_key text COLLATE pg_c_utf8 NOT NULL,
    entity text COLLATE pg_c_utf8 NOT NULL,
    entity_id uuid NOT NULL,
    is_stub boolean DEFAULT false NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT import_map_pkey PRIMARY KEY (id),
    CONSTRAINT import_map_source_source_table_source_key_entity_key UNIQUE (source, source_table,
        source_key, entity),
    CONSTRAINT import_map_run_id_fkey FOREIGN KEY (run_id) REFERENCES import_runs (id) ON DELETE SET NULL
);

CREATE INDEX import_map_created_at_id_idx ON import_map (created_at DESC, id DESC);

CREATE INDEX import_map_entity_entity_id_idx ON import_map (entity, entity_id);

CREATE INDEX import_map_run_id_created_at_id_idx ON import_map (run_id, created_at DESC, id DESC);
"""

KEPT: Final = (
    "usage_daily",
    "configs",
    "import_runs",
)


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(INSIGHTS)
    run(OPERATIONS)
    run(IMPORTS)
    run("CREATE TABLE api_requests_default PARTITION OF api_requests DEFAULT")
    run("CREATE TABLE error_logs_default PARTITION OF error_logs DEFAULT")
    run("CREATE TABLE metrics_default PARTITION OF metrics DEFAULT")
    for table in KEPT:
        keep_updated_at(table)
    run("SELECT ensure_partitions(3)")


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("""
DROP TABLE
    import_map, import_runs, metrics, error_logs, audit_logs, api_requests, configs,
    ad_recommendations, intent_analyses, behavior_events, usage_daily
""")
