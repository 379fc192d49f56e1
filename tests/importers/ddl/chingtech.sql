-- ChingTech OS: the tables as its design document gives them.

CREATE TABLE users (
    id SERIAL PRIMARY KEY,
    username VARCHAR(100) UNIQUE NOT NULL,  -- NAS 帳號
    display_name VARCHAR(100),               -- 顯示名稱
    created_at TIMESTAMP DEFAULT NOW(),      -- 首次登入時間
    last_login_at TIMESTAMP                  -- 最後登入時間
);

CREATE INDEX idx_users_username ON users(username);

CREATE TABLE ai_chats (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id INTEGER REFERENCES users(id),
    title VARCHAR(100) DEFAULT '新對話',
    model VARCHAR(50) DEFAULT 'claude-sonnet',
    prompt_name VARCHAR(50) DEFAULT 'default',  -- 對應 data/prompts/{name}.md
    messages JSONB DEFAULT '[]',                 -- 對話訊息陣列
    created_at TIMESTAMPTZ DEFAULT NOW(),
    updated_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE INDEX idx_ai_chats_user_id ON ai_chats(user_id);
CREATE INDEX idx_ai_chats_updated_at ON ai_chats(updated_at DESC);
