// SPDX-License-Identifier: MIT
/**
 * What nobody has in hand: after a start, and where another node is gone, registered servers that are in no room, and knocks at live
 * peers that do not ring. What another node has in hand costs one question, and questions are asked one after the other.
 */
import {
  type Directory,
  defaultRealm,
  isRefusal,
  parsePeerId,
  parseRoomName,
  roomKey,
} from "@signalbox/core";
import {
  type Abort,
  type KnockRecord,
  noExpiry,
  type RegistryGround,
  type ServerRecord,
  StoreAway,
  waitingForLivePeers,
} from "@signalbox/core/registry";
import { knockPeer } from "./knock-call.ts";
import { livePeerOf } from "./live-names.ts";
import { reached } from "./reached.ts";
import { dialectName } from "./wire.ts";

interface Ways {
  readonly ground: RegistryGround;
  readonly directory: Pick<Directory, "find">;
  readonly ending: Abort;
}

/** Has a node put it into its room? */
export const isInHand = (
  { ground, directory, ending }: Ways,
  room: string | undefined,
  peer: string,
): Promise<boolean> =>
  reached(ground, ending, noExpiry, async () => {
    const [name, id] = [parseRoomName(room), parsePeerId(peer)];
    if (name === undefined || id === undefined) return false;
    const entries = await directory.find(roomKey(defaultRealm, name), id);
    if (isRefusal(entries)) throw new StoreAway("who is in a room cannot be known now");
    return entries.some(({ protocol }) => protocol === dialectName);
  });

export interface RecallParts extends Ways {
  /** May more be taken in hand? */
  readonly hasRoom: () => boolean;
  /** Does this node know this server already? */
  readonly knows: (server: string) => boolean;
  /** Takes it in hand, unless another node has it. */
  readonly enter: (server: ServerRecord) => Promise<void>;
  readonly call: (knock: KnockRecord) => void;
}

/** Servers in one page: they are small. Knocks hold offers, of a few KiB each, and come in pages of their own size. */
const pageSize = 1_000;

export const recall = async (parts: RecallParts): Promise<void> => {
  const { ground, ending, hasRoom, knows, enter, call } = parts;
  const asked = <Result>(run: () => Promise<Result>) => reached(ground, ending, noExpiry, run);
  const goesOn = (): boolean => !ending.aborted && hasRoom();

  let after = "";
  for (let more = true; more && goesOn(); ) {
    const from = after;
    const page = await asked(() => ground.store.scan("server", undefined, from, pageSize));
    for (const { key, value } of page.records) {
      after = key;
      if (!goesOn()) return;
      const server: ServerRecord = JSON.parse(value);
      if (!knows(key)) await enter(server);
    }
    more = page.more;
  }
  let next: string | undefined = "";
  while (next !== undefined && goesOn()) {
    const from: string = next;
    const page = await asked(() => waitingForLivePeers(ground, from));
    for (const knock of page.knocks) {
      if (!goesOn()) return;
      const room = livePeerOf(knock.server)?.room;
      if (!(await isInHand(parts, room, knockPeer(knock)))) call(knock);
    }
    next = page.next;
  }
};
