SELECT anon_1._position,
  fetched.id,
  fetched.date,
  fetched.total_tokens,
  fetched._cursor
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT usage_daily_listed.id AS id,
      usage_daily_listed.date AS date,
      usage_daily_listed.total_tokens AS total_tokens,
      translate(encode(convert_to(CAST(json_build_array($2::VARCHAR, CAST(usage_daily_listed.total_tokens AS TEXT), usage_daily_listed.id) AS TEXT), $3::VARCHAR), $4::VARCHAR), $5::VARCHAR, $6::VARCHAR) AS _cursor,
      usage_daily_listed.total_tokens AS _place0
    FROM usage_daily AS usage_daily_listed
    WHERE usage_daily_listed.user_id = $7::UUID
    ORDER BY usage_daily_listed.total_tokens DESC, usage_daily_listed.id DESC
    LIMIT $8::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;
