#!lua flags=no-writes
-- Waiting and running: every known id is either in line or out.
local waiting = call('HLEN', at .. ':ids') - call('ZCARD', at .. ':out')
return {math.max(waiting, 0), call('ZCOUNT', at .. ':out', now_ms(), '+inf')}
