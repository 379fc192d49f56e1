SELECT anon_1._position,
  fetched.id,
  fetched.icon,
  fetched.is_public,
  fetched.name,
  fetched.slug,
  fetched.status,
  fetched.tags,
  fetched.user_id
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT personalities_listed.id AS id,
      personalities_listed.icon AS icon,
      personalities_listed.is_public AS is_public,
      personalities_listed.name AS name,
      personalities_listed.slug AS slug,
      personalities_listed.status AS status,
      personalities_listed.tags AS tags,
      personalities_listed.user_id AS user_id,
      personalities_listed.name AS _place0
    FROM personalities AS personalities_listed
    WHERE personalities_listed.deleted_at IS NULL
      AND (personalities_listed.user_id = $2::UUID OR personalities_listed.is_public OR personalities_listed.user_id IS NULL)
    ORDER BY personalities_listed.name ASC, personalities_listed.id ASC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;

SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM sessions AS sessions_counted
    WHERE sessions_counted.personality_id = anon_1.key
      AND sessions_counted.deleted_at IS NULL
      AND sessions_counted.user_id = $2::UUID
  ) AS counted ON true
ORDER BY anon_1._position;

SELECT anon_1._position,
  fetched.id,
  fetched.is_valid,
  fetched.issues,
  fetched.validator
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT personality_validations_listed.id AS id,
      personality_validations_listed.is_valid AS is_valid,
      personality_validations_listed.issues AS issues,
      personality_validations_listed.validator AS validator,
      personality_validations_listed.created_at AS _place0
    FROM personality_validations AS personality_validations_listed
    WHERE personality_validations_listed.personality_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM personalities AS personalities_of_personality_validations
        WHERE personalities_of_personality_validations.id = personality_validations_listed.personality_id
          AND personalities_of_personality_validations.deleted_at IS NULL
      ))
      AND (EXISTS (
        SELECT *
        FROM personalities AS personalities_seen_with_personality_id
        WHERE personalities_seen_with_personality_id.id = personality_validations_listed.personality_id
          AND personalities_seen_with_personality_id.deleted_at IS NULL
          AND (personalities_seen_with_personality_id.user_id = $2::UUID OR personalities_seen_with_personality_id.is_public OR personalities_seen_with_personality_id.user_id IS NULL)
      ))
    ORDER BY personality_validations_listed.created_at DESC, personality_validations_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT users_found.id AS _key,
  users_found.id AS id,
  users_found.display_name AS display_name
FROM users AS users_found
WHERE users_found.deleted_at IS NULL
  AND users_found.id = $1::UUID
  AND users_found.id = ANY($2::UUID[]);
