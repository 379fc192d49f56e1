SELECT users_found.id AS _key,
  users_found.id AS id,
  users_found.bio AS bio,
  users_found.display_name AS display_name,
  users_found.email AS email,
  users_found.last_login_at AS last_login_at,
  users_found.roles AS roles,
  users_found.username AS username
FROM users AS users_found
WHERE users_found.deleted_at IS NULL
  AND users_found.id = $1::UUID
  AND users_found.id = ANY($2::UUID[]);

SELECT user_preferences_found.user_id AS _key,
  user_preferences_found.id AS id,
  user_preferences_found.default_personality_id AS default_personality_id,
  user_preferences_found.language AS language,
  user_preferences_found.preferred_model AS preferred_model,
  user_preferences_found.temperature AS temperature,
  user_preferences_found.theme AS theme
FROM user_preferences AS user_preferences_found
WHERE user_preferences_found.user_id = $1::UUID
  AND user_preferences_found.user_id = ANY($2::UUID[]);

SELECT user_profiles_found.user_id AS _key,
  user_profiles_found.id AS id,
  user_profiles_found.generated_at AS generated_at,
  user_profiles_found.habits AS habits,
  user_profiles_found.interests AS interests
FROM user_profiles AS user_profiles_found
WHERE user_profiles_found.user_id = $1::UUID
  AND user_profiles_found.user_id = ANY($2::UUID[]);

SELECT anon_1._position,
  fetched.id,
  fetched.provider,
  fetched.subject
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT user_identities_listed.id AS id,
      user_identities_listed.provider AS provider,
      user_identities_listed.subject AS subject,
      user_identities_listed.created_at AS _place0
    FROM user_identities AS user_identities_listed
    WHERE user_identities_listed.user_id = anon_1.key
      AND user_identities_listed.user_id = $2::UUID
    ORDER BY user_identities_listed.created_at DESC, user_identities_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.expires_at,
  fetched.key_prefix,
  fetched.name,
  fetched.scopes,
  fetched.status
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT api_keys_listed.id AS id,
      api_keys_listed.expires_at AS expires_at,
      api_keys_listed.key_prefix AS key_prefix,
      api_keys_listed.name AS name,
      api_keys_listed.scopes AS scopes,
      api_keys_listed.status AS status,
      api_keys_listed.created_at AS _place0
    FROM api_keys AS api_keys_listed
    WHERE api_keys_listed.user_id = anon_1.key
      AND api_keys_listed.user_id = $2::UUID
    ORDER BY api_keys_listed.created_at DESC, api_keys_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT personalities_found.id AS _key,
  personalities_found.id AS id,
  personalities_found.slug AS slug
FROM personalities AS personalities_found
WHERE personalities_found.deleted_at IS NULL
  AND (personalities_found.user_id = $1::UUID OR personalities_found.is_public OR personalities_found.user_id IS NULL)
  AND personalities_found.id = ANY($2::UUID[]);
