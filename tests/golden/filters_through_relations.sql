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
      AND (EXISTS (
        SELECT *
        FROM messages AS messages_1
        WHERE messages_1.session_id = sessions_listed.id
          AND messages_1.deleted_at IS NULL
          AND (EXISTS (
            SELECT *
            FROM sessions AS sessions_of_messages
            WHERE sessions_of_messages.id = messages_1.session_id
              AND sessions_of_messages.deleted_at IS NULL
          ))
          AND messages_1.user_id = $2::UUID
          AND (EXISTS (
            SELECT *
            FROM tool_calls AS tool_calls_1
            WHERE tool_calls_1.message_id = messages_1.id
              AND (tool_calls_1.session_id IS NULL OR (EXISTS (
                SELECT *
                FROM sessions AS sessions_of_tool_calls
                WHERE sessions_of_tool_calls.id = tool_calls_1.session_id
                  AND sessions_of_tool_calls.deleted_at IS NULL
              )))
              AND tool_calls_1.user_id = $2::UUID
              AND tool_calls_1.status = $3::VARCHAR COLLATE pg_c_utf8
          ))
      ))
    ORDER BY sessions_listed.created_at DESC, sessions_listed.id DESC
    LIMIT $4::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.kind,
  fetched.title
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT sessions_listed.id AS id,
      sessions_listed.kind AS kind,
      sessions_listed.title AS title,
      sessions_listed.created_at AS _place0
    FROM sessions AS sessions_listed
    WHERE sessions_listed.deleted_at IS NULL
      AND sessions_listed.user_id = $2::UUID
      AND NOT (EXISTS (
        SELECT *
        FROM messages AS messages_1
        WHERE messages_1.session_id = sessions_listed.id
          AND messages_1.deleted_at IS NULL
          AND (EXISTS (
            SELECT *
            FROM sessions AS sessions_of_messages
            WHERE sessions_of_messages.id = messages_1.session_id
              AND sessions_of_messages.deleted_at IS NULL
          ))
          AND messages_1.user_id = $2::UUID
          AND true
      ))
    ORDER BY sessions_listed.created_at DESC, sessions_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.name
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT workflows_listed.id AS id,
      workflows_listed.name AS name,
      workflows_listed.created_at AS _place0
    FROM workflows AS workflows_listed
    WHERE workflows_listed.deleted_at IS NULL
      AND workflows_listed.user_id = $2::UUID
      AND (EXISTS (
        SELECT *
        FROM executions AS executions_1
        WHERE executions_1.workflow_id = workflows_listed.id
          AND executions_1.user_id = $2::UUID
          AND true
      ))
      AND NOT (EXISTS (
        SELECT *
        FROM executions AS executions_2
        WHERE executions_2.workflow_id = workflows_listed.id
          AND executions_2.user_id = $2::UUID
          AND (executions_2.status = $3::VARCHAR COLLATE pg_c_utf8) IS NOT true
      ))
    ORDER BY workflows_listed.created_at DESC, workflows_listed.id DESC
    LIMIT $4::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.personality_id,
  fetched.title
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT sessions_listed.id AS id,
      sessions_listed.personality_id AS personality_id,
      sessions_listed.title AS title,
      sessions_listed.created_at AS _place0
    FROM sessions AS sessions_listed
    WHERE sessions_listed.deleted_at IS NULL
      AND sessions_listed.user_id = $2::UUID
      AND (EXISTS (
        SELECT *
        FROM personalities AS personalities_1
        WHERE personalities_1.id = sessions_listed.personality_id
          AND personalities_1.deleted_at IS NULL
          AND (personalities_1.user_id = $2::UUID OR personalities_1.is_public OR personalities_1.user_id IS NULL)
          AND personalities_1.slug = ANY($3::TEXT[] COLLATE pg_c_utf8)
      ))
    ORDER BY sessions_listed.created_at DESC, sessions_listed.id DESC
    LIMIT $4::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.content
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM messages AS messages_counted
    WHERE messages_counted.deleted_at IS NULL
      AND (EXISTS (
        SELECT *
        FROM sessions AS sessions_of_messages
        WHERE sessions_of_messages.id = messages_counted.session_id
          AND sessions_of_messages.deleted_at IS NULL
      ))
      AND messages_counted.user_id = $2::UUID
      AND (EXISTS (
        SELECT *
        FROM message_citations AS message_citations_1
        WHERE message_citations_1.message_id = messages_counted.id
          AND (EXISTS (
            SELECT *
            FROM messages AS messages_of_message_citations
            WHERE messages_of_message_citations.id = message_citations_1.message_id
              AND messages_of_message_citations.deleted_at IS NULL
              AND (EXISTS (
                SELECT *
                FROM sessions AS sessions_of_messages
                WHERE sessions_of_messages.id = messages_of_message_citations.session_id
                  AND sessions_of_messages.deleted_at IS NULL
              ))
          ))
          AND message_citations_1.user_id = $2::UUID
          AND (EXISTS (
            SELECT *
            FROM documents AS documents_1
            WHERE documents_1.id = message_citations_1.document_id
              AND documents_1.deleted_at IS NULL
              AND documents_1.user_id = $2::UUID
              AND (documents_1.title LIKE $3::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/')
          ))
      ))
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT messages_listed.id AS id,
      messages_listed.content AS content,
      messages_listed.created_at AS _place0
    FROM messages AS messages_listed
    WHERE messages_listed.deleted_at IS NULL
      AND (EXISTS (
        SELECT *
        FROM sessions AS sessions_of_messages
        WHERE sessions_of_messages.id = messages_listed.session_id
          AND sessions_of_messages.deleted_at IS NULL
      ))
      AND messages_listed.user_id = $2::UUID
      AND (EXISTS (
        SELECT *
        FROM message_citations AS message_citations_2
        WHERE message_citations_2.message_id = messages_listed.id
          AND (EXISTS (
            SELECT *
            FROM messages AS messages_of_message_citations
            WHERE messages_of_message_citations.id = message_citations_2.message_id
              AND messages_of_message_citations.deleted_at IS NULL
              AND (EXISTS (
                SELECT *
                FROM sessions AS sessions_of_messages
                WHERE sessions_of_messages.id = messages_of_message_citations.session_id
                  AND sessions_of_messages.deleted_at IS NULL
              ))
          ))
          AND message_citations_2.user_id = $2::UUID
          AND (EXISTS (
            SELECT *
            FROM documents AS documents_2
            WHERE documents_2.id = message_citations_2.document_id
              AND documents_2.deleted_at IS NULL
              AND documents_2.user_id = $2::UUID
              AND (documents_2.title LIKE $4::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/')
          ))
      ))
    ORDER BY messages_listed.created_at DESC, messages_listed.id DESC
    LIMIT $5::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT personalities_found.id AS _key,
  personalities_found.id AS id,
  personalities_found.slug AS slug
FROM personalities AS personalities_found
WHERE personalities_found.deleted_at IS NULL
  AND (personalities_found.user_id = $1::UUID OR personalities_found.is_public OR personalities_found.user_id IS NULL)
  AND personalities_found.id = ANY($2::UUID[]);
