// SPDX-License-Identifier: MIT
/**
 * One message on a wire, whole: gateways reassemble fragments before anyone sees a frame.
 *
 * A text frame that came from a socket keeps its `bytes`, so that forwarding it untouched costs no re-encoding.
 */
export type Frame =
  | { readonly kind: "text"; readonly text: string; readonly bytes?: Uint8Array }
  | { readonly kind: "binary"; readonly bytes: Uint8Array };

export const textFrame = (text: string): Frame => ({ kind: "text", text });

/** Is this text longer than so many bytes of UTF-8? Counts only where the length alone does not tell. */
export const exceedsBytes = (text: string, max: number): boolean => {
  if (text.length > max) return true;
  if (text.length * 3 <= max) return false;
  let bytes = text.length;
  for (let index = 0; index < text.length && bytes <= max; index += 1) {
    const unit = text.charCodeAt(index);
    // Two units of a surrogate pair make four bytes; any other unit makes one, two or three.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes > max;
};

/** Size on the wire, in bytes. For text without its bytes: the UTF-16 length, a lower bound that needs no encoding. */
export const frameBytes = (frame: Frame): number =>
  frame.kind === "text" ? (frame.bytes?.byteLength ?? frame.text.length) : frame.bytes.byteLength;
