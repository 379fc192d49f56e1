-- AI Workflow Platform, agent_db: the tables as its design document gives them.

CREATE TABLE users (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    email VARCHAR(255) NOT NULL UNIQUE,
    password_hash VARCHAR(255) NOT NULL,
    name VARCHAR(100) NOT NULL,
    roles TEXT[] NOT NULL DEFAULT ARRAY['user'],
    permissions TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    is_active BOOLEAN NOT NULL DEFAULT true,
    email_verified BOOLEAN NOT NULL DEFAULT false,
    last_login_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    deleted_at TIMESTAMP WITH TIME ZONE
);

-- Indexes
CREATE INDEX idx_users_email ON users(email);
CREATE INDEX idx_users_created_at ON users(created_at DESC);
CREATE INDEX idx_users_is_active ON users(is_active) WHERE is_active = true;

-- Soft delete support
CREATE INDEX idx_users_deleted_at ON users(deleted_at) WHERE deleted_at IS NULL;

-- Comments
COMMENT ON TABLE users IS 'Platform users with authentication and authorization';
COMMENT ON COLUMN users.roles IS 'User roles: admin, developer, analyst, viewer';
COMMENT ON COLUMN users.permissions IS 'Granular permissions: agent:read, agent:write, etc.';

CREATE TABLE agents (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    persona_id UUID NOT NULL, -- Foreign key to persona_db.personas
    name VARCHAR(100) NOT NULL,
    description TEXT,
    status VARCHAR(20) NOT NULL DEFAULT 'active',
    settings JSONB NOT NULL DEFAULT '{
        "temperature": 0.7,
        "max_tokens": 4000,
        "top_p": 1.0
    }'::jsonb,
    metadata JSONB DEFAULT '{}'::jsonb,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    deleted_at TIMESTAMP WITH TIME ZONE,

    CONSTRAINT chk_agents_status CHECK (status IN ('active', 'inactive', 'archived'))
);

-- Indexes
CREATE INDEX idx_agents_user_id ON agents(user_id);
CREATE INDEX idx_agents_persona_id ON agents(persona_id);
CREATE INDEX idx_agents_status ON agents(status);
CREATE INDEX idx_agents_created_at ON agents(created_at DESC);

-- GIN index for JSONB columns
CREATE INDEX idx_agents_settings ON agents USING GIN (settings);
CREATE INDEX idx_agents_metadata ON agents USING GIN (metadata);

-- Full-text search
CREATE INDEX idx_agents_name_fts ON agents USING GIN (to_tsvector('english', name));
CREATE INDEX idx_agents_description_fts ON agents USING GIN (to_tsvector('english', description));

-- Comments
COMMENT ON TABLE agents IS 'AI agents with persona and configuration';
COMMENT ON COLUMN agents.settings IS 'LLM settings: temperature, max_tokens, top_p';
COMMENT ON COLUMN agents.metadata IS 'Custom metadata for extensions';

CREATE TABLE agent_plugins (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    agent_id UUID NOT NULL REFERENCES agents(id) ON DELETE CASCADE,
    name VARCHAR(100) NOT NULL,
    plugin_type VARCHAR(50) NOT NULL,
    config JSONB NOT NULL DEFAULT '{}'::jsonb,
    is_enabled BOOLEAN NOT NULL DEFAULT true,
    order_index INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),

    CONSTRAINT chk_plugin_type CHECK (plugin_type IN (
        'code_executor',
        'text_to_sql',
        'knowledge_rag',
        'web_search',
        'file_upload'
    ))
);

-- Indexes
CREATE INDEX idx_agent_plugins_agent_id ON agent_plugins(agent_id);
CREATE INDEX idx_agent_plugins_enabled ON agent_plugins(is_enabled) WHERE is_enabled = true;

-- Unique constraint: one plugin type per agent
CREATE UNIQUE INDEX idx_agent_plugins_unique ON agent_plugins(agent_id, plugin_type)
WHERE is_enabled = true;

-- Comments
COMMENT ON TABLE agent_plugins IS 'Plugins attached to agents';
COMMENT ON COLUMN agent_plugins.order_index IS 'Execution order of plugins';

CREATE TABLE executions (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    agent_id UUID NOT NULL REFERENCES agents(id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    workflow_id UUID, -- Optional: if triggered by workflow
    status VARCHAR(20) NOT NULL DEFAULT 'pending',
    progress INTEGER NOT NULL DEFAULT 0,

    -- Input/Output
    input JSONB NOT NULL,
    output JSONB,
    error JSONB,

    -- Metrics
    execution_time_ms INTEGER,
    tokens_used INTEGER,
    cost DECIMAL(10, 4),

    -- Timestamps
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    started_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,

    -- Retry logic
    retry_count INTEGER NOT NULL DEFAULT 0,
    max_retries INTEGER NOT NULL DEFAULT 3,
    parent_execution_id UUID REFERENCES executions(id),

    CONSTRAINT chk_executions_status CHECK (status IN (
        'pending', 'running', 'completed', 'failed', 'cancelled', 'timeout'
    )),
    CONSTRAINT chk_executions_progress CHECK (progress >= 0 AND progress <= 100)
);

-- Indexes
CREATE INDEX idx_executions_agent_id ON executions(agent_id);
CREATE INDEX idx_executions_user_id ON executions(user_id);
CREATE INDEX idx_executions_workflow_id ON executions(workflow_id);
CREATE INDEX idx_executions_status ON executions(status);
CREATE INDEX idx_executions_created_at ON executions(created_at DESC);

-- Composite index for user queries
CREATE INDEX idx_executions_user_status ON executions(user_id, status, created_at DESC);

-- Partial index for active executions
CREATE INDEX idx_executions_active ON executions(agent_id, status)
WHERE status IN ('pending', 'running');

-- GIN index for JSONB
CREATE INDEX idx_executions_input ON executions USING GIN (input);
CREATE INDEX idx_executions_output ON executions USING GIN (output);

-- Comments
COMMENT ON TABLE executions IS 'Agent execution history and status';
COMMENT ON COLUMN executions.cost IS 'Execution cost in USD';

CREATE TABLE execution_logs (
    id BIGSERIAL PRIMARY KEY,
    execution_id UUID NOT NULL REFERENCES executions(id) ON DELETE CASCADE,
    level VARCHAR(10) NOT NULL,
    message TEXT NOT NULL,
    metadata JSONB,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),

    CONSTRAINT chk_log_level CHECK (level IN ('debug', 'info', 'warning', 'error'))
);

-- Indexes
CREATE INDEX idx_execution_logs_execution_id ON execution_logs(execution_id, created_at DESC);
CREATE INDEX idx_execution_logs_level ON execution_logs(level);

-- Partition by month (for large volume)
-- See section 6 for partitioning strategy

COMMENT ON TABLE execution_logs IS 'Detailed logs for execution debugging';
