#!lua flags=allow-oom
-- ARGV: id, project, class, seconds of worker time it took
-- Safe to do twice but for the charge, which then counts twice.
local id, project, class, seconds = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local ring, tags = at .. ':ring:' .. class, at .. ':tag:' .. class
local weight = tonumber(call('HGET', at .. ':weight', project)) or 1
local rest = (seconds - 1) / math.max(weight, 0.001) -- claim.lua has charged one second

if free_slot(id, project) then ring_bell() end
-- 'q' means that it waits again, and is not ours to forget.
if call('HGET', at .. ':ids', id) ~= 'q' then call('HDEL', at .. ':ids', id) end
if call('ZSCORE', ring, project) then
  call('ZINCRBY', ring, rest, project)
elseif call('HEXISTS', tags, project) == 1 then
  call('HSET', tags, project, tonumber(call('HGET', tags, project)) + rest)
end
call('PUBLISH', at .. ':done', id)
return 1
