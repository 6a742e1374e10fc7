import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

const user = "[A-Za-z0-9_.][A-Za-z0-9_.+-]{0,63}";
const name = "[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?";
const numeric6 = "[0-9a-fA-F]{0,4}(?::[0-9a-fA-F.]{0,15}){2,8}(?:%[A-Za-z0-9_.-]{1,15})?";

const plain = new RegExp(`^(?:${user}@)?(?:${name}|${numeric6})$`);
const url = new RegExp(`^//(?:${user}@)?(?:${name}|\\[${numeric6}\\])(?::([0-9]{1,5}))?/?$`);

/**
 * The argument for `ssh` of what stands behind `ssh:` in a source: `HOST`, `USER@HOST`, or
 * `//USER@HOST:PORT`. HOST is a name, an address, or a `Host` of the user's `~/.ssh/config`, which
 * also says the port, the user and the way there.
 *
 * ssh passes names on to commands of that file (`ProxyCommand`), which a shell runs, so a name may
 * have nothing that a shell understands, and none begins with `-`, which would be an option.
 *
 * Errors: `source-unknown`.
 */
export function sshDestination(rest: string): string {
  if (plain.test(rest)) return rest;
  const match = url.exec(rest);
  const port = match?.[1];
  if (match !== null && (port === undefined || isPort(Number(port)))) {
    return `ssh:${rest.replace(/\/$/, "")}`;
  }
  const [, host = "", after = ""] = /^([^:/]+):([0-9]{1,5})$/.exec(rest) ?? [];
  throw new EvenkeelError("source-unknown", "this is no machine that ssh is asked for", {
    where: `ssh:${rest}`,
    expected:
      "ssh:HOST, ssh:USER@HOST or ssh://USER@HOST:PORT, with letters, digits, dots and dashes, " +
      "which do not begin with a dash",
    remedy:
      after === ""
        ? "give the machine a name in ~/.ssh/config: Host NAME, and below it HostName, User, Port"
        : `write ssh://${host}:${after}`,
  });
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}
