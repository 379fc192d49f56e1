-- AI Workflow Platform, sql_db: the tables as its design document gives them.

CREATE TABLE databases (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL, -- References agent_db.users
    name VARCHAR(100) NOT NULL,
    connection_string TEXT NOT NULL, -- Encrypted
    database_type VARCHAR(50) NOT NULL,
    is_active BOOLEAN NOT NULL DEFAULT true,
    last_sync_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),

    CONSTRAINT chk_db_type CHECK (database_type IN (
        'postgresql', 'mysql', 'mssql', 'sqlite'
    ))
);

-- Indexes
CREATE INDEX idx_databases_user_id ON databases(user_id);
CREATE INDEX idx_databases_is_active ON databases(is_active) WHERE is_active = true;

COMMENT ON TABLE databases IS 'User database connections';
COMMENT ON COLUMN databases.connection_string IS 'Encrypted connection string';

CREATE TABLE schemas (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    database_id UUID NOT NULL REFERENCES databases(id) ON DELETE CASCADE,
    schema_name VARCHAR(100) NOT NULL,
    description TEXT,
    is_enhanced BOOLEAN NOT NULL DEFAULT false,
    enhanced_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
);

-- Indexes
CREATE INDEX idx_schemas_database_id ON schemas(database_id);
CREATE UNIQUE INDEX idx_schemas_unique ON schemas(database_id, schema_name);

COMMENT ON TABLE schemas IS 'Database schemas metadata';

CREATE TABLE tables (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    schema_id UUID NOT NULL REFERENCES schemas(id) ON DELETE CASCADE,
    table_name VARCHAR(100) NOT NULL,
    description TEXT,
    row_count BIGINT,
    columns JSONB NOT NULL,
    indexes JSONB,
    foreign_keys JSONB,
    sample_data JSONB,
    last_analyzed_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
);

-- Indexes
CREATE INDEX idx_tables_schema_id ON tables(schema_id);
CREATE INDEX idx_tables_table_name ON tables(table_name);
CREATE INDEX idx_tables_columns ON tables USING GIN (columns);

-- Full-text search
CREATE INDEX idx_tables_description_fts ON tables USING GIN (to_tsvector('english', description));

COMMENT ON TABLE tables IS 'Table metadata with enhanced descriptions';
COMMENT ON COLUMN tables.columns IS 'JSON array of column definitions';

CREATE TABLE sql_queries (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL, -- References agent_db.users
    database_id UUID NOT NULL REFERENCES databases(id) ON DELETE CASCADE,
    natural_language TEXT NOT NULL,
    generated_sql TEXT NOT NULL,
    validation_result JSONB,
    is_safe BOOLEAN NOT NULL,

    -- Execution
    executed BOOLEAN NOT NULL DEFAULT false,
    result_rows INTEGER,
    execution_time_ms INTEGER,

    -- Timestamps
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    executed_at TIMESTAMP WITH TIME ZONE
);

-- Indexes
CREATE INDEX idx_sql_queries_user_id ON sql_queries(user_id);
CREATE INDEX idx_sql_queries_database_id ON sql_queries(database_id);
CREATE INDEX idx_sql_queries_is_safe ON sql_queries(is_safe);
CREATE INDEX idx_sql_queries_created_at ON sql_queries(created_at DESC);

-- Full-text search on natural language
CREATE INDEX idx_sql_queries_nl_fts ON sql_queries
USING GIN (to_tsvector('english', natural_language));

COMMENT ON TABLE sql_queries IS 'Text-to-SQL query history';
