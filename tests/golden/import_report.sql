SELECT anon_1._position,
  fetched.id,
  fetched.error_message,
  fetched.report,
  fetched.rows_read,
  fetched.rows_skipped,
  fetched.rows_written,
  fetched.source,
  fetched.started_by_id,
  fetched.status
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT import_runs_listed.id AS id,
      import_runs_listed.error_message AS error_message,
      import_runs_listed.report AS report,
      import_runs_listed.rows_read AS rows_read,
      import_runs_listed.rows_skipped AS rows_skipped,
      import_runs_listed.rows_written AS rows_written,
      import_runs_listed.source AS source,
      import_runs_listed.started_by_id AS started_by_id,
      import_runs_listed.status AS status,
      import_runs_listed.created_at AS _place0
    FROM import_runs AS import_runs_listed
    WHERE true
    ORDER BY import_runs_listed.created_at DESC, import_runs_listed.id DESC
    LIMIT $2::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT users_found.id AS _key,
  users_found.id AS id,
  users_found.username AS username
FROM users AS users_found
WHERE users_found.deleted_at IS NULL
  AND users_found.id = ANY($1::UUID[]);

SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.entity,
  fetched.entity_id,
  fetched.is_stub,
  fetched.source_key,
  fetched.source_table
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM import_map AS import_map_counted
    WHERE import_map_counted.run_id = anon_1.key
      AND true
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT import_map_listed.id AS id,
      import_map_listed.entity AS entity,
      import_map_listed.entity_id AS entity_id,
      import_map_listed.is_stub AS is_stub,
      import_map_listed.source_key AS source_key,
      import_map_listed.source_table AS source_table,
      import_map_listed.created_at AS _place0
    FROM import_map AS import_map_listed
    WHERE import_map_listed.run_id = anon_1.key
      AND true
    ORDER BY import_map_listed.created_at DESC, import_map_listed.id DESC
    LIMIT $2::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;
