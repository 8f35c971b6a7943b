// SPDX-License-Identifier: MIT
/** Becoming somebody with fewer rights, once the port is bound and the key is read. */
import { execFileSync } from "node:child_process";
import { lchownSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
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

/** What this server keeps in its data folder. */
const ownFiles = /^(signalbox\.db(-wal|-shm|-journal)?|lan-key\.pem)$/;

/**
 * Gives the data folder to who will go on writing there. The folder itself only where it is for its owner alone, as the
 * server makes it: one that others use too stays whose it is. What is a link of any kind is not followed.
 */
const handOver = (folder: string, uid: number, gid: number): void => {
  const about = lstatSync(folder);
  if (about.isDirectory() && about.uid === 0 && (about.mode & 0o077) === 0) lchownSync(folder, uid, gid);
  for (const name of readdirSync(folder)) {
    if (!ownFiles.test(name)) continue;
    const file = lstatSync(join(folder, name));
    if (file.isFile() && file.nlink === 1 && file.uid === 0) lchownSync(join(folder, name), uid, gid);
  }
};

/**
 * Sees that the change is possible, before anything is opened. Gives back what carries it out, and hands over the data
 * folder where there is one.
 */
export const prepareIdentity = ({ user, group }: Identity, folder: string | undefined): (() => void) => {
  if (user === undefined && group === undefined) return () => {};
  const { getuid, setgid, setgroups, setuid } = process;
  if (getuid === undefined || setgid === undefined || setgroups === undefined || setuid === undefined) {
    throw new StartFailure("--user and --group are not known on this system");
  }
  const [uid] = user === undefined ? [] : askId(user, "-u");
  const [ownGid] = user === undefined ? [] : askId(user, "-g");
  const gid = group ?? ownGid;
  // A group of which only the name is known: it is looked up by whoever becomes it.
  const folderGid = typeof gid === "number" ? gid : -1;
  const groups = user === undefined ? [] : askId(user, "-G");
  if (getuid() !== 0) throw new StartFailure("--user and --group need a start as root");
  return () => {
    try {
      if (folder !== undefined && uid !== undefined) handOver(folder, uid, folderGid);
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
