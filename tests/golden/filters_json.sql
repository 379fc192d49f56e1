SELECT anon_1._position,
  fetched.id,
  fetched.name,
  fetched.settings
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT agents_listed.id AS id,
      agents_listed.name AS name,
      agents_listed.settings AS settings,
      agents_listed.created_at AS _place0
    FROM agents AS agents_listed
    WHERE agents_listed.deleted_at IS NULL
      AND agents_listed.user_id = $2::UUID
      AND (agents_listed.settings ? $3::VARCHAR)
    ORDER BY agents_listed.created_at DESC, agents_listed.id DESC
    LIMIT $4::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.behavior_type,
  fetched.data,
  fetched.session_id
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT behavior_events_listed.id AS id,
      behavior_events_listed.behavior_type AS behavior_type,
      behavior_events_listed.data AS data,
      behavior_events_listed.session_id AS session_id,
      behavior_events_listed.created_at AS _place0
    FROM behavior_events AS behavior_events_listed
    WHERE (EXISTS (
      SELECT *
      FROM sessions AS sessions_of_behavior_events
      WHERE sessions_of_behavior_events.id = behavior_events_listed.session_id
        AND sessions_of_behavior_events.deleted_at IS NULL
    ))
      AND behavior_events_listed.user_id = $2::UUID
      AND (behavior_events_listed.data #> $3::TEXT[] COLLATE pg_c_utf8) = CAST($4::VARCHAR AS JSONB)
    ORDER BY behavior_events_listed.created_at DESC, behavior_events_listed.id DESC
    LIMIT $5::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT sessions_found.id AS _key,
  sessions_found.id AS id,
  sessions_found.kind AS kind,
  sessions_found.title AS title
FROM sessions AS sessions_found
WHERE sessions_found.deleted_at IS NULL
  AND sessions_found.user_id = $1::UUID
  AND sessions_found.id = ANY($2::UUID[]);
