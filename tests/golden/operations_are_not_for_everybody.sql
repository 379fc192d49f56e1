SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT (
          SELECT count(*) AS count_1
          FROM configs AS configs_1
          WHERE false
        ) AS "totalCount"
      ) AS object
    ) AS configs,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT (
            SELECT count(*) AS count_2
            FROM error_logs AS error_logs_1
            WHERE false
          ) AS "totalCount"
        ) AS object
      ) AS "errorLogs",
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT (
            SELECT count(*) AS count_3
            FROM metrics AS metrics_1
            WHERE false
          ) AS "totalCount"
        ) AS object
      ) AS metrics,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT (
            SELECT count(*) AS count_4
            FROM import_runs AS import_runs_1
            WHERE import_runs_1.started_by_id = $1::UUID
          ) AS "totalCount"
        ) AS object
      ) AS "importRuns",
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT (
            SELECT count(*) AS count_5
            FROM audit_logs AS audit_logs_1
            WHERE audit_logs_1.user_id = $1::UUID
          ) AS "totalCount"
        ) AS object
      ) AS "auditLogs",
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_0) AS _0
            FROM users AS users_1
              JOIN LATERAL (
                SELECT users_1.username AS login
              ) AS node_0 ON true
            WHERE users_1.deleted_at IS NULL
              AND users_1.id = $1::UUID
            ORDER BY users_1.created_at DESC, users_1.id DESC
            LIMIT 20
          ) AS fetched
          HAVING true
        ) AS object
      ) AS users,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT 'VXNl' || encode(CAST('r:' || CAST(users_2.id AS TEXT) AS BYTEA), 'base64') AS id
          FROM users AS users_2
          WHERE lower(users_2.username) = $2::VARCHAR
            AND users_2.deleted_at IS NULL
            AND users_2.id = $1::UUID
        ) AS object
      ) AS admin
  ) AS object
) AS TEXT) AS anon_1;
