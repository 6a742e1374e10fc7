import type { Outcome } from "./channel.ts";
import type { Host } from "./host.ts";

/** It takes QEMU seconds from its first sign of life to a guest that runs. */
const script = `
name=$1; shift
until pid=$(pgrep -f "^[^ ]*qemu-system-x86_64 .*guest=$name[, ]"); do sleep 0.1; done
export pid
exec "$@"
`;

/**
 * Runs a shell's command in the middle of a VM's start: as soon as its QEMU is there, whose number
 * the command has as $pid.
 */
export const whenStarting = (host: Host, name: string, command: string): Promise<Outcome> =>
  host.run("/bin/sh", ["-c", script, "upset", name, "/bin/sh", "-c", command]);
