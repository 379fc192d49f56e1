SELECT workflows_found.id AS _key,
  workflows_found.id AS id,
  workflows_found.description AS description,
  workflows_found.edges AS edges,
  workflows_found.name AS name,
  workflows_found.nodes AS nodes,
  workflows_found.published_at AS published_at,
  workflows_found.status AS status,
  workflows_found.tags AS tags,
  workflows_found.version AS version,
  workflows_found.viewport AS viewport
FROM workflows AS workflows_found
WHERE workflows_found.deleted_at IS NULL
  AND workflows_found.user_id = $1::UUID
  AND workflows_found.id = ANY($2::UUID[]);

SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.created_at,
  fetched.created_by,
  fetched.version
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM workflow_versions AS workflow_versions_counted
    WHERE workflow_versions_counted.workflow_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM workflows AS workflows_of_workflow_versions
        WHERE workflows_of_workflow_versions.id = workflow_versions_counted.workflow_id
          AND workflows_of_workflow_versions.deleted_at IS NULL
      ))
      AND workflow_versions_counted.user_id = $2::UUID
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT workflow_versions_listed.id AS id,
      workflow_versions_listed.created_at AS created_at,
      workflow_versions_listed.created_by AS created_by,
      workflow_versions_listed.version AS version,
      workflow_versions_listed.version AS _place0
    FROM workflow_versions AS workflow_versions_listed
    WHERE workflow_versions_listed.workflow_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM workflows AS workflows_of_workflow_versions
        WHERE workflows_of_workflow_versions.id = workflow_versions_listed.workflow_id
          AND workflows_of_workflow_versions.deleted_at IS NULL
      ))
      AND workflow_versions_listed.user_id = $2::UUID
    ORDER BY workflow_versions_listed.version DESC, workflow_versions_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.current_node_id,
  fetched.started_at,
  fetched.status
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT executions_listed.id AS id,
      executions_listed.current_node_id AS current_node_id,
      executions_listed.started_at AS started_at,
      executions_listed.status AS status,
      executions_listed.started_at AS _place0
    FROM executions AS executions_listed
    WHERE executions_listed.workflow_id = anon_1.key
      AND executions_listed.user_id = $2::UUID
    ORDER BY executions_listed.started_at DESC NULLS LAST, executions_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC NULLS LAST, fetched.id DESC;

SELECT users_found.id AS _key,
  users_found.id AS id,
  users_found.display_name AS display_name
FROM users AS users_found
WHERE users_found.deleted_at IS NULL
  AND users_found.id = $1::UUID
  AND users_found.id = ANY($2::UUID[]);
