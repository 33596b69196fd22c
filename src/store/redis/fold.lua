#!lua
-- Folds scans into their histories and appends the new ones to the logs of
-- their tags. The bytes are those of scan/history.rs and observation.rs; keys
-- and packing are those of layout.rs.
--
-- KEYS[k]    logs, zm:{TT}:log; every other key has the tag of its log
-- ARGV[1]    entries a log may hold
-- ARGV[2]    the layout, which must be the one that a tag was first used with
-- ARGV[2+k]  scans of KEYS[k], 50 bytes each: payload 12, running number 8,
--            observation 30
--
-- Gives one string: for each scan in order the length of its answer in two
-- bytes, then N (new) or R (repeat), the position as a byte, the history; or
-- F: the log is full; or C: the history is unreadable.
local byte, char, sub, find = string.byte, string.char, string.sub, string.find
local floor = math.floor
local RECORD, SCAN, RECORDS_MAX = 30, 50, 64
local LONG = 'L'

-- All of them before anything is written.
for k = 1, #KEYS do
  local key = sub(KEYS[k], 1, 8) .. 'layout'
  local layout = redis.call('GET', key)
  if not layout then
    -- Who sends no scan only asks whether some would be taken.
    if #ARGV[2 + k] > 0 then redis.call('SET', key, ARGV[2]) end
  elseif layout ~= ARGV[2] then
    return redis.error_reply('LAYOUT ' .. layout)
  end
end

local function number(s, from, to)
  local n = 0
  for i = from, to do n = n * 256 + byte(s, i) end
  return n
end

local function with_bit(set, n)
  local at, bit = floor(n / 8) + 1, 2 ^ (n % 8)
  local b = byte(set, at)
  if floor(b / bit) % 2 == 1 then return set end
  return sub(set, 1, at - 1) .. char(b + bit) .. sub(set, at + 1)
end

-- Summary::absorb
local function absorb(summary, left)
  local count = number(summary, 1, 4)
  if count < 4294967295 then count = count + 1 end
  local last = sub(summary, 5, 10)
  if number(left, 1, 6) > number(summary, 5, 10) then last = sub(left, 1, 6) end
  local devices, networks, provinces =
    sub(summary, 11, 26), sub(summary, 27, 42), sub(summary, 43, 52)
  local marks = byte(left, 23)
  local channel, hosted = marks % 8, floor(marks / 32) % 2 == 1
  if (channel == 0 or channel > 3) and not hosted then
    devices = with_bit(devices, byte(left, 12) % 128)
    networks = with_bit(networks, byte(left, 16) % 128)
    local province = floor(number(left, 17, 18) / 100) % 256
    if province >= 10 and province < 90 then
      provinces = with_bit(provinces, province - 10)
    end
  end
  return char(floor(count / 16777216), floor(count / 65536) % 256, floor(count / 256) % 256,
    count % 256) .. last .. devices .. networks .. provinces
end

local function position(history, head, tag)
  local from = head + 25
  while true do
    local at = find(history, tag, from, true)
    if not at then return nil end
    if (at - head - 25) % RECORD == 0 then return (at - head - 25) / RECORD end
    from = at + 1
  end
end

-- History::fold; gives the place and what is to be written, nil for a repeat
local function fold(history, head, seen)
  local known = position(history, head, sub(seen, 25, 30))
  if known then return known, nil end
  local records = (#history - head) / RECORD
  if records < RECORDS_MAX then return records, history .. seen end
  local summary = head == 1 and string.rep('\0', 52) or sub(history, 2, head)
  local first, left = sub(history, head + 1, head + 30), sub(history, head + 31, head + 60)
  return RECORDS_MAX - 1,
    '\2' .. absorb(summary, left) .. first .. sub(history, head + 61) .. seen
end

local answers = {}
local function fold_all(log, scans)
  local base = sub(log, 1, 8)
  local room = tonumber(ARGV[1]) - redis.call('XLEN', log)
  for i = 1, #scans, SCAN do
    local block = sub(scans, i, i + 6)
    if sub(scans, i + 12, i + 15) == '\0\0\0\0' then
      block = block .. sub(scans, i + 16, i + 18)
    else
      block = block .. sub(scans, i + 12, i + 18)
    end
    local hash, field = base .. 'h:' .. block, sub(scans, i + 19, i + 19)
    local own = base .. 'l:' .. block .. field
    local seen = sub(scans, i + 20, i + 49)

    local short = redis.call('HGET', hash, field)
    local history = short or '\1'
    if short == LONG then history = redis.call('GET', own) or '' end
    local version = byte(history, 1)
    local head = version == 1 and 1 or version == 2 and 53 or nil
    local answer
    if not head or #history < head or (#history - head) % RECORD ~= 0 then
      answer = 'C'
    else
      local at, longer = fold(history, head, seen)
      if not longer then
        answer = 'R' .. char(at) .. history
      elseif room <= 0 then
        answer = 'F'
      else
        if short == LONG and #longer == #history + RECORD then
          redis.call('APPEND', own, seen)
        elseif #longer <= 61 then
          redis.call('HSET', hash, field, longer)
        else
          redis.call('SET', own, longer)
          if short ~= LONG then redis.call('HSET', hash, field, LONG) end
        end
        redis.call('XADD', log, '*', 's', sub(scans, i, i + SCAN - 1))
        room = room - 1
        answer = 'N' .. char(at) .. longer
      end
    end
    answers[#answers + 1] = char(floor(#answer / 256), #answer % 256)
    answers[#answers + 1] = answer
  end
end
for k = 1, #KEYS do fold_all(KEYS[k], ARGV[2 + k]) end
return table.concat(answers)
