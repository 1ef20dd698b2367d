-- Takes in what an answer said, as said.go does, and tells the other replicas.
-- KEYS: what the source said. ARGV: calls left and of a window, -1 where it does
-- not say; microseconds until the window ends; 1 where the call was refused for
-- the quota; how far apart two ends of one window may be; how long to remember a
-- window's size; the channel, and whom it is about.
local left, limit, rest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local slack, day = tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local ends = now + rest

local function text(n) return string.format('%.0f', n) end

local said = redis.call('HMGET', KEYS[1], 'blocked', 'left', 'until', 'limit', 'size', 'per')
for i = 1, 6 do said[i] = tonumber(said[i]) or 0 end
local blocked, remain, over, known, size, per = unpack(said)
if ARGV[4] == '1' then blocked = math.max(blocked, ends) end
if limit >= 0 then known = limit end
if over <= now and known == 0 then size = 0 end
if left >= 0 then
  if over <= now or ends > over + slack then
    remain, over = left, ends
  elseif ends >= over - slack then
    remain, over = math.min(remain, left), math.max(over, ends)
  else
    remain, over = math.min(remain, left), ends
  end
  per, size = math.max(per, rest), math.max(size, left)
end
redis.call('HSET', KEYS[1], 'blocked', text(blocked), 'left', text(remain), 'until', text(over),
  'limit', text(known), 'size', text(size), 'per', text(per))
local keep = math.max(blocked, over) - now
if known > 0 then keep = keep + day end
redis.call('PEXPIRE', KEYS[1], math.max(1, math.ceil(keep / 1000)))
-- Who may not publish has learnt all the same.
redis.pcall('PUBLISH', ARGV[7], ARGV[8] .. '\n' .. text(math.max(0, blocked - now)))
return 1
