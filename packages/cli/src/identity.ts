// SPDX-License-Identifier: MIT
/** Becoming somebody with fewer rights, once the port is bound and the key is read. */
import { execFileSync } from "node:child_process";
import { type Identity, StartFailure } from "@signalbox/server";

/** What the system's `id` knows of a user: directories of users need not be files. */
const askId = (user: string, what: "-u" | "-g" | "-G"): readonly number[] => {
  try {
    const answer = execFileSync("id", [what, "--", user], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return answer.trim().split(" ").map(Number);
  } catch {
    throw new StartFailure(`there is no user ${JSON.stringify(user)}`);
  }
};

/** Sees that the change is possible, before anything is opened. Gives back what carries it out. */
export const prepareIdentity = ({ user, group }: Identity): (() => void) => {
  if (user === undefined && group === undefined) return () => {};
  const { getuid, setgid, setgroups, setuid } = process;
  if (getuid === undefined || setgid === undefined || setgroups === undefined || setuid === undefined) {
    throw new StartFailure("--user and --group are not known on this system");
  }
  const [uid] = user === undefined ? [] : askId(user, "-u");
  const [ownGid] = user === undefined ? [] : askId(user, "-g");
  const gid = group ?? ownGid;
  const groups = user === undefined ? [] : askId(user, "-G");
  if (getuid() !== 0) throw new StartFailure("--user and --group need a start as root");
  return () => {
    try {
      // Groups first: with the user's rights alone they could not be changed any more.
      setgroups(groups);
      if (gid !== undefined) setgid(gid);
      if (uid !== undefined) setuid(uid);
    } catch (error) {
      const unknown = error instanceof Error && "code" in error && error.code === "ERR_UNKNOWN_CREDENTIAL";
      const sentence = error instanceof Error ? error.message : String(error);
      throw new StartFailure(
        unknown
          ? `there is no group ${JSON.stringify(group)}`
          : `cannot become ${user ?? group}: ${sentence}`,
      );
    }
  };
};
