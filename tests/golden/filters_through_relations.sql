SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_0) AS _0
          FROM sessions AS sessions_1
            JOIN LATERAL (
              SELECT sessions_1.title AS title
            ) AS node_0 ON true
          WHERE sessions_1.deleted_at IS NULL
            AND sessions_1.user_id = $1::UUID
            AND (EXISTS (
              SELECT *
              FROM messages AS messages_1
              WHERE messages_1.session_id = sessions_1.id
                AND messages_1.deleted_at IS NULL
                AND (EXISTS (
                  SELECT *
                  FROM tool_calls AS tool_calls_1
                  WHERE tool_calls_1.message_id = messages_1.id
                    AND NOT (EXISTS (
                      SELECT *
                      FROM sessions AS sessions_of_tool_calls
                      WHERE sessions_of_tool_calls.id = tool_calls_1.session_id
                        AND sessions_of_tool_calls.deleted_at IS NOT NULL
                    ))
                    AND tool_calls_1.status = $2::VARCHAR COLLATE pg_c_utf8
                ))
            ))
          ORDER BY sessions_1.created_at DESC, sessions_1.id DESC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS "withTools",
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_0) AS _0
            FROM sessions AS sessions_2
              JOIN LATERAL (
                SELECT sessions_2.title AS title,
                  upper(sessions_2.kind) AS kind
              ) AS node_0 ON true
            WHERE sessions_2.deleted_at IS NULL
              AND sessions_2.user_id = $1::UUID
              AND NOT (EXISTS (
                SELECT *
                FROM messages AS messages_2
                WHERE messages_2.session_id = sessions_2.id
                  AND messages_2.deleted_at IS NULL
                  AND true
              ))
            ORDER BY sessions_2.created_at DESC, sessions_2.id DESC
            LIMIT 20
          ) AS fetched
          HAVING true
        ) AS object
      ) AS silent,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_0) AS _0
            FROM workflows AS workflows_1
              JOIN LATERAL (
                SELECT workflows_1.name AS name
              ) AS node_0 ON true
            WHERE workflows_1.deleted_at IS NULL
              AND workflows_1.user_id = $1::UUID
              AND (EXISTS (
                SELECT *
                FROM executions AS executions_1
                WHERE executions_1.workflow_id = workflows_1.id
                  AND true
              ))
              AND NOT (EXISTS (
                SELECT *
                FROM executions AS executions_2
                WHERE executions_2.workflow_id = workflows_1.id
                  AND (executions_2.status = $3::VARCHAR COLLATE pg_c_utf8) IS NOT true
              ))
            ORDER BY workflows_1.created_at DESC, workflows_1.id DESC
            LIMIT 20
          ) AS fetched
          HAVING true
        ) AS object
      ) AS "allDone",
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_0) AS _0
            FROM sessions AS sessions_3
              JOIN LATERAL (
                SELECT sessions_3.title AS title,
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT personalities_1.slug AS slug
                      FROM personalities AS personalities_1
                      WHERE personalities_1.id = sessions_3.personality_id
                        AND personalities_1.deleted_at IS NULL
                        AND (personalities_1.user_id = $1::UUID OR personalities_1.is_public OR personalities_1.user_id IS NULL)
                    ) AS object
                  ) AS personality
              ) AS node_0 ON true
            WHERE sessions_3.deleted_at IS NULL
              AND sessions_3.user_id = $1::UUID
              AND (EXISTS (
                SELECT *
                FROM personalities AS personalities_2
                WHERE personalities_2.id = sessions_3.personality_id
                  AND personalities_2.deleted_at IS NULL
                  AND (personalities_2.user_id = $1::UUID OR personalities_2.is_public OR personalities_2.user_id IS NULL)
                  AND personalities_2.slug = ANY($4::TEXT[] COLLATE pg_c_utf8)
              ))
            ORDER BY sessions_3.created_at DESC, sessions_3.id DESC
            LIMIT 20
          ) AS fetched
          HAVING true
        ) AS object
      ) AS "byPersonality",
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT (
            SELECT count(*) AS count_1
            FROM messages AS messages_3
            WHERE messages_3.deleted_at IS NULL
              AND NOT (EXISTS (
                SELECT *
                FROM sessions AS sessions_of_messages
                WHERE sessions_of_messages.id = messages_3.session_id
                  AND sessions_of_messages.deleted_at IS NOT NULL
              ))
              AND messages_3.user_id = $1::UUID
              AND (EXISTS (
                SELECT *
                FROM message_citations AS message_citations_1
                WHERE message_citations_1.message_id = messages_3.id
                  AND (EXISTS (
                    SELECT *
                    FROM documents AS documents_1
                    WHERE documents_1.id = message_citations_1.document_id
                      AND documents_1.deleted_at IS NULL
                      AND (documents_1.title LIKE $5::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/')
                  ))
              ))
          ) AS "totalCount",
            coalesce(json_agg(fetched._1), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_1) AS _1
            FROM messages AS messages_4
              JOIN LATERAL (
                SELECT messages_4.content AS content
              ) AS node_1 ON true
            WHERE messages_4.deleted_at IS NULL
              AND NOT (EXISTS (
                SELECT *
                FROM sessions AS sessions_of_messages
                WHERE sessions_of_messages.id = messages_4.session_id
                  AND sessions_of_messages.deleted_at IS NOT NULL
              ))
              AND messages_4.user_id = $1::UUID
              AND (EXISTS (
                SELECT *
                FROM message_citations AS message_citations_2
                WHERE message_citations_2.message_id = messages_4.id
                  AND (EXISTS (
                    SELECT *
                    FROM documents AS documents_2
                    WHERE documents_2.id = message_citations_2.document_id
                      AND documents_2.deleted_at IS NULL
                      AND (documents_2.title LIKE $6::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/')
                  ))
              ))
            ORDER BY messages_4.created_at DESC, messages_4.id DESC
            LIMIT 20
          ) AS fetched
          HAVING true
        ) AS object
      ) AS citing
  ) AS object
) AS TEXT) AS anon_1;
