SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_0) AS _0
          FROM personalities AS personalities_1
            JOIN LATERAL (
              SELECT personalities_1.slug AS slug,
                personalities_1.name AS name,
                personalities_1.icon AS icon,
                personalities_1.tags AS tags,
                personalities_1.is_public AS "isPublic",
                upper(personalities_1.status) AS status,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT users_1.display_name AS "displayName"
                    FROM users AS users_1
                    WHERE users_1.id = personalities_1.user_id
                      AND users_1.deleted_at IS NULL
                      AND users_1.id = $1::UUID
                  ) AS object
                ) AS "user",
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT (
                      SELECT count(*) AS count_1
                      FROM sessions AS sessions_1
                      WHERE sessions_1.personality_id = personalities_1.id
                        AND sessions_1.deleted_at IS NULL
                        AND sessions_1.user_id = $1::UUID
                    ) AS "totalCount"
                  ) AS object
                ) AS sessions,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_0) AS _0
                      FROM personality_validations AS personality_validations_1
                        JOIN LATERAL (
                          SELECT upper(personality_validations_1.validator) AS validator,
                            personality_validations_1.is_valid AS "isValid",
                            personality_validations_1.issues AS issues
                        ) AS node_0 ON true
                      WHERE personality_validations_1.personality_id = personalities_1.id
                        AND (EXISTS (
                          SELECT *
                          FROM personalities AS personalities_seen_with_personality_id
                          WHERE personalities_seen_with_personality_id.id = personality_validations_1.personality_id
                            AND (personalities_seen_with_personality_id.user_id = $1::UUID OR personalities_seen_with_personality_id.is_public OR personalities_seen_with_personality_id.user_id IS NULL)
                        ))
                      ORDER BY personality_validations_1.created_at DESC, personality_validations_1.id DESC
                      LIMIT 1
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS validations
            ) AS node_0 ON true
          WHERE personalities_1.deleted_at IS NULL
            AND (personalities_1.user_id = $1::UUID OR personalities_1.is_public OR personalities_1.user_id IS NULL)
          ORDER BY personalities_1.name ASC, personalities_1.id ASC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS personalities
  ) AS object
) AS TEXT) AS anon_1;
