// SPDX-License-Identifier: MIT
/**
 * The registry's records. A commit may touch records of several kinds, so they all share one hash tag.
 *
 * | key | what |
 * |---|---|
 * | `…:v` | the last version; never below the server's time in microseconds, so that none comes twice where Redis forgot some |
 * | `…:r:KIND` | hash: key → version, expiry or `-`, newline, group as JSON, newline, value |
 * | `…:k:KIND` | sorted set of all keys, in their order |
 * | `…:g:KIND:GROUP` | sorted set of the keys of a group, in their order |
 * | `…:x` | sorted set: kind, newline, key by expiry |
 */
import type { Script } from "./link.ts";
import { unlessMoving } from "./moving.ts";

const common = `
local base = string.sub(KEYS[1], 1, -3)
${unlessMoving}
local function text(number) return string.format('%.0f', number) end
local function records(kind) return base..':r:'..kind end
local function keys(kind) return base..':k:'..kind end
local function group(kind, json) return base..':g:'..kind..':'..json end
local function parts(record)
  local version, expires, json = string.match(record, '^(%d+) (%S+)\\n([^\\n]*)\\n')
  return version, expires, json
end
local function fresh()
  local time = redis.call('TIME')
  local micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
  local version = math.max(micros, tonumber(redis.call('GET', base..':v') or 0) + 1)
  redis.call('SET', base..':v', text(version))
  return text(version)
end
`;

const script = (body: string): Script => ({ text: `${common}\n${body}` });

/** Arguments: kind, key. Answers with the record, or with nothing in a list. */
export const getScript = script(`
return {redis.call('HGET', records(ARGV[1]), ARGV[2]) or nil}
`);

/**
 * Arguments: channel of watchers, who writes, then eight a write: kind, key, version it was decided on, `put` or `remove`,
 * group as JSON, expiry or \`-\`, value, a group to wake as JSON or \`-\`. Answers with the versions, or with nothing where one did not fit; then with
 * kind and group of what changed.
 */
export const commitScript = script(`
local channel, by = ARGV[1], ARGV[2]
local before = {}
for at = 3, #ARGV, 8 do
  local record = redis.call('HGET', records(ARGV[at]), ARGV[at + 1])
  local version, expires, json
  if record then version, expires, json = parts(record) end
  if (version or '0') ~= ARGV[at + 2] then return {0} end
  before[at] = {expires = expires, group = json}
end
local answer, touched, seen = {1}, {}, {}
local function touch(kind, json)
  if not json then return end
  local topic = kind..' '..json
  if seen[topic] then return end
  seen[topic] = true
  touched[#touched + 1] = topic
end
for at = 3, #ARGV, 8 do
  local kind, key, _, how, json, expires, value, wakes = unpack(ARGV, at, at + 7)
  local old = before[at]
  if old.group and (how == 'remove' or old.group ~= json) then redis.call('ZREM', group(kind, old.group), key) end
  if old.expires and old.expires ~= '-' then redis.call('ZREM', base..':x', kind..'\\n'..key) end
  touch(kind, old.group)
  if wakes ~= '-' then touch(kind, wakes) end
  if how == 'remove' then
    redis.call('HDEL', records(kind), key)
    redis.call('ZREM', keys(kind), key)
    answer[#answer + 1] = '0'
  else
    local version = fresh()
    redis.call('HSET', records(kind), key, version..' '..expires..'\\n'..json..'\\n'..value)
    redis.call('ZADD', keys(kind), 0, key)
    redis.call('ZADD', group(kind, json), 0, key)
    if expires ~= '-' then redis.call('ZADD', base..':x', expires, kind..'\\n'..key) end
    touch(kind, json)
    answer[#answer + 1] = version
  end
end
for _, topic in ipairs(touched) do redis.call('PUBLISH', channel..topic, by) end
return {answer, touched}
`);

/** Arguments: kind, group as JSON or nothing, key to begin after, most. Answers with keys and records in turn, one pair more where there are more. */
export const scanScript = script(`
local from = ARGV[2] == '' and keys(ARGV[1]) or group(ARGV[1], ARGV[2])
local found = redis.call('ZRANGEBYLEX', from, ARGV[3] == '' and '-' or '('..ARGV[3], '+', 'LIMIT', 0, tonumber(ARGV[4]) + 1)
local answer = {}
for _, key in ipairs(found) do
  answer[#answer + 1] = key
  answer[#answer + 1] = redis.call('HGET', records(ARGV[1]), key)
end
return answer
`);

/** Arguments: kind, group as JSON. */
export const countScript = script(`
return redis.call('ZCARD', group(ARGV[1], ARGV[2]))
`);

export const nextScript = script(`
return fresh()
`);

/** Arguments: milliseconds since 1970, most. Answers with kind, key and record in turn. */
export const expiredScript = script(`
local answer = {}
for _, name in ipairs(redis.call('ZRANGEBYSCORE', base..':x', '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])) do
  local kind, key = string.match(name, '^([^\\n]+)\\n(.*)$')
  answer[#answer + 1] = kind
  answer[#answer + 1] = key
  answer[#answer + 1] = redis.call('HGET', records(kind), key)
end
return answer
`);
