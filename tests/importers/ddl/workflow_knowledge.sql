-- AI Workflow Platform, knowledge_db: the tables as its design document gives them.

CREATE TABLE documents (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL, -- References agent_db.users
    title VARCHAR(255) NOT NULL,
    content TEXT NOT NULL,
    content_type VARCHAR(50) NOT NULL,
    file_path TEXT,
    file_size BIGINT,
    metadata JSONB DEFAULT '{}'::jsonb,

    -- Processing status
    status VARCHAR(20) NOT NULL DEFAULT 'uploaded',
    chunk_count INTEGER NOT NULL DEFAULT 0,
    indexed_at TIMESTAMP WITH TIME ZONE,

    -- Timestamps
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    deleted_at TIMESTAMP WITH TIME ZONE,

    CONSTRAINT chk_doc_status CHECK (status IN (
        'uploaded', 'processing', 'indexed', 'failed'
    )),
    CONSTRAINT chk_content_type CHECK (content_type IN (
        'text/plain', 'text/markdown', 'application/pdf',
        'application/msword', 'text/html'
    ))
);

-- Indexes
CREATE INDEX idx_documents_user_id ON documents(user_id);
CREATE INDEX idx_documents_status ON documents(status);
CREATE INDEX idx_documents_created_at ON documents(created_at DESC);
CREATE INDEX idx_documents_metadata ON documents USING GIN (metadata);

-- Full-text search
CREATE INDEX idx_documents_title_fts ON documents USING GIN (to_tsvector('english', title));
CREATE INDEX idx_documents_content_fts ON documents USING GIN (to_tsvector('english', content));

COMMENT ON TABLE documents IS 'Documents for RAG knowledge base';

CREATE TABLE document_chunks (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    document_id UUID NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    chunk_index INTEGER NOT NULL,
    content TEXT NOT NULL,
    content_length INTEGER NOT NULL,

    -- Vector embedding (for fallback, primary storage in Azure AI Search)
    embedding vector(1536), -- OpenAI ada-002 dimension

    -- Metadata
    metadata JSONB DEFAULT '{}'::jsonb,

    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),

    CONSTRAINT chk_chunk_index CHECK (chunk_index >= 0)
);

-- Indexes
CREATE INDEX idx_document_chunks_document_id ON document_chunks(document_id, chunk_index);

-- Vector similarity search (using pgvector extension)
CREATE INDEX idx_document_chunks_embedding ON document_chunks
USING ivfflat (embedding vector_cosine_ops)
WITH (lists = 100);

COMMENT ON TABLE document_chunks IS 'Document chunks with embeddings';
COMMENT ON COLUMN document_chunks.embedding IS 'Vector embedding for similarity search (fallback)';
