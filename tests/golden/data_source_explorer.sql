SELECT anon_1._position,
  fetched.id,
  fetched.has_connection,
  fetched.kind,
  fetched.last_synced_at,
  fetched.name
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT data_sources_listed.id AS id,
      data_sources_listed.connection_secret IS NOT NULL AS has_connection,
      data_sources_listed.kind AS kind,
      data_sources_listed.last_synced_at AS last_synced_at,
      data_sources_listed.name AS name,
      data_sources_listed.created_at AS _place0
    FROM data_sources AS data_sources_listed
    WHERE data_sources_listed.deleted_at IS NULL
      AND data_sources_listed.user_id = $2::UUID
    ORDER BY data_sources_listed.created_at DESC, data_sources_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.is_enhanced,
  fetched.name
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT data_source_schemas_listed.id AS id,
      data_source_schemas_listed.is_enhanced AS is_enhanced,
      data_source_schemas_listed.name AS name,
      data_source_schemas_listed.created_at AS _place0
    FROM data_source_schemas AS data_source_schemas_listed
    WHERE data_source_schemas_listed.data_source_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM data_sources AS data_sources_of_data_source_schemas
        WHERE data_sources_of_data_source_schemas.id = data_source_schemas_listed.data_source_id
          AND data_sources_of_data_source_schemas.deleted_at IS NULL
      ))
      AND data_source_schemas_listed.user_id = $2::UUID
    ORDER BY data_source_schemas_listed.created_at DESC, data_source_schemas_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.generated_sql,
  fetched.is_safe,
  fetched.question,
  fetched.result_row_count,
  fetched.status
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT sql_queries_listed.id AS id,
      sql_queries_listed.generated_sql AS generated_sql,
      sql_queries_listed.is_safe AS is_safe,
      sql_queries_listed.question AS question,
      sql_queries_listed.result_row_count AS result_row_count,
      sql_queries_listed.status AS status,
      sql_queries_listed.created_at AS _place0
    FROM sql_queries AS sql_queries_listed
    WHERE sql_queries_listed.data_source_id = anon_1.key
      AND sql_queries_listed.user_id = $2::UUID
    ORDER BY sql_queries_listed.created_at DESC, sql_queries_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.columns,
  fetched.foreign_keys,
  fetched.name,
  fetched.row_count
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT data_source_tables_listed.id AS id,
      data_source_tables_listed.columns AS columns,
      data_source_tables_listed.foreign_keys AS foreign_keys,
      data_source_tables_listed.name AS name,
      data_source_tables_listed.row_count AS row_count,
      data_source_tables_listed.name AS _place0
    FROM data_source_tables AS data_source_tables_listed
    WHERE data_source_tables_listed.schema_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM data_source_schemas AS data_source_schemas_of_data_source_tables
        WHERE data_source_schemas_of_data_source_tables.id = data_source_tables_listed.schema_id
          AND (EXISTS (
            SELECT *
            FROM data_sources AS data_sources_of_data_source_schemas
            WHERE data_sources_of_data_source_schemas.id = data_source_schemas_of_data_source_tables.data_source_id
              AND data_sources_of_data_source_schemas.deleted_at IS NULL
          ))
      ))
      AND data_source_tables_listed.user_id = $2::UUID
    ORDER BY data_source_tables_listed.name ASC, data_source_tables_listed.id ASC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;
