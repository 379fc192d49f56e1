SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT 'VXNl' || encode(CAST('r:' || CAST(users_1.id AS TEXT) AS BYTEA), 'base64') AS id,
          users_1.username AS login,
          users_1.email AS email,
          users_1.display_name AS "displayName",
          users_1.bio AS bio,
          users_1.roles AS roles,
          CASE
            WHEN isfinite(users_1.last_login_at) THEN to_char(timezone('UTC', users_1.last_login_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            WHEN (users_1.last_login_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
            WHEN (users_1.last_login_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
          END AS "lastLoginAt",
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT user_preferences_1.preferred_model AS "preferredModel",
                CAST(user_preferences_1.temperature AS TEXT) AS temperature,
                user_preferences_1.language AS language,
                upper(user_preferences_1.theme) AS theme,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT personalities_1.slug AS slug
                    FROM personalities AS personalities_1
                    WHERE personalities_1.id = user_preferences_1.default_personality_id
                      AND personalities_1.deleted_at IS NULL
                      AND (personalities_1.user_id = $1::UUID OR personalities_1.is_public OR personalities_1.user_id IS NULL)
                  ) AS object
                ) AS "defaultPersonality"
              FROM user_preferences AS user_preferences_1
              WHERE user_preferences_1.user_id = users_1.id
                AND user_preferences_1.user_id = $1::UUID
            ) AS object
          ) AS preferences,
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT user_profiles_1.interests AS interests,
                user_profiles_1.habits AS habits,
                CASE
                  WHEN isfinite(user_profiles_1.generated_at) THEN to_char(timezone('UTC', user_profiles_1.generated_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                  WHEN (user_profiles_1.generated_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                  WHEN (user_profiles_1.generated_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                END AS "generatedAt"
              FROM user_profiles AS user_profiles_1
              WHERE user_profiles_1.user_id = users_1.id
                AND user_profiles_1.user_id = $1::UUID
            ) AS object
          ) AS profile,
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
              FROM (
                SELECT row_to_json(node_0) AS _0
                FROM user_identities AS user_identities_1
                  JOIN LATERAL (
                    SELECT user_identities_1.provider AS provider,
                      user_identities_1.subject AS subject
                  ) AS node_0 ON true
                WHERE user_identities_1.user_id = users_1.id
                  AND user_identities_1.user_id = $1::UUID
                ORDER BY user_identities_1.created_at DESC, user_identities_1.id DESC
                LIMIT 20
              ) AS fetched
              HAVING true
            ) AS object
          ) AS identities,
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
              FROM (
                SELECT row_to_json(node_0) AS _0
                FROM api_keys AS api_keys_1
                  JOIN LATERAL (
                    SELECT api_keys_1.name AS name,
                      api_keys_1.key_prefix AS "keyPrefix",
                      api_keys_1.scopes AS scopes,
                      upper(api_keys_1.status) AS status,
                      CASE
                        WHEN isfinite(api_keys_1.expires_at) THEN to_char(timezone('UTC', api_keys_1.expires_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                        WHEN (api_keys_1.expires_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                        WHEN (api_keys_1.expires_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                      END AS "expiresAt"
                  ) AS node_0 ON true
                WHERE api_keys_1.user_id = users_1.id
                  AND api_keys_1.user_id = $1::UUID
                ORDER BY api_keys_1.created_at DESC, api_keys_1.id DESC
                LIMIT 20
              ) AS fetched
              HAVING true
            ) AS object
          ) AS "apiKeys"
        FROM users AS users_1
        WHERE users_1.id = $2::UUID
          AND users_1.deleted_at IS NULL
          AND users_1.id = $1::UUID
      ) AS object
    ) AS viewer
  ) AS object
) AS TEXT) AS anon_1;
