// SPDX-License-Identifier: MIT
/**
 * Leases: a sorted set of node and epoch by the end of the lease, in milliseconds of the server's time. An epoch is the random
 * mark of one stretch in which a node was never missing; what it writes carries the mark and the end. Beside it, for people to
 * see, what each node says of itself: `…:NODE EPOCH`, which ends by itself.
 */
import type { Script } from "./link.ts";

const common = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function text(number) return string.format('%.0f', number) end
local function statusOf(name) return KEYS[1]..':'..name end
-- For people to see: where the slot is just being moved, it may be done without.
local function note(name, status, millis) redis.pcall('SET', statusOf(name), status, 'PX', millis) end
`;

const script = (body: string): Script => ({ text: `${common}\n${body}`, alone: true });

/** Answers with the server's time. */
export const timeScript = script(`
return text(now)
`);

/**
 * Arguments: node and epoch, the length of the lease, the node's last epoch (or nothing), its status, and how long that is kept. The last
 * epoch holds as long as the new one: the node claims again what it held under it, and clears the rest away itself.
 */
export const enterScript = script(`
local deadline = text(now + tonumber(ARGV[2]))
if ARGV[3] ~= '' then redis.call('ZADD', KEYS[1], deadline, ARGV[3]) end
redis.call('ZADD', KEYS[1], deadline, ARGV[1])
note(ARGV[1], ARGV[4], ARGV[5])
return deadline
`);

/**
 * Arguments: node and epoch, the length of the lease, how long after its end a lease is swept, how many to name, the node's status,
 * and how long that is kept.
 * Answers with the new end (0: the lease is over and stays over), how many leases hold, and those to be swept, each with its end
 * (0: its node ended it).
 */
export const renewScript = script(`
local ends = redis.call('ZSCORE', KEYS[1], ARGV[1])
local deadline = '0'
if ends and tonumber(ends) > now then
  deadline = text(now + tonumber(ARGV[2]))
  redis.call('ZADD', KEYS[1], deadline, ARGV[1])
  note(ARGV[1], ARGV[5], ARGV[6])
end
return {
  deadline,
  redis.call('ZCOUNT', KEYS[1], text(now), '+inf'),
  redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now - tonumber(ARGV[3])), 'WITHSCORES', 'LIMIT', 0, ARGV[4]),
}
`);

/** Argument: node and epoch. Its end is now: what it still holds may be swept. */
export const endScript = script(`
redis.call('ZADD', KEYS[1], 'XX', 0, ARGV[1])
return 1
`);

/** Argument: node and epoch, with nothing left of it. Answers 1 where nobody did that before. */
export const forgetScript = script(`
local removed = redis.call('ZREM', KEYS[1], ARGV[1])
redis.pcall('UNLINK', statusOf(ARGV[1]))
return removed
`);

/** Notes a room in which a lease is about to hold somebody. Arguments: end of the lease, room. */
export const enterRoomScript = script(`
if now >= tonumber(ARGV[1]) then return 0 end
redis.call('SADD', KEYS[1], ARGV[2])
return 1
`);

/** Argument: room. */
export const leaveRoomScript = script(`
redis.call('SREM', KEYS[1], ARGV[1])
return 1
`);

/** Rooms in which a lease may still hold somebody. Argument: how many at most. */
export const roomsOfLeaseScript = script(`
return redis.call('SRANDMEMBER', KEYS[1], ARGV[1])
`);

/** How many rooms those are. */
export const countRoomsScript = script(`
return redis.call('SCARD', KEYS[1])
`);

/** Argument: how many at most. Answers with how many leases there are, then for each its name, the time left, and its status. */
export const listScript = script(`
local found = redis.call('ZREVRANGE', KEYS[1], 0, ARGV[1] - 1, 'WITHSCORES')
local answer = {redis.call('ZCARD', KEYS[1])}
for at = 1, #found, 2 do
  answer[#answer + 1] = found[at]
  answer[#answer + 1] = found[at + 1] == '0' and '' or text(tonumber(found[at + 1]) - now)
  local status = redis.pcall('GET', statusOf(found[at]))
  answer[#answer + 1] = type(status) == 'string' and status or ''
end
return answer
`);
