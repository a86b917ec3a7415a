#!lua flags=allow-oom
-- ARGV: want, slot lease in ms, cap of a project that has none of its own, share of scheduled work
-- A flat list: id, project, class, id, …  With the memory full this must go on, or nothing would
-- ever drain the queue that filled it.
local want, lease_ms = tonumber(ARGV[1]), tonumber(ARGV[2])
local usual_cap, share = tonumber(ARGV[3]), tonumber(ARGV[4])
local BATCH = 32 -- how much tidying one claim does, so that none takes long

if call('EXISTS', at .. ':paused') == 1 then return {} end
local now = now_ms()

-- Claims that were never finished: their ids are forgotten and their slots heal by time.
for _, id in ipairs(call('ZRANGEBYSCORE', at .. ':out', '-inf', now, 'LIMIT', 0, BATCH)) do
  call('ZREM', at .. ':out', id)
  if call('HGET', at .. ':ids', id) ~= 'q' then call('HDEL', at .. ':ids', id) end
end
for _, class in ipairs(CLASSES) do
  local park = at .. ':park:' .. class
  for _, project in ipairs(call('ZRANGEBYSCORE', park, '-inf', now, 'LIMIT', 0, BATCH)) do
    call('ZREM', park, project)
    enter_ring(class, project)
  end
end

usual_cap = tonumber(call('HGET', at .. ':cap', '*')) or usual_cap
local function is_at_cap(project)
  local slots = slots_of(project)
  call('ZREMRANGEBYSCORE', slots, '-inf', now)
  return call('ZCARD', slots) >= (tonumber(call('HGET', at .. ':cap', project)) or usual_cap)
end

-- Out of the ring until its first slot ends; a project whose cap is 0 is looked at every second.
local function park(class, project, tag)
  local first = call('ZRANGE', slots_of(project), 0, 0, 'WITHSCORES')
  call('ZREM', at .. ':ring:' .. class, project)
  call('HSET', at .. ':tag:' .. class, project, tag)
  call('ZADD', at .. ':park:' .. class, first[2] or now + 1000, project)
end

-- A turn costs one second of worker time until done.lua knows better.
local function charge(class, project, tag)
  local weight = tonumber(call('HGET', at .. ':weight', project)) or 1
  local charged = tag + 1 / math.max(weight, 0.001)
  if tag > tonumber(call('GET', at .. ':time:' .. class) or 0) then
    call('SET', at .. ':time:' .. class, tag)
  end
  if call('EXISTS', line_of(class, project)) == 1 then
    call('ZADD', at .. ':ring:' .. class, charged, project)
  else
    call('ZREM', at .. ':ring:' .. class, project)
    call('HSET', at .. ':tag:' .. class, project, charged)
  end
end

local function take_slot(id, project)
  local slots = slots_of(project)
  call('ZADD', slots, now + lease_ms, id)
  if call('PTTL', slots) < 2 * lease_ms then call('PEXPIRE', slots, 4 * lease_ms) end
  call('ZADD', at .. ':out', now + lease_ms, id)
  call('HSET', at .. ':ids', id, now)
end

-- Whoever asks for work first comes first, but every share-th turn prefers scheduled work.
local given = tonumber(call('GET', at .. ':given') or 0)
local given_before = given
local function next_project()
  local first, second = 'i', 's'
  if (given + 1) % share == 0 then first, second = 's', 'i' end
  for _, class in ipairs({first, second}) do
    local head = call('ZRANGE', at .. ':ring:' .. class, 0, 0, 'WITHSCORES')
    if head[1] then return class, head[1], tonumber(head[2]) end
  end
end

local turns = {}
for _ = 1, want + 2 * BATCH do
  local class, project, tag = next_project()
  if not class or #turns >= 3 * want then break end
  if is_at_cap(project) then
    park(class, project, tag)
  else
    local id = call('LPOP', line_of(class, project))
    if id then
      charge(class, project, tag)
      take_slot(id, project)
      given = given + 1
      turns[#turns + 1], turns[#turns + 2], turns[#turns + 3] = id, project, class
    else
      call('ZREM', at .. ':ring:' .. class, project)
    end
  end
end

-- Tags of projects that owe nothing and run nothing say nothing.
local function forget_tags(class)
  local sweep, tags = at .. ':sweep:' .. class, at .. ':tag:' .. class
  local time = tonumber(call('GET', at .. ':time:' .. class) or 0)
  local seen = call('HSCAN', tags, call('GET', sweep) or '0', 'COUNT', BATCH)
  for k = 1, #seen[2], 2 do
    local project, tag = seen[2][k], tonumber(seen[2][k + 1]) or 0
    if tag <= time and call('EXISTS', slots_of(project)) == 0 then call('HDEL', tags, project) end
  end
  call('SET', sweep, seen[1])
end

if given ~= given_before then
  call('SET', at .. ':given', given)
  if math.floor(given / 64) ~= math.floor(given_before / 64) then
    for _, class in ipairs(CLASSES) do forget_tags(class) end
  end
end
-- One waiter was woken; while there is more to do it is one more's turn to wake.
if call('EXISTS', at .. ':ring:i', at .. ':ring:s') > 0 then ring_bell() end
return turns
