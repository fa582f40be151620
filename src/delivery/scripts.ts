/**
 * The steps of `rules.ts` in Lua, so that each is one atomic command. A log has three keys: `meta` (a hash), `events`
 * (a stream; its ids are the positions) and `text` (since the last restart, as UTF-16: a piece may end within a
 * character). All replies are flat lists of texts.
 */
import { createHash } from 'node:crypto'

export interface Script {
  source: string
  sha1: string
}

/** ARGV: order, attempt, how long the log is kept (ms), the script's own. Lua prints large numbers as 1e+15. */
const PRELUDE = `
local meta, events, text = KEYS[1], KEYS[2], KEYS[3]
local order, attempt, keep_ms = ARGV[1], ARGV[2], ARGV[3]
local me = order .. ':' .. attempt
local function get(field) return redis.call('HGET', meta, field) end
local function set(field, value) redis.call('HSET', meta, field, value) end
local function whole(number) return string.format('%.0f', number) end
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function add(event)
  redis.call('XADD', events, whole(redis.call('HINCRBY', meta, 'last', 1)) .. '-0', 'event', event)
end
local function superseded()
  return tonumber(order) < tonumber(get('floor')) or get('call:' .. order) ~= attempt
end
local function intact() return redis.call('STRLEN', text) == tonumber(get('size') or 0) end
local function over(one)
  local its_order, its_attempt = string.match(one, '^(%d+):(%d+)$')
  set('call:' .. its_order, its_attempt .. ' over')
  if get('leader') == one then redis.call('HDEL', meta, 'leader') end
end
local function said() return get('said') or '0' end
local function sent() return get('reasoned') or '', redis.call('GET', text) or '' end
local function changed()
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, keep_ms) end
  redis.call('PUBLISH', meta, '')
end
`

const script = (body: string): Script => {
  const source = `${PRELUDE}\n${body}`
  return { source, sha1: createHash('sha1').update(source).digest('hex') }
}

/** ARGV: …, alone, base. */
export const OPEN = script(`
if get('commit') then return { 'committed', get('commit') } end
if not get('floor') then
  redis.call('DEL', events, text)
  redis.call('HSET', meta, 'floor', '0', 'base', ARGV[5], 'last', ARGV[5])
end
if not intact() then return { 'lost' } end
local known = get('call:' .. order)
if tonumber(order) < tonumber(get('floor')) or known == attempt .. ' over' then return { 'superseded' } end
if known and tonumber(string.match(known, '^%d+')) > tonumber(attempt) then return { 'superseded' } end
redis.call('HSET', meta, 'call:' .. order, attempt, 'knows:' .. order, said())
if ARGV[4] == 'alone' then set('floor', order) end
local leader = get('leader')
if leader and leader ~= me then
  local its_order = string.match(leader, '^%d+')
  if its_order == order or tonumber(its_order) < tonumber(get('floor')) then redis.call('HDEL', meta, 'leader') end
end
changed()
return { 'open', sent() }
`)

/** ARGV: …, whether the text before still counts, the text to add, whether there is reasoning, then the events. */
export const APPEND = script(`
if not get('floor') then return { 'lost' } end
if get('commit') then return { 'committed' } end
if superseded() then return { 'superseded' } end
if not intact() then return { 'lost' } end
local leader = get('leader')
if leader and leader ~= me then return { 'led' } end
if not leader and get('knows:' .. order) ~= said() then
  set('knows:' .. order, said())
  return { 'behind', sent() }
end
if #ARGV == 6 then return { 'appended' } end
redis.call('HSET', meta, 'leader', me, 'said_at', whole(now_ms()))
redis.call('HINCRBY', meta, 'said', 1)
for index = 7, #ARGV do add(ARGV[index]) end
if ARGV[4] == 'void' then
  redis.call('DEL', text)
  redis.call('HDEL', meta, 'size', 'reasoned')
end
if ARGV[5] ~= '' then set('size', whole(redis.call('APPEND', text, ARGV[5]))) end
if ARGV[6] == 'reasoned' then set('reasoned', 'reasoned') end
changed()
return { 'appended' }
`)

/** ARGV: …, the event. */
export const FAIL = script(`
if not get('floor') or get('commit') or superseded() then return { 'void' } end
over(me)
add(ARGV[4])
changed()
return { 'failed' }
`)

/** ARGV: …, the commit, its text, the restart event. */
export const COMMIT = script(`
if not get('floor') then return { 'lost' } end
if get('commit') then return { 'before', get('commit') } end
if superseded() then return { 'superseded' } end
if not intact() then return { 'lost' } end
local told = redis.call('GET', text) or ''
if string.sub(ARGV[5], 1, #told) ~= told then add(ARGV[6]) end
add('{"type":"committed","commit":' .. ARGV[4] .. '}')
set('commit', ARGV[4])
redis.call('HDEL', meta, 'leader', 'size')
redis.call('DEL', text)
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

/** KEYS as above; ARGV: after which position, how many events at most. Answers with the first one's position. */
export const PAGE: Script = (() => {
  const source = `
local meta, events = KEYS[1], KEYS[2]
local base = redis.call('HGET', meta, 'base')
if not base then return { ARGV[1] == '0' and 'none' or 'lost' } end
local after = tonumber(ARGV[1])
if after == 0 then after = tonumber(base) end
local last = tonumber(redis.call('HGET', meta, 'last'))
if after > last then return { 'lost' } end
if after == last then return { 'none' } end
local first = string.format('%.0f', after + 1)
local found = redis.call('XRANGE', events, first .. '-0', '+', 'COUNT', ARGV[2])
if not found[1] or found[1][1] ~= first .. '-0' then return { 'lost' } end
local reply = { 'events', first }
for index, entry in ipairs(found) do reply[index + 2] = entry[2][2] end
return reply`
  return { source, sha1: createHash('sha1').update(source).digest('hex') }
})()
