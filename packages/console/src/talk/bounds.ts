// SPDX-License-Identifier: MIT
/** Every bound of chat and files in one place. */

/** Longest line of chat. Characters. What is longer is cut by the field, and by the receiver. */
export const textLengthMax = 4000;

/** Lines of chat kept for one call; the oldest go first. */
export const saidMax = 500;

/** Files listed in one call, both directions; more are not taken. */
export const filesMax = 200;

/** Longest file name shown and offered. Characters. */
export const fileNameMax = 200;

/** A file up to this size is taken without asking. Bytes. 64 MB: pictures and documents come by themselves, films ask. */
export const takenUnasked = 64_000_000;

/** Together, the files taken without asking in one call may hold this much. Bytes. */
export const takenUnaskedTogether = 256_000_000;

/** One message of a file. Bytes. 16 KiB passes every WebRTC stack; more only where both ends say so (RFC 8841 max-message-size). */
export const chunkBytes = 16_384;
export const chunkBytesMax = 65_536;

/** What may wait in the channel of a sender. Bytes. Above it, reading the file pauses until it fell to the low mark. */
export const bufferHigh = 1_048_576;
export const bufferLow = 262_144;

/** The receiver hands what it holds to a Blob at this size, which the browser may keep on disk. Bytes. */
export const partBytes = 4_194_304;

/** The receiver tells how far it is after this many bytes. */
export const reportBytes = 524_288;
