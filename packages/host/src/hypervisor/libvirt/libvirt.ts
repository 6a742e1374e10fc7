import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { libvirtXml } from "@evenkeel/core/guest/libvirt/domain.ts";
import { taintNotes } from "@evenkeel/core/guest/libvirt/port-links.ts";
import type { Clock } from "../../clock/clock.ts";
import { goOn } from "../interruptible.ts";
import { findProcess } from "../../procfs/find-process.ts";
import { liveTree } from "../../tree/directory-tree.ts";
import { hypervisorFailed } from "../failed.ts";
import type { Hypervisor, RunState, StartJob } from "../hypervisor.ts";
import { endless, type Patience } from "../patience.ts";
import { withDirectBoot } from "./direct-boot.ts";
import { isPinnedLate, withoutEmulatorPin } from "./emulator-pin.ts";
import { type Virsh, virshAt } from "./virsh.ts";

/** Allocating a terabyte of huge pages takes minutes. */
const startMs = 15 * 60_000;

/**
 * libvirt pins threads, binds devices to VFIO and gives them back by itself. A domain is defined,
 * so that the tools of libvirt show it while it is off; Evenkeel removes the definition when it
 * stops it.
 *
 * Domains are named by UUID: virsh takes a name of digits for a number.
 */
export function libvirtHypervisor(
  uri: string,
  clock: Clock,
  patience: Patience = endless,
): Hypervisor {
  const virsh = virshAt(uri, patience);
  return {
    start: async (job) => {
      await start(virsh, job);
      return null;
    },
    state: async ({ uuid }) => {
      const state = await stateOf(virsh, uuid);
      if (state !== "running" && state !== "paused") return { state, pid: null };
      const search = findProcess(liveTree(), { name: null, uuid, record: null, pidFile: null });
      return { state, pid: search.kind === "found" ? search.process.pid : null };
    },
    console: async () => null,
    shutdown: async ({ uuid }) => void (await virsh.ok(["shutdown", "--domain", uuid])),
    end: ({ uuid }) => bring(virsh, uuid, "off", clock),
    remove: ({ uuid }) => bring(virsh, uuid, "gone", clock),
  };
}

async function start(
  virsh: Virsh,
  { instance, guest, options, folder, note, signal }: StartJob,
): Promise<void> {
  const { uuid, plan } = instance;
  const late = isPinnedLate(plan, liveTree());
  const rendered = withDirectBoot(libvirtXml(guest, options), options.boot ?? null);
  for (const text of taintNotes(guest)) note(text);
  const xml = late ? withoutEmulatorPin(rendered) : rendered;
  const path = join(folder, "domain.xml");
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(xml);
    await file.close();
    await virsh.ok(["define", "--file", path]);
  } finally {
    await rm(path, { force: true });
  }
  goOn(signal);
  await virsh.ok(["start", "--domain", uuid], startMs);
  if (!late) return;
  goOn(signal);
  const cpus = ["--cpulist", plan.emulatorCpus];
  await virsh.ok(["emulatorpin", "--domain", uuid, ...cpus, "--live", "--config"]);
}

const states: Readonly<Record<string, RunState>> = {
  running: "running",
  idle: "running",
  "in shutdown": "running",
  paused: "paused",
  pmsuspended: "paused",
  "shut off": "off",
  crashed: "off",
  dying: "off",
};

async function stateOf(virsh: Virsh, uuid: string): Promise<RunState> {
  const result = await virsh.tried(["domstate", "--domain", uuid]);
  if (result.status === 0) return states[result.stdout.trim()] ?? "off";
  if (isMissing(result.stderr)) return "gone";
  throw hypervisorFailed("virsh domstate", result);
}

const isMissing = (said: string): boolean => /failed to get domain|Domain not found/.test(said);

/**
 * Firmware variables stay where libvirt keeps them: they hold the guest's boot entries, which it
 * needs when it is started again.
 */
const undefineOptions = [
  "--keep-nvram",
  "--managed-save",
  "--snapshots-metadata",
  "--checkpoints-metadata",
] as const;

/** Something else may start a domain again whenever it is ended. */
const mostTries = 10;

/** Ends a domain if it runs, and for `gone` removes its definition too. */
async function bring(
  virsh: Virsh,
  uuid: string,
  to: "off" | "gone",
  { sleep }: Clock,
): Promise<void> {
  // A domain that is being started can be removed only after the start has ended.
  for (let tries = 0; ; tries++) {
    const state = await stateOf(virsh, uuid);
    if (state === "gone" || state === to) return;
    const args =
      state === "off"
        ? ["undefine", "--domain", uuid, ...undefineOptions]
        : ["destroy", "--domain", uuid];
    const result = await virsh.tried(args, 120_000);
    if (result.status !== 0 && !isMissing(result.stderr) && tries >= 5) {
      throw hypervisorFailed(`virsh ${args[0] ?? ""}`, result);
    }
    if (tries >= mostTries) {
      throw hypervisorFailed(`virsh ${args[0] ?? ""}`, {
        ...result,
        stderr: `it is ${state} again`,
      });
    }
    if (result.status !== 0) await sleep(1000);
  }
}
