// SPDX-License-Identifier: MIT
/** The promises of docs/ordering.md, held against what the peers themselves wrote down. */
import type { Bystander } from "./bystander.ts";
import type { History, Stay } from "./chronicle.ts";
import type { ChaosPeer } from "./peer.ts";

const accepted = new Set<string | undefined>(["sent", "queued", "delivered"]);

/** Was something kept from it that it was told of? */
const unsure = (stay: Stay | undefined): boolean => stay === undefined || stay.gaps > 0 || stay.over;

/** What cannot be, in sentences; nothing where every promise was kept. To be asked when all has come to rest. */
export const violations = (histories: readonly History[]): readonly string[] => {
  const found = histories.flatMap(({ complaints }) => complaints);
  const stays = new Map(histories.flatMap((one) => one.stays.map((stay) => [stay.session, stay] as const)));
  const names = new Map(
    histories.flatMap(({ id, stays }) => stays.map(({ session }) => [session, id] as const)),
  );
  const nameOf = (session: string) => `${session}, which is ${names.get(session) ?? "of nobody here"},`;
  const taken = new Set<string>();
  for (const [session, { took }] of stays) {
    for (const [from, numbers] of took) {
      const rising = numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0));
      if (!rising) found.push(`${session} took ${numbers.join()} of ${from}: doubled or out of order`);
      for (const number of numbers) taken.add(`${session} ${from} ${number}`);
    }
  }
  for (const { number, bySession, toSession, fate } of histories.flatMap(({ sent }) => sent)) {
    if (fate === undefined && !unsure(stays.get(bySession)))
      found.push(`${number} of ${bySession} was left without a fate`);
    if (
      accepted.has(fate) &&
      !unsure(stays.get(toSession)) &&
      !taken.has(`${toSession} ${bySession} ${number}`)
    )
      found.push(
        `${number} of ${nameOf(bySession)} was ${fate}, ${nameOf(toSession)} never took it and was told of no gap`,
      );
  }
  return found;
};

/** Are there signals whose senders still wait for a word? */
export const waiting = (histories: readonly History[]): boolean => {
  const stays = new Map(histories.flatMap((one) => one.stays.map((stay) => [stay.session, stay] as const)));
  return histories.some(({ sent }) =>
    sent.some(({ fate, bySession }) => fate === undefined && !unsure(stays.get(bySession))),
  );
};

/** Does everybody know exactly the others? */
export const atRest = (peers: readonly ChaosPeer[], bystanders: readonly Bystander[] = []): boolean =>
  knowEachOther(peers, bystanders) && listed(peers, bystanders);

const listed = (peers: readonly ChaosPeer[], bystanders: readonly Bystander[]): boolean => {
  const ids = [...peers, ...bystanders].map(({ id }) => id).sort();
  return bystanders.every(({ present, list }) => present && [...list].sort().join() === ids.join());
};

const knowEachOther = (peers: readonly ChaosPeer[], bystanders: readonly Bystander[]): boolean =>
  peers.every(
    (peer) =>
      peer.present &&
      peer.history.known.size === peers.length - 1 + bystanders.length &&
      bystanders.every(({ id }) => [...peer.history.known.values()].includes(id)) &&
      peers.every((other) => other === peer || peer.history.known.get(other.session ?? "") === other.id),
  );
