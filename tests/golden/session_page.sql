SELECT sessions_found.id AS _key,
  sessions_found.id AS id,
  sessions_found.mode AS mode,
  sessions_found.model AS model,
  sessions_found.personality_id AS personality_id,
  sessions_found.system_prompt AS system_prompt,
  sessions_found.title AS title,
  sessions_found.total_tokens AS total_tokens
FROM sessions AS sessions_found
WHERE sessions_found.deleted_at IS NULL
  AND sessions_found.user_id = $1::UUID
  AND sessions_found.id = ANY($2::UUID[]);

SELECT personalities_found.id AS _key,
  personalities_found.id AS id,
  personalities_found.description AS description,
  personalities_found.name AS name
FROM personalities AS personalities_found
WHERE personalities_found.deleted_at IS NULL
  AND (personalities_found.user_id = $1::UUID OR personalities_found.is_public OR personalities_found.user_id IS NULL)
  AND personalities_found.id = ANY($2::UUID[]);

SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.content,
  fetched.edited_at,
  fetched.parent_id,
  fetched.role,
  fetched.seq
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM messages AS messages_counted
    WHERE messages_counted.session_id = anon_1.key
      AND messages_counted.deleted_at IS NULL
      AND (EXISTS (
        SELECT *
        FROM sessions AS sessions_of_messages
        WHERE sessions_of_messages.id = messages_counted.session_id
          AND sessions_of_messages.deleted_at IS NULL
      ))
      AND messages_counted.user_id = $2::UUID
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT messages_listed.id AS id,
      messages_listed.content AS content,
      messages_listed.edited_at AS edited_at,
      messages_listed.parent_id AS parent_id,
      messages_listed.role AS role,
      messages_listed.seq AS seq,
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
  fetched.seq
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT messages_listed.id AS id,
      messages_listed.seq AS seq,
      messages_listed.seq AS _place0
    FROM messages AS messages_listed
    WHERE messages_listed.parent_id = anon_1.key
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

SELECT messages_found.id AS _key,
  messages_found.id AS id,
  messages_found.seq AS seq
FROM messages AS messages_found
WHERE messages_found.deleted_at IS NULL
  AND (EXISTS (
    SELECT *
    FROM sessions AS sessions_of_messages
    WHERE sessions_of_messages.id = messages_found.session_id
      AND sessions_of_messages.deleted_at IS NULL
  ))
  AND messages_found.user_id = $1::UUID
  AND messages_found.id = ANY($2::UUID[]);
