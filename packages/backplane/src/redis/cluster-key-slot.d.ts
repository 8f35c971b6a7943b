// SPDX-License-Identifier: MIT
/** The package brings no types. */
declare module "cluster-key-slot" {
  /** The slot of a key: of what stands in its first braces, where it has some. */
  const slotOf: (key: string) => number;
  export default slotOf;
}
