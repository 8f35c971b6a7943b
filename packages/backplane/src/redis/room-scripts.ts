// SPDX-License-Identifier: MIT
/**
 * What happens to one room, atomically, in Redis. All keys of a room share one hash tag, so that they lie in one slot of a Redis
 * Cluster; a script is given the first of them and makes the others' names from it.
 *
 * | key | what |
 * |---|---|
 * | `…:m` | hash: peer, newline, session → where and how it is held (order, node, epoch, flags), newline, the member as JSON |
 * | `…:p` | hash: peer → `x` or `s` (exclusive, shared) and the sessions that hold it, a line each |
 * | `…:o` | sorted set of the announced ones by their order |
 * | `…:l` | hash: node → how many of its members listen |
 * | `…:v` | the room's revision |
 * | `…:n:NODE:EPOCH` | set of the members one lease holds |
 *
 * A room's revision begins at the server's time in microseconds. So a room that was empty, or that Redis forgot, goes on
 * above every revision it had before: no room has a million changes a second for all its life.
 */
import type { Script } from "./link.ts";
import { unlessMoving } from "./moving.ts";

const common = `
local base = string.sub(KEYS[1], 1, -3)
${unlessMoving}
local members, peers, orders, listening, version = base..':m', base..':p', base..':o', base..':l', base..':v'
local time = redis.call('TIME')
local micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
local function text(number) return string.format('%.0f', number) end
local function lapsed(deadline) return micros / 1000 >= tonumber(deadline) end
local function revision() return tonumber(redis.call('GET', version) or micros) end
local function setOf(node, epoch) return base..':n:'..node..':'..epoch end
local function parts(held)
  local order, node, epoch, flags, json = string.match(held, '^(%d+) (%S+) (%S+) (%a+)\\n(.*)$')
  return {order = order, node = node, epoch = epoch, flags = flags, json = json}
end
local function has(entry, flag) return string.find(entry.flags, flag, 1, true) ~= nil end
local function whole(entry)
  return entry.order..' '..entry.node..' '..entry.epoch..' '..entry.flags..'\\n'..entry.json
end
local function listens(node, by)
  if redis.call('HINCRBY', listening, node, by) <= 0 then redis.call('HDEL', listening, node) end
end
local function sessionsOf(peer)
  local found = redis.call('HGET', peers, peer)
  local sessions = {}
  if not found then return nil, sessions end
  for session in string.gmatch(string.sub(found, 2), '\\n([^\\n]+)') do sessions[#sessions + 1] = session end
  return string.sub(found, 1, 1), sessions
end
local function others(peer, sessions, except)
  local seen, nodes = {[except] = true}, {}
  for _, session in ipairs(sessions) do
    local held = redis.call('HGET', members, peer..'\\n'..session)
    if held then
      local node = parts(held).node
      if not seen[node] then seen[node] = true; nodes[#nodes + 1] = node end
    end
  end
  return nodes
end
local function audience(except)
  local nodes = {}
  for _, node in ipairs(redis.call('HKEYS', listening)) do
    if node ~= except then nodes[#nodes + 1] = node end
  end
  return nodes
end
-- Takes a member out; gives back the room's revision after that and the sessions that hold the peer id still.
local function remove(peer, session, entry)
  local field = peer..'\\n'..session
  local kind, sessions = sessionsOf(peer)
  local rest = {}
  for _, other in ipairs(sessions) do
    if other ~= session then rest[#rest + 1] = other end
  end
  if #rest == 0 then redis.call('HDEL', peers, peer)
  else redis.call('HSET', peers, peer, kind..'\\n'..table.concat(rest, '\\n')) end
  redis.call('HDEL', members, field)
  redis.call('SREM', setOf(entry.node, entry.epoch), field)
  local now = revision()
  if has(entry, 'a') then
    redis.call('ZREM', orders, field)
    now = now + 1
    redis.call('SET', version, text(now))
  end
  if has(entry, 'l') then listens(entry.node, -1) end
  if redis.call('HLEN', members) == 0 then redis.call('UNLINK', members, peers, orders, listening, version) end
  return now, rest
end
`;

const script = (body: string): Script => ({ text: `${common}\n${body}` });
const patient = (body: string): Script => ({ ...script(body), patient: true });

/**
 * Arguments: end of the lease, peer, session, node, epoch, flags, JSON, most members, most holders of a shared id (-1: any
 * number), how (`claim`, or `reclaim` after an absence), and a revision that the room's must exceed (0: none).
 * Answers with what happened, and where the claim stands: order, revision, entry, nodes that listen, nodes that share the id.
 */
export const claimScript = script(`
local deadline, peer, session, node, epoch, flags, json = unpack(ARGV, 1, 7)
local most, mostHolders, how, above = tonumber(ARGV[8]), tonumber(ARGV[9]), ARGV[10], tonumber(ARGV[11])
if lapsed(deadline) then return {'lapsed'} end
local field = peer..'\\n'..session
local kind, sessions = sessionsOf(peer)
local now = revision()
if above > 0 and now <= above then
  now = math.max(micros, above + 1)
  if redis.call('EXISTS', members) == 1 then redis.call('SET', version, text(now)) end
end
local held = redis.call('HGET', members, field)
if held then
  local entry = parts(held)
  if how == 'reclaim' and entry.node ~= node then return {'replaced'} end
  local status, where = 'stands', entry.node == node and 'here' or 'elsewhere'
  if entry.node ~= node or entry.epoch ~= epoch then
    redis.call('SREM', setOf(entry.node, entry.epoch), field)
    redis.call('SADD', setOf(node, epoch), field)
    if has(entry, 'l') and entry.node ~= node then
      listens(entry.node, -1)
      listens(node, 1)
    end
    entry.node, entry.epoch = node, epoch
  end
  if how == 'reclaim' and entry.json ~= json then
    entry.json = json
    if has(entry, 'a') then
      now = now + 1
      redis.call('SET', version, text(now))
      status = 'changed'
    end
  end
  redis.call('HSET', members, field, whole(entry))
  return {status, text(now), whole(entry), audience(node), others(peer, sessions, node), where}
end
if kind == 'x' or (kind and string.find(flags, 'x', 1, true)) then return {'taken'} end
if mostHolders >= 0 and #sessions >= mostHolders then return {'crowded'} end
if most >= 0 and redis.call('HLEN', members) >= most then return {'full'} end
local entry = {node = node, epoch = epoch, flags = flags, json = json}
if has(entry, 'a') then
  now = now + 1
  redis.call('ZADD', orders, text(now), field)
end
entry.order = text(now)
redis.call('SET', version, text(now))
redis.call('HSET', members, field, whole(entry))
redis.call('SADD', setOf(node, epoch), field)
redis.call('HSET', peers, peer, (kind or (has(entry, 'x') and 'x' or 's'))..'\\n'..table.concat(sessions, '\\n')..(#sessions > 0 and '\\n' or '')..session)
if has(entry, 'l') then listens(node, 1) end
return {'new', text(now), whole(entry), audience(node), others(peer, sessions, node)}
`);

/** The same after an absence: what is held already has to be claimed, however long its slot is being moved. */
export const reclaimScript: Script = { ...claimScript, patient: true };

/** Arguments: end of the lease, peer, session, epoch. Another lease's member is not touched. */
export const releaseScript = patient(`
local deadline, peer, session, epoch = unpack(ARGV)
if lapsed(deadline) then return {'lapsed'} end
local held = redis.call('HGET', members, peer..'\\n'..session)
if not held then return {'gone'} end
local entry = parts(held)
if entry.epoch ~= epoch then return {'gone'} end
local now, rest = remove(peer, session, entry)
return {'done', text(now), whole(entry), audience(entry.node), others(peer, rest, entry.node)}
`);

/** Arguments: end of the lease, peer, session, epoch, JSON. */
export const changeScript = script(`
local deadline, peer, session, epoch, json = unpack(ARGV)
if lapsed(deadline) then return {'lapsed'} end
local field = peer..'\\n'..session
local held = redis.call('HGET', members, field)
if not held then return {'gone'} end
local entry = parts(held)
if entry.epoch ~= epoch then return {'gone'} end
entry.json = json
redis.call('HSET', members, field, whole(entry))
local now = revision()
if has(entry, 'a') then
  now = now + 1
  redis.call('SET', version, text(now))
end
return {'done', text(now), whole(entry), audience(entry.node), {}}
`);

/** Argument: peer. */
export const findScript = script(`
local _, sessions = sessionsOf(ARGV[1])
local found = {}
for _, session in ipairs(sessions) do found[#found + 1] = redis.call('HGET', members, ARGV[1]..'\\n'..session) end
return found
`);

/** Arguments: order to begin after, most entries. Answers with one entry more where there are more. */
export const rosterScript = script(`
local fields = redis.call('ZRANGEBYSCORE', orders, '('..ARGV[1], '+inf', 'LIMIT', 0, tonumber(ARGV[2]) + 1)
local found = {}
if #fields > 0 then found = redis.call('HMGET', members, unpack(fields)) end
return {redis.call('GET', version) or '0', found}
`);

export const audienceScript = script(`
return audience('')
`);

/**
 * Takes out some of what a lease that is over held, and tells the nodes that listen in the same step, so that no
 * revision goes untold. Arguments: node, epoch, the room as JSON, what inboxes' names begin with, how many at most.
 * Answers with how many are left, and the sessions taken out.
 */
export const sweepScript = script(`
local node, epoch, room, inbox, most = unpack(ARGV)
local set = setOf(node, epoch)
local sessions = {}
for _, field in ipairs(redis.call('SPOP', set, most)) do
  local held = redis.call('HGET', members, field)
  local entry = held and parts(held)
  if entry and entry.node == node and entry.epoch == epoch then
    local peer, session = string.match(field, '^([^\\n]+)\\n(.*)$')
    local now, rest = remove(peer, session, entry)
    sessions[#sessions + 1] = session
    local from = node..'\\n'
    if has(entry, 'a') then
      local parcel = from..'{"type":"news","room":'..room..',"revision":'..text(now)
        ..',"change":{"kind":"left","reason":"node-lost","entry":{"order":'..entry.order
        ..',"node":'..cjson.encode(node)..',"claim":"'..(has(entry, 'x') and 'exclusive' or 'shared')
        ..'","announced":true,"listens":'..tostring(has(entry, 'l'))..','..string.sub(entry.json, 2)..'}}'
      for _, listener in ipairs(audience('')) do redis.call('PUBLISH', inbox..listener, parcel) end
    end
    local nodes = others(peer, rest, '')
    local stays = false
    for _, other in ipairs(nodes) do stays = stays or other == node end
    if not stays then
      for _, other in ipairs(nodes) do
        redis.call('PUBLISH', inbox..other,
          from..'{"type":"sibling","room":'..room..',"peer":'..cjson.encode(peer)..',"present":false}')
      end
    end
  end
end
return {redis.call('SCARD', set), sessions}
`);
