SELECT anon_1._position,
  fetched.id,
  fetched.title
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT sessions_listed.id AS id,
      sessions_listed.title AS title,
      sessions_listed.created_at AS _place0
    FROM sessions AS sessions_listed
    WHERE sessions_listed.deleted_at IS NULL
      AND sessions_listed.user_id = $2::UUID
    ORDER BY sessions_listed.created_at DESC, sessions_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.title
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT sessions_listed.id AS id,
      sessions_listed.title AS title,
      sessions_listed.message_count AS _place0
    FROM sessions AS sessions_listed
    WHERE sessions_listed.deleted_at IS NULL
      AND sessions_listed.user_id = $2::UUID
    ORDER BY sessions_listed.message_count DESC, sessions_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.content,
  fetched.role
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT messages_listed.id AS id,
      messages_listed.content AS content,
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
    ORDER BY messages_listed.seq ASC, messages_listed.id ASC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;

SELECT anon_1._position,
  fetched.id,
  fetched.content
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT messages_listed.id AS id,
      messages_listed.content AS content,
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

SELECT anon_1._position,
  fetched.id,
  fetched.content,
  fetched.role
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT messages_listed.id AS id,
      messages_listed.content AS content,
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
    ORDER BY messages_listed.seq ASC, messages_listed.id ASC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;

SELECT anon_1._position,
  fetched.id,
  fetched.content
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT messages_listed.id AS id,
      messages_listed.content AS content,
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
