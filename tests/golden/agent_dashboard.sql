SELECT anon_1._position,
  fetched.id,
  fetched.name,
  fetched.settings,
  fetched.status
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT agents_listed.id AS id,
      agents_listed.name AS name,
      agents_listed.settings AS settings,
      agents_listed.status AS status,
      agents_listed.created_at AS _place0
    FROM agents AS agents_listed
    WHERE agents_listed.deleted_at IS NULL
      AND agents_listed.user_id = $2::UUID
      AND agents_listed.status != $3::VARCHAR COLLATE pg_c_utf8
    ORDER BY agents_listed.created_at DESC, agents_listed.id DESC
    LIMIT $4::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.is_enabled,
  fetched.name,
  fetched.plugin_type
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT agent_plugins_listed.id AS id,
      agent_plugins_listed.is_enabled AS is_enabled,
      agent_plugins_listed.name AS name,
      agent_plugins_listed.plugin_type AS plugin_type,
      agent_plugins_listed.order_index AS _place0
    FROM agent_plugins AS agent_plugins_listed
    WHERE agent_plugins_listed.agent_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM agents AS agents_of_agent_plugins
        WHERE agents_of_agent_plugins.id = agent_plugins_listed.agent_id
          AND agents_of_agent_plugins.deleted_at IS NULL
      ))
      AND agent_plugins_listed.user_id = $2::UUID
    ORDER BY agent_plugins_listed.order_index ASC, agent_plugins_listed.id ASC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;

SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM executions AS executions_counted
    WHERE executions_counted.agent_id = anon_1.key
      AND executions_counted.user_id = $2::UUID
      AND executions_counted.status = $3::VARCHAR COLLATE pg_c_utf8
  ) AS counted ON true
ORDER BY anon_1._position;

SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.error,
  fetched.finished_at
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM executions AS executions_counted
    WHERE executions_counted.agent_id = anon_1.key
      AND executions_counted.user_id = $2::UUID
      AND executions_counted.status = ANY($3::TEXT[] COLLATE pg_c_utf8)
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT executions_listed.id AS id,
      executions_listed.error AS error,
      executions_listed.finished_at AS finished_at,
      executions_listed.created_at AS _place0
    FROM executions AS executions_listed
    WHERE executions_listed.agent_id = anon_1.key
      AND executions_listed.user_id = $2::UUID
      AND executions_listed.status = ANY($4::TEXT[] COLLATE pg_c_utf8)
    ORDER BY executions_listed.created_at DESC, executions_listed.id DESC
    LIMIT $5::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.progress,
  fetched.status,
  fetched.steps_completed,
  fetched.steps_total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT executions_listed.id AS id,
      executions_listed.progress AS progress,
      executions_listed.status AS status,
      executions_listed.steps_completed AS steps_completed,
      executions_listed.steps_total AS steps_total,
      executions_listed.created_at AS _place0
    FROM executions AS executions_listed
    WHERE executions_listed.agent_id = anon_1.key
      AND executions_listed.user_id = $2::UUID
      AND executions_listed.status = ANY($3::TEXT[] COLLATE pg_c_utf8)
    ORDER BY executions_listed.created_at DESC, executions_listed.id DESC
    LIMIT $4::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.node_id,
  fetched.seq,
  fetched.status
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT execution_steps_listed.id AS id,
      execution_steps_listed.node_id AS node_id,
      execution_steps_listed.seq AS seq,
      execution_steps_listed.status AS status,
      execution_steps_listed.seq AS _place0
    FROM execution_steps AS execution_steps_listed
    WHERE execution_steps_listed.execution_id = anon_1.key
      AND execution_steps_listed.user_id = $2::UUID
    ORDER BY execution_steps_listed.seq ASC, execution_steps_listed.id ASC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;

SELECT anon_1._position,
  fetched.id,
  fetched.level,
  fetched.message,
  fetched.seq,
  fetched.type
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT execution_events_listed.id AS id,
      execution_events_listed.level AS level,
      execution_events_listed.message AS message,
      execution_events_listed.seq AS seq,
      execution_events_listed.type AS type,
      execution_events_listed.seq AS _place0
    FROM execution_events AS execution_events_listed
    WHERE execution_events_listed.execution_id = anon_1.key
      AND execution_events_listed.user_id = $2::UUID
    ORDER BY execution_events_listed.seq DESC, execution_events_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;
