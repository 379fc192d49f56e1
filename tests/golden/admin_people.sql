SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.message_count,
  fetched.roles,
  fetched.session_count,
  fetched.status,
  fetched.total_tokens,
  fetched.username
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM users AS users_counted
    WHERE users_counted.deleted_at IS NULL
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT users_listed.id AS id,
      (
        SELECT CAST(coalesce(sum(sessions_1.message_count), $2::INTEGER) AS INTEGER) AS coalesce_1
        FROM sessions AS sessions_1
        WHERE sessions_1.deleted_at IS NULL
          AND sessions_1.user_id = users_listed.id
      ) AS message_count,
      users_listed.roles AS roles,
      (
        SELECT count(*) AS count_1
        FROM sessions AS sessions_2
        WHERE sessions_2.deleted_at IS NULL
          AND sessions_2.user_id = users_listed.id
      ) AS session_count,
      users_listed.status AS status,
      (
        SELECT CAST(coalesce(sum(sessions_3.total_tokens), $3::INTEGER) AS BIGINT) AS coalesce_3
        FROM sessions AS sessions_3
        WHERE sessions_3.deleted_at IS NULL
          AND sessions_3.user_id = users_listed.id
      ) AS total_tokens,
      users_listed.username AS username,
      users_listed.created_at AS _place0
    FROM users AS users_listed
    WHERE users_listed.deleted_at IS NULL
    ORDER BY users_listed.created_at ASC, users_listed.id ASC
    LIMIT $4::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;

SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM sessions AS sessions_counted
    WHERE sessions_counted.user_id = anon_1.key
      AND sessions_counted.deleted_at IS NULL
  ) AS counted ON true
ORDER BY anon_1._position;

SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM documents AS documents_counted
    WHERE documents_counted.user_id = anon_1.key
      AND documents_counted.deleted_at IS NULL
  ) AS counted ON true
ORDER BY anon_1._position;
