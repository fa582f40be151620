/**
 * The steps of `rules.ts` and the lines of `pieces.ts` in Lua, so that each is one atomic command. A log has three keys:
 * `meta` (a hash), `pieces` (a list of lines, from the last restart on) and `text` (the same time's, once committed the
 * answer's; as UTF-16: a piece may end within a character). All replies are flat lists of texts.
 *
 * Where the log is sealed (sealed.ts) a piece of text is the rest of its line, and `text` is empty until the answer: then
 * `units` of `meta` says how long the text is, and only who has the key can compare an answer with it.
 */
import { createHash } from 'node:crypto'

export interface Script {
  source: string
  sha1: string
}

/** ARGV: sequence, attempt, how long the log is kept (ms), the script's own. Lua prints large numbers as 1e+15. */
const PRELUDE = `
local meta, pieces, text = KEYS[1], KEYS[2], KEYS[3]
local sequence, attempt, keep_ms = ARGV[1], ARGV[2], ARGV[3]
local me = sequence .. ':' .. attempt
local function get(field) return redis.call('HGET', meta, field) end
local function set(field, value) redis.call('HSET', meta, field, value) end
local function whole(number) return string.format('%.0f', number) end
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function number_of(target)
  if target == '' then return '0' end
  local known = get('target:' .. target)
  if known then return known end
  known = whole(redis.call('HINCRBY', meta, 'targets', 1))
  redis.call('HSET', meta, 'target:' .. target, known, 'name:' .. known, target)
  return known
end
local function add(kind, target, its_end, rest)
  local line = kind .. number_of(target) .. ' ' .. whole(its_end)
  if rest ~= '' then line = line .. ' ' .. rest end
  redis.call('RPUSH', pieces, line)
  redis.call('HINCRBY', meta, 'last', 1)
end
-- K1 of pieces.ts
local function drop()
  local from, past = tonumber(get('from')), { get('past') or '' }
  local said, marked
  local lines = redis.call('LRANGE', pieces, 0, -1)
  for index, line in ipairs(lines) do
    if string.sub(line, 1, 1) == 't' then said = said or ' ' .. whole(from + index) end
  end
  for index, line in ipairs(lines) do
    local failed = string.sub(line, 1, 1) == 'a'
    if failed or not marked then
      past[#past + 1] = whole(from + index) .. ' ' .. (failed and line or 'v0 0' .. (said or '')) .. '\\n'
    end
    marked = marked or not failed
  end
  redis.call('DEL', pieces)
  redis.call('HSET', meta, 'from', get('last'), 'past', table.concat(past))
end
local function superseded()
  return tonumber(sequence) < tonumber(get('floor')) or get('call:' .. sequence) ~= attempt
end
local function size() return tonumber(get('size') or 0) end
local function intact()
  local from = get('from')
  return from and redis.call('STRLEN', text) == size()
    and redis.call('LLEN', pieces) == tonumber(get('last')) - tonumber(from)
end
local function over(one)
  local its_sequence, its_attempt = string.match(one, '^(%d+):(%d+)$')
  set('call:' .. its_sequence, its_attempt .. ' over')
  if get('leader') == one then redis.call('HDEL', meta, 'leader') end
end
local function said() return get('said') or '0' end
local function units() return tonumber(get('units') or size() / 2) end
-- What readers have.
local function with_sent(reply)
  reply[#reply + 1] = get('reasoned') or ''
  reply[#reply + 1] = redis.call('GET', text) or ''
  if get('units') then
    for _, line in ipairs(redis.call('LRANGE', pieces, 0, -1)) do
      reply[#reply + 1] = string.match(line, '^t%d+ %d+ ?(.*)$')
    end
  end
  return reply
end
local function changed()
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, keep_ms) end
  redis.call('PUBLISH', meta, '')
end
`

const script = (body: string): Script => {
  const source = `${PRELUDE}\n${body}`
  return { source, sha1: createHash('sha1').update(source).digest('hex') }
}

/** ARGV: …, exclusive, base. */
export const OPEN = script(`
if not get('floor') then
  redis.call('DEL', pieces, text)
  redis.call('HSET', meta, 'floor', '0', 'base', ARGV[5], 'from', ARGV[5], 'last', ARGV[5])
end
if not intact() then return { 'lost' } end
if get('commit') then return { 'committed', get('commit'), redis.call('GET', text) or '' } end
local known = get('call:' .. sequence)
if tonumber(sequence) < tonumber(get('floor')) or known == attempt .. ' over' then return { 'superseded' } end
if known and tonumber(string.match(known, '^%d+')) > tonumber(attempt) then return { 'superseded' } end
redis.call('HSET', meta, 'call:' .. sequence, attempt, 'knows:' .. sequence, said())
if ARGV[4] == 'exclusive' then set('floor', sequence) end
local leader = get('leader')
if leader and leader ~= me then
  local its_sequence = string.match(leader, '^%d+')
  if its_sequence == sequence or tonumber(its_sequence) < tonumber(get('floor')) then redis.call('HDEL', meta, 'leader') end
end
changed()
return with_sent({ 'open' })
`)

/**
 * ARGV: …, whether the text before still counts, the text to add, whether there is reasoning, then of each event four: its
 * kind, its target, the length of its text, the rest of its line.
 */
export const APPEND = script(`
if not get('floor') then return { 'lost' } end
if get('commit') then return { 'committed' } end
if superseded() then return { 'superseded' } end
if not intact() then return { 'lost' } end
local leader = get('leader')
if leader and leader ~= me then return { 'led' } end
if not leader and get('knows:' .. sequence) ~= said() then
  set('knows:' .. sequence, said())
  return with_sent({ 'behind' })
end
if #ARGV == 6 then return { 'appended' } end
redis.call('HSET', meta, 'leader', me, 'said_at', whole(now_ms()))
redis.call('HINCRBY', meta, 'said', 1)
local its_end, sealed = units(), false
for index = 7, #ARGV, 4 do
  if ARGV[index] == 's' then
    drop()
    its_end = 0
  end
  its_end = its_end + tonumber(ARGV[index + 2])
  sealed = sealed or (ARGV[index] == 't' and ARGV[index + 3] ~= '')
  add(ARGV[index], ARGV[index + 1], its_end, ARGV[index + 3])
end
if ARGV[4] == 'void' then
  redis.call('DEL', text)
  redis.call('HDEL', meta, 'size', 'reasoned', 'units')
end
if sealed then set('units', whole(its_end)) end
if ARGV[5] ~= '' then set('size', whole(redis.call('APPEND', text, ARGV[5]))) end
if ARGV[6] == 'reasoned' then set('reasoned', 'reasoned') end
changed()
return { 'appended' }
`)

/** ARGV: …, the call's record. */
export const FAIL = script(`
if not get('floor') or get('commit') or superseded() then return { 'void' } end
over(me)
add('a', '', units(), ARGV[4])
changed()
return { 'failed' }
`)

/**
 * ARGV: …, the commit without its text, its text, its target. Of a sealed log also: of how many appends the caller knows what
 * they made of the text, and whether its own begins with that; else it is given what is there, to compare.
 */
export const COMMIT = script(`
if not get('floor') then return { 'lost' } end
if not intact() then return { 'lost' } end
if get('commit') then return { 'before', get('commit'), redis.call('GET', text) or '' } end
if superseded() then return { 'superseded' } end
local begun = units() == 0
if not ARGV[7] then
  local content = redis.call('GET', text) or ''
  begun = string.sub(ARGV[5], 1, #content) == content
elseif not begun then
  if ARGV[7] ~= said() then return with_sent({ 'compare', said() }) end
  begun = ARGV[8] == 'begun'
end
if not begun then
  drop()
  add('s', ARGV[6], 0, '')
end
add('c', '', 0, '')
redis.call('SET', text, ARGV[5])
redis.call('HSET', meta, 'commit', ARGV[4], 'size', whole(#ARGV[5]))
redis.call('HDEL', meta, 'leader')
changed()
return { 'committed' }
`)

/** ARGV: …, after how many ms of silence. */
export const TAKE_LEAD = script(`
if not get('floor') then return { 'lost' } end
if get('commit') then return { 'committed' } end
local leader = get('leader')
if not leader or leader == me or superseded() then return { 'free' } end
local silent_in_ms = tonumber(ARGV[4]) - (now_ms() - tonumber(get('said_at')))
if silent_in_ms > 0 then return { 'led', whole(silent_in_ms) } end
over(leader)
changed()
return { 'free' }
`)

/**
 * KEYS as above; ARGV: after which position, how many lines at most. Answers with: the first line's position; where the
 * text ends before it, and where the text of the page begins; that text; the commit, where its line is among them; what
 * is left of before the first line; how many targets there are, and these; the lines.
 */
export const PAGE: Script = (() => {
  const source = `
local meta, pieces, text = KEYS[1], KEYS[2], KEYS[3]
local function get(field) return redis.call('HGET', meta, field) end
local function whole(number) return string.format('%.0f', number) end
local function end_of(line) return line and tonumber(string.match(line, '^%a%d+ (%d+)')) or 0 end
local base = tonumber(get('base'))
if not base then return { ARGV[1] == '0' and 'none' or 'lost' } end
local after = tonumber(ARGV[1])
if after == 0 then after = base end
local from, last = tonumber(get('from')), tonumber(get('last'))
if not from or after < base or after > last then return { 'lost' } end
if after == last then return { 'none' } end
if redis.call('LLEN', pieces) ~= last - from then return { 'lost' } end
if redis.call('STRLEN', text) ~= tonumber(get('size') or 0) then return { 'lost' } end
local first = math.max(0, after - from)
local lines = redis.call('LRANGE', pieces, whole(first), whole(first + tonumber(ARGV[2]) - 1))
local began = first > 0 and end_of(redis.call('LINDEX', pieces, whole(first - 1))) or 0
local commit, text_from, content = '', began, ''
if string.sub(lines[#lines], 1, 1) == 'c' then
  commit, text_from, content = get('commit'), 0, redis.call('GET', text) or ''
else
  local ended = end_of(lines[#lines])
  if ended > began then content = redis.call('GETRANGE', text, whole(2 * began), whole(2 * ended - 1)) end
end
local past = after < from and get('past') or ''
local targets = tonumber(get('targets') or 0)
local reply = { 'events', whole(from + first + 1), whole(began), whole(text_from), content, commit, past, whole(targets) }
for number = 1, targets do reply[#reply + 1] = get('name:' .. number) end
for _, line in ipairs(lines) do reply[#reply + 1] = line end
return reply`
  return { source, sha1: createHash('sha1').update(source).digest('hex') }
})()
