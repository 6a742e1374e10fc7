import { readdirSync, readFileSync } from "node:fs";

/** The emulator that was started with a UUID; null where none is. */
export function emulatorOf(uuid: string, proc = "/proc"): number | null {
  for (const name of readdirSync(proc)) {
    if (!/^\d+$/.test(name)) continue;
    const args = commandLine(`${proc}/${name}/cmdline`);
    const at = args.indexOf("-uuid");
    if (at > 0 && args[at + 1] === uuid && /qemu/.test(args[0] ?? "")) return Number(name);
  }
  return null;
}

function commandLine(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\0");
  } catch {
    // It has ended since it was listed.
    return [];
  }
}
