SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_0) AS _0
          FROM data_sources AS data_sources_1
            JOIN LATERAL (
              SELECT data_sources_1.name AS name,
                upper(data_sources_1.kind) AS kind,
                data_sources_1.connection_secret IS NOT NULL AS "hasConnection",
                CASE
                  WHEN isfinite(data_sources_1.last_synced_at) THEN to_char(timezone('UTC', data_sources_1.last_synced_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                  WHEN (data_sources_1.last_synced_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                  WHEN (data_sources_1.last_synced_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                END AS "lastSyncedAt",
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_0) AS _0
                      FROM data_source_schemas AS data_source_schemas_1
                        JOIN LATERAL (
                          SELECT data_source_schemas_1.name AS name,
                            data_source_schemas_1.is_enhanced AS "isEnhanced",
                            (
                              SELECT row_to_json(object) AS json
                              FROM (
                                SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                                FROM (
                                  SELECT row_to_json(node_0) AS _0
                                  FROM data_source_tables AS data_source_tables_1
                                    JOIN LATERAL (
                                      SELECT data_source_tables_1.name AS name,
                                        CAST(data_source_tables_1.row_count AS TEXT) AS "rowCount",
                                        data_source_tables_1.columns AS columns,
                                        data_source_tables_1.foreign_keys AS "foreignKeys"
                                    ) AS node_0 ON true
                                  WHERE data_source_tables_1.schema_id = data_source_schemas_1.id
                                  ORDER BY data_source_tables_1.name ASC, data_source_tables_1.id ASC
                                  LIMIT 20
                                ) AS fetched
                                HAVING true
                              ) AS object
                            ) AS tables
                        ) AS node_0 ON true
                      WHERE data_source_schemas_1.data_source_id = data_sources_1.id
                      ORDER BY data_source_schemas_1.created_at DESC, data_source_schemas_1.id DESC
                      LIMIT 20
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS schemas,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_0) AS _0
                      FROM sql_queries AS sql_queries_1
                        JOIN LATERAL (
                          SELECT sql_queries_1.question AS question,
                            sql_queries_1.generated_sql AS "generatedSql",
                            sql_queries_1.is_safe AS "isSafe",
                            upper(sql_queries_1.status) AS status,
                            sql_queries_1.result_row_count AS "resultRowCount"
                        ) AS node_0 ON true
                      WHERE sql_queries_1.data_source_id = data_sources_1.id
                      ORDER BY sql_queries_1.created_at DESC, sql_queries_1.id DESC
                      LIMIT 5
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS "sqlQueries"
            ) AS node_0 ON true
          WHERE data_sources_1.deleted_at IS NULL
            AND data_sources_1.user_id = $1::UUID
          ORDER BY data_sources_1.created_at DESC, data_sources_1.id DESC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS "dataSources"
  ) AS object
) AS TEXT) AS anon_1;
