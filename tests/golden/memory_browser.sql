SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.category,
  fetched.content,
  fetched.expires_at,
  fetched.importance,
  fetched.memory_type,
  fetched.session_id,
  fetched.tags
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM memories AS memories_counted
    WHERE memories_counted.deleted_at IS NULL
      AND memories_counted.user_id = $2::UUID
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT memories_listed.id AS id,
      memories_listed.category AS category,
      memories_listed.content AS content,
      memories_listed.expires_at AS expires_at,
      memories_listed.importance AS importance,
      memories_listed.memory_type AS memory_type,
      memories_listed.session_id AS session_id,
      memories_listed.tags AS tags,
      memories_listed.importance AS _place0
    FROM memories AS memories_listed
    WHERE memories_listed.deleted_at IS NULL
      AND memories_listed.user_id = $2::UUID
    ORDER BY memories_listed.importance DESC, memories_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.related_id
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT memory_links_listed.id AS id,
      memory_links_listed.related_id AS related_id,
      memory_links_listed.created_at AS _place0
    FROM memory_links AS memory_links_listed
    WHERE memory_links_listed.memory_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM memories AS memories_of_memory_links
        WHERE memories_of_memory_links.id = memory_links_listed.memory_id
          AND memories_of_memory_links.deleted_at IS NULL
      ))
      AND (EXISTS (
        SELECT *
        FROM memories AS memories_of_memory_links
        WHERE memories_of_memory_links.id = memory_links_listed.related_id
          AND memories_of_memory_links.deleted_at IS NULL
      ))
      AND memory_links_listed.user_id = $2::UUID
    ORDER BY memory_links_listed.created_at DESC, memory_links_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.memory_id
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT memory_links_listed.id AS id,
      memory_links_listed.memory_id AS memory_id,
      memory_links_listed.created_at AS _place0
    FROM memory_links AS memory_links_listed
    WHERE memory_links_listed.related_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM memories AS memories_of_memory_links
        WHERE memories_of_memory_links.id = memory_links_listed.memory_id
          AND memories_of_memory_links.deleted_at IS NULL
      ))
      AND (EXISTS (
        SELECT *
        FROM memories AS memories_of_memory_links
        WHERE memories_of_memory_links.id = memory_links_listed.related_id
          AND memories_of_memory_links.deleted_at IS NULL
      ))
      AND memory_links_listed.user_id = $2::UUID
    ORDER BY memory_links_listed.created_at DESC, memory_links_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.message_id
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM message_memories AS message_memories_counted
    WHERE message_memories_counted.memory_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM messages AS messages_of_message_memories
        WHERE messages_of_message_memories.id = message_memories_counted.message_id
          AND messages_of_message_memories.deleted_at IS NULL
          AND (EXISTS (
            SELECT *
            FROM sessions AS sessions_of_messages
            WHERE sessions_of_messages.id = messages_of_message_memories.session_id
              AND sessions_of_messages.deleted_at IS NULL
          ))
      ))
      AND message_memories_counted.user_id = $2::UUID
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT message_memories_listed.id AS id,
      message_memories_listed.message_id AS message_id,
      message_memories_listed.created_at AS _place0
    FROM message_memories AS message_memories_listed
    WHERE message_memories_listed.memory_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM messages AS messages_of_message_memories
        WHERE messages_of_message_memories.id = message_memories_listed.message_id
          AND messages_of_message_memories.deleted_at IS NULL
          AND (EXISTS (
            SELECT *
            FROM sessions AS sessions_of_messages
            WHERE sessions_of_messages.id = messages_of_message_memories.session_id
              AND sessions_of_messages.deleted_at IS NULL
          ))
      ))
      AND message_memories_listed.user_id = $2::UUID
    ORDER BY message_memories_listed.created_at DESC, message_memories_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT sessions_found.id AS _key,
  sessions_found.id AS id,
  sessions_found.title AS title
FROM sessions AS sessions_found
WHERE sessions_found.deleted_at IS NULL
  AND sessions_found.user_id = $1::UUID
  AND sessions_found.id = ANY($2::UUID[]);

SELECT memories_found.id AS _key,
  memories_found.id AS id,
  memories_found.content AS content
FROM memories AS memories_found
WHERE memories_found.deleted_at IS NULL
  AND memories_found.user_id = $1::UUID
  AND memories_found.id = ANY($2::UUID[]);

SELECT memories_found.id AS _key,
  memories_found.id AS id,
  memories_found.content AS content
FROM memories AS memories_found
WHERE memories_found.deleted_at IS NULL
  AND memories_found.user_id = $1::UUID
  AND memories_found.id = ANY($2::UUID[]);

SELECT messages_found.id AS _key,
  messages_found.id AS id,
  messages_found.seq AS seq,
  messages_found.session_id AS session_id
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

SELECT sessions_found.id AS _key,
  sessions_found.id AS id,
  sessions_found.title AS title
FROM sessions AS sessions_found
WHERE sessions_found.deleted_at IS NULL
  AND sessions_found.user_id = $1::UUID
  AND sessions_found.id = ANY($2::UUID[]);
