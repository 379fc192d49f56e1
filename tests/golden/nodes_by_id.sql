SELECT sessions_found.id AS _key,
  sessions_found.id AS id,
  sessions_found.title AS title
FROM sessions AS sessions_found
WHERE sessions_found.deleted_at IS NULL
  AND sessions_found.user_id = $1::UUID
  AND sessions_found.id = ANY($2::UUID[]);

SELECT documents_found.id AS _key,
  documents_found.id AS id,
  documents_found.chunk_count AS chunk_count,
  documents_found.title AS title
FROM documents AS documents_found
WHERE documents_found.deleted_at IS NULL
  AND documents_found.user_id = $1::UUID
  AND documents_found.id = ANY($2::UUID[]);

SELECT workflows_found.id AS _key,
  workflows_found.id AS id
FROM workflows AS workflows_found
WHERE workflows_found.deleted_at IS NULL
  AND workflows_found.user_id = $1::UUID
  AND workflows_found.id = ANY($2::UUID[]);

SELECT agents_found.id AS _key,
  agents_found.id AS id,
  agents_found.name AS name,
  agents_found.personality_id AS personality_id
FROM agents AS agents_found
WHERE agents_found.deleted_at IS NULL
  AND agents_found.user_id = $1::UUID
  AND agents_found.id = ANY($2::UUID[]);

SELECT anon_1._position,
  counted._total
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
ORDER BY anon_1._position;

SELECT personalities_found.id AS _key,
  personalities_found.id AS id,
  personalities_found.slug AS slug
FROM personalities AS personalities_found
WHERE personalities_found.deleted_at IS NULL
  AND (personalities_found.user_id = $1::UUID OR personalities_found.is_public OR personalities_found.user_id IS NULL)
  AND personalities_found.id = ANY($2::UUID[]);
