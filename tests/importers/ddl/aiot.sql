-- AIOT LLM AI Engine: its design document lists columns and types instead of statements. They stand here in
-- CREATE TABLE, with the primary keys, the one unique column and the indexes that it names, and nothing else.

CREATE TABLE conversations (
    id UUID PRIMARY KEY,  -- 主鍵
    user_id VARCHAR,  -- 用戶ID
    session_id VARCHAR,  -- 會話ID
    title VARCHAR,  -- 對話標題
    mode VARCHAR,  -- 模式 (llm/mcp/rag)
    created_at TIMESTAMP,  -- 創建時間
    updated_at TIMESTAMP,  -- 更新時間
    is_active BOOLEAN,  -- 是否活躍
    metadata JSONB  -- 額外元數據
);

CREATE TABLE messages (
    id UUID PRIMARY KEY,  -- 主鍵
    conversation_id UUID,  -- 關聯對話ID
    role VARCHAR,  -- 角色 (user/assistant/system)
    content TEXT,  -- 消息內容
    metadata JSONB,  -- 元數據 (工具調用、來源等)
    token_count INTEGER,  -- Token 數量
    created_at TIMESTAMP  -- 創建時間
);

CREATE TABLE mcp_tool_calls (
    id UUID PRIMARY KEY,  -- 主鍵
    conversation_id UUID,  -- 關聯對話ID
    message_id UUID,  -- 關聯消息ID
    user_id VARCHAR,  -- 用戶ID
    tool_name VARCHAR,  -- 工具名稱
    service_name VARCHAR,  -- 服務名稱
    arguments JSONB,  -- 調用參數
    result JSONB,  -- 執行結果
    success BOOLEAN,  -- 是否成功
    error_message TEXT,  -- 錯誤訊息
    execution_time_ms INTEGER,  -- 執行時間(毫秒)
    created_at TIMESTAMP  -- 創建時間
);

CREATE TABLE knowledge_documents (
    id UUID PRIMARY KEY,  -- 主鍵
    filename VARCHAR,  -- 文件名
    original_name VARCHAR,  -- 原始文件名
    content_type VARCHAR,  -- 內容類型
    file_size BIGINT,  -- 文件大小
    upload_user_id VARCHAR,  -- 上傳用戶ID
    content TEXT,  -- 原始文本內容
    content_hash VARCHAR,  -- 內容哈希值
    chunk_count INTEGER,  -- 分塊數量
    processed_at TIMESTAMP,  -- 處理時間
    created_at TIMESTAMP,  -- 創建時間
    status VARCHAR  -- 處理狀態
);

CREATE TABLE document_chunks (
    id UUID PRIMARY KEY,  -- 主鍵
    document_id UUID,  -- 關聯文檔ID
    chunk_index INTEGER,  -- 分塊索引
    content TEXT,  -- 分塊內容
    content_length INTEGER,  -- 內容長度
    embedding_id VARCHAR,  -- 向量ID (ChromaDB)
    created_at TIMESTAMP  -- 創建時間
);

CREATE TABLE user_llm_preferences (
    id UUID PRIMARY KEY,  -- 主鍵
    user_id VARCHAR UNIQUE,  -- 用戶ID (唯一)
    preferred_model VARCHAR,  -- 偏好模型
    temperature DECIMAL,  -- 溫度參數
    max_tokens INTEGER,  -- 最大Token數
    use_rag_by_default BOOLEAN,  -- 預設使用RAG
    use_conversation_memory BOOLEAN,  -- 使用對話記憶
    preferred_language VARCHAR,  -- 偏好語言
    timezone VARCHAR,  -- 時區
    created_at TIMESTAMP,  -- 創建時間
    updated_at TIMESTAMP  -- 更新時間
);

CREATE TABLE usage_statistics (
    id UUID PRIMARY KEY,  -- 主鍵
    user_id VARCHAR,  -- 用戶ID
    date DATE,  -- 統計日期
    conversation_count INTEGER,  -- 對話次數
    message_count INTEGER,  -- 消息數量
    mcp_call_count INTEGER,  -- MCP調用次數
    rag_query_count INTEGER,  -- RAG查詢次數
    total_tokens INTEGER,  -- 總Token數
    avg_response_time_ms INTEGER,  -- 平均回應時間
    created_at TIMESTAMP,  -- 創建時間
    updated_at TIMESTAMP  -- 更新時間
);

CREATE INDEX ON conversations (user_id);
CREATE INDEX ON conversations (session_id);
CREATE INDEX ON conversations (created_at);
CREATE INDEX ON conversations (is_active);
CREATE INDEX ON messages (conversation_id);
CREATE INDEX ON messages (created_at);
CREATE INDEX ON messages (role);
CREATE INDEX ON mcp_tool_calls (user_id);
CREATE INDEX ON mcp_tool_calls (tool_name);
CREATE INDEX ON mcp_tool_calls (service_name);
CREATE INDEX ON mcp_tool_calls (created_at);
CREATE INDEX ON mcp_tool_calls (success);
CREATE INDEX ON knowledge_documents (upload_user_id);
CREATE INDEX ON knowledge_documents (status);
CREATE INDEX ON knowledge_documents (content_hash);
CREATE INDEX ON knowledge_documents (created_at);
CREATE INDEX ON document_chunks (document_id);
CREATE INDEX ON document_chunks (embedding_id);
CREATE INDEX ON user_llm_preferences (user_id);
CREATE INDEX ON usage_statistics (user_id, date);
CREATE INDEX ON usage_statistics (date);
