#!lua
-- ARGV: id, project, class, and for how many ms an id that was handed out is left alone
-- 1 when it was put in line, 0 when it was known.  No allow-oom: with the memory full this may
-- fail, for the row stands and is dispatched again.
local id, project, class, grace_ms = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local ids, line = at .. ':ids', line_of(class, project)
local known = call('HGET', ids, id)
local added = 0

if known and known ~= 'q' and now_ms() - (tonumber(known) or 0) < grace_ms then
  return 0 -- on its way to whoever claimed it
end
-- A row that is queued again has no worker, whatever its slot says.  And an id that waits in a
-- line which is gone (evicted, deleted by hand) does not wait.
if known ~= 'q' or call('EXISTS', line) == 0 then
  if known then free_slot(id, project) end
  call('HSET', ids, id, 'q')
  call('RPUSH', line, id)
  added = 1
end
if not call('ZSCORE', at .. ':ring:' .. class, project)
  and not call('ZSCORE', at .. ':park:' .. class, project) then
  enter_ring(class, project)
end
ring_bell()
return added
