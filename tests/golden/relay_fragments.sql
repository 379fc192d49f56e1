SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT (
          SELECT row_to_json(object) AS json
          FROM (
            SELECT coalesce(json_agg(numbered._0) FILTER (WHERE numbered._n <= 2), '[]'::json) AS edges,
              json_build_object(
                'endCursor',
                CASE
                  WHEN (1 <= least(count(*), 2)) THEN replace(
                    encode(
                      convert_to(
                        CAST(json_build_array(
                          $1::VARCHAR,
                          CASE
                            WHEN isfinite((array_agg(numbered._place0))[least(count(*), 2)]) THEN to_char(
                              timezone('UTC', (array_agg(numbered._place0))[least(count(*), 2)]),
                              'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
                            )
                            WHEN ((array_agg(numbered._place0))[least(count(*), 2)] = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                            WHEN ((array_agg(numbered._place0))[least(count(*), 2)] IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                          END,
                          (array_agg(numbered._key))[least(count(*), 2)]
                        ) AS TEXT),
                        'UTF8'
                      ),
                      'base64'
                    ),
                    chr(10),
                    ''
                  )
                END,
                'hasNextPage',
                count(*) > 2
              ) AS "pageInfo"
            FROM (
              SELECT fetched._0 AS _0,
                fetched._place0 AS _place0,
                fetched._key AS _key,
                row_number() OVER () AS _n
              FROM (
                SELECT row_to_json(edge_0) AS _0,
                  sessions_1.created_at AS _place0,
                  sessions_1.id AS _key
                FROM sessions AS sessions_1
                  JOIN LATERAL (
                    SELECT 'Session' AS __typename,
                      'U2Vzc2lv' || encode(CAST('n:' || CAST(sessions_1.id AS TEXT) AS BYTEA), 'base64') AS id,
                      sessions_1.title AS title
                  ) AS edge_0_node_0 ON true
                  JOIN LATERAL (
                    SELECT replace(
                      encode(
                        convert_to(
                          CAST(json_build_array(
                            $1::VARCHAR,
                            CASE
                              WHEN isfinite(sessions_1.created_at) THEN to_char(timezone('UTC', sessions_1.created_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                              WHEN (sessions_1.created_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                              WHEN (sessions_1.created_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                            END,
                            sessions_1.id
                          ) AS TEXT),
                          'UTF8'
                        ),
                        'base64'
                      ),
                      chr(10),
                      ''
                    ) AS cursor,
                      row_to_json(edge_0_node_0) AS node
                  ) AS edge_0 ON true
                WHERE sessions_1.user_id = users_1.id
                  AND sessions_1.deleted_at IS NULL
                  AND sessions_1.user_id = $2::UUID
                ORDER BY sessions_1.created_at DESC, sessions_1.id DESC
                LIMIT 3
              ) AS fetched
            ) AS numbered
            HAVING true
          ) AS object
        ) AS sessions,
          'VXNl' || encode(CAST('r:' || CAST(users_1.id AS TEXT) AS BYTEA), 'base64') AS id
        FROM users AS users_1
        WHERE users_1.id = $3::UUID
          AND users_1.deleted_at IS NULL
          AND users_1.id = $2::UUID
      ) AS object
    ) AS viewer
  ) AS object
) AS TEXT) AS anon_1;
