// SPDX-License-Identifier: MIT
// The programs the tests drive that npm does not bring. Installs by apt what is missing, and nothing else.
// Readable by Node 20.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const needed = [
  { command: "chromium", from: "chromium", for: "calls between real browser pages" },
  { command: "ip", from: "iproute2", for: "browser tests where loopback is the only network" },
  { command: "turnserver", from: "coturn", for: "calls through a STUN and TURN server" },
  { command: "redis-server", from: "redis-server", for: "several nodes behind one backplane" },
  { command: "haproxy", from: "haproxy", for: "several nodes behind one port" },
];

const isPresent = (command) =>
  [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"].some((folder) =>
    existsSync(join(folder, command)),
  );

/** A package's own service is not wanted, only its program: Debian asks this file before it starts one. */
const servicePolicy = "/usr/sbin/policy-rc.d";

const install = (packages) => {
  const sudo = process.getuid?.() === 0 ? [] : ["sudo"];
  const run = (...words) => {
    const [command, ...args] = [...sudo, ...words];
    return spawnSync(command, args, { stdio: ["inherit", "ignore", "inherit"] }).status === 0;
  };
  const apt = (...args) =>
    run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", ...args);
  const forbids = sudo.length === 0 && !existsSync(servicePolicy);
  if (forbids) writeFileSync(servicePolicy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    if (!apt("update") || !apt("install", "--yes", "--no-install-recommends", ...packages)) return false;
  } finally {
    if (forbids) rmSync(servicePolicy);
  }
  const services = packages.filter((name) => ["coturn", "redis-server", "haproxy"].includes(name));
  if (services.length > 0 && existsSync("/run/systemd/system"))
    run("systemctl", "disable", "--now", ...services);
  return true;
};

/** Ends the process where a program cannot be had. */
export const installPrograms = () => {
  const missing = needed.filter(({ command }) => !isPresent(command));
  if (missing.length === 0) return;
  const packages = missing.map(({ from }) => from);
  if (!isPresent("apt-get")) {
    console.error(`The tests need ${missing.map(({ command }) => command).join(", ")}: please install them.`);
    process.exit(1);
  }
  console.log("Installing by apt-get what the tests need and this machine has not:");
  for (const { from, for: purpose } of missing) console.log(`  ${from}: ${purpose}`);
  if (!install(packages)) {
    console.error(`That failed. By hand: apt-get update && apt-get install ${packages.join(" ")}`);
    process.exit(1);
  }
};
