-- AI Workflow Platform, code_db: the tables as its design document gives them.

CREATE TABLE code_executions (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL, -- References agent_db.users
    agent_id UUID, -- Optional: if triggered by agent
    language VARCHAR(20) NOT NULL,
    code TEXT NOT NULL,
    status VARCHAR(20) NOT NULL DEFAULT 'pending',

    -- Container info
    container_id VARCHAR(100),
    container_ip VARCHAR(45),

    -- Results
    stdout TEXT,
    stderr TEXT,
    exit_code INTEGER,

    -- Metrics
    execution_time_ms INTEGER,
    memory_used_mb INTEGER,
    cpu_usage_percent DECIMAL(5, 2),

    -- Security
    security_score INTEGER,
    security_issues TEXT[],

    -- Timestamps
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    started_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,

    CONSTRAINT chk_code_language CHECK (language IN ('python', 'javascript', 'typescript')),
    CONSTRAINT chk_code_status CHECK (status IN (
        'pending', 'running', 'completed', 'failed', 'timeout', 'cancelled'
    ))
);

-- Indexes
CREATE INDEX idx_code_executions_user_id ON code_executions(user_id);
CREATE INDEX idx_code_executions_agent_id ON code_executions(agent_id);
CREATE INDEX idx_code_executions_status ON code_executions(status);
CREATE INDEX idx_code_executions_created_at ON code_executions(created_at DESC);

-- Partial index for active executions
CREATE INDEX idx_code_executions_active ON code_executions(container_id)
WHERE status IN ('pending', 'running');

COMMENT ON TABLE code_executions IS 'Code execution history in sandbox';
COMMENT ON COLUMN code_executions.security_score IS 'Security score 0-100 from Docker escape tests';
