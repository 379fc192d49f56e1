"""Documents, their chunks and vectors, citations, and the data sources that questions are asked of.

Revision: 2026_11_22_5_knowledge
Before: 2026_11_22_4_conversations
"""

from typing import Final

from migrations.ddl import keep_updated_at, run

revision: Final = "2026_11_22_5_knowledge"
down_revision: Final = "2026_11_22_4_conversations"
branch_labels: Final = None
depends_on: Final = None

DOCUMENTS: Final = """
CREATE TABLE documents (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    title text COLLATE pg_c_utf8 NOT NULL,
    filename text COLLATE pg_c_utf8,
    original_name text COLLATE pg_c_utf8,
    content_type text COLLATE pg_c_utf8 NOT NULL,
    file_size bigint,
    file_path text COLLATE pg_c_utf8,
    content text COLLATE pg_c_utf8,
    content_hash text COLLATE pg_c_utf8,
    status text COLLATE pg_c_utf8 DEFAULT 'uploaded' NOT NULL
        CONSTRAINT documents_status_check
            CHECK (status IN ('uploaded', 'processing', 'needs_embedding', 'indexed', 'failed')),
    chunk_count integer DEFAULT 0 NOT NULL,
    processed_at timestamptz,
    indexed_at timestamptz,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT documents_pkey PRIMARY KEY (id),
    CONSTRAINT documents_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT documents_file_size_check CHECK (file_size >= 0),
    CONSTRAINT documents_chunk_count_check CHECK (chunk_count >= 0),
    CONSTRAINT documents_content_hash_check CHECK (content_hash ~ '^[0-9a-f]{64}$'),
    CONSTRAINT documents_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX documents_created_at_id_idx ON documents (created_at DESC, id DESC);

CREATE INDEX documents_metadata_idx ON documents USING gin (metadata jsonb_path_ops);

CREATE INDEX documents_user_id_chunk_count_id_idx ON documents (user_id, chunk_count DESC, id DESC);

CREATE INDEX documents_user_id_content_hash_idx ON documents (user_id, content_hash);

CREATE INDEX documents_user_id_created_at_id_idx ON documents (user_id, created_at DESC, id DESC);

CREATE INDEX documents_user_id_file_size_asc_id_idx ON documents (user_id, file_size, id);

CREATE INDEX documents_user_id_file_size_desc_id_idx
    ON documents (user_id, file_size DESC NULLS LAST, id DESC);

CREATE INDEX documents_user_id_indexed_at_asc_id_idx ON documents (user_id, indexed_at, id);

CREATE INDEX documents_user_id_indexed_at_desc_id_idx
    ON documents (user_id, indexed_at DESC NULLS LAST, id DESC);

CREATE INDEX documents_user_id_status_idx ON documents (user_id, status, created_at DESC, id DESC);

CREATE INDEX documents_user_id_title_id_idx ON documents (user_id, title DESC, id DESC);

CREATE INDEX documents_user_id_updated_at_id_idx ON documents (user_id, updated_at DESC, id DESC);

CREATE TABLE document_chunks (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    document_id uuid NOT NULL,
    chunk_index integer NOT NULL,
    content text COLLATE pg_c_utf8 NOT NULL,
    content_length integer GENERATED ALWAYS AS (char_length(content)) STORED NOT NULL,
    external_vector_id text COLLATE pg_c_utf8,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT document_chunks_pkey PRIMARY KEY (id),
    CONSTRAINT document_chunks_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT document_chunks_document_id_chunk_index_key UNIQUE (document_id, chunk_index),
    CONSTRAINT document_chunks_document_id_user_id_fkey FOREIGN KEY (document_id, user_id)
        REFERENCES documents (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT document_chunks_chunk_index_check CHECK (chunk_index >= 0),
    CONSTRAINT document_chunks_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX document_chunks_created_at_id_idx ON document_chunks (created_at DESC, id DESC);

CREATE INDEX document_chunks_external_vector_id_idx ON document_chunks (external_vector_id)
    WHERE external_vector_id IS NOT NULL;

CREATE INDEX document_chunks_user_id_created_at_id_idx
    ON document_chunks (user_id, created_at DESC, id DESC);

CREATE TABLE message_citations (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    message_id uuid NOT NULL,
    document_id uuid,
    chunk_id uuid,
    position integer NOT NULL,
    external_ref text COLLATE pg_c_utf8,
    quote text COLLATE pg_c_utf8,
    similarity double precision,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT message_citations_pkey PRIMARY KEY (id),
    CONSTRAINT message_citations_message_id_position_key UNIQUE (message_id, position),
    CONSTRAINT message_citations_message_id_user_id_fkey FOREIGN KEY (message_id, user_id)
        REFERENCES messages (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT message_citations_document_id_user_id_fkey FOREIGN KEY (document_id, user_id)
        REFERENCES documents (id, user_id) ON DELETE SET NULL (document_id) ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT message_citations_chunk_id_user_id_fkey FOREIGN KEY (chunk_id, user_id)
        REFERENCES document_chunks (id, user_id) ON DELETE SET NULL (chunk_id) ON UPDATE CASCADE
            DEFERRABLE,
    CONSTRAINT message_citations_position_check CHECK (position >= 0),
    CONSTRAINT message_citations_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX message_citations_chunk_id_created_at_id_idx
    ON message_citations (chunk_id, created_at DESC, id DESC);

CREATE INDEX message_citations_created_at_id_idx ON message_citations (created_at DESC, id DESC);

CREATE INDEX message_citations_document_id_created_at_id_idx
    ON message_citations (document_id, created_at DESC, id DESC);

CREATE INDEX message_citations_user_id_created_at_id_idx
    ON message_citations (user_id, created_at DESC, id DESC);
"""

EMBEDDINGS: Final = """
CREATE TABLE embedding_models (
    id uuid DEFAULT uuidv7() NOT NULL,
    name text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT embedding_models_name_check CHECK (char_length(name) <= 255),
    provider text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT embedding_models_provider_check CHECK (char_length(provider) <= 50),
    dimensions integer NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    settings jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT embedding_models_pkey PRIMARY KEY (id),
    CONSTRAINT embedding_models_name_key UNIQUE (name),
    CONSTRAINT embedding_models_dimensions_check CHECK (dimensions BETWEEN 1 AND 16000)
);

CREATE INDEX embedding_models_created_at_id_idx ON embedding_models (created_at DESC, id DESC);

CREATE UNIQUE INDEX embedding_models_default_key ON embedding_models (is_default) WHERE is_default;

CREATE INDEX embedding_models_name_id_idx ON embedding_models (name DESC, id DESC);

CREATE INDEX embedding_models_updated_at_id_idx ON embedding_models (updated_at DESC, id DESC);

CREATE TABLE chunk_embeddings (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    chunk_id uuid NOT NULL,
    document_id uuid NOT NULL,
    model_id uuid NOT NULL,
    embedding vector NOT NULL,
    bits bit varying GENERATED ALWAYS AS (binary_quantize(embedding)::bit varying) STORED,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT chunk_embeddings_pkey PRIMARY KEY (id),
    CONSTRAINT chunk_embeddings_chunk_id_model_id_key UNIQUE (chunk_id, model_id),
    CONSTRAINT chunk_embeddings_chunk_id_user_id_fkey FOREIGN KEY (chunk_id, user_id)
        REFERENCES document_chunks (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT chunk_embeddings_document_id_user_id_fkey FOREIGN KEY (document_id, user_id)
        REFERENCES documents (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT chunk_embeddings_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT chunk_embeddings_model_id_fkey FOREIGN KEY (model_id)
        REFERENCES embedding_models (id) ON DELETE RESTRICT
);

CREATE INDEX chunk_embeddings_chunk_id_created_at_id_idx
    ON chunk_embeddings (chunk_id, created_at DESC, id DESC);

CREATE INDEX chunk_embeddings_created_at_id_idx ON chunk_embeddings (created_at DESC, id DESC);

CREATE INDEX chunk_embeddings_document_id_created_at_id_idx
    ON chunk_embeddings (document_id, created_at DESC, id DESC);

CREATE INDEX chunk_embeddings_model_id_created_at_id_idx
    ON chunk_embeddings (model_id, created_at DESC, id DESC);

CREATE INDEX chunk_embeddings_user_id_created_at_id_idx
    ON chunk_embeddings (user_id, created_at DESC, id DESC);

CREATE INDEX chunk_embeddings_user_id_model_id_idx ON chunk_embeddings (user_id, model_id, document_id);

CREATE TABLE memory_embeddings (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    memory_id uuid NOT NULL,
    model_id uuid NOT NULL,
    embedding vector NOT NULL,
    bits bit varying GENERATED ALWAYS AS (binary_quantize(embedding)::bit varying) STORED,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT memory_embeddings_pkey PRIMARY KEY (id),
    CONSTRAINT memory_embeddings_memory_id_model_id_key UNIQUE (memory_id, model_id),
    CONSTRAINT memory_embeddings_memory_id_user_id_fkey FOREIGN KEY (memory_id, user_id)
        REFERENCES memories (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT memory_embeddings_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT memory_embeddings_model_id_fkey FOREIGN KEY (model_id)
        REFERENCES embedding_models (id) ON DELETE RESTRICT
);

CREATE INDEX memory_embeddings_created_at_id_idx ON memory_embeddings (created_at DESC, id DESC);

CREATE INDEX memory_embeddings_memory_id_created_at_id_idx
    ON memory_embeddings (memory_id, created_at DESC, id DESC);

CREATE INDEX memory_embeddings_model_id_created_at_id_idx
    ON memory_embeddings (model_id, created_at DESC, id DESC);

CREATE INDEX memory_embeddings_user_id_created_at_id_idx
    ON memory_embeddings (user_id, created_at DESC, id DESC);

CREATE INDEX memory_embeddings_user_id_model_id_idx ON memory_embeddings (user_id, model_id);
"""

DATA_SOURCES: Final = """
CREATE TABLE data_sources (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    name text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT data_sources_name_check CHECK (char_length(name) <= 100),
    kind text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT data_sources_kind_check CHECK (kind IN ('postgresql', 'mysql', 'mssql', 'sqlite')),
    connection_secret text COLLATE pg_c_utf8,
    connection_key_id text COLLATE pg_c_utf8,
    is_active boolean DEFAULT true NOT NULL,
    last_synced_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT data_sources_pkey PRIMARY KEY (id),
    CONSTRAINT data_sources_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT data_sources_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX data_sources_active_idx ON data_sources (user_id, created_at DESC, id DESC)
    WHERE is_active AND deleted_at IS NULL;

CREATE INDEX data_sources_created_at_id_idx ON data_sources (created_at DESC, id DESC);

CREATE INDEX data_sources_user_id_created_at_id_idx ON data_sources (user_id, created_at DESC, id DESC);

CREATE INDEX data_sources_user_id_last_synced_at_asc_id_idx ON data_sources (user_id, last_synced_at, id);

CREATE INDEX data_sources_user_id_last_synced_at_desc_id_idx
    ON data_sources (user_id, last_synced_at DESC NULLS LAST, id DESC);

CREATE INDEX data_sources_user_id_name_id_idx ON data_sources (user_id, name DESC, id DESC);

CREATE INDEX data_sources_user_id_updated_at_id_idx ON data_sources (user_id, updated_at DESC, id DESC);

CREATE TABLE data_source_schemas (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    data_source_id uuid NOT NULL,
    name text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT data_source_schemas_name_check CHECK (char_length(name) <= 100),
    description text COLLATE pg_c_utf8,
    is_enhanced boolean DEFAULT false NOT NULL,
    enhanced_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT data_source_schemas_pkey PRIMARY KEY (id),
    CONSTRAINT data_source_schemas_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT data_source_schemas_data_source_id_name_key UNIQUE (data_source_id, name),
    CONSTRAINT data_source_schemas_data_source_id_user_id_fkey FOREIGN KEY (data_source_id, user_id)
        REFERENCES data_sources (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT data_source_schemas_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX data_source_schemas_created_at_id_idx ON data_source_schemas (created_at DESC, id DESC);

CREATE INDEX data_source_schemas_data_source_id_created_at_id_idx
    ON data_source_schemas (data_source_id, created_at DESC, id DESC);

CREATE INDEX data_source_schemas_user_id_created_at_id_idx
    ON data_source_schemas (user_id, created_at DESC, id DESC);

CREATE INDEX data_source_schemas_user_id_name_id_idx ON data_source_schemas (user_id, name DESC, id DESC);

CREATE INDEX data_source_schemas_user_id_updated_at_id_idx
    ON data_source_schemas (user_id, updated_at DESC, id DESC);

CREATE TABLE data_source_tables (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    schema_id uuid NOT NULL,
    name text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT data_source_tables_name_check CHECK (char_length(name) <= 100),
    description text COLLATE pg_c_utf8,
    row_count bigint,
    columns jsonb DEFAULT '[]' NOT NULL,
    indexes jsonb DEFAULT '[]' NOT NULL,
    foreign_keys jsonb DEFAULT '[]' NOT NULL,
    sample_data jsonb DEFAULT '[]' NOT NULL,
    last_analyzed_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT data_source_tables_pkey PRIMARY KEY (id),
    CONSTRAINT data_source_tables_schema_id_name_key UNIQUE (schema_id, name),
    CONSTRAINT data_source_tables_schema_id_user_id_fkey FOREIGN KEY (schema_id, user_id)
        REFERENCES data_source_schemas (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT data_source_tables_row_count_check CHECK (row_count >= 0),
    CONSTRAINT data_source_tables_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX data_source_tables_columns_idx ON data_source_tables USING gin (columns);

CREATE INDEX data_source_tables_created_at_id_idx ON data_source_tables (created_at DESC, id DESC);

CREATE INDEX data_source_tables_schema_id_created_at_id_idx
    ON data_source_tables (schema_id, created_at DESC, id DESC);

CREATE INDEX data_source_tables_user_id_created_at_id_idx
    ON data_source_tables (user_id, created_at DESC, id DESC);

CREATE INDEX data_source_tables_user_id_name_id_idx ON data_source_tables (user_id, name DESC, id DESC);

CREATE INDEX data_source_tables_user_id_row_count_asc_id_idx
    ON data_source_tables (user_id, row_count, id);

CREATE INDEX data_source_tables_user_id_row_count_desc_id_idx
    ON data_source_tables (user_id, row_count DESC NULLS LAST, id DESC);

CREATE INDEX data_source_tables_user_id_updated_at_id_idx
    ON data_source_tables (user_id, updated_at DESC, id DESC);

CREATE TABLE sql_queries (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    data_source_id uuid NOT NULL,
    question text COLLATE pg_c_utf8 NOT NULL,
    generated_sql text COLLATE pg_c_utf8 NOT NULL,
    validation_result jsonb,
    is_safe boolean NOT NULL,
    status text COLLATE pg_c_utf8 DEFAULT 'generated' NOT NULL
        CONSTRAINT sql_queries_status_check
            CHECK (status IN ('generated', 'rejected', 'running', 'completed', 'failed')),
    executed boolean DEFAULT false NOT NULL,
    result_row_count integer,
    duration_ms integer,
    executed_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT sql_queries_pkey PRIMARY KEY (id),
    CONSTRAINT sql_queries_data_source_id_user_id_fkey FOREIGN KEY (data_source_id, user_id)
        REFERENCES data_sources (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT sql_queries_result_row_count_check CHECK (result_row_count >= 0),
    CONSTRAINT sql_queries_duration_ms_check CHECK (duration_ms >= 0),
    CONSTRAINT sql_queries_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX sql_queries_created_at_id_idx ON sql_queries (created_at DESC, id DESC);

CREATE INDEX sql_queries_data_source_id_created_at_id_idx
    ON sql_queries (data_source_id, created_at DESC, id DESC);

CREATE INDEX sql_queries_user_id_created_at_id_idx ON sql_queries (user_id, created_at DESC, id DESC);

CREATE INDEX sql_queries_user_id_duration_ms_asc_id_idx ON sql_queries (user_id, duration_ms, id);

CREATE INDEX sql_queries_user_id_duration_ms_desc_id_idx
    ON sql_queries (user_id, duration_ms DESC NULLS LAST, id DESC);

CREATE INDEX sql_queries_user_id_executed_at_asc_id_idx ON sql_queries (user_id, executed_at, id);

CREATE INDEX sql_queries_user_id_executed_at_desc_id_idx
    ON sql_queries (user_id, executed_at DESC NULLS LAST, id DESC);

CREATE INDEX sql_queries_user_id_updated_at_id_idx ON sql_queries (user_id, updated_at DESC, id DESC);
"""

TRIGGERS: Final = """
CREATE FUNCTION count_chunks() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE documents SET chunk_count = chunk_count + change.chunks
        FROM (SELECT document_id, count(*) AS chunks FROM new_chunks GROUP BY document_id) change
        WHERE documents.id = change.document_id;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE documents SET chunk_count = greatest(chunk_count - change.chunks, 0)
        FROM (SELECT document_id, count(*) AS chunks FROM old_chunks GROUP BY document_id) change
        WHERE documents.id = change.document_id;
    ELSE
        UPDATE documents SET chunk_count = greatest(chunk_count - 1, 0) WHERE id = OLD.document_id;
        UPDATE documents SET chunk_count = chunk_count + 1 WHERE id = NEW.document_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER count_inserted AFTER INSERT ON document_chunks REFERENCING NEW TABLE AS new_chunks
    FOR EACH STATEMENT EXECUTE FUNCTION count_chunks();

CREATE TRIGGER count_updated AFTER UPDATE OF document_id ON document_chunks
    FOR EACH ROW WHEN (OLD.document_id IS DISTINCT FROM NEW.document_id) EXECUTE FUNCTION count_chunks();

CREATE TRIGGER count_deleted AFTER DELETE ON document_chunks REFERENCING OLD TABLE AS old_chunks
    FOR EACH STATEMENT EXECUTE FUNCTION count_chunks()
"""

KEPT: Final = (
    "embedding_models",
    "data_sources",
    "data_source_schemas",
    "data_source_tables",
    "sql_queries",
)
# Use does not count as change: counters and the times of the last use are left out.
KEPT_IN_PART: Final = {
    "documents": (
        "id, user_id, title, filename, original_name, content_type, file_size, file_path, "
        "content, content_hash, status, processed_at, indexed_at, metadata, created_at, "
        "deleted_at"
    ),
}


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(DOCUMENTS)
    run(EMBEDDINGS)
    run(DATA_SOURCES)
    for table in KEPT:
        keep_updated_at(table)
    for table, columns in KEPT_IN_PART.items():
        keep_updated_at(table, of=columns)
    run(TRIGGERS)


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("""
DROP TABLE
    sql_queries, data_source_tables, data_source_schemas, data_sources, memory_embeddings,
    chunk_embeddings, embedding_models, message_citations, document_chunks, documents
""")
    run("""
DROP FUNCTION count_chunks()
""")
