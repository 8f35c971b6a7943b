// SPDX-License-Identifier: MIT
/**
 * What a script of several keys asks before anything else: is their slot just being moved? Then some of them may be on the other server
 * already, and a script that finds that out halfway has done half. A server that gives a slot away answers for a key that it does
 * not have with an error; this one nobody has.
 */
export const unlessMoving = `
if type(redis.pcall('EXISTS', base..':-')) == 'table' then
  return redis.error_reply('TRYAGAIN the slot is being moved')
end
`;
