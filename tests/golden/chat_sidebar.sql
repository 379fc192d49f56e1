SELECT anon_1._position,
  fetched.id,
  fetched.last_message_at,
  fetched.message_count,
  fetched.personality_id,
  fetched.title,
  fetched._cursor
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT sessions_listed.id AS id,
      sessions_listed.last_message_at AS last_message_at,
      sessions_listed.message_count AS message_count,
      sessions_listed.personality_id AS personality_id,
      sessions_listed.title AS title,
      translate(encode(convert_to(CAST(json_build_array($2::VARCHAR, CASE WHEN isfinite(sessions_listed.last_message_at) THEN to_char(timezone($3::VARCHAR, sessions_listed.last_message_at), $4::VARCHAR) WHEN (sessions_listed.last_message_at = 'infinity') THEN $5::VARCHAR WHEN (sessions_listed.last_message_at IS NOT NULL) THEN $6::VARCHAR END, sessions_listed.id) AS TEXT), $7::VARCHAR), $8::VARCHAR), $9::VARCHAR, $10::VARCHAR) AS _cursor,
      sessions_listed.last_message_at AS _place0
    FROM sessions AS sessions_listed
    WHERE sessions_listed.deleted_at IS NULL
      AND sessions_listed.user_id = $11::UUID
      AND sessions_listed.kind = $12::VARCHAR COLLATE pg_c_utf8
      AND sessions_listed.is_archived = $13::BOOLEAN
    ORDER BY sessions_listed.last_message_at DESC NULLS LAST, sessions_listed.id DESC
    LIMIT $14::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC NULLS LAST, fetched.id DESC;

SELECT personalities_found.id AS _key,
  personalities_found.id AS id,
  personalities_found.icon AS icon,
  personalities_found.name AS name
FROM personalities AS personalities_found
WHERE personalities_found.deleted_at IS NULL
  AND (personalities_found.user_id = $1::UUID OR personalities_found.is_public OR personalities_found.user_id IS NULL)
  AND personalities_found.id = ANY($2::UUID[]);

SELECT anon_1._position,
  fetched.id,
  fetched.content,
  fetched.created_at,
  fetched.role
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT messages_listed.id AS id,
      messages_listed.content AS content,
      messages_listed.created_at AS created_at,
      messages_listed.role AS role,
      messages_listed.seq AS _place0
    FROM messages AS messages_listed
    WHERE messages_listed.session_id = anon_1.key
      AND messages_listed.deleted_at IS NULL
      AND (EXISTS (
        SELECT *
        FROM sessions AS sessions_of_messages
        WHERE sessions_of_messages.id = messages_listed.session_id
          AND sessions_of_messages.deleted_at IS NULL
      ))
      AND messages_listed.user_id = $2::UUID
    ORDER BY messages_listed.seq DESC, messages_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;
