// SPDX-License-Identifier: MIT
/**
 * Who waits for a server's knocks: a node knows that of itself, and the others by a mark on the record. It is written with the
 * renewal that every wait begins with, and holds no longer than the wait.
 */
import type { Millis } from "../ports.ts";
import { decide, type RegistryGround, read } from "./ground.ts";
import type { ServerRecord } from "./records.ts";
import { serverWrite } from "./server-writes.ts";

type Marks = Pick<ServerRecord, "attended">;

const marksOf = (marks: readonly (readonly [string, Millis])[]): Marks =>
  marks.length === 0 ? {} : { attended: Object.fromEntries(marks) };

/** With a mark of this node that holds at least so long; marks of the past are left out. */
export const attendedUntil = (
  { node }: Pick<RegistryGround, "node">,
  before: Marks | undefined,
  now: Millis,
  until: Millis,
): Marks => {
  const marks = Object.entries(before?.attended ?? {}).filter(([, theirs]) => theirs > now);
  const own = node === undefined ? 0 : (before?.attended?.[node] ?? 0);
  return marksOf(node === undefined || until <= Math.max(own, now) ? marks : [...marks, [node, until]]);
};

/** Does somebody wait at another node, as far as it is noted? */
export const isAttendedElsewhere = (
  { node, wallNow }: Pick<RegistryGround, "node" | "wallNow">,
  { attended = {} }: Marks,
): boolean => {
  const now = wallNow();
  return Object.entries(attended).some(([name, until]) => name !== node && until > now);
};

/** Nobody waits here any more. */
export const unattended = async (ground: RegistryGround, id: string): Promise<void> => {
  const { node } = ground;
  if (node === undefined) return;
  await decide(ground, async () => {
    const found = await read<ServerRecord>(ground, "server", id);
    if (found?.value.attended?.[node] === undefined) return { writes: [], result: {} };
    const { attended, ...rest } = found.value;
    const others = Object.entries(attended).filter(([name]) => name !== node);
    const server: ServerRecord = { ...rest, ...marksOf(others) };
    return { writes: [serverWrite(server, found.value, found.record.version)], result: {} };
  });
};
