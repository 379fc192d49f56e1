SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM sessions AS sessions_counted
    WHERE sessions_counted.deleted_at IS NULL
      AND sessions_counted.user_id = $2::UUID
  ) AS counted ON true
ORDER BY anon_1._position;

SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.slug
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM personalities AS personalities_counted
    WHERE personalities_counted.deleted_at IS NULL
      AND (personalities_counted.user_id = $2::UUID OR personalities_counted.is_public OR personalities_counted.user_id IS NULL)
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT personalities_listed.id AS id,
      personalities_listed.slug AS slug,
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
