-- As post.lua, and reads every answer: what is not data without errors is counted, and the first one kept.
-- wrk … --script soak.lua URL -- FILE

local requests = {}
local sent = 0
local threads = {}
wrong = 0
first = ""

function setup(thread)
  threads[#threads + 1] = thread
end

function init(arguments)
  local headers = { ["Content-Type"] = "application/json", ["Accept"] = "application/json" }
  for body in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end

function response(status, _, body)
  if status ~= 200 or body:sub(1, 8) ~= '{"data":' or body:find('"errors":', 1, true) then
    wrong = wrong + 1
    if first == "" then
      first = status .. " " .. body:sub(1, 300):gsub("[^%w%p ]", "?"):gsub('[\\"]', "'")
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  local refused, example = 0, ""
  for _, thread in ipairs(threads) do
    refused = refused + thread:get("wrong")
    if example == "" then example = thread:get("first") end
  end
  io.write(string.format(
    '{"requests": %d, "bytes": %d, "seconds": %.6f, "p50": %.6f, "p99": %.6f, "failed": %d, "refused": %d, '
      .. '"example": "%s"}\n',
    summary.requests, summary.bytes, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.timeout, refused, example))
end
