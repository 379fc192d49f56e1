SELECT anon_1._position,
  fetched.id,
  fetched.external_id,
  fetched.title,
  fetched.user_segment
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT sessions_listed.id AS id,
      sessions_listed.external_id AS external_id,
      sessions_listed.title AS title,
      sessions_listed.user_segment AS user_segment,
      sessions_listed.created_at AS _place0
    FROM sessions AS sessions_listed
    WHERE sessions_listed.deleted_at IS NULL
      AND sessions_listed.user_id = $2::UUID
      AND sessions_listed.kind = $3::VARCHAR COLLATE pg_c_utf8
    ORDER BY sessions_listed.created_at DESC, sessions_listed.id DESC
    LIMIT $4::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.behavior_type,
  fetched.detected_intent,
  fetched.intent_confidence
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT behavior_events_listed.id AS id,
      behavior_events_listed.behavior_type AS behavior_type,
      behavior_events_listed.detected_intent AS detected_intent,
      behavior_events_listed.intent_confidence AS intent_confidence,
      behavior_events_listed.created_at AS _place0
    FROM behavior_events AS behavior_events_listed
    WHERE behavior_events_listed.session_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM sessions AS sessions_of_behavior_events
        WHERE sessions_of_behavior_events.id = behavior_events_listed.session_id
          AND sessions_of_behavior_events.deleted_at IS NULL
      ))
      AND behavior_events_listed.user_id = $2::UUID
    ORDER BY behavior_events_listed.created_at ASC, behavior_events_listed.id ASC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;

SELECT anon_1._position,
  fetched.id,
  fetched.primary_intent,
  fetched.secondary_intents,
  fetched.urgency_level
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT intent_analyses_listed.id AS id,
      intent_analyses_listed.primary_intent AS primary_intent,
      intent_analyses_listed.secondary_intents AS secondary_intents,
      intent_analyses_listed.urgency_level AS urgency_level,
      intent_analyses_listed.created_at AS _place0
    FROM intent_analyses AS intent_analyses_listed
    WHERE intent_analyses_listed.session_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM sessions AS sessions_of_intent_analyses
        WHERE sessions_of_intent_analyses.id = intent_analyses_listed.session_id
          AND sessions_of_intent_analyses.deleted_at IS NULL
      ))
      AND intent_analyses_listed.user_id = $2::UUID
    ORDER BY intent_analyses_listed.created_at DESC, intent_analyses_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.ad_copy,
  fetched.position,
  fetched.relevance_score
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT ad_recommendations_listed.id AS id,
      ad_recommendations_listed.ad_copy AS ad_copy,
      ad_recommendations_listed.position AS position,
      ad_recommendations_listed.relevance_score AS relevance_score,
      ad_recommendations_listed.created_at AS _place0
    FROM ad_recommendations AS ad_recommendations_listed
    WHERE ad_recommendations_listed.intent_analysis_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM sessions AS sessions_of_ad_recommendations
        WHERE sessions_of_ad_recommendations.id = ad_recommendations_listed.session_id
          AND sessions_of_ad_recommendations.deleted_at IS NULL
      ))
      AND ad_recommendations_listed.user_id = $2::UUID
    ORDER BY ad_recommendations_listed.created_at DESC, ad_recommendations_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;
