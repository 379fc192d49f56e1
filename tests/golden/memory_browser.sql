SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT (
          SELECT count(*) AS count_1
          FROM memories AS memories_1
          WHERE memories_1.deleted_at IS NULL
            AND memories_1.user_id = $1::UUID
        ) AS "totalCount",
          coalesce(json_agg(fetched._1), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_1) AS _1
          FROM memories AS memories_2
            JOIN LATERAL (
              SELECT 'TWVtb3J5' || encode(CAST(':' || CAST(memories_2.id AS TEXT) AS BYTEA), 'base64') AS id,
                upper(memories_2.memory_type) AS type,
                memories_2.content AS content,
                memories_2.importance AS importance,
                memories_2.category AS category,
                memories_2.tags AS tags,
                CASE
                  WHEN isfinite(memories_2.expires_at) THEN to_char(timezone('UTC', memories_2.expires_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                  WHEN (memories_2.expires_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                  WHEN (memories_2.expires_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                END AS "expiresAt",
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT sessions_1.title AS title
                    FROM sessions AS sessions_1
                    WHERE sessions_1.id = memories_2.session_id
                      AND sessions_1.deleted_at IS NULL
                      AND sessions_1.user_id = $1::UUID
                  ) AS object
                ) AS session,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_0) AS _0
                      FROM memory_links AS memory_links_1
                        JOIN LATERAL (
                          SELECT (
                            SELECT row_to_json(object) AS json
                            FROM (
                              SELECT memories_3.content AS content
                              FROM memories AS memories_3
                              WHERE memories_3.id = memory_links_1.related_id
                                AND memories_3.deleted_at IS NULL
                                AND memories_3.user_id = $1::UUID
                            ) AS object
                          ) AS related
                        ) AS node_0 ON true
                      WHERE memory_links_1.memory_id = memories_2.id
                        AND NOT (EXISTS (
                          SELECT *
                          FROM memories AS memories_of_memory_links
                          WHERE memories_of_memory_links.id = memory_links_1.related_id
                            AND memories_of_memory_links.deleted_at IS NOT NULL
                        ))
                      ORDER BY memory_links_1.created_at DESC, memory_links_1.id DESC
                      LIMIT 20
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS links,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_0) AS _0
                      FROM memory_links AS memory_links_2
                        JOIN LATERAL (
                          SELECT (
                            SELECT row_to_json(object) AS json
                            FROM (
                              SELECT memories_4.content AS content
                              FROM memories AS memories_4
                              WHERE memories_4.id = memory_links_2.memory_id
                                AND memories_4.deleted_at IS NULL
                                AND memories_4.user_id = $1::UUID
                            ) AS object
                          ) AS memory
                        ) AS node_0 ON true
                      WHERE memory_links_2.related_id = memories_2.id
                        AND NOT (EXISTS (
                          SELECT *
                          FROM memories AS memories_of_memory_links
                          WHERE memories_of_memory_links.id = memory_links_2.memory_id
                            AND memories_of_memory_links.deleted_at IS NOT NULL
                        ))
                      ORDER BY memory_links_2.created_at DESC, memory_links_2.id DESC
                      LIMIT 20
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS backlinks,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT (
                      SELECT count(*) AS count_2
                      FROM message_memories AS message_memories_1
                      WHERE message_memories_1.memory_id = memories_2.id
                        AND NOT (EXISTS (
                          SELECT *
                          FROM messages AS messages_of_message_memories
                          WHERE messages_of_message_memories.id = message_memories_1.message_id
                            AND (messages_of_message_memories.deleted_at IS NOT NULL OR NOT (NOT (EXISTS (
                              SELECT *
                              FROM sessions AS sessions_of_messages
                              WHERE sessions_of_messages.id = messages_of_message_memories.session_id
                                AND sessions_of_messages.deleted_at IS NOT NULL
                            ))))
                        ))
                    ) AS "totalCount",
                      coalesce(json_agg(fetched._1), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_1) AS _1
                      FROM message_memories AS message_memories_2
                        JOIN LATERAL (
                          SELECT (
                            SELECT row_to_json(object) AS json
                            FROM (
                              SELECT messages_1.seq AS seq,
                                (
                                  SELECT row_to_json(object) AS json
                                  FROM (
                                    SELECT sessions_2.title AS title
                                    FROM sessions AS sessions_2
                                    WHERE sessions_2.id = messages_1.session_id
                                      AND sessions_2.deleted_at IS NULL
                                      AND sessions_2.user_id = $1::UUID
                                  ) AS object
                                ) AS session
                              FROM messages AS messages_1
                              WHERE messages_1.id = message_memories_2.message_id
                                AND messages_1.deleted_at IS NULL
                                AND NOT (EXISTS (
                                  SELECT *
                                  FROM sessions AS sessions_of_messages
                                  WHERE sessions_of_messages.id = messages_1.session_id
                                    AND sessions_of_messages.deleted_at IS NOT NULL
                                ))
                                AND messages_1.user_id = $1::UUID
                            ) AS object
                          ) AS message
                        ) AS node_1 ON true
                      WHERE message_memories_2.memory_id = memories_2.id
                        AND NOT (EXISTS (
                          SELECT *
                          FROM messages AS messages_of_message_memories
                          WHERE messages_of_message_memories.id = message_memories_2.message_id
                            AND (messages_of_message_memories.deleted_at IS NOT NULL OR NOT (NOT (EXISTS (
                              SELECT *
                              FROM sessions AS sessions_of_messages
                              WHERE sessions_of_messages.id = messages_of_message_memories.session_id
                                AND sessions_of_messages.deleted_at IS NOT NULL
                            ))))
                        ))
                      ORDER BY message_memories_2.created_at DESC, message_memories_2.id DESC
                      LIMIT 2
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS uses
            ) AS node_1 ON true
          WHERE memories_2.deleted_at IS NULL
            AND memories_2.user_id = $1::UUID
          ORDER BY memories_2.importance DESC, memories_2.id DESC
          LIMIT 5
        ) AS fetched
        HAVING true
      ) AS object
    ) AS memories
  ) AS object
) AS TEXT) AS anon_1;
