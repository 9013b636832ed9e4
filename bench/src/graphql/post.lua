-- Posts the bodies of a file, one a line, in turn.
local requests, at = {}, 0

function init(arguments)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  for body in io.lines(arguments[1]) do
    table.insert(requests, wrk.format(nil, nil, nil, body))
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
