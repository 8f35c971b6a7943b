// SPDX-License-Identifier: MIT
const quote = 0x22;
const backslash = 0x5c;
const opening = [0x7b, 0x5b];
const closing = [0x7d, 0x5d];
const colon = 0x3a;
const comma = 0x2c;

/**
 * The text of one member's value, cut out of the text of a JSON object: passing it on costs no writing anew. Of several
 * members with that name the last counts, as with JSON.parse. Undefined where there is none, or where a name is spelled
 * with escapes, so that only a parser could tell. `json` is known to be valid.
 */
export const memberText = (json: string, name: string): string | undefined => {
  let depth = 0;
  let key: string | undefined;
  let valueAt = -1;
  let found: string | undefined;
  const settle = (end: number) => {
    if (key === name) found = json.slice(valueAt, end).trim();
    key = undefined;
    valueAt = -1;
  };
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === quote) {
      const end = endOfString(json, at);
      if (depth === 1 && valueAt < 0) {
        key = json.slice(at + 1, end);
        if (key.includes("\\")) return undefined;
      }
      at = end;
    } else if (code === colon && depth === 1) valueAt = at + 1;
    else if (code === comma && depth === 1) settle(at);
    else if (opening.includes(code)) depth += 1;
    else if (closing.includes(code)) {
      depth -= 1;
      if (depth === 0) settle(at);
    }
  }
  return found;
};

/** Where the string that begins here ends: at the next quote with an even number of backslashes before it. */
const endOfString = (json: string, from: number): number => {
  for (let at = json.indexOf('"', from + 1); ; at = json.indexOf('"', at + 1)) {
    let slashes = 0;
    while (json.charCodeAt(at - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
};
