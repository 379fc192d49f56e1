-- AI Workflow Platform, workflow_db: the tables as its design document gives them.

CREATE TABLE workflows (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL, -- References agent_db.users
    name VARCHAR(100) NOT NULL,
    description TEXT,
    status VARCHAR(20) NOT NULL DEFAULT 'draft',
    version INTEGER NOT NULL DEFAULT 1,

    -- Workflow definition (VueFlow format)
    nodes JSONB NOT NULL DEFAULT '[]'::jsonb,
    edges JSONB NOT NULL DEFAULT '[]'::jsonb,
    viewport JSONB DEFAULT '{"x": 0, "y": 0, "zoom": 1}'::jsonb,

    -- Metadata
    metadata JSONB DEFAULT '{}'::jsonb,
    tags TEXT[],

    -- Timestamps
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    published_at TIMESTAMP WITH TIME ZONE,
    deleted_at TIMESTAMP WITH TIME ZONE,

    CONSTRAINT chk_workflow_status CHECK (status IN (
        'draft', 'active', 'paused', 'archived'
    ))
);

-- Indexes
CREATE INDEX idx_workflows_user_id ON workflows(user_id);
CREATE INDEX idx_workflows_status ON workflows(status);
CREATE INDEX idx_workflows_created_at ON workflows(created_at DESC);
CREATE INDEX idx_workflows_tags ON workflows USING GIN (tags);
CREATE INDEX idx_workflows_nodes ON workflows USING GIN (nodes);
CREATE INDEX idx_workflows_edges ON workflows USING GIN (edges);

-- Full-text search
CREATE INDEX idx_workflows_name_fts ON workflows USING GIN (to_tsvector('english', name));

COMMENT ON TABLE workflows IS 'Visual workflows with VueFlow format';
COMMENT ON COLUMN workflows.nodes IS 'VueFlow nodes array';
COMMENT ON COLUMN workflows.edges IS 'VueFlow edges array';

CREATE TABLE workflow_executions (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id UUID NOT NULL REFERENCES workflows(id) ON DELETE CASCADE,
    user_id UUID NOT NULL, -- References agent_db.users
    status VARCHAR(20) NOT NULL DEFAULT 'pending',

    -- Input/Output
    input JSONB NOT NULL,
    output JSONB,
    error JSONB,

    -- Execution trace
    node_executions JSONB NOT NULL DEFAULT '[]'::jsonb,
    current_node_id VARCHAR(100),

    -- Metrics
    total_nodes INTEGER,
    completed_nodes INTEGER NOT NULL DEFAULT 0,
    execution_time_ms INTEGER,
    cost DECIMAL(10, 4),

    -- Timestamps
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    started_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,

    CONSTRAINT chk_wf_exec_status CHECK (status IN (
        'pending', 'running', 'completed', 'failed', 'cancelled'
    ))
);

-- Indexes
CREATE INDEX idx_workflow_executions_workflow_id ON workflow_executions(workflow_id);
CREATE INDEX idx_workflow_executions_user_id ON workflow_executions(user_id);
CREATE INDEX idx_workflow_executions_status ON workflow_executions(status);
CREATE INDEX idx_workflow_executions_created_at ON workflow_executions(created_at DESC);

-- Composite index for workflow queries
CREATE INDEX idx_wf_exec_workflow_status ON workflow_executions(workflow_id, status, created_at DESC);

COMMENT ON TABLE workflow_executions IS 'Workflow execution history';
COMMENT ON COLUMN workflow_executions.node_executions IS 'Array of node execution results';

CREATE TABLE workflow_snapshots (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id UUID NOT NULL REFERENCES workflows(id) ON DELETE CASCADE,
    snapshot_data JSONB NOT NULL,
    created_by UUID NOT NULL, -- References agent_db.users
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
);

-- Indexes
CREATE INDEX idx_workflow_snapshots_workflow_id ON workflow_snapshots(workflow_id, created_at DESC);

COMMENT ON TABLE workflow_snapshots IS 'Workflow version snapshots for CRDT persistence';
