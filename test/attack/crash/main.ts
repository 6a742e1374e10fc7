import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { explore } from "./explore.ts";

/**
 * `npm run crash -- [PART…] [--via qemu|libvirt] [--quick] [--seed S] [--only SCENARIO]`
 *
 * Cuts commands off wherever they change something, and compares the host with a model after the
 * next commands. It needs root, strace and QEMU, and has a namespace of processes of its own, so
 * that it sees only its own VMs and nothing of them outlives it.
 */
const parts = ["kill", "programs", "errors", "full", "together"] as const;
const usage = `usage: npm run crash -- [${parts.join("|")}]… [--via qemu|libvirt] [--quick] [--seed S] [--only SCENARIO]`;

function enter(): number {
  const alone = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  // The shell stays as the first process and reaps emulators.
  const script = '"$@" & wait $!; exit $?';
  const self = [process.execPath, ...process.argv.slice(1)];
  const { status } = spawnSync(
    "setpriv",
    ["--pdeathsig", "KILL", "unshare", ...alone, "sh", "-c", script, "sh", ...self],
    { stdio: "inherit", env: { ...process.env, CRASH_INSIDE: "1" } },
  );
  return status === null ? 2 : status;
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        via: { type: "string" },
        quick: { type: "boolean" },
        seed: { type: "string" },
        only: { type: "string" },
      },
    });
    const seed = values.seed ?? `${Date.now() % 1_000_000}`;
    const via = values.via ?? "qemu";
    const isKnown = positionals.every((given) => parts.some((part) => part === given));
    if (!isKnown || !/^\d{1,9}$/.test(seed) || (via !== "qemu" && via !== "libvirt")) return null;
    const chosen = new Set(positionals.length === 0 ? parts : positionals);
    const { quick = false, only = null } = values;
    return { chosen, via, quick, only, seed: Number(seed) } as const;
  } catch {
    return null;
  }
}

const options = readArguments();
if (options === null) {
  console.error(usage);
  process.exitCode = 2;
} else if (process.env["CRASH_INSIDE"] === undefined) {
  process.exitCode = enter();
} else {
  process.exitCode = (await explore(options)) ? 0 : 1;
}
