// SPDX-License-Identifier: MIT

/** Why a server cannot start, in one sentence for whoever started it. Anything else that is thrown is a bug. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
}

/** What the system said, in words. */
export const systemWords = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
    case "EPERM":
      return "this user may not read it";
    case "EISDIR":
      return "it is a directory";
    default:
      return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
  }
};

/** Why a port could not be bound. */
export const bindingFailure = (error: unknown, host: string | undefined, port: number): StartFailure => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return new StartFailure(`port ${port} is already taken; choose another one with --port, or 0 for any`);
    case "EACCES":
      return new StartFailure(
        `port ${port} may not be bound by this user; choose one above 1023 with --port`,
      );
    case "EADDRNOTAVAIL":
      return new StartFailure(`--host: ${host} is not an address of this machine`);
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new StartFailure(`--host: the name ${host} is not known`);
    default:
      return new StartFailure(`cannot listen on port ${port}: ${systemWords(error)}`);
  }
};
