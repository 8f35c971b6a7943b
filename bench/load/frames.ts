// SPDX-License-Identifier: MIT
/** Frames as a client sends them, built before the clock runs. */

/** Clients must mask (RFC 6455, 5.3). Not zero: servers may skip the work for that. */
const mask = [0x5a, 0xc3, 0x17, 0x9e] as const;

const maskAt = (index: number): number => mask[index & 3] ?? 0;

/** One masked text frame. */
export const textFrame = (text: string): Buffer => {
  const payload = Buffer.from(text);
  const header = payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10;
  const frame = Buffer.alloc(header + 4 + payload.length);
  frame[0] = 0x81;
  if (header === 2) frame[1] = 0x80 | payload.length;
  else if (header === 4) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(payload.length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  for (let index = 0; index < 4; index += 1) frame[header + index] = maskAt(index);
  for (let index = 0; index < payload.length; index += 1)
    frame[header + 4 + index] = (payload[index] ?? 0) ^ maskAt(index);
  return frame;
};

/** Stands in a message for the number of the frame; as long as the longest number, so that every frame is as long. */
export const numberMark = "##########";

/**
 * Copies of one frame, side by side in memory, used in turn. Twice as many as are ever under way: so those that are taken
 * together lie side by side and go out in one write, and none is written over before the message it carried has arrived.
 * In place of `numberMark` comes the number of the frame, as JSON: digits, then blanks.
 */
export class Ring {
  private readonly bytes: Buffer;
  private readonly frameBytes: number;
  private readonly copies: number;
  /** Where the number stands: in the frame, and in its payload; -1 where there is none. */
  private readonly numberAt: number;
  private readonly markAt: number;
  private next = 0;
  private number: number;

  constructor(text: string, underWay: number, firstNumber: number) {
    const frame = textFrame(text);
    this.markAt = Buffer.from(text).indexOf(numberMark);
    this.numberAt = this.markAt < 0 ? -1 : frame.length - Buffer.byteLength(text) + this.markAt;
    this.frameBytes = frame.length;
    this.copies = 2 * underWay;
    this.number = firstNumber;
    this.bytes = Buffer.concat(Array<Buffer>(this.copies).fill(frame));
  }

  /** The next frames, at most as many as may be under way. */
  take(count: number): Uint8Array {
    if (this.next + count > this.copies) this.next = 0;
    const from = this.next;
    this.next += count;
    if (this.numberAt >= 0) for (let copy = from; copy < this.next; copy += 1) this.stamp(copy);
    return this.bytes.subarray(from * this.frameBytes, this.next * this.frameBytes);
  }

  private stamp(copy: number): void {
    const at = copy * this.frameBytes + this.numberAt;
    const { number, bytes, markAt } = this;
    this.number += 1;
    const digits = number < 10 ? 1 : Math.floor(Math.log10(number)) + 1;
    for (let index = digits, rest = number; index > 0; index -= 1, rest = Math.floor(rest / 10)) {
      bytes[at + index - 1] = (48 + (rest % 10)) ^ maskAt(markAt + index - 1);
    }
    for (let index = digits; index < numberMark.length; index += 1)
      bytes[at + index] = 32 ^ maskAt(markAt + index);
  }
}

/**
 * Something like a session description: lines of it are invented, but as long, and as many escapes as JSON needs, as in
 * real ones. Exactly `characters` long.
 */
export const description = (characters: number): string => {
  let text =
    "v=0\r\no=- 7300115126 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";
  for (let index = 0; text.length < characters; index += 1) {
    text += `a=candidate:${100_000 + index} 1 udp 2122260223 192.0.2.${index % 250} ${50_000 + index} typ host generation 0\r\n`;
  }
  return text.slice(0, characters);
};
