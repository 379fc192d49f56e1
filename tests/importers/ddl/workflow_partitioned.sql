-- AI Workflow Platform: execution_logs a second time, as section 6 of its design document gives it.

-- 創建分區表
CREATE TABLE execution_logs (
    id BIGSERIAL,
    execution_id UUID NOT NULL,
    level VARCHAR(10) NOT NULL,
    message TEXT NOT NULL,
    metadata JSONB,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);

-- 創建月度分區
CREATE TABLE execution_logs_2025_10 PARTITION OF execution_logs
FOR VALUES FROM ('2025-10-01') TO ('2025-11-01');

CREATE TABLE execution_logs_2025_11 PARTITION OF execution_logs
FOR VALUES FROM ('2025-11-01') TO ('2025-12-01');

CREATE TABLE execution_logs_2025_12 PARTITION OF execution_logs
FOR VALUES FROM ('2025-12-01') TO ('2026-01-01');

-- 索引 (每個分區自動繼承)
CREATE INDEX idx_execution_logs_execution_id_p ON execution_logs(execution_id, created_at DESC);
CREATE INDEX idx_execution_logs_level_p ON execution_logs(level);
