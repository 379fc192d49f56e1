SELECT anon_1._position,
  fetched.id,
  fetched.created_at,
  fetched.title,
  fetched._cursor
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT sessions_listed.id AS id,
      sessions_listed.created_at AS created_at,
      sessions_listed.title AS title,
      translate(encode(convert_to(CAST(json_build_array($2::VARCHAR, CASE WHEN isfinite(sessions_listed.created_at) THEN to_char(timezone($3::VARCHAR, sessions_listed.created_at), $4::VARCHAR) WHEN (sessions_listed.created_at = 'infinity') THEN $5::VARCHAR WHEN (sessions_listed.created_at IS NOT NULL) THEN $6::VARCHAR END, sessions_listed.id) AS TEXT), $7::VARCHAR), $8::VARCHAR), $9::VARCHAR, $10::VARCHAR) AS _cursor,
      sessions_listed.created_at AS _place0
    FROM sessions AS sessions_listed
    WHERE sessions_listed.deleted_at IS NULL
      AND sessions_listed.user_id = $11::UUID
    ORDER BY sessions_listed.created_at ASC, sessions_listed.id ASC
    LIMIT $12::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;
