// SPDX-License-Identifier: MIT
/**
 * Sessions that can be resumed on another node: a hash of the digest of the token (`d`), the incarnation (`i`), the node (`n`) and
 * what is noted (`t`). Offers, answers and what else is on its way are never in it.
 */
import type { Script } from "./link.ts";

/** Arguments: digest, incarnation, node, text. An older incarnation changes nothing. */
export const noteScript: Script = {
  alone: true,
  text: `
local known = tonumber(redis.call('HGET', KEYS[1], 'i') or 0)
if known > tonumber(ARGV[2]) then return 0 end
if known == tonumber(ARGV[2]) and redis.call('HGET', KEYS[1], 'n') ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], 'd', ARGV[1], 'i', ARGV[2], 'n', ARGV[3], 't', ARGV[4])
redis.call('PERSIST', KEYS[1])
return 1
`,
};

/** Argument: node. Only the node that has the session forgets it. */
export const forgetSessionScript: Script = {
  alone: true,
  text: `
if redis.call('HGET', KEYS[1], 'n') == ARGV[1] then redis.call('UNLINK', KEYS[1]) end
return 1
`,
};

/**
 * Arguments: digest, incarnation, node that takes it, milliseconds in which that node is to note that it has it: one that dies in
 * between leaves nothing behind for ever. Answers with the node that had it and what it noted.
 */
export const takeScript: Script = {
  alone: true,
  text: `
local found = redis.call('HMGET', KEYS[1], 'd', 'i', 'n', 't')
if not found[1] or found[1] ~= ARGV[1] then return {'unknown'} end
if tonumber(found[2]) >= tonumber(ARGV[2]) then return {'stale'} end
redis.call('HSET', KEYS[1], 'i', ARGV[2], 'n', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {'taken', found[3], found[4]}
`,
};

/** Answers with the node that has it. */
export const whereIsScript: Script = {
  alone: true,
  text: `
return redis.call('HGET', KEYS[1], 'n')
`,
};

/** Arguments: node that is lost, milliseconds. Who does not come back by then is forgotten. */
export const orphanScript: Script = {
  alone: true,
  text: `
if redis.call('HGET', KEYS[1], 'n') == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
`,
};
