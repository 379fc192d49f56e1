SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_0) AS _0
          FROM import_runs AS import_runs_1
            JOIN LATERAL (
              SELECT import_runs_1.source AS source,
                upper(import_runs_1.status) AS status,
                CAST(import_runs_1.rows_read AS TEXT) AS "rowsRead",
                CAST(import_runs_1.rows_written AS TEXT) AS "rowsWritten",
                CAST(import_runs_1.rows_skipped AS TEXT) AS "rowsSkipped",
                import_runs_1.report AS report,
                import_runs_1.error_message AS "errorMessage",
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT users_1.username AS login
                    FROM users AS users_1
                    WHERE users_1.id = import_runs_1.started_by_id
                      AND users_1.deleted_at IS NULL
                  ) AS object
                ) AS "startedBy",
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT (
                      SELECT count(*) AS count_1
                      FROM import_map AS import_map_1
                      WHERE import_map_1.run_id = import_runs_1.id
                    ) AS "totalCount",
                      coalesce(json_agg(fetched._1), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_1) AS _1
                      FROM import_map AS import_map_2
                        JOIN LATERAL (
                          SELECT import_map_2.source_table AS "sourceTable",
                            import_map_2.source_key AS "sourceKey",
                            import_map_2.entity AS entity,
                            import_map_2.entity_id AS "entityId",
                            import_map_2.is_stub AS "isStub"
                        ) AS node_1 ON true
                      WHERE import_map_2.run_id = import_runs_1.id
                      ORDER BY import_map_2.created_at DESC, import_map_2.id DESC
                      LIMIT 10
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS mappings
            ) AS node_0 ON true
          WHERE true
          ORDER BY import_runs_1.created_at DESC, import_runs_1.id DESC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS "importRuns"
  ) AS object
) AS TEXT) AS anon_1;
