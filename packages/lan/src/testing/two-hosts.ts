// SPDX-License-Identifier: MIT
/** Two hosts on a network of their own: network namespaces joined by a virtual cable. Nothing leaves the machine. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";

const prefix = "sbxlan";

const ip = (...args: readonly string[]): { readonly ok: boolean; readonly said: string } => {
  const { status, stdout, stderr, error } = spawnSync("ip", args, { encoding: "utf8" });
  return { ok: status === 0, said: error?.message ?? `${stdout}${stderr}`.trim() };
};

/** Why there can be no such hosts here; undefined where there can. */
export const noHosts = (): string | undefined => {
  if (process.platform !== "linux") return "network namespaces are a matter of Linux";
  const name = `${prefix}-probe-${process.pid}`;
  const made = ip("netns", "add", name);
  if (!made.ok) return `this machine makes no network namespaces: ${made.said}`;
  const linked = ip("-n", name, "link", "add", "probe0", "type", "veth", "peer", "name", "probe1");
  ip("netns", "del", name);
  return linked.ok ? undefined : `this machine makes no virtual cables: ${linked.said}`;
};

/** What a run that was killed left behind. */
const removeLeftOvers = (): void => {
  for (const line of ip("netns", "list").said.split("\n")) {
    const [name = ""] = line.split(" ");
    const pid = new RegExp(`^${prefix}-[a-z]+-(\\d+)$`).exec(name)?.[1];
    if (pid === undefined) continue;
    try {
      process.kill(Number(pid), 0);
    } catch {
      ip("netns", "del", name);
    }
  }
};

export interface Host {
  readonly address: string;
  /** Starts a LAN command there. Ended with the test at the latest. */
  run(args: readonly string[], stdin?: string): HostProcess;
  /** The same with any script of this project. */
  runScript(script: URL, args: readonly string[], stdin?: string): HostProcess;
}

export interface HostProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  out(): string;
  said(): string;
  /** Settles when standard output or standard error has this; rejects with all of it where the process ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Makes the two hosts, and removes them with the test. */
export const twoHosts = (context: TestContext): readonly [Host, Host] => {
  removeLeftOvers();
  const names = ["left", "right"].map((side) => `${prefix}-${side}-${process.pid}`);
  const [left = "", right = ""] = names;
  const processes: HostProcess[] = [];
  context.after(async () => {
    for (const { child } of processes) child.kill("SIGKILL");
    await Promise.all(processes.map(({ ended }) => ended));
    for (const name of names) ip("netns", "del", name);
  });
  const must = (...args: readonly string[]) => {
    const { ok, said } = ip(...args);
    if (!ok) throw new Error(`ip ${args.join(" ")}: ${said}`);
  };
  for (const name of names) must("netns", "add", name);
  must("link", "add", "cable0", "netns", left, "type", "veth", "peer", "name", "cable0", "netns", right);
  return [hostIn(left, "198.51.100.1"), hostIn(right, "198.51.100.2")];

  function hostIn(name: string, address: string): Host {
    must("-n", name, "link", "set", "lo", "up");
    must("-n", name, "link", "set", "cable0", "up");
    must("-n", name, "address", "add", `${address}/24`, "broadcast", "198.51.100.255", "dev", "cable0");
    // The limited broadcast goes where everything else goes.
    must("-n", name, "route", "add", "default", "dev", "cable0");
    const runScript: Host["runScript"] = (script, args, stdin = "") => {
      const started = running(name, [script.pathname, ...args], stdin);
      processes.push(started);
      return started;
    };
    const command = new URL("run-command.ts", import.meta.url);
    return { address, runScript, run: (args, stdin) => runScript(command, args, stdin) };
  }
};

/** `args`: a script and what it is told. */
const running = (namespace: string, args: readonly string[], stdin: string): HostProcess => {
  const node = [process.execPath, "--conditions=@signalbox/source", ...args];
  const child = spawn("ip", ["netns", "exec", namespace, ...node], { stdio: ["pipe", "pipe", "pipe"] });
  let out = "";
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  const ended = once(child, "close").then(([status]) => status);
  return {
    child,
    ended,
    out: () => out,
    said: () => said,
    async says(pattern) {
      let over = false;
      void ended.then(() => {
        over = true;
      });
      for (;;) {
        const found = pattern.exec(out) ?? pattern.exec(said);
        if (found !== null) return found;
        if (over) throw new Error(`it ended without ${pattern}: ${out}${said}`);
        await Promise.race([once(child.stdout, "data"), once(child.stderr, "data"), ended]);
      }
    },
  };
};
