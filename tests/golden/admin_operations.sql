SELECT anon_1._position,
  fetched.id,
  fetched.is_active,
  fetched.is_secret,
  fetched.key,
  fetched.value
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT configs_listed.id AS id,
      configs_listed.is_active AS is_active,
      configs_listed.is_secret AS is_secret,
      configs_listed.key AS key,
      CASE WHEN configs_listed.is_secret THEN NULL ELSE configs_listed.value END AS value,
      configs_listed.created_at AS _place0
    FROM configs AS configs_listed
    WHERE true
    ORDER BY configs_listed.created_at DESC, configs_listed.id DESC
    LIMIT $2::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT lower(configs_found.key) AS _key,
  configs_found.id AS id,
  CASE WHEN configs_found.is_secret THEN NULL ELSE configs_found.value END AS value
FROM configs AS configs_found
WHERE true
  AND lower(configs_found.key) = ANY($1::TEXT[] COLLATE pg_c_utf8);

SELECT anon_1._position,
  fetched.id,
  fetched.created_at,
  fetched.error_type,
  fetched.message,
  fetched.request_id
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT error_logs_listed.id AS id,
      error_logs_listed.created_at AS created_at,
      error_logs_listed.error_type AS error_type,
      error_logs_listed.message AS message,
      error_logs_listed.request_id AS request_id,
      error_logs_listed.created_at AS _place0
    FROM error_logs AS error_logs_listed
    WHERE true
    ORDER BY error_logs_listed.created_at DESC, error_logs_listed.id DESC
    LIMIT $2::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.name,
  fetched.recorded_at,
  fetched.tags,
  fetched.value
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT metrics_listed.id AS id,
      metrics_listed.name AS name,
      metrics_listed.recorded_at AS recorded_at,
      metrics_listed.tags AS tags,
      metrics_listed.value AS value,
      metrics_listed.recorded_at AS _place0
    FROM metrics AS metrics_listed
    WHERE true
    ORDER BY metrics_listed.recorded_at DESC, metrics_listed.id DESC
    LIMIT $2::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.api_key_id,
  fetched.duration_ms,
  fetched.method,
  fetched.path,
  fetched.status_code,
  fetched.user_id
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT api_requests_listed.id AS id,
      api_requests_listed.api_key_id AS api_key_id,
      api_requests_listed.duration_ms AS duration_ms,
      api_requests_listed.method AS method,
      api_requests_listed.path AS path,
      api_requests_listed.status_code AS status_code,
      api_requests_listed.user_id AS user_id,
      api_requests_listed.duration_ms AS _place0
    FROM api_requests AS api_requests_listed
    WHERE true
    ORDER BY api_requests_listed.duration_ms DESC NULLS LAST, api_requests_listed.id DESC
    LIMIT $2::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC NULLS LAST, fetched.id DESC;

SELECT users_found.id AS _key,
  users_found.id AS id,
  users_found.username AS username
FROM users AS users_found
WHERE users_found.deleted_at IS NULL
  AND users_found.id = ANY($1::UUID[]);
