SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_0) AS _0
          FROM configs AS configs_1
            JOIN LATERAL (
              SELECT configs_1.key AS key,
                CASE WHEN configs_1.is_secret THEN NULL ELSE configs_1.value END AS value,
                configs_1.is_secret AS "isSecret",
                configs_1.is_active AS "isActive"
            ) AS node_0 ON true
          WHERE true
          ORDER BY configs_1.created_at DESC, configs_1.id DESC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS configs,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT CASE WHEN configs_2.is_secret THEN NULL ELSE configs_2.value END AS value
          FROM configs AS configs_2
          WHERE lower(configs_2.key) = $1::VARCHAR
            AND true
        ) AS object
      ) AS setting,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_0) AS _0
            FROM error_logs AS error_logs_1
              JOIN LATERAL (
                SELECT error_logs_1.error_type AS "errorType",
                  error_logs_1.message AS message,
                  error_logs_1.request_id AS "requestId",
                  CASE
                    WHEN isfinite(error_logs_1.created_at) THEN to_char(timezone('UTC', error_logs_1.created_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                    WHEN (error_logs_1.created_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                    WHEN (error_logs_1.created_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                  END AS "createdAt"
              ) AS node_0 ON true
            WHERE true
            ORDER BY error_logs_1.created_at DESC, error_logs_1.id DESC
            LIMIT 3
          ) AS fetched
          HAVING true
        ) AS object
      ) AS "errorLogs",
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_0) AS _0
            FROM metrics AS metrics_1
              JOIN LATERAL (
                SELECT metrics_1.name AS name,
                  CAST(metrics_1.value AS TEXT) AS value,
                  metrics_1.tags AS tags,
                  CASE
                    WHEN isfinite(metrics_1.recorded_at) THEN to_char(timezone('UTC', metrics_1.recorded_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                    WHEN (metrics_1.recorded_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                    WHEN (metrics_1.recorded_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                  END AS "recordedAt"
              ) AS node_0 ON true
            WHERE true
            ORDER BY metrics_1.recorded_at DESC, metrics_1.id DESC
            LIMIT 3
          ) AS fetched
          HAVING true
        ) AS object
      ) AS metrics,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_0) AS _0
            FROM api_requests AS api_requests_1
              JOIN LATERAL (
                SELECT api_requests_1.method AS method,
                  api_requests_1.path AS path,
                  api_requests_1.status_code AS "statusCode",
                  api_requests_1.duration_ms AS "durationMs",
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT users_1.username AS login
                      FROM users AS users_1
                      WHERE users_1.id = api_requests_1.user_id
                        AND users_1.deleted_at IS NULL
                    ) AS object
                  ) AS "user",
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT api_keys_1.key_prefix AS "keyPrefix"
                      FROM api_keys AS api_keys_1
                      WHERE api_keys_1.id = api_requests_1.api_key_id
                        AND true
                    ) AS object
                  ) AS "apiKey"
              ) AS node_0 ON true
            WHERE true
            ORDER BY api_requests_1.duration_ms DESC NULLS LAST, api_requests_1.id DESC
            LIMIT 3
          ) AS fetched
          HAVING true
        ) AS object
      ) AS slowest
  ) AS object
) AS TEXT) AS anon_1;
