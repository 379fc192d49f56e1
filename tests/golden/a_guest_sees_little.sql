SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT NULL::json AS viewer,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT (
            SELECT count(*) AS count_1
            FROM sessions AS sessions_1
            WHERE sessions_1.deleted_at IS NULL
              AND false
          ) AS "totalCount"
        ) AS object
      ) AS sessions,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT (
            SELECT count(*) AS count_2
            FROM personalities AS personalities_1
            WHERE personalities_1.deleted_at IS NULL
              AND (personalities_1.is_public OR personalities_1.user_id IS NULL)
          ) AS "totalCount",
            coalesce(json_agg(fetched._1), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_1) AS _1
            FROM personalities AS personalities_2
              JOIN LATERAL (
                SELECT personalities_2.slug AS slug,
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT (
                        SELECT count(*) AS count_3
                        FROM sessions AS sessions_2
                        WHERE sessions_2.personality_id = personalities_2.id
                          AND sessions_2.deleted_at IS NULL
                          AND false
                      ) AS "totalCount"
                    ) AS object
                  ) AS sessions
              ) AS node_1 ON true
            WHERE personalities_2.deleted_at IS NULL
              AND (personalities_2.is_public OR personalities_2.user_id IS NULL)
            ORDER BY personalities_2.name ASC, personalities_2.id ASC
            LIMIT 2
          ) AS fetched
          HAVING true
        ) AS object
      ) AS personalities
  ) AS object
) AS TEXT) AS anon_1;
