SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_0) AS _0
          FROM sessions AS sessions_1
            JOIN LATERAL (
              SELECT sessions_1.title AS title,
                sessions_1.external_id AS "externalId",
                sessions_1.user_segment AS "userSegment",
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_0) AS _0
                      FROM behavior_events AS behavior_events_1
                        JOIN LATERAL (
                          SELECT behavior_events_1.behavior_type AS "behaviorType",
                            behavior_events_1.detected_intent AS "detectedIntent",
                            behavior_events_1.intent_confidence AS "intentConfidence"
                        ) AS node_0 ON true
                      WHERE behavior_events_1.session_id = sessions_1.id
                      ORDER BY behavior_events_1.created_at ASC, behavior_events_1.id ASC
                      LIMIT 20
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS "behaviorEvents",
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_0) AS _0
                      FROM intent_analyses AS intent_analyses_1
                        JOIN LATERAL (
                          SELECT intent_analyses_1.primary_intent AS "primaryIntent",
                            intent_analyses_1.secondary_intents AS "secondaryIntents",
                            intent_analyses_1.urgency_level AS "urgencyLevel",
                            (
                              SELECT row_to_json(object) AS json
                              FROM (
                                SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                                FROM (
                                  SELECT row_to_json(node_0) AS _0
                                  FROM ad_recommendations AS ad_recommendations_1
                                    JOIN LATERAL (
                                      SELECT ad_recommendations_1.ad_copy AS "adCopy",
                                        ad_recommendations_1.relevance_score AS "relevanceScore",
                                        ad_recommendations_1.position AS position
                                    ) AS node_0 ON true
                                  WHERE ad_recommendations_1.intent_analysis_id = intent_analyses_1.id
                                    AND NOT (EXISTS (
                                      SELECT *
                                      FROM sessions AS sessions_of_ad_recommendations
                                      WHERE sessions_of_ad_recommendations.id = ad_recommendations_1.session_id
                                        AND sessions_of_ad_recommendations.deleted_at IS NOT NULL
                                    ))
                                  ORDER BY ad_recommendations_1.created_at DESC, ad_recommendations_1.id DESC
                                  LIMIT 20
                                ) AS fetched
                                HAVING true
                              ) AS object
                            ) AS "adRecommendations"
                        ) AS node_0 ON true
                      WHERE intent_analyses_1.session_id = sessions_1.id
                      ORDER BY intent_analyses_1.created_at DESC, intent_analyses_1.id DESC
                      LIMIT 20
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS "intentAnalyses"
            ) AS node_0 ON true
          WHERE sessions_1.deleted_at IS NULL
            AND sessions_1.user_id = $1::UUID
            AND sessions_1.kind = $2::VARCHAR COLLATE pg_c_utf8
          ORDER BY sessions_1.created_at DESC, sessions_1.id DESC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS sessions
  ) AS object
) AS TEXT) AS anon_1;
