SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT personalities_1.name AS name,
          personalities_1.template AS template,
          upper(personalities_1.template_engine) AS "templateEngine",
          personalities_1.variables AS variables,
          personalities_1.config AS config,
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
              FROM (
                SELECT row_to_json(node_0) AS _0
                FROM agents AS agents_1
                  JOIN LATERAL (
                    SELECT agents_1.name AS name
                  ) AS node_0 ON true
                WHERE agents_1.personality_id = personalities_1.id
                  AND agents_1.deleted_at IS NULL
                  AND agents_1.user_id = $1::UUID
                ORDER BY agents_1.created_at DESC, agents_1.id DESC
                LIMIT 20
              ) AS fetched
              HAVING true
            ) AS object
          ) AS agents
        FROM personalities AS personalities_1
        WHERE lower(personalities_1.slug) = $2::VARCHAR
          AND personalities_1.deleted_at IS NULL
          AND (personalities_1.user_id = $1::UUID OR personalities_1.is_public OR personalities_1.user_id IS NULL)
      ) AS object
    ) AS known,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT personalities_2.name AS name
          FROM personalities AS personalities_2
          WHERE lower(personalities_2.slug) = $3::VARCHAR
            AND personalities_2.deleted_at IS NULL
            AND (personalities_2.user_id = $1::UUID OR personalities_2.is_public OR personalities_2.user_id IS NULL)
        ) AS object
      ) AS unknown
  ) AS object
) AS TEXT) AS anon_1;
