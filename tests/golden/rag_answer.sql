SELECT sessions_found.id AS _key,
  sessions_found.id AS id,
  sessions_found.title AS title
FROM sessions AS sessions_found
WHERE sessions_found.deleted_at IS NULL
  AND sessions_found.user_id = $1::UUID
  AND sessions_found.id = ANY($2::UUID[]);

SELECT anon_1._position,
  fetched.id,
  fetched.content,
  fetched.seq
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT messages_listed.id AS id,
      messages_listed.content AS content,
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
      AND messages_listed.role = $3::VARCHAR COLLATE pg_c_utf8
    ORDER BY messages_listed.seq ASC, messages_listed.id ASC
    LIMIT $4::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;

SELECT anon_1._position,
  fetched.id,
  fetched.chunk_id,
  fetched.document_id,
  fetched.position,
  fetched.quote,
  fetched.similarity
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT message_citations_listed.id AS id,
      message_citations_listed.chunk_id AS chunk_id,
      message_citations_listed.document_id AS document_id,
      message_citations_listed.position AS position,
      message_citations_listed.quote AS quote,
      message_citations_listed.similarity AS similarity,
      message_citations_listed.position AS _place0
    FROM message_citations AS message_citations_listed
    WHERE message_citations_listed.message_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM messages AS messages_of_message_citations
        WHERE messages_of_message_citations.id = message_citations_listed.message_id
          AND messages_of_message_citations.deleted_at IS NULL
          AND (EXISTS (
            SELECT *
            FROM sessions AS sessions_of_messages
            WHERE sessions_of_messages.id = messages_of_message_citations.session_id
              AND sessions_of_messages.deleted_at IS NULL
          ))
      ))
      AND message_citations_listed.user_id = $2::UUID
    ORDER BY message_citations_listed.position ASC, message_citations_listed.id ASC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;

SELECT anon_1._position,
  fetched.id,
  fetched.memory_id,
  fetched.similarity
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT message_memories_listed.id AS id,
      message_memories_listed.memory_id AS memory_id,
      message_memories_listed.similarity AS similarity,
      message_memories_listed.created_at AS _place0
    FROM message_memories AS message_memories_listed
    WHERE message_memories_listed.message_id = anon_1.key
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

SELECT documents_found.id AS _key,
  documents_found.id AS id,
  documents_found.title AS title
FROM documents AS documents_found
WHERE documents_found.deleted_at IS NULL
  AND documents_found.user_id = $1::UUID
  AND documents_found.id = ANY($2::UUID[]);

SELECT document_chunks_found.id AS _key,
  document_chunks_found.id AS id,
  document_chunks_found.chunk_index AS chunk_index,
  document_chunks_found.content AS content
FROM document_chunks AS document_chunks_found
WHERE (EXISTS (
  SELECT *
  FROM documents AS documents_of_document_chunks
  WHERE documents_of_document_chunks.id = document_chunks_found.document_id
    AND documents_of_document_chunks.deleted_at IS NULL
))
  AND document_chunks_found.user_id = $1::UUID
  AND document_chunks_found.id = ANY($2::UUID[]);
