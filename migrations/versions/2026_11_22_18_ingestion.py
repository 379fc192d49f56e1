"""Remember what waits to be prepared for search, and by which model everything is to be found next.

Why: documents are read, cut and turned into vectors in the background, by any number of processes, and what
a killed one leaves is taken up again. A change of the embedding model goes on beside the old vectors.
Whoever follows a document hears of its progress, and of why it failed.
Risk: documents and embedding_models are locked for a moment, and not rewritten. A memory whose text changes
loses its vectors from now on, which were those of another text.

Revision: 2026_11_22_18_ingestion
Before: 2026_11_22_17_import_checkpoints
"""

from typing import Final

from migrations.ddl import keep_updated_at, run

revision: Final = "2026_11_22_18_ingestion"
down_revision: Final = "2026_11_22_17_import_checkpoints"
branch_labels: Final = None
depends_on: Final = None

COLUMNS: Final = """
ALTER TABLE documents
    ADD COLUMN progress integer DEFAULT 0 NOT NULL,
    ADD COLUMN failure text COLLATE pg_c_utf8,
    ADD COLUMN chunker integer,
    ADD CONSTRAINT documents_progress_check CHECK (progress BETWEEN 0 AND 100),
    ADD CONSTRAINT documents_chunker_check CHECK (chunker >= 0);

ALTER TABLE embedding_models
    ADD COLUMN distance text COLLATE pg_c_utf8 DEFAULT 'cosine' NOT NULL
        CONSTRAINT embedding_models_distance_check
            CHECK (distance IN ('cosine', 'inner_product', 'euclidean')),
    ADD COLUMN is_next boolean DEFAULT false NOT NULL,
    ADD CONSTRAINT embedding_models_is_next_check CHECK (NOT (is_default AND is_next));

CREATE UNIQUE INDEX embedding_models_next_key ON embedding_models (is_next) WHERE is_next
"""

TABLES: Final = """
CREATE TABLE preparations (
    id uuid DEFAULT uuidv7() NOT NULL,
    kind text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT preparations_kind_check CHECK (kind IN ('document', 'memory')),
    target_id uuid NOT NULL,
    due_at timestamptz DEFAULT now() NOT NULL,
    token bigint DEFAULT 0 NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    cut boolean DEFAULT false NOT NULL,
    last_error text COLLATE pg_c_utf8,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT preparations_pkey PRIMARY KEY (id),
    CONSTRAINT preparations_target_id_key UNIQUE (target_id),
    CONSTRAINT preparations_attempts_check CHECK (attempts >= 0),
    CONSTRAINT preparations_token_check CHECK (token >= 0)
);

CREATE INDEX preparations_kind_due_at_idx ON preparations (kind, due_at);

CREATE INDEX preparations_created_at_id_idx ON preparations (created_at DESC, id DESC);

CREATE TABLE staged_embeddings (
    id uuid DEFAULT uuidv7() NOT NULL,
    model_id uuid NOT NULL,
    text_hash bytea NOT NULL
        CONSTRAINT staged_embeddings_text_hash_check CHECK (octet_length(text_hash) = 32),
    embedding vector NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT staged_embeddings_pkey PRIMARY KEY (id),
    CONSTRAINT staged_embeddings_model_id_text_hash_key UNIQUE (model_id, text_hash)
);

CREATE INDEX staged_embeddings_created_at_id_idx ON staged_embeddings (created_at DESC, id DESC);

CREATE TABLE embedding_usage (
    id uuid DEFAULT uuidv7() NOT NULL,
    provider text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT embedding_usage_provider_check CHECK (char_length(provider) <= 50),
    day date NOT NULL,
    tokens bigint DEFAULT 0 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT embedding_usage_pkey PRIMARY KEY (id),
    CONSTRAINT embedding_usage_provider_day_key UNIQUE (provider, day),
    CONSTRAINT embedding_usage_tokens_check CHECK (tokens >= 0)
);

CREATE INDEX embedding_usage_created_at_id_idx ON embedding_usage (created_at DESC, id DESC)
"""

TRIGGERS: Final = """
CREATE FUNCTION forget_memory_vectors() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM memory_embeddings WHERE memory_id = NEW.id;
    INSERT INTO preparations (kind, target_id) VALUES ('memory', NEW.id)
    ON CONFLICT (target_id) DO UPDATE SET due_at = now(), token = preparations.token + 1, attempts = 0;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION forget_memory_vectors IS
    'Lets new vectors be made of a memory that says something else';

CREATE TRIGGER forget_vectors AFTER UPDATE OF content ON memories
    FOR EACH ROW WHEN (OLD.content IS DISTINCT FROM NEW.content) EXECUTE FUNCTION forget_memory_vectors()
"""

FOLLOWED: Final = """user_id, title, content_type, file_size, status, chunk_count, processed_at, indexed_at,
    metadata, deleted_at"""

FOLLOWING: Final = """
DROP TRIGGER wake_changed ON documents;

CREATE TRIGGER wake_changed AFTER UPDATE OF {columns} ON documents
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION wake_followers('document')
"""


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(COLUMNS)
    run(FOLLOWING.format(columns=f"{FOLLOWED}, progress, failure"))
    run(TABLES)
    keep_updated_at("preparations")
    keep_updated_at("embedding_usage")
    run(TRIGGERS)


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(FOLLOWING.format(columns=FOLLOWED))
    run("""
DROP TRIGGER forget_vectors ON memories;

DROP FUNCTION forget_memory_vectors();

DROP TABLE embedding_usage, staged_embeddings, preparations;

ALTER TABLE embedding_models DROP COLUMN is_next, DROP COLUMN distance;

ALTER TABLE documents DROP COLUMN chunker, DROP COLUMN failure, DROP COLUMN progress
""")
