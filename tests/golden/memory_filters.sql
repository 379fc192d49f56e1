SELECT anon_1._position,
  fetched.id,
  fetched.content,
  fetched.tags
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT memories_listed.id AS id,
      memories_listed.content AS content,
      memories_listed.tags AS tags,
      memories_listed.created_at AS _place0
    FROM memories AS memories_listed
    WHERE memories_listed.deleted_at IS NULL
      AND memories_listed.user_id = $2::UUID
      AND (memories_listed.tags && $3::TEXT[] COLLATE pg_c_utf8)
    ORDER BY memories_listed.created_at DESC, memories_listed.id DESC
    LIMIT $4::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.content
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT memories_listed.id AS id,
      memories_listed.content AS content,
      memories_listed.created_at AS _place0
    FROM memories AS memories_listed
    WHERE memories_listed.deleted_at IS NULL
      AND memories_listed.user_id = $2::UUID
      AND ((memories_listed.content ILIKE '%' || $3::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/') OR (memories_listed.content LIKE '%' || $4::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/'))
    ORDER BY memories_listed.created_at DESC, memories_listed.id DESC
    LIMIT $5::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM memories AS memories_counted
    WHERE memories_counted.deleted_at IS NULL
      AND memories_counted.user_id = $2::UUID
      AND (memories_counted.last_accessed_at IS NOT NULL) IS NOT true
  ) AS counted ON true
ORDER BY anon_1._position;
