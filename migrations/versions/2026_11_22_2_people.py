"""Users, what belongs to them, what lets them in, and the personalities that answer them.

Revision: 2026_11_22_2_people
Before: 2026_11_22_1_foundation
"""

from typing import Final

from migrations.ddl import keep_updated_at, run

revision: Final = "2026_11_22_2_people"
down_revision: Final = "2026_11_22_1_foundation"
branch_labels: Final = None
depends_on: Final = None

USERS: Final = """
CREATE TABLE users (
    id uuid DEFAULT uuidv7() NOT NULL,
    username text COLLATE pg_c_utf8 CONSTRAINT users_username_check CHECK (char_length(username) <= 100),
    email text COLLATE pg_c_utf8 CONSTRAINT users_email_check CHECK (char_length(email) <= 255),
    password_hash text COLLATE pg_c_utf8
        CONSTRAINT users_password_hash_check CHECK (char_length(password_hash) <= 255),
    password_scheme text COLLATE pg_c_utf8
        CONSTRAINT users_password_scheme_check CHECK (password_scheme IN ('argon2', 'bcrypt', 'unknown')),
    auth_provider text COLLATE pg_c_utf8 DEFAULT 'local' NOT NULL,
    external_id text COLLATE pg_c_utf8,
    display_name text COLLATE pg_c_utf8
        CONSTRAINT users_display_name_check CHECK (char_length(display_name) <= 100),
    avatar_url text COLLATE pg_c_utf8,
    bio text COLLATE pg_c_utf8,
    status text COLLATE pg_c_utf8 DEFAULT 'active' NOT NULL
        CONSTRAINT users_status_check CHECK (status IN ('active', 'suspended')),
    roles text[] COLLATE pg_c_utf8 DEFAULT '{user}' NOT NULL,
    permissions text[] COLLATE pg_c_utf8 DEFAULT '{}' NOT NULL,
    email_verified boolean DEFAULT false NOT NULL,
    email_verified_at timestamptz,
    last_login_at timestamptz,
    last_login_ip inet,
    last_seen_at timestamptz,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_identity_check CHECK (num_nonnulls(email, username, external_id) > 0),
    CONSTRAINT users_password_check CHECK ((password_hash IS NULL) = (password_scheme IS NULL)),
    CONSTRAINT users_roles_check
        CHECK (roles <@ ARRAY['admin', 'developer', 'analyst', 'viewer', 'user', 'guest'])
);

CREATE UNIQUE INDEX users_auth_provider_external_id_key ON users (auth_provider, external_id)
    WHERE external_id IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX users_created_at_id_idx ON users (created_at DESC, id DESC);

CREATE INDEX users_display_name_asc_id_idx ON users (display_name, id);

CREATE INDEX users_display_name_desc_id_idx ON users (display_name DESC NULLS LAST, id DESC);

CREATE UNIQUE INDEX users_email_key ON users (lower(email)) WHERE deleted_at IS NULL;

CREATE INDEX users_last_login_at_asc_id_idx ON users (last_login_at, id);

CREATE INDEX users_last_login_at_desc_id_idx ON users (last_login_at DESC NULLS LAST, id DESC);

CREATE INDEX users_updated_at_id_idx ON users (updated_at DESC, id DESC);

CREATE INDEX users_username_asc_id_idx ON users (username, id);

CREATE INDEX users_username_desc_id_idx ON users (username DESC NULLS LAST, id DESC);

CREATE UNIQUE INDEX users_username_key ON users (lower(username)) WHERE deleted_at IS NULL;

CREATE TABLE user_identities (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    provider text COLLATE pg_c_utf8 NOT NULL,
    subject text COLLATE pg_c_utf8 NOT NULL,
    email text COLLATE pg_c_utf8 CONSTRAINT user_identities_email_check CHECK (char_length(email) <= 255),
    email_verified boolean DEFAULT false NOT NULL,
    last_used_at timestamptz,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT user_identities_pkey PRIMARY KEY (id),
    CONSTRAINT user_identities_provider_subject_key UNIQUE (provider, subject),
    CONSTRAINT user_identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX user_identities_created_at_id_idx ON user_identities (created_at DESC, id DESC);

CREATE INDEX user_identities_user_id_created_at_id_idx
    ON user_identities (user_id, created_at DESC, id DESC);

CREATE INDEX user_identities_user_id_updated_at_id_idx
    ON user_identities (user_id, updated_at DESC, id DESC);

CREATE TABLE user_profiles (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    interests text[] COLLATE pg_c_utf8 DEFAULT '{}' NOT NULL,
    habits jsonb DEFAULT '{}' NOT NULL,
    personality_insights jsonb DEFAULT '{}' NOT NULL,
    statistics jsonb DEFAULT '{}' NOT NULL,
    generated_at timestamptz DEFAULT now() NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT user_profiles_pkey PRIMARY KEY (id),
    CONSTRAINT user_profiles_user_id_key UNIQUE (user_id),
    CONSTRAINT user_profiles_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX user_profiles_created_at_id_idx ON user_profiles (created_at DESC, id DESC);

CREATE INDEX user_profiles_user_id_created_at_id_idx ON user_profiles (user_id, created_at DESC, id DESC);

CREATE INDEX user_profiles_user_id_generated_at_id_idx
    ON user_profiles (user_id, generated_at DESC, id DESC);

CREATE INDEX user_profiles_user_id_updated_at_id_idx ON user_profiles (user_id, updated_at DESC, id DESC);
"""

ACCESS: Final = """
CREATE TABLE api_keys (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    name text COLLATE pg_c_utf8 NOT NULL CONSTRAINT api_keys_name_check CHECK (char_length(name) <= 100),
    description text COLLATE pg_c_utf8,
    key_prefix text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT api_keys_key_prefix_check CHECK (char_length(key_prefix) <= 16),
    key_hash text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT api_keys_key_hash_check CHECK (char_length(key_hash) <= 255),
    scopes text[] COLLATE pg_c_utf8 DEFAULT '{}' NOT NULL,
    rate_limit_per_minute integer,
    status text COLLATE pg_c_utf8 DEFAULT 'active' NOT NULL
        CONSTRAINT api_keys_status_check CHECK (status IN ('active', 'revoked', 'expired')),
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT api_keys_pkey PRIMARY KEY (id),
    CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash),
    CONSTRAINT api_keys_rate_limit_per_minute_check CHECK (rate_limit_per_minute > 0),
    CONSTRAINT api_keys_revoked_at_check CHECK ((status = 'revoked') = (revoked_at IS NOT NULL)),
    CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX api_keys_created_at_id_idx ON api_keys (created_at DESC, id DESC);

CREATE INDEX api_keys_user_id_created_at_id_idx ON api_keys (user_id, created_at DESC, id DESC);

CREATE INDEX api_keys_user_id_expires_at_asc_id_idx ON api_keys (user_id, expires_at, id);

CREATE INDEX api_keys_user_id_expires_at_desc_id_idx
    ON api_keys (user_id, expires_at DESC NULLS LAST, id DESC);

CREATE INDEX api_keys_user_id_last_used_at_asc_id_idx ON api_keys (user_id, last_used_at, id);

CREATE INDEX api_keys_user_id_last_used_at_desc_id_idx
    ON api_keys (user_id, last_used_at DESC NULLS LAST, id DESC);

CREATE INDEX api_keys_user_id_name_id_idx ON api_keys (user_id, name DESC, id DESC);

CREATE INDEX api_keys_user_id_updated_at_id_idx ON api_keys (user_id, updated_at DESC, id DESC);

CREATE TABLE refresh_tokens (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    token_hash text COLLATE pg_c_utf8 NOT NULL,
    family_id uuid NOT NULL,
    replaced_by_id uuid,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    user_agent text COLLATE pg_c_utf8,
    ip_address inet,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT refresh_tokens_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT refresh_tokens_token_hash_key UNIQUE (token_hash),
    CONSTRAINT refresh_tokens_replaced_by_id_user_id_fkey FOREIGN KEY (replaced_by_id, user_id)
        REFERENCES refresh_tokens (id, user_id) ON DELETE SET NULL (replaced_by_id) ON UPDATE CASCADE
            DEFERRABLE,
    CONSTRAINT refresh_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX refresh_tokens_created_at_id_idx ON refresh_tokens (created_at DESC, id DESC);

CREATE INDEX refresh_tokens_expires_at_idx ON refresh_tokens (expires_at);

CREATE INDEX refresh_tokens_family_id_idx ON refresh_tokens (family_id);

CREATE INDEX refresh_tokens_replaced_by_id_created_at_id_idx
    ON refresh_tokens (replaced_by_id, created_at DESC, id DESC);

CREATE INDEX refresh_tokens_user_id_created_at_id_idx
    ON refresh_tokens (user_id, created_at DESC, id DESC);

CREATE TABLE idempotency_keys (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    key text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT idempotency_keys_key_check CHECK (char_length(key) <= 255),
    operation text COLLATE pg_c_utf8 NOT NULL,
    request_hash text COLLATE pg_c_utf8 NOT NULL,
    response jsonb,
    completed_at timestamptz,
    expires_at timestamptz NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (id),
    CONSTRAINT idempotency_keys_user_id_key_key UNIQUE (user_id, key),
    CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX idempotency_keys_created_at_id_idx ON idempotency_keys (created_at DESC, id DESC);

CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);

CREATE INDEX idempotency_keys_user_id_created_at_id_idx
    ON idempotency_keys (user_id, created_at DESC, id DESC);
"""

PERSONALITIES: Final = """
CREATE TABLE personalities (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid,
    slug text COLLATE pg_c_utf8 CONSTRAINT personalities_slug_check CHECK (char_length(slug) <= 200),
    name text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT personalities_name_check CHECK (char_length(name) <= 255),
    description text COLLATE pg_c_utf8,
    icon text COLLATE pg_c_utf8 CONSTRAINT personalities_icon_check CHECK (char_length(icon) <= 10),
    tags text[] COLLATE pg_c_utf8 DEFAULT '{}' NOT NULL,
    template text COLLATE pg_c_utf8,
    template_engine text COLLATE pg_c_utf8
        CONSTRAINT personalities_template_engine_check
        CHECK (template_engine IN ('plain', 'liquid', 'scriban')),
    variables jsonb DEFAULT '{}' NOT NULL,
    config jsonb DEFAULT '{}' NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    is_public boolean DEFAULT false NOT NULL,
    status text COLLATE pg_c_utf8 DEFAULT 'active' NOT NULL
        CONSTRAINT personalities_status_check CHECK (status IN ('active', 'archived')),
    usage_count integer DEFAULT 0 NOT NULL,
    rating numeric(3,2),
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT personalities_pkey PRIMARY KEY (id),
    CONSTRAINT personalities_usage_count_check CHECK (usage_count >= 0),
    CONSTRAINT personalities_rating_check CHECK (rating BETWEEN 0 AND 5),
    CONSTRAINT personalities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX personalities_created_at_id_idx ON personalities (created_at DESC, id DESC);

CREATE UNIQUE INDEX personalities_default_key ON personalities (user_id) NULLS NOT DISTINCT
    WHERE is_default AND deleted_at IS NULL;

CREATE INDEX personalities_name_id_idx ON personalities (name DESC, id DESC);

CREATE INDEX personalities_public_idx ON personalities (usage_count DESC, id DESC)
    WHERE is_public AND deleted_at IS NULL;

CREATE UNIQUE INDEX personalities_slug_key ON personalities (slug) WHERE deleted_at IS NULL;

CREATE INDEX personalities_tags_idx ON personalities USING gin (tags);

CREATE INDEX personalities_usage_count_id_idx ON personalities (usage_count DESC, id DESC);

CREATE INDEX personalities_user_id_created_at_id_idx ON personalities (user_id, created_at DESC, id DESC);

CREATE INDEX personalities_user_id_name_id_idx ON personalities (user_id, name DESC, id DESC);

CREATE INDEX personalities_user_id_rating_asc_id_idx ON personalities (user_id, rating, id);

CREATE INDEX personalities_user_id_rating_desc_id_idx
    ON personalities (user_id, rating DESC NULLS LAST, id DESC);

CREATE INDEX personalities_user_id_updated_at_id_idx ON personalities (user_id, updated_at DESC, id DESC);

CREATE INDEX personalities_user_id_usage_count_id_idx
    ON personalities (user_id, usage_count DESC, id DESC);

CREATE INDEX personalities_variables_idx ON personalities USING gin (variables);

CREATE TABLE personality_validations (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid,
    personality_id uuid NOT NULL,
    validator text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT personality_validations_validator_check
            CHECK (validator IN ('gpt4_judge', 'template_syntax', 'variable_schema')),
    result jsonb DEFAULT '{}' NOT NULL,
    is_valid boolean NOT NULL,
    issues text[] COLLATE pg_c_utf8 DEFAULT '{}' NOT NULL,
    validated_at timestamptz DEFAULT now() NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT personality_validations_pkey PRIMARY KEY (id),
    CONSTRAINT personality_validations_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT personality_validations_personality_id_fkey FOREIGN KEY (personality_id)
        REFERENCES personalities (id) ON DELETE CASCADE
);

CREATE INDEX personality_validations_created_at_id_idx
    ON personality_validations (created_at DESC, id DESC);

CREATE INDEX personality_validations_personality_id_validated_at_id_idx
    ON personality_validations (personality_id, validated_at DESC, id DESC);

CREATE INDEX personality_validations_user_id_created_at_id_idx
    ON personality_validations (user_id, created_at DESC, id DESC);

CREATE INDEX personality_validations_user_id_validated_at_id_idx
    ON personality_validations (user_id, validated_at DESC, id DESC);

CREATE TABLE user_preferences (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    preferred_model text COLLATE pg_c_utf8,
    temperature numeric(4,3),
    max_tokens integer,
    use_rag_by_default boolean DEFAULT false NOT NULL,
    use_conversation_memory boolean DEFAULT true NOT NULL,
    default_personality_id uuid,
    language text COLLATE pg_c_utf8,
    timezone text COLLATE pg_c_utf8,
    theme text COLLATE pg_c_utf8
        CONSTRAINT user_preferences_theme_check CHECK (theme IN ('light', 'dark', 'system')),
    auto_tts boolean DEFAULT false NOT NULL,
    show_reasoning boolean DEFAULT false NOT NULL,
    extra jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT user_preferences_pkey PRIMARY KEY (id),
    CONSTRAINT user_preferences_user_id_key UNIQUE (user_id),
    CONSTRAINT user_preferences_temperature_check CHECK (temperature BETWEEN 0 AND 2),
    CONSTRAINT user_preferences_max_tokens_check CHECK (max_tokens > 0),
    CONSTRAINT user_preferences_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT user_preferences_default_personality_id_fkey FOREIGN KEY (default_personality_id)
        REFERENCES personalities (id) ON DELETE SET NULL
);

CREATE INDEX user_preferences_created_at_id_idx ON user_preferences (created_at DESC, id DESC);

CREATE INDEX user_preferences_default_personality_id_created_at_id_idx
    ON user_preferences (default_personality_id, created_at DESC, id DESC);

CREATE INDEX user_preferences_user_id_created_at_id_idx
    ON user_preferences (user_id, created_at DESC, id DESC);

CREATE INDEX user_preferences_user_id_updated_at_id_idx
    ON user_preferences (user_id, updated_at DESC, id DESC);
"""

TRIGGERS: Final = """
CREATE FUNCTION take_personality_owner() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    SELECT user_id INTO NEW.user_id FROM personalities WHERE id = NEW.personality_id;
    RETURN NEW;
END
$$;

CREATE TRIGGER take_owner BEFORE INSERT OR UPDATE OF user_id, personality_id ON personality_validations
    FOR EACH ROW EXECUTE FUNCTION take_personality_owner();

CREATE FUNCTION give_personality_owner() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE personality_validations SET user_id = NEW.user_id WHERE personality_id = NEW.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER give_owner AFTER UPDATE OF user_id ON personalities
    FOR EACH ROW WHEN (OLD.user_id IS DISTINCT FROM NEW.user_id) EXECUTE FUNCTION give_personality_owner()
"""

KEPT: Final = (
    "user_profiles",
    "refresh_tokens",
    "idempotency_keys",
    "user_preferences",
)
# Use does not count as change: counters and the times of the last use are left out.
KEPT_IN_PART: Final = {
    "users": (
        "id, username, email, password_hash, password_scheme, auth_provider, external_id, "
        "display_name, avatar_url, bio, status, roles, permissions, email_verified, "
        "email_verified_at, metadata, created_at, deleted_at"
    ),
    "user_identities": ("id, user_id, provider, subject, email, email_verified, metadata, created_at"),
    "api_keys": (
        "id, user_id, name, description, key_prefix, key_hash, scopes, rate_limit_per_minute, "
        "status, expires_at, revoked_at, created_at"
    ),
    "personalities": (
        "id, user_id, slug, name, description, icon, tags, template, template_engine, variables, "
        "config, is_default, is_public, status, rating, created_at, deleted_at"
    ),
}


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(USERS)
    run(ACCESS)
    run(PERSONALITIES)
    for table in KEPT:
        keep_updated_at(table)
    for table, columns in KEPT_IN_PART.items():
        keep_updated_at(table, of=columns)
    run(TRIGGERS)


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("""
DROP TABLE
    user_preferences, personality_validations, personalities, idempotency_keys,
    refresh_tokens, api_keys, user_profiles, user_identities, users
""")
    run("""
DROP FUNCTION take_personality_owner(), give_personality_owner()
""")
