-- Comes before every script of this folder: the keys of a queue, and how a project sits in a ring.
-- README.md draws the keys.  Whatever is here can be lost at any time; the rows are the truth.
--
-- Start-time fair queueing: a ring is ordered by tag, the worker time that a project has had,
-- divided by its weight.  The smallest tag is next.  A project that had nothing to do comes back
-- at the time of the ring or at its own old tag, whichever is later: idling earns no credit, and
-- leaving and coming back forgives no debt.
local at, call = KEYS[1], redis.call
local CLASSES = {'i', 's'}

local function now_ms()
  local t = call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function line_of(class, project) return at .. ':line:' .. class .. ':' .. project end
local function slots_of(project) return at .. ':slots:' .. project end

local function enter_ring(class, project)
  if call('EXISTS', line_of(class, project)) == 0 then return end
  local time = tonumber(call('GET', at .. ':time:' .. class) or 0)
  local tag = tonumber(call('HGET', at .. ':tag:' .. class, project) or 0)
  call('ZADD', at .. ':ring:' .. class, math.max(time, tag), project)
end

-- A freed slot lets a project that was parked at its cap back in.  True when it did.
local function free_slot(id, project)
  local back = false
  call('ZREM', at .. ':out', id)
  call('ZREM', slots_of(project), id)
  for _, class in ipairs(CLASSES) do
    if call('ZREM', at .. ':park:' .. class, project) == 1 then
      enter_ring(class, project)
      back = true
    end
  end
  return back
end

-- One waiter wakes up for it.
local function ring_bell() call('ZADD', at .. ':bell', 0, 'b') end

