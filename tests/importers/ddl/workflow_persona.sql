-- AI Workflow Platform, persona_db: the tables as its design document gives them.

CREATE TABLE personas (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL, -- References agent_db.users
    name VARCHAR(100) NOT NULL,
    description TEXT,
    template TEXT NOT NULL,
    variables JSONB NOT NULL DEFAULT '{}'::jsonb,
    is_public BOOLEAN NOT NULL DEFAULT false,
    usage_count INTEGER NOT NULL DEFAULT 0,
    rating DECIMAL(3, 2),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    deleted_at TIMESTAMP WITH TIME ZONE
);

-- Indexes
CREATE INDEX idx_personas_user_id ON personas(user_id);
CREATE INDEX idx_personas_is_public ON personas(is_public) WHERE is_public = true;
CREATE INDEX idx_personas_usage_count ON personas(usage_count DESC);
CREATE INDEX idx_personas_rating ON personas(rating DESC NULLS LAST);

-- Full-text search
CREATE INDEX idx_personas_name_fts ON personas USING GIN (to_tsvector('english', name));
CREATE INDEX idx_personas_description_fts ON personas USING GIN (to_tsvector('english', description));

-- GIN index for variables
CREATE INDEX idx_personas_variables ON personas USING GIN (variables);

COMMENT ON TABLE personas IS 'Persona templates for agents';
COMMENT ON COLUMN personas.template IS 'Scriban template string';
COMMENT ON COLUMN personas.variables IS 'JSON schema for template variables';

CREATE TABLE persona_validations (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    persona_id UUID NOT NULL REFERENCES personas(id) ON DELETE CASCADE,
    validator VARCHAR(50) NOT NULL,
    validation_result JSONB NOT NULL,
    is_valid BOOLEAN NOT NULL,
    issues TEXT[],
    validated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),

    CONSTRAINT chk_validator CHECK (validator IN ('gpt4_judge', 'template_syntax', 'variable_schema'))
);

-- Indexes
CREATE INDEX idx_persona_validations_persona_id ON persona_validations(persona_id);
CREATE INDEX idx_persona_validations_is_valid ON persona_validations(is_valid);

COMMENT ON TABLE persona_validations IS 'Persona validation results from GPT-4 Judge';
