-- Takes one call, where all limits of a credential allow it.
-- KEYS: what the source said, then one hash of counts for each window.
-- ARGV: replica, reserve, calls of the smallest window or 0, slices that count;
-- then for each window its calls, the microseconds of a slice, and what this
-- replica has counted in it: in all, and of that what Redis was not told.
-- Times are microseconds, those of the answer counted from now; -1 is unknown.
local replica, reserve, kept = 'r:' .. ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

-- Lua would write large numbers with an exponent.
local function text(n) return string.format('%.0f', n) end

local allowed, wait, left, ends = true, 0, -1, 0
local function heed(remain, floor, over, free)
  if remain <= floor then
    allowed, wait = false, math.max(wait, free)
  end
  remain = math.max(remain, 0)
  if left < 0 or remain < left or (remain == left and over > ends) then
    left, ends = remain, over
  end
end

local said = redis.call('HMGET', KEYS[1], 'blocked', 'left', 'until', 'limit', 'size', 'per')
for i = 1, 6 do said[i] = tonumber(said[i]) or 0 end
local blocked, remain, over, limit, size, per = unpack(said)
if blocked > now then heed(0, 0, blocked - now, blocked - now) end
if over <= now and over > 0 and limit > 0 then
  remain, over = limit, now + per
end
if over > now then
  local smallest = tonumber(ARGV[3])
  if limit > 0 then
    size = limit
  elseif smallest > 0 then
    size = smallest
  end
  heed(remain, math.floor(reserve * size), over - now, over - now)
end

local windows = {}
for i = 2, #KEYS do
  local a = 5 + (i - 2) * 4
  local calls, width = tonumber(ARGV[a]), tonumber(ARGV[a + 1])
  local current = math.floor(now / width)
  local first = current - kept + 1
  local counts, used, stale, known = {}, 0, {}, false
  local all = redis.call('HGETALL', KEYS[i])
  for j = 1, #all, 2 do
    local slice, n = tonumber(all[j]), tonumber(all[j + 1])
    if not slice then
      if all[j] == replica then known = true
      elseif n < first then stale[#stale + 1] = all[j] end
    elseif slice < first then
      stale[#stale + 1] = all[j]
    else
      counts[slice], used = n, used + n
    end
  end
  -- A Redis that does not know the replica has lost what it counted.
  local missing = tonumber(known and ARGV[a + 3] or ARGV[a + 2])
  counts[current], used = (counts[current] or 0) + missing, used + missing

  local floor = math.floor(reserve * calls)
  local excess = used - calls + floor + 1
  local over, free
  for slice = first, current do
    local n = counts[slice] or 0
    if n > 0 then
      over = over or (slice + kept) * width - now
      excess = excess - n
      if excess <= 0 then
        free = (slice + kept) * width - now
        break
      end
    end
  end
  heed(calls - used, floor, over or kept * width, free or kept * width)
  windows[i] = { current = current, count = counts[current], width = width, stale = stale }
end

local one = allowed and 1 or 0
for i = 2, #KEYS do
  local w = windows[i]
  redis.call('HSET', KEYS[i], replica, text(w.current), text(w.current), text(w.count + one))
  if #w.stale > 0 then redis.call('HDEL', KEYS[i], unpack(w.stale)) end
  redis.call('PEXPIRE', KEYS[i], math.ceil(kept * w.width / 1000))
end
if allowed and over > now then
  remain = remain - 1
  redis.call('HSET', KEYS[1], 'left', text(remain), 'until', text(over))
end
if left >= 0 then left = left - one end

local known = over > now
return { one, wait, left, ends, math.max(0, blocked - now),
  known and remain or -1, known and over - now or 0, limit, per }
