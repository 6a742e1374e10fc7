import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * OpenSSH's server on a port of this machine alone, with a host key, a user key and files of its
 * own in a scratch folder, as an ordinary user may run it; and an `ssh` that knows them, which is
 * the installed one with another configuration file.
 */
export interface TestSshd {
  /** For `PATH`: its `ssh` has the hosts `far`, `stranger` (unknown key) and `locked` (no key). */
  readonly path: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

const programs = {
  sshd: ["/usr/sbin/sshd"],
  ssh: ["/usr/bin/ssh"],
  keygen: ["/usr/bin/ssh-keygen"],
};

/** Why there can be no server here; null where there can. */
export function whyNoSshd(): string | null {
  if (/\/(?:nologin|false)$/.test(userInfo().shell ?? "")) return "this user has no shell";
  const absent = Object.entries(programs).find(([, paths]) => !paths.some(existsSync));
  return absent === undefined ? null : `no ${absent[0]} on this machine (Debian: openssh-server)`;
}

export async function startSshd(folder: string, config: readonly string[] = []): Promise<TestSshd> {
  const at = (name: string): string => join(folder, name);
  for (const name of ["host", "user", "other"]) {
    execFileSync("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
  }
  writeFileSync(at("authorized"), readFileSync(at("user.pub")));
  chmodSync(at("authorized"), 0o600);
  const port = await freePort();
  writeFileSync(
    at("sshd_config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${at("host")}`,
      `AuthorizedKeysFile ${at("authorized")}`,
      `PidFile ${at("pid")}`,
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin prohibit-password",
      "StrictModes no",
      "UsePAM no",
      ...config,
      "",
    ].join("\n"),
  );
  const hostKey = readFileSync(at("host.pub"), "utf8");
  writeFileSync(at("known"), `[127.0.0.1]:${port} ${hostKey}`);
  writeFileSync(at("none"), "");
  const otherKey = readFileSync(at("other.pub"), "utf8");
  writeFileSync(at("changed"), `[127.0.0.1]:${port} ${otherKey}`);
  const host = (name: string, key: string, known: string): string =>
    [
      `Host ${name}`,
      "  HostName 127.0.0.1",
      `  Port ${port}`,
      `  User ${userInfo().username}`,
      `  IdentityFile ${at(key)}`,
      "  IdentitiesOnly yes",
      "  IdentityAgent none",
      `  UserKnownHostsFile ${at(known)}`,
      "  GlobalKnownHostsFile /dev/null",
      "  StrictHostKeyChecking yes",
      "",
    ].join("\n");
  writeFileSync(
    at("ssh_config"),
    [
      host("far far2 far3", "user", "known"),
      host("stranger", "user", "none"),
      host("changed", "user", "changed"),
      host("locked", "other", "known"),
    ].join("\n"),
  );
  mkdirSync(at("bin"));
  // The caller's own configuration file is named on ssh's command line, as its home is not read.
  writeFileSync(at("bin/ssh"), `#!/bin/sh\nexec /usr/bin/ssh -F '${at("ssh_config")}' "$@"\n`);
  chmodSync(at("bin/ssh"), 0o755);
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const server = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", at("sshd_config")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  server.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  for (let i = 0; !(await listens(port)); i++) {
    if (i > 200 || server.exitCode !== null) throw new Error(`sshd does not listen: ${said}`);
    await sleep(25);
  }
  return {
    path: [at("bin"), process.env["PATH"] ?? ""].join(delimiter),
    port,
    async stop() {
      if (server.exitCode !== null) return;
      const ended = once(server, "exit");
      server.kill("SIGTERM");
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => (socket.destroy(), resolve(true)));
    socket.once("error", () => resolve(false));
  });
}
