import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { shorten } from "@evenkeel/core/text/shorten.ts";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import type { GroupResult } from "../machine/process-group.ts";

/**
 * Why a machine did not answer over ssh: what ssh or the machine's shell says, and what to do about
 * it. Null where ssh is content: then the answer itself is looked at.
 *
 * ssh ends with 255 where it failed itself, and with the status of the command otherwise; a shell
 * ends with 126 or 127 where there is no program of the name.
 */
export function sshFailure(
  { status, signal, stderr, ended, error }: GroupResult,
  where: string,
  { timeoutMs, maxBytes }: { readonly timeoutMs: number; readonly maxBytes: number },
): EvenkeelError | null {
  // As ssh is given it by hand: `ssh host`, `ssh ssh://host:2222`.
  const host = where.replace(/^ssh:(?!\/\/)/, "");
  const fail = (message: string, remedy: string): EvenkeelError =>
    new EvenkeelError("host-unreachable", message, {
      where,
      expected: "a machine that `ssh` reaches without asking for anything, with a POSIX shell",
      remedy,
    });
  if (error !== null) {
    const isAbsent = "code" in error && error.code === "ENOENT";
    return fail(
      isAbsent ? "there is no ssh on this machine" : `ssh cannot be started: ${error.message}`,
      "install OpenSSH's client (on Debian and Ubuntu: openssh-client)",
    );
  }
  if (ended === "late") {
    return fail(
      `it did not answer within ${timeoutMs / 1000} s`,
      `see whether ssh ${host} true ends soon, and whether a tool such as nvidia-smi hangs there`,
    );
  }
  if (ended === "full") {
    return fail(
      `it says more than ${formatBytes(maxBytes)}`,
      `see what ssh ${host} true prints: a login must not print without end`,
    );
  }
  if (status === 0) return null;
  const lines = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const known = causes.find(({ pattern }) => pattern.test(stderr));
  const own = lines.find((line) => known?.pattern.test(line) === true) ?? lines.at(-1);
  const said = own === undefined ? "" : `: ${shorten(own, 200)}`;
  if (known !== undefined && (status === 255 || known.ofShell)) {
    return fail(`${known.message}${said}`, known.remedy(host));
  }
  const how = signal === null ? `exit status ${status}` : `ended by ${signal}`;
  return fail(`ssh failed (${how})${said}`, `try it by hand: ssh ${host} true`);
}

interface Cause {
  readonly pattern: RegExp;
  /** Whether the machine's shell says it, and not ssh. */
  readonly ofShell: boolean;
  readonly message: string;
  readonly remedy: (host: string) => string;
}

/** What ssh says (OpenSSH's sshconnect.c, sshconnect2.c, ssh.c), the first that matches. */
const causes: readonly Cause[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/,
    ofShell: false,
    message: "its host key is not the one that is known",
    remedy: (host) =>
      `find out why it has changed; if that is right, remove the old one with ssh-keygen -R and ` +
      `connect once by hand: ssh ${host}`,
  },
  {
    pattern: /Host key verification failed|No .* host key is known/,
    ofShell: false,
    message: "its host key is not known",
    remedy: (host) => `connect once by hand and compare the key: ssh ${host}`,
  },
  {
    pattern: /Permission denied|Too many authentication failures/,
    ofShell: false,
    message: "it does not let this user in",
    remedy: (host) =>
      `make ssh ${host} work without a password: a key there, or in your agent (ssh-copy-id, ssh-add)`,
  },
  {
    pattern: /Could not resolve hostname/,
    ofShell: false,
    message: "there is no machine of that name",
    remedy: () => "see whether the name is right, or give it one in ~/.ssh/config",
  },
  {
    pattern: /timed out|No route to host|Network is unreachable|not responding/,
    ofShell: false,
    message: "it cannot be reached",
    remedy: () => "see whether the machine is on, and whether the network lets ssh through",
  },
  {
    pattern: /Connection refused/,
    ofShell: false,
    message: "it takes no connections",
    remedy: () => "see whether sshd runs there, and on which port (Port in ~/.ssh/config)",
  },
  {
    pattern: /\bsh: .*not found|not found.*\bsh\b|No such file or directory.*\bsh\b/,
    ofShell: true,
    message: "it has no shell called sh",
    remedy: () => "read the machine in another way: evenkeel snapshot there, sysfs:FILE here",
  },
];
