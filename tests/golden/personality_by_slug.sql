SELECT lower(personalities_found.slug) AS _key,
  personalities_found.id AS id,
  personalities_found.config AS config,
  personalities_found.name AS name,
  personalities_found.template AS template,
  personalities_found.template_engine AS template_engine,
  personalities_found.variables AS variables
FROM personalities AS personalities_found
WHERE personalities_found.deleted_at IS NULL
  AND (personalities_found.user_id = $1::UUID OR personalities_found.is_public OR personalities_found.user_id IS NULL)
  AND lower(personalities_found.slug) = ANY($2::TEXT[] COLLATE pg_c_utf8);

SELECT lower(personalities_found.slug) AS _key,
  personalities_found.id AS id,
  personalities_found.name AS name
FROM personalities AS personalities_found
WHERE personalities_found.deleted_at IS NULL
  AND (personalities_found.user_id = $1::UUID OR personalities_found.is_public OR personalities_found.user_id IS NULL)
  AND lower(personalities_found.slug) = ANY($2::TEXT[] COLLATE pg_c_utf8);

SELECT anon_1._position,
  fetched.id,
  fetched.name
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT agents_listed.id AS id,
      agents_listed.name AS name,
      agents_listed.created_at AS _place0
    FROM agents AS agents_listed
    WHERE agents_listed.personality_id = anon_1.key
      AND agents_listed.deleted_at IS NULL
      AND agents_listed.user_id = $2::UUID
    ORDER BY agents_listed.created_at DESC, agents_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;
