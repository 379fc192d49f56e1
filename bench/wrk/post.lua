-- Sends the bodies of a file, one a line, in turn; prints what was measured as one line of JSON.
-- wrk … --script post.lua URL -- FILE [HEADER VALUE]…

local requests = {}
local sent = 0

function init(arguments)
  local headers = { ["Content-Type"] = "application/json", ["Accept"] = "application/json" }
  for place = 2, #arguments, 2 do
    headers[arguments[place]] = arguments[place + 1]
  end
  for body in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "bytes": %d, "seconds": %.6f, "p50": %.6f, "p99": %.6f, "failed": %d, "refused": %d}\n',
    summary.requests, summary.bytes, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
