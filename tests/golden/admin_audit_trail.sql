SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.action,
  fetched.actor_user_id,
  fetched.changes,
  fetched.created_at,
  fetched.ip_address,
  fetched.resource_id,
  fetched.resource_type
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM audit_logs AS audit_logs_counted
    WHERE true
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT audit_logs_listed.id AS id,
      audit_logs_listed.action AS action,
      audit_logs_listed.actor_user_id AS actor_user_id,
      audit_logs_listed.changes AS changes,
      audit_logs_listed.created_at AS created_at,
      audit_logs_listed.ip_address AS ip_address,
      audit_logs_listed.resource_id AS resource_id,
      audit_logs_listed.resource_type AS resource_type,
      audit_logs_listed.created_at AS _place0
    FROM audit_logs AS audit_logs_listed
    WHERE true
    ORDER BY audit_logs_listed.created_at DESC, audit_logs_listed.id DESC
    LIMIT $2::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT users_found.id AS _key,
  users_found.id AS id,
  users_found.display_name AS display_name,
  users_found.roles AS roles
FROM users AS users_found
WHERE users_found.deleted_at IS NULL
  AND users_found.id = ANY($1::UUID[]);
