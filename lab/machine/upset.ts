import type { Outcome } from "./channel.ts";
import type { Host } from "./host.ts";

/** QEMU takes seconds from its first sign of life to a running guest. */
const script = `
name=$1; shift
until pid=$(pgrep -f "^[^ ]*qemu-system-x86_64 .*guest=$name[, ]"); do sleep 0.1; done
export pid
exec "$@"
`;

/**
 * Runs a shell command in the middle of a VM's start: as soon as its QEMU exists, whose PID is
 * $pid.
 */
export const whenStarting = (host: Host, name: string, command: string): Promise<Outcome> =>
  host.run("/bin/sh", ["-c", script, "upset", name, "/bin/sh", "-c", command]);
