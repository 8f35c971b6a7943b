// SPDX-License-Identifier: MIT
/** What a member is told of its room as a whole: when it comes, when it has missed something, when it asks. */
import { refusal } from "./refusal.ts";
import { type HubState, type LocalRoom, type Membership, membershipIn, type Session } from "./state.ts";
import { refuseCommand, tell } from "./telling.ts";
import { rosterOf } from "./view.ts";
import type { Command, Ref } from "./vocabulary.ts";

/** Tells a member the room as it stands. */
export const tellSnapshot = (
  hub: HubState,
  room: LocalRoom,
  membership: Membership,
  snapshot: boolean,
  ref?: Ref,
): void => {
  const { entry, session } = membership;
  if (entry === undefined) return;
  const roster = membership.presence.listens && room.view !== undefined ? rosterOf(room.view) : [];
  membership.snapshotOrder = roster.at(-1)?.order ?? entry.order;
  tell(hub, session, {
    type: "joined",
    room: membership.room,
    self: entry,
    roster,
    snapshot,
    ...(ref === undefined ? {} : { ref }),
  });
};

/** Tells a page of the roster, of those that were there when the member was told the room. */
export const list = (
  hub: HubState,
  session: Session,
  command: Extract<Command, { readonly type: "list" }>,
): void => {
  const membership = membershipIn(session, command.room);
  const room = membership === undefined ? undefined : hub.rooms.get(membership.key);
  if (membership === undefined || room?.view === undefined)
    return refuseCommand(hub, session, refusal("not-joined"), command.ref);
  const rest = rosterOf(room.view).filter(
    (member) =>
      member.order > command.after &&
      member.order <= membership.snapshotOrder &&
      member.session !== session.id,
  );
  const members = rest.slice(0, command.limit);
  const last = members.at(-1);
  tell(hub, session, {
    type: "listed",
    room: command.room,
    members,
    ...(rest.length > members.length && last !== undefined ? { next: last.order } : {}),
    ...(command.ref === undefined ? {} : { ref: command.ref }),
  });
};
