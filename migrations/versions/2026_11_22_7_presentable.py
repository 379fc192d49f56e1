"""Refuse values that the columns' types take and no JSON answer can show.

Why: the JSON value null where a column takes no NULL, numbers that are not finite, and lists with a NULL or
with lists in them could be stored, and whoever read them got an error in place of the object.
Risk: each table named here is locked and read once, and none is rewritten. It fails, naming the constraint,
where such a value is stored: replace the value, then migrate again.

Revision: 2026_11_22_7_presentable
Before: 2026_11_22_6_operations
"""

import re
from typing import Final

from migrations.ddl import run

revision: Final = "2026_11_22_7_presentable"
down_revision: Final = "2026_11_22_6_operations"
branch_labels: Final = None
depends_on: Final = None

CHECKS: Final = """
ALTER TABLE ad_recommendations
    ADD CONSTRAINT ad_recommendations_relevance_score_finite_check
        CHECK (relevance_score > '-Infinity' AND relevance_score < 'Infinity'),
    ADD CONSTRAINT ad_recommendations_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE agent_plugins
    ADD CONSTRAINT agent_plugins_config_not_null_json_check CHECK (jsonb_typeof(config) <> 'null');

ALTER TABLE agents
    ADD CONSTRAINT agents_settings_not_null_json_check CHECK (jsonb_typeof(settings) <> 'null'),
    ADD CONSTRAINT agents_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE api_keys
    ADD CONSTRAINT api_keys_scopes_flat_check
        CHECK (array_ndims(scopes) = 1 AND array_position(scopes, NULL) IS NULL);

ALTER TABLE api_requests
    ADD CONSTRAINT api_requests_query_params_not_null_json_check CHECK (jsonb_typeof(query_params) <> 'null'),
    ADD CONSTRAINT api_requests_request_headers_not_null_json_check
        CHECK (jsonb_typeof(request_headers) <> 'null'),
    ADD CONSTRAINT api_requests_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE audit_logs
    ADD CONSTRAINT audit_logs_changes_not_null_json_check CHECK (jsonb_typeof(changes) <> 'null'),
    ADD CONSTRAINT audit_logs_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE behavior_events
    ADD CONSTRAINT behavior_events_data_not_null_json_check CHECK (jsonb_typeof(data) <> 'null'),
    ADD CONSTRAINT behavior_events_intent_confidence_finite_check
        CHECK (intent_confidence > '-Infinity' AND intent_confidence < 'Infinity'),
    ADD CONSTRAINT behavior_events_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE code_executions
    ADD CONSTRAINT code_executions_cpu_usage_percent_finite_check
        CHECK (cpu_usage_percent > '-Infinity' AND cpu_usage_percent < 'Infinity'),
    ADD CONSTRAINT code_executions_security_issues_flat_check
        CHECK (array_ndims(security_issues) = 1 AND array_position(security_issues, NULL) IS NULL),
    ADD CONSTRAINT code_executions_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE configs
    ADD CONSTRAINT configs_value_not_null_json_check CHECK (jsonb_typeof(value) <> 'null');

ALTER TABLE data_source_tables
    ADD CONSTRAINT data_source_tables_columns_not_null_json_check CHECK (jsonb_typeof(columns) <> 'null'),
    ADD CONSTRAINT data_source_tables_indexes_not_null_json_check CHECK (jsonb_typeof(indexes) <> 'null'),
    ADD CONSTRAINT data_source_tables_foreign_keys_not_null_json_check
        CHECK (jsonb_typeof(foreign_keys) <> 'null'),
    ADD CONSTRAINT data_source_tables_sample_data_not_null_json_check
        CHECK (jsonb_typeof(sample_data) <> 'null');

ALTER TABLE document_chunks
    ADD CONSTRAINT document_chunks_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE documents
    ADD CONSTRAINT documents_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE embedding_models
    ADD CONSTRAINT embedding_models_settings_not_null_json_check CHECK (jsonb_typeof(settings) <> 'null');

ALTER TABLE error_logs
    ADD CONSTRAINT error_logs_context_not_null_json_check CHECK (jsonb_typeof(context) <> 'null'),
    ADD CONSTRAINT error_logs_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE execution_events
    ADD CONSTRAINT execution_events_data_not_null_json_check CHECK (jsonb_typeof(data) <> 'null');

ALTER TABLE executions
    ADD CONSTRAINT executions_input_not_null_json_check CHECK (jsonb_typeof(input) <> 'null'),
    ADD CONSTRAINT executions_cost_usd_finite_check CHECK (cost_usd > '-Infinity' AND cost_usd < 'Infinity'),
    ADD CONSTRAINT executions_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE import_runs
    ADD CONSTRAINT import_runs_options_not_null_json_check CHECK (jsonb_typeof(options) <> 'null'),
    ADD CONSTRAINT import_runs_report_not_null_json_check CHECK (jsonb_typeof(report) <> 'null');

ALTER TABLE intent_analyses
    ADD CONSTRAINT intent_analyses_secondary_intents_not_null_json_check
        CHECK (jsonb_typeof(secondary_intents) <> 'null'),
    ADD CONSTRAINT intent_analyses_urgency_level_finite_check
        CHECK (urgency_level > '-Infinity' AND urgency_level < 'Infinity'),
    ADD CONSTRAINT intent_analyses_confidence_finite_check
        CHECK (confidence > '-Infinity' AND confidence < 'Infinity'),
    ADD CONSTRAINT intent_analyses_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE llm_calls
    ADD CONSTRAINT llm_calls_request_not_null_json_check CHECK (jsonb_typeof(request) <> 'null'),
    ADD CONSTRAINT llm_calls_cost_usd_finite_check CHECK (cost_usd > '-Infinity' AND cost_usd < 'Infinity'),
    ADD CONSTRAINT llm_calls_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE memories
    ADD CONSTRAINT memories_quality_score_finite_check
        CHECK (quality_score > '-Infinity' AND quality_score < 'Infinity'),
    ADD CONSTRAINT memories_tags_flat_check
        CHECK (array_ndims(tags) = 1 AND array_position(tags, NULL) IS NULL),
    ADD CONSTRAINT memories_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE message_citations
    ADD CONSTRAINT message_citations_similarity_finite_check
        CHECK (similarity > '-Infinity' AND similarity < 'Infinity');

ALTER TABLE message_memories
    ADD CONSTRAINT message_memories_similarity_finite_check
        CHECK (similarity > '-Infinity' AND similarity < 'Infinity');

ALTER TABLE messages
    ADD CONSTRAINT messages_temperature_finite_check
        CHECK (temperature > '-Infinity' AND temperature < 'Infinity'),
    ADD CONSTRAINT messages_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE metrics
    ADD CONSTRAINT metrics_value_finite_check CHECK (value > '-Infinity' AND value < 'Infinity'),
    ADD CONSTRAINT metrics_tags_not_null_json_check CHECK (jsonb_typeof(tags) <> 'null');

ALTER TABLE personalities
    ADD CONSTRAINT personalities_tags_flat_check
        CHECK (array_ndims(tags) = 1 AND array_position(tags, NULL) IS NULL),
    ADD CONSTRAINT personalities_variables_not_null_json_check CHECK (jsonb_typeof(variables) <> 'null'),
    ADD CONSTRAINT personalities_config_not_null_json_check CHECK (jsonb_typeof(config) <> 'null');

ALTER TABLE personality_validations
    ADD CONSTRAINT personality_validations_result_not_null_json_check CHECK (jsonb_typeof(result) <> 'null'),
    ADD CONSTRAINT personality_validations_issues_flat_check
        CHECK (array_ndims(issues) = 1 AND array_position(issues, NULL) IS NULL);

ALTER TABLE sessions
    ADD CONSTRAINT sessions_preferences_not_null_json_check CHECK (jsonb_typeof(preferences) <> 'null'),
    ADD CONSTRAINT sessions_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE tool_calls
    ADD CONSTRAINT tool_calls_arguments_not_null_json_check CHECK (jsonb_typeof(arguments) <> 'null'),
    ADD CONSTRAINT tool_calls_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE usage_daily
    ADD CONSTRAINT usage_daily_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE user_identities
    ADD CONSTRAINT user_identities_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE user_preferences
    ADD CONSTRAINT user_preferences_extra_not_null_json_check CHECK (jsonb_typeof(extra) <> 'null');

ALTER TABLE user_profiles
    ADD CONSTRAINT user_profiles_interests_flat_check
        CHECK (array_ndims(interests) = 1 AND array_position(interests, NULL) IS NULL),
    ADD CONSTRAINT user_profiles_habits_not_null_json_check CHECK (jsonb_typeof(habits) <> 'null'),
    ADD CONSTRAINT user_profiles_personality_insights_not_null_json_check
        CHECK (jsonb_typeof(personality_insights) <> 'null'),
    ADD CONSTRAINT user_profiles_statistics_not_null_json_check CHECK (jsonb_typeof(statistics) <> 'null');

ALTER TABLE users
    ADD CONSTRAINT users_roles_flat_check
        CHECK (array_ndims(roles) = 1 AND array_position(roles, NULL) IS NULL),
    ADD CONSTRAINT users_permissions_flat_check
        CHECK (array_ndims(permissions) = 1 AND array_position(permissions, NULL) IS NULL),
    ADD CONSTRAINT users_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');

ALTER TABLE workflow_versions
    ADD CONSTRAINT workflow_versions_data_not_null_json_check CHECK (jsonb_typeof(data) <> 'null');

ALTER TABLE workflows
    ADD CONSTRAINT workflows_nodes_not_null_json_check CHECK (jsonb_typeof(nodes) <> 'null'),
    ADD CONSTRAINT workflows_edges_not_null_json_check CHECK (jsonb_typeof(edges) <> 'null'),
    ADD CONSTRAINT workflows_viewport_not_null_json_check CHECK (jsonb_typeof(viewport) <> 'null'),
    ADD CONSTRAINT workflows_tags_flat_check
        CHECK (array_ndims(tags) = 1 AND array_position(tags, NULL) IS NULL),
    ADD CONSTRAINT workflows_metadata_not_null_json_check CHECK (jsonb_typeof(metadata) <> 'null');
"""


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(CHECKS)


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(re.sub(r"ADD (CONSTRAINT \w+)\s+CHECK \(.*\)", r"DROP \1", CHECKS))
