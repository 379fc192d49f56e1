SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.chunk_count,
  fetched.content_type,
  fetched.file_size,
  fetched.has_file,
  fetched.status,
  fetched.title
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM documents AS documents_counted
    WHERE documents_counted.deleted_at IS NULL
      AND documents_counted.user_id = $2::UUID
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT documents_listed.id AS id,
      documents_listed.chunk_count AS chunk_count,
      documents_listed.content_type AS content_type,
      documents_listed.file_size AS file_size,
      documents_listed.file_path IS NOT NULL AS has_file,
      documents_listed.status AS status,
      documents_listed.title AS title,
      documents_listed.title AS _place0
    FROM documents AS documents_listed
    WHERE documents_listed.deleted_at IS NULL
      AND documents_listed.user_id = $2::UUID
    ORDER BY documents_listed.title ASC, documents_listed.id ASC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;

SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.chunk_index,
  fetched.content
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM document_chunks AS document_chunks_counted
    WHERE document_chunks_counted.document_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM documents AS documents_of_document_chunks
        WHERE documents_of_document_chunks.id = document_chunks_counted.document_id
          AND documents_of_document_chunks.deleted_at IS NULL
      ))
      AND document_chunks_counted.user_id = $2::UUID
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT document_chunks_listed.id AS id,
      document_chunks_listed.chunk_index AS chunk_index,
      document_chunks_listed.content AS content,
      document_chunks_listed.chunk_index AS _place0
    FROM document_chunks AS document_chunks_listed
    WHERE document_chunks_listed.document_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM documents AS documents_of_document_chunks
        WHERE documents_of_document_chunks.id = document_chunks_listed.document_id
          AND documents_of_document_chunks.deleted_at IS NULL
      ))
      AND document_chunks_listed.user_id = $2::UUID
    ORDER BY document_chunks_listed.chunk_index ASC, document_chunks_listed.id ASC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;

SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM message_citations AS message_citations_counted
    WHERE message_citations_counted.document_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM messages AS messages_of_message_citations
        WHERE messages_of_message_citations.id = message_citations_counted.message_id
          AND messages_of_message_citations.deleted_at IS NULL
          AND (EXISTS (
            SELECT *
            FROM sessions AS sessions_of_messages
            WHERE sessions_of_messages.id = messages_of_message_citations.session_id
              AND sessions_of_messages.deleted_at IS NULL
          ))
      ))
      AND message_citations_counted.user_id = $2::UUID
  ) AS counted ON true
ORDER BY anon_1._position;
