// SPDX-License-Identifier: MIT
/** The promises of docs/ordering.md, held against what the peers themselves wrote down. */
import type { ChaosPeer } from "./peer.ts";

/** What cannot be, in sentences; nothing where every promise was kept. */
export const violations = (peers: readonly ChaosPeer[]): readonly string[] => {
  const found = peers.flatMap(({ complaints }) => complaints);
  const stays = new Map(peers.flatMap((peer) => peer.stays.map((stay) => [stay.session, stay] as const)));
  for (const [session, { took }] of stays) {
    for (const [from, numbers] of took) {
      const rising = numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0));
      if (!rising) found.push(`${session} took ${numbers.join()} of ${from}: doubled or out of order`);
    }
  }
  for (const { number, bySession, toSession, fate } of peers.flatMap(({ sent }) => sent)) {
    if (fate !== "sent" && fate !== "queued" && fate !== "delivered") continue;
    const stay = stays.get(toSession);
    if (stay === undefined || stay.gaps > 0 || stay.lost) continue;
    if (stay.took.get(bySession)?.includes(number) !== true)
      found.push(`${number} of ${bySession} was ${fate}, ${toSession} never took it and was told of no gap`);
  }
  return found;
};

/** Does everybody know exactly the others? */
export const atRest = (peers: readonly ChaosPeer[]): boolean =>
  peers.every(
    (peer) =>
      peer.inside &&
      peer.known.size === peers.length - 1 &&
      peers.every((other) => other === peer || peer.known.get(other.session ?? "") === other.id),
  );
