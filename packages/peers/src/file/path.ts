// SPDX-License-Identifier: MIT
/**
 * Paths of file/1: names divided by `/`, below the shared folder, which itself is the empty path. Nothing in them is
 * decoded: `%2e%2e` is a name like any other.
 */
import { pathMax } from "./wire.ts";

/** Longest name. Bytes of UTF-8, as file systems count. */
export const nameBytesMax = 255;

const encoder = new TextEncoder();

/**
 * May a file be shared under this name? Backslashes and colons divide paths or name devices on some systems; a lone half
 * of a surrogate pair does not survive UTF-8.
 */
export const isName = (name: string): boolean =>
  name !== "" &&
  name !== "." &&
  name !== ".." &&
  !/[/\\:\u0000]/.test(name) &&
  !/\p{Surrogate}/u.test(name) &&
  encoder.encode(name).length <= nameBytesMax;

/** The names on the way; undefined where it is no path. */
export const parsePath = (path: string): readonly string[] | undefined => {
  if (path === "") return [];
  if (path.length > pathMax) return undefined;
  const names = path.split("/");
  return names.every(isName) ? names : undefined;
};

export const join = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);

/** The last name on the way. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
