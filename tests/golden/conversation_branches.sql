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
              SELECT sessions_1.title AS title,
                sessions_1.origin_seq AS "originSeq",
                sessions_1.leaf_seq AS "leafSeq",
                sessions_1.message_count AS "messageCount",
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT sessions_2.title AS title,
                      sessions_2.message_count AS "messageCount",
                      (
                        SELECT row_to_json(object) AS json
                        FROM (
                          SELECT coalesce(json_agg(numbered._0) FILTER (WHERE numbered._n <= 3), '[]'::json) AS nodes,
                            json_build_object('hasPreviousPage', count(*) > 3) AS "pageInfo"
                          FROM (
                            SELECT fetched._0 AS _0,
                              row_number() OVER () AS _n
                            FROM (
                              SELECT row_to_json(node_0) AS _0
                              FROM messages AS messages_1
                                JOIN(
                                  SELECT merged._id AS _id,
                                    merged._place0 AS _place0
                                  FROM (
                                    SELECT nearest._id AS _id,
                                      nearest._place0 AS _place0
                                    FROM path_of_session(sessions_2.id) AS stretch
                                      JOIN LATERAL (
                                        SELECT messages_ordered.id AS _id,
                                          messages_ordered.seq AS _place0
                                        FROM messages AS messages_ordered
                                        WHERE messages_ordered.deleted_at IS NULL
                                          AND NOT (EXISTS (
                                            SELECT *
                                            FROM sessions AS sessions_of_messages
                                            WHERE sessions_of_messages.id = messages_ordered.session_id
                                              AND sessions_of_messages.deleted_at IS NOT NULL
                                          ))
                                          AND messages_ordered.user_id = $1::UUID
                                          AND stretch.session_id = messages_ordered.session_id
                                          AND stretch.branch_seq = messages_ordered.branch_seq
                                          AND messages_ordered.seq BETWEEN stretch.first_seq
                                          AND stretch.last_seq
                                        ORDER BY messages_ordered.seq DESC, messages_ordered.id DESC
                                        LIMIT 4
                                      ) AS nearest ON true
                                  ) AS merged
                                  ORDER BY merged._place0 DESC, merged._id DESC
                                  LIMIT 4
                                ) AS first ON messages_1.id = first._id
                                JOIN LATERAL (
                                  SELECT messages_1.seq AS seq,
                                    messages_1.branch_seq AS "branchSeq",
                                    messages_1.content AS content
                                ) AS node_0 ON true
                              ORDER BY first._place0 DESC, first._id DESC
                            ) AS fetched
                            ORDER BY _n DESC
                          ) AS numbered
                          HAVING true
                        ) AS object
                      ) AS branch,
                      (
                        SELECT row_to_json(object) AS json
                        FROM (
                          SELECT (
                            SELECT count(*) AS count_1
                            FROM sessions AS sessions_3
                            WHERE sessions_3.origin_id = sessions_2.id
                              AND sessions_3.deleted_at IS NULL
                          ) AS "totalCount"
                        ) AS object
                      ) AS forks
                    FROM sessions AS sessions_2
                    WHERE sessions_2.id = sessions_1.origin_id
                      AND sessions_2.deleted_at IS NULL
                      AND sessions_2.user_id = $1::UUID
                  ) AS object
                ) AS origin,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT (
                      SELECT count(*) AS count_2
                      FROM messages AS messages_2
                      WHERE (EXISTS (
                        SELECT *
                        FROM path_of_session(sessions_1.id) AS stretch
                        WHERE stretch.session_id = messages_2.session_id
                          AND stretch.branch_seq = messages_2.branch_seq
                          AND messages_2.seq BETWEEN stretch.first_seq
                          AND stretch.last_seq
                      ))
                        AND messages_2.deleted_at IS NULL
                        AND NOT (EXISTS (
                          SELECT *
                          FROM sessions AS sessions_of_messages
                          WHERE sessions_of_messages.id = messages_2.session_id
                            AND sessions_of_messages.deleted_at IS NOT NULL
                        ))
                        AND messages_2.user_id = $1::UUID
                    ) AS "totalCount",
                      coalesce(json_agg(numbered._1) FILTER (WHERE numbered._n <= 20), '[]'::json) AS edges,
                      json_build_object(
                        'hasNextPage',
                        count(*) > 20,
                        'endCursor',
                        CASE
                          WHEN (1 <= least(count(*), 20)) THEN replace(
                            encode(
                              convert_to(
                                CAST(json_build_array(
                                  $2::VARCHAR,
                                  (array_agg(numbered._place0))[least(count(*), 20)],
                                  (array_agg(numbered._key))[least(count(*), 20)]
                                ) AS TEXT),
                                'UTF8'
                              ),
                              'base64'
                            ),
                            chr(10),
                            ''
                          )
                        END
                      ) AS "pageInfo"
                    FROM (
                      SELECT fetched._1 AS _1,
                        fetched._place0 AS _place0,
                        fetched._key AS _key,
                        row_number() OVER () AS _n
                      FROM (
                        SELECT row_to_json(edge_1) AS _1,
                          messages_3.seq AS _place0,
                          messages_3.id AS _key
                        FROM messages AS messages_3
                          JOIN(
                            SELECT merged._id AS _id,
                              merged._place0 AS _place0
                            FROM (
                              SELECT nearest._id AS _id,
                                nearest._place0 AS _place0
                              FROM path_of_session(sessions_1.id) AS stretch
                                JOIN LATERAL (
                                  SELECT messages_ordered.id AS _id,
                                    messages_ordered.seq AS _place0
                                  FROM messages AS messages_ordered
                                  WHERE messages_ordered.deleted_at IS NULL
                                    AND NOT (EXISTS (
                                      SELECT *
                                      FROM sessions AS sessions_of_messages
                                      WHERE sessions_of_messages.id = messages_ordered.session_id
                                        AND sessions_of_messages.deleted_at IS NOT NULL
                                    ))
                                    AND messages_ordered.user_id = $1::UUID
                                    AND stretch.session_id = messages_ordered.session_id
                                    AND stretch.branch_seq = messages_ordered.branch_seq
                                    AND messages_ordered.seq BETWEEN stretch.first_seq
                                    AND stretch.last_seq
                                  ORDER BY messages_ordered.seq ASC, messages_ordered.id ASC
                                  LIMIT 21
                                ) AS nearest ON true
                            ) AS merged
                            ORDER BY merged._place0 ASC, merged._id ASC
                            LIMIT 21
                          ) AS first ON messages_3.id = first._id
                          JOIN LATERAL (
                            SELECT messages_3.seq AS seq,
                              messages_3.branch_seq AS "branchSeq",
                              upper(messages_3.role) AS role,
                              (
                                SELECT row_to_json(object) AS json
                                FROM (
                                  SELECT sessions_4.title AS title
                                  FROM sessions AS sessions_4
                                  WHERE sessions_4.id = messages_3.session_id
                                    AND sessions_4.deleted_at IS NULL
                                    AND sessions_4.user_id = $1::UUID
                                ) AS object
                              ) AS session,
                              (
                                SELECT row_to_json(object) AS json
                                FROM (
                                  SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                                  FROM (
                                    SELECT row_to_json(node_0) AS _0
                                    FROM llm_calls AS llm_calls_1
                                      JOIN LATERAL (
                                        SELECT llm_calls_1.model AS model,
                                          (
                                            SELECT row_to_json(object) AS json
                                            FROM (
                                              SELECT messages_4.seq AS seq
                                              FROM messages AS messages_4
                                              WHERE messages_4.id = llm_calls_1.message_id
                                                AND messages_4.deleted_at IS NULL
                                                AND NOT (EXISTS (
                                                  SELECT *
                                                  FROM sessions AS sessions_of_messages
                                                  WHERE sessions_of_messages.id = messages_4.session_id
                                                    AND sessions_of_messages.deleted_at IS NOT NULL
                                                ))
                                                AND messages_4.user_id = $1::UUID
                                            ) AS object
                                          ) AS message
                                      ) AS node_0 ON true
                                    WHERE llm_calls_1.message_id = messages_3.id
                                      AND NOT (EXISTS (
                                        SELECT *
                                        FROM sessions AS sessions_of_llm_calls
                                        WHERE sessions_of_llm_calls.id = llm_calls_1.session_id
                                          AND sessions_of_llm_calls.deleted_at IS NOT NULL
                                      ))
                                    ORDER BY llm_calls_1.created_at DESC, llm_calls_1.id DESC
                                    LIMIT 20
                                  ) AS fetched
                                  HAVING true
                                ) AS object
                              ) AS "llmCalls"
                          ) AS edge_1_node_0 ON true
                          JOIN LATERAL (
                            SELECT replace(
                              encode(
                                convert_to(
                                  CAST(json_build_array($2::VARCHAR, messages_3.seq, messages_3.id) AS TEXT),
                                  'UTF8'
                                ),
                                'base64'
                              ),
                              chr(10),
                              ''
                            ) AS cursor,
                              row_to_json(edge_1_node_0) AS node
                          ) AS edge_1 ON true
                        ORDER BY first._place0 ASC, first._id ASC
                      ) AS fetched
                    ) AS numbered
                    HAVING true
                  ) AS object
                ) AS branch,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_0) AS _0
                      FROM messages AS messages_5
                        JOIN(
                          SELECT merged._id AS _id,
                            merged._place0 AS _place0
                          FROM (
                            SELECT nearest._id AS _id,
                              nearest._place0 AS _place0
                            FROM context_of_session(sessions_1.id) AS stretch
                              JOIN LATERAL (
                                SELECT messages_ordered.id AS _id,
                                  messages_ordered.created_at AS _place0
                                FROM messages AS messages_ordered
                                WHERE messages_ordered.deleted_at IS NULL
                                  AND NOT (EXISTS (
                                    SELECT *
                                    FROM sessions AS sessions_of_messages
                                    WHERE sessions_of_messages.id = messages_ordered.session_id
                                      AND sessions_of_messages.deleted_at IS NOT NULL
                                  ))
                                  AND messages_ordered.user_id = $1::UUID
                                  AND messages_ordered.role = $3::VARCHAR COLLATE pg_c_utf8
                                  AND stretch.session_id = messages_ordered.session_id
                                  AND stretch.branch_seq = messages_ordered.branch_seq
                                  AND messages_ordered.seq BETWEEN stretch.first_seq
                                  AND stretch.last_seq
                                ORDER BY messages_ordered.created_at DESC, messages_ordered.id DESC
                                LIMIT 20
                              ) AS nearest ON true
                          ) AS merged
                          ORDER BY merged._place0 DESC, merged._id DESC
                          LIMIT 20
                        ) AS first ON messages_5.id = first._id
                        JOIN LATERAL (
                          SELECT messages_5.content AS content
                        ) AS node_0 ON true
                      ORDER BY first._place0 DESC, first._id DESC
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS context
            ) AS node_0 ON true
          WHERE sessions_1.deleted_at IS NULL
            AND sessions_1.user_id = $1::UUID
            AND (EXISTS (
              SELECT *
              FROM sessions AS sessions_5
              WHERE sessions_5.id = sessions_1.origin_id
                AND sessions_5.deleted_at IS NULL
                AND sessions_5.id IS NOT NULL
            ))
          ORDER BY sessions_1.created_at DESC, sessions_1.id DESC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS sessions,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_0) AS _0
            FROM messages AS messages_6
              JOIN LATERAL (
                SELECT messages_6.seq AS seq,
                  messages_6.summarized_seq AS "summarizedSeq",
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT (
                        SELECT count(*) AS count_3
                        FROM messages AS messages_7
                        WHERE (EXISTS (
                          SELECT *
                          FROM path_of_message(messages_6.id) AS stretch
                          WHERE stretch.session_id = messages_7.session_id
                            AND stretch.branch_seq = messages_7.branch_seq
                            AND messages_7.seq BETWEEN stretch.first_seq
                            AND stretch.last_seq
                        ))
                          AND messages_7.deleted_at IS NULL
                          AND NOT (EXISTS (
                            SELECT *
                            FROM sessions AS sessions_of_messages
                            WHERE sessions_of_messages.id = messages_7.session_id
                              AND sessions_of_messages.deleted_at IS NOT NULL
                          ))
                          AND messages_7.user_id = $1::UUID
                      ) AS "totalCount",
                        coalesce(json_agg(fetched._1), '[]'::json) AS nodes
                      FROM (
                        SELECT row_to_json(node_1) AS _1
                        FROM messages AS messages_8
                          JOIN(
                            SELECT merged._id AS _id,
                              merged._place0 AS _place0
                            FROM (
                              SELECT nearest._id AS _id,
                                nearest._place0 AS _place0
                              FROM path_of_message(messages_6.id) AS stretch
                                JOIN LATERAL (
                                  SELECT messages_ordered.id AS _id,
                                    messages_ordered.seq AS _place0
                                  FROM messages AS messages_ordered
                                  WHERE messages_ordered.deleted_at IS NULL
                                    AND NOT (EXISTS (
                                      SELECT *
                                      FROM sessions AS sessions_of_messages
                                      WHERE sessions_of_messages.id = messages_ordered.session_id
                                        AND sessions_of_messages.deleted_at IS NOT NULL
                                    ))
                                    AND messages_ordered.user_id = $1::UUID
                                    AND stretch.session_id = messages_ordered.session_id
                                    AND stretch.branch_seq = messages_ordered.branch_seq
                                    AND messages_ordered.seq BETWEEN stretch.first_seq
                                    AND stretch.last_seq
                                  ORDER BY messages_ordered.seq ASC, messages_ordered.id ASC
                                  LIMIT 2
                                ) AS nearest ON true
                            ) AS merged
                            ORDER BY merged._place0 ASC, merged._id ASC
                            LIMIT 2
                          ) AS first ON messages_8.id = first._id
                          JOIN LATERAL (
                            SELECT messages_8.seq AS seq
                          ) AS node_1 ON true
                        ORDER BY first._place0 ASC, first._id ASC
                      ) AS fetched
                      HAVING true
                    ) AS object
                  ) AS path,
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                      FROM (
                        SELECT row_to_json(node_0) AS _0
                        FROM messages AS messages_9
                          JOIN(
                            SELECT merged._id AS _id,
                              merged._place0 AS _place0
                            FROM (
                              SELECT nearest._id AS _id,
                                nearest._place0 AS _place0
                              FROM context_of_message(messages_6.id) AS stretch
                                JOIN LATERAL (
                                  SELECT messages_ordered.id AS _id,
                                    messages_ordered.seq AS _place0
                                  FROM messages AS messages_ordered
                                  WHERE messages_ordered.deleted_at IS NULL
                                    AND NOT (EXISTS (
                                      SELECT *
                                      FROM sessions AS sessions_of_messages
                                      WHERE sessions_of_messages.id = messages_ordered.session_id
                                        AND sessions_of_messages.deleted_at IS NOT NULL
                                    ))
                                    AND messages_ordered.user_id = $1::UUID
                                    AND stretch.session_id = messages_ordered.session_id
                                    AND stretch.branch_seq = messages_ordered.branch_seq
                                    AND messages_ordered.seq BETWEEN stretch.first_seq
                                    AND stretch.last_seq
                                  ORDER BY messages_ordered.seq ASC, messages_ordered.id ASC
                                  LIMIT 20
                                ) AS nearest ON true
                            ) AS merged
                            ORDER BY merged._place0 ASC, merged._id ASC
                            LIMIT 20
                          ) AS first ON messages_9.id = first._id
                          JOIN LATERAL (
                            SELECT messages_9.seq AS seq,
                              messages_9.is_summary AS "isSummary"
                          ) AS node_0 ON true
                        ORDER BY first._place0 ASC, first._id ASC
                      ) AS fetched
                      HAVING true
                    ) AS object
                  ) AS context
              ) AS node_0 ON true
            WHERE messages_6.deleted_at IS NULL
              AND NOT (EXISTS (
                SELECT *
                FROM sessions AS sessions_of_messages
                WHERE sessions_of_messages.id = messages_6.session_id
                  AND sessions_of_messages.deleted_at IS NOT NULL
              ))
              AND messages_6.user_id = $1::UUID
              AND messages_6.is_summary = $4::BOOLEAN
            ORDER BY messages_6.created_at DESC, messages_6.id DESC
            LIMIT 2
          ) AS fetched
          HAVING true
        ) AS object
      ) AS summaries
  ) AS object
) AS TEXT) AS anon_1;
