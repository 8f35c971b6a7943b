// SPDX-License-Identifier: MIT
import type { Codec } from "../ports.ts";

/** A codec in which some things go another way. Spread, an instance of a class would lose its methods. */
export const alteredCodec = (codec: Codec, other: Partial<Codec>): Codec => ({
  opening: codec.opening,
  decode: (frame, now) => codec.decode(frame, now),
  encode: (event, seq, now) => codec.encode(event, seq, now),
  refuse: (refusal) => codec.refuse(refusal),
  ...other,
});
