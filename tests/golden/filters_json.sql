SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_0) AS _0
          FROM agents AS agents_1
            JOIN LATERAL (
              SELECT agents_1.name AS name,
                agents_1.settings AS settings
            ) AS node_0 ON true
          WHERE agents_1.deleted_at IS NULL
            AND (agents_1.settings ? $1::VARCHAR)
          ORDER BY agents_1.created_at DESC, agents_1.id DESC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS agents,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_0) AS _0
            FROM behavior_events AS behavior_events_1
              JOIN LATERAL (
                SELECT behavior_events_1.behavior_type AS "behaviorType",
                  behavior_events_1.data AS data,
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT sessions_1.title AS title,
                        upper(sessions_1.kind) AS kind
                      FROM sessions AS sessions_1
                      WHERE sessions_1.id = behavior_events_1.session_id
                        AND sessions_1.deleted_at IS NULL
                    ) AS object
                  ) AS session
              ) AS node_0 ON true
            WHERE NOT (EXISTS (
              SELECT *
              FROM sessions AS sessions_of_behavior_events
              WHERE sessions_of_behavior_events.id = behavior_events_1.session_id
                AND sessions_of_behavior_events.deleted_at IS NOT NULL
            ))
              AND (behavior_events_1.data #> $2::TEXT[] COLLATE pg_c_utf8) = CAST($3::VARCHAR AS JSONB)
            ORDER BY behavior_events_1.created_at DESC, behavior_events_1.id DESC
            LIMIT 20
          ) AS fetched
          HAVING true
        ) AS object
      ) AS carts
  ) AS object
) AS TEXT) AS anon_1;
