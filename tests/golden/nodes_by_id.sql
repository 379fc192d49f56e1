SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT coalesce(
        json_agg(CASE
          WHEN (anon_2.name = 'Agent') THEN (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT 'Agent' AS __typename,
                'QWdlbnQ6' || encode(CAST(CAST(agents_1.id AS TEXT) AS BYTEA), 'base64') AS id,
                agents_1.name AS name,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT personalities_1.slug AS slug
                    FROM personalities AS personalities_1
                    WHERE personalities_1.id = agents_1.personality_id
                      AND personalities_1.deleted_at IS NULL
                      AND (personalities_1.user_id = $1::UUID OR personalities_1.is_public OR personalities_1.user_id IS NULL)
                  ) AS object
                ) AS personality
              FROM agents AS agents_1
              WHERE agents_1.id = anon_2.key
                AND agents_1.deleted_at IS NULL
                AND agents_1.user_id = $1::UUID
            ) AS object
          )
          WHEN (anon_2.name = 'Document') THEN (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT 'Document' AS __typename,
                'RG9jdW1lbnQ6' || encode(CAST(CAST(documents_1.id AS TEXT) AS BYTEA), 'base64') AS id,
                documents_1.title AS "documentTitle",
                documents_1.chunk_count AS "chunkCount"
              FROM documents AS documents_1
              WHERE documents_1.id = anon_2.key
                AND documents_1.deleted_at IS NULL
                AND documents_1.user_id = $1::UUID
            ) AS object
          )
          WHEN (anon_2.name = 'Session') THEN (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT 'Session' AS __typename,
                'U2Vzc2lv' || encode(CAST('n:' || CAST(sessions_1.id AS TEXT) AS BYTEA), 'base64') AS id,
                sessions_1.title AS title,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT (
                      SELECT count(*) AS count_1
                      FROM messages AS messages_1
                      WHERE messages_1.session_id = sessions_1.id
                        AND messages_1.deleted_at IS NULL
                    ) AS "totalCount"
                  ) AS object
                ) AS messages
              FROM sessions AS sessions_1
              WHERE sessions_1.id = anon_2.key
                AND sessions_1.deleted_at IS NULL
                AND sessions_1.user_id = $1::UUID
            ) AS object
          )
          WHEN (anon_2.name = 'Workflow') THEN (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT 'Workflow' AS __typename,
                'V29ya2Zsb3c6' || encode(CAST(CAST(workflows_1.id AS TEXT) AS BYTEA), 'base64') AS id
              FROM workflows AS workflows_1
              WHERE workflows_1.id = anon_2.key
                AND workflows_1.deleted_at IS NULL
                AND workflows_1.user_id = $1::UUID
            ) AS object
          )
        END ORDER BY anon_2.position),
        '[]'::json
      ) AS coalesce_1
      FROM unnest($2::TEXT[], $3::UUID[]) WITH ORDINALITY AS anon_2(name, key, position)
    ) AS nodes
  ) AS object
) AS TEXT) AS anon_1;
