SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT (
          SELECT count(*) AS count_1
          FROM audit_logs AS audit_logs_1
          WHERE true
        ) AS "totalCount",
          coalesce(json_agg(numbered._1) FILTER (WHERE numbered._n <= 5), '[]'::json) AS nodes,
          json_build_object('hasNextPage', count(*) > 5) AS "pageInfo"
        FROM (
          SELECT fetched._1 AS _1,
            row_number() OVER () AS _n
          FROM (
            SELECT row_to_json(node_1) AS _1
            FROM audit_logs AS audit_logs_2
              JOIN LATERAL (
                SELECT CASE
                  WHEN isfinite(audit_logs_2.created_at) THEN to_char(timezone('UTC', audit_logs_2.created_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                  WHEN (audit_logs_2.created_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                  WHEN (audit_logs_2.created_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                END AS "createdAt",
                  audit_logs_2.action AS action,
                  audit_logs_2.resource_type AS "resourceType",
                  audit_logs_2.resource_id AS "resourceId",
                  audit_logs_2.changes AS changes,
                  audit_logs_2.ip_address AS "ipAddress",
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT users_1.display_name AS "displayName",
                        users_1.roles AS roles
                      FROM users AS users_1
                      WHERE users_1.id = audit_logs_2.actor_user_id
                        AND users_1.deleted_at IS NULL
                    ) AS object
                  ) AS actor
              ) AS node_1 ON true
            WHERE true
            ORDER BY audit_logs_2.created_at DESC, audit_logs_2.id DESC
            LIMIT 6
          ) AS fetched
        ) AS numbered
        HAVING true
      ) AS object
    ) AS "auditLogs"
  ) AS object
) AS TEXT) AS anon_1;
