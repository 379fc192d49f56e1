SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.created_at,
  fetched.message_count,
  fetched.title
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM sessions AS sessions_counted
    WHERE sessions_counted.deleted_at IS NULL
      AND sessions_counted.user_id = $2::UUID
      AND ((sessions_counted.title LIKE '%' || $3::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/') OR (sessions_counted.title ILIKE '%' || $4::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/') OR sessions_counted.message_count >= $5::INTEGER)
      AND (sessions_counted.title LIKE $6::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/') IS NOT true
      AND sessions_counted.created_at >= $7::TIMESTAMP WITH TIME ZONE
      AND (EXISTS (
        SELECT *
        FROM personalities AS personalities_1
        WHERE personalities_1.id = sessions_counted.personality_id
          AND personalities_1.deleted_at IS NULL
          AND (personalities_1.user_id = $2::UUID OR personalities_1.is_public OR personalities_1.user_id IS NULL)
          AND personalities_1.id IS NOT NULL
      ))
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT sessions_listed.id AS id,
      sessions_listed.created_at AS created_at,
      sessions_listed.message_count AS message_count,
      sessions_listed.title AS title,
      sessions_listed.message_count AS _place0
    FROM sessions AS sessions_listed
    WHERE sessions_listed.deleted_at IS NULL
      AND sessions_listed.user_id = $2::UUID
      AND ((sessions_listed.title LIKE '%' || $8::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/') OR (sessions_listed.title ILIKE '%' || $9::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/') OR sessions_listed.message_count >= $10::INTEGER)
      AND (sessions_listed.title LIKE $11::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/') IS NOT true
      AND sessions_listed.created_at >= $12::TIMESTAMP WITH TIME ZONE
      AND (EXISTS (
        SELECT *
        FROM personalities AS personalities_2
        WHERE personalities_2.id = sessions_listed.personality_id
          AND personalities_2.deleted_at IS NULL
          AND (personalities_2.user_id = $2::UUID OR personalities_2.is_public OR personalities_2.user_id IS NULL)
          AND personalities_2.id IS NOT NULL
      ))
    ORDER BY sessions_listed.message_count DESC, sessions_listed.id DESC
    LIMIT $13::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;
