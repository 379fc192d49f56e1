SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT 'V29ya2Zsb3c6' || encode(CAST(CAST(workflows_1.id AS TEXT) AS BYTEA), 'base64') AS id,
          workflows_1.name AS name,
          workflows_1.description AS description,
          upper(workflows_1.status) AS status,
          workflows_1.version AS version,
          workflows_1.nodes AS nodes,
          workflows_1.edges AS edges,
          workflows_1.viewport AS viewport,
          workflows_1.tags AS tags,
          CASE
            WHEN isfinite(workflows_1.published_at) THEN to_char(timezone('UTC', workflows_1.published_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            WHEN (workflows_1.published_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
            WHEN (workflows_1.published_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
          END AS "publishedAt",
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT (
                SELECT count(*) AS count_1
                FROM workflow_versions AS workflow_versions_1
                WHERE workflow_versions_1.workflow_id = workflows_1.id
              ) AS "totalCount",
                coalesce(json_agg(fetched._1), '[]'::json) AS nodes
              FROM (
                SELECT row_to_json(node_1) AS _1
                FROM workflow_versions AS workflow_versions_2
                  JOIN LATERAL (
                    SELECT workflow_versions_2.version AS version,
                      CASE
                        WHEN isfinite(workflow_versions_2.created_at) THEN to_char(timezone('UTC', workflow_versions_2.created_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                        WHEN (workflow_versions_2.created_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                        WHEN (workflow_versions_2.created_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                      END AS "createdAt",
                      (
                        SELECT row_to_json(object) AS json
                        FROM (
                          SELECT users_1.display_name AS "displayName"
                          FROM users AS users_1
                          WHERE users_1.id = workflow_versions_2.created_by
                            AND users_1.deleted_at IS NULL
                            AND users_1.id = $1::UUID
                        ) AS object
                      ) AS author
                  ) AS node_1 ON true
                WHERE workflow_versions_2.workflow_id = workflows_1.id
                ORDER BY workflow_versions_2.version DESC, workflow_versions_2.id DESC
                LIMIT 10
              ) AS fetched
              HAVING true
            ) AS object
          ) AS versions,
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
              FROM (
                SELECT row_to_json(node_0) AS _0
                FROM executions AS executions_1
                  JOIN LATERAL (
                    SELECT upper(executions_1.status) AS status,
                      executions_1.current_node_id AS "currentNodeId",
                      CASE
                        WHEN isfinite(executions_1.started_at) THEN to_char(timezone('UTC', executions_1.started_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                        WHEN (executions_1.started_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                        WHEN (executions_1.started_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                      END AS "startedAt"
                  ) AS node_0 ON true
                WHERE executions_1.workflow_id = workflows_1.id
                ORDER BY executions_1.started_at DESC NULLS LAST, executions_1.id DESC
                LIMIT 3
              ) AS fetched
              HAVING true
            ) AS object
          ) AS executions
        FROM workflows AS workflows_1
        WHERE workflows_1.id = $2::UUID
          AND workflows_1.deleted_at IS NULL
          AND workflows_1.user_id = $1::UUID
      ) AS object
    ) AS workflow
  ) AS object
) AS TEXT) AS anon_1;
