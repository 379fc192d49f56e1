SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(fetched._0), '[]'::json) AS edges
        FROM (
          SELECT row_to_json(edge_0) AS _0
          FROM usage_daily AS usage_daily_1
            JOIN LATERAL (
              SELECT CASE
                WHEN isfinite(usage_daily_1.date) THEN CAST(usage_daily_1.date AS TEXT)
                WHEN (usage_daily_1.date = 'infinity') THEN '9999-12-31'
                WHEN (usage_daily_1.date IS NOT NULL) THEN '0001-01-01'
              END AS date,
                CAST(usage_daily_1.total_tokens AS TEXT) AS "totalTokens"
            ) AS edge_0_node_0 ON true
            JOIN LATERAL (
              SELECT replace(
                encode(
                  convert_to(
                    CAST(json_build_array($1::VARCHAR, CAST(usage_daily_1.total_tokens AS TEXT), usage_daily_1.id) AS TEXT),
                    'UTF8'
                  ),
                  'base64'
                ),
                chr(10),
                ''
              ) AS cursor,
                row_to_json(edge_0_node_0) AS node
            ) AS edge_0 ON true
          WHERE true
          ORDER BY usage_daily_1.total_tokens DESC, usage_daily_1.id DESC
          LIMIT 3
        ) AS fetched
        HAVING true
      ) AS object
    ) AS "usageDays"
  ) AS object
) AS TEXT) AS anon_1;
