import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import type { ProcessRecord } from "@evenkeel/core/instance/instance.ts";
import { guestName, guestUuid } from "@evenkeel/core/guest/name.ts";
import { functionsOf, type Plan } from "@evenkeel/core/plan/plan.ts";
import { findProcess, type FoundProcess, processOf } from "../procfs/find-process.ts";
import type { Tree } from "../tree/tree.ts";
import { askHypervisor, type AskOptions } from "./ask-hypervisor.ts";
import { lastingThreads } from "./lasting-threads.ts";
import { readEvidence } from "./read-evidence.ts";

/** How the VM is found, and what is known of it already. */
export interface LiveOptions extends AskOptions {
  readonly host: string;
  readonly takenAt: string;
  /** The UUID of the VM, if it is known. Then no process is accepted by its name alone. */
  readonly uuid?: string | undefined;
  /** The process that was recorded when the VM was started. */
  readonly record?: ProcessRecord | null | undefined;
  /** The process of the VM, if the caller knows it. */
  readonly pid?: number | undefined;
  readonly guest: GuestReport | null;
}

/**
 * Reads the evidence about the VM of a plan. On a live machine it also asks the monitor and
 * libvirt. Its threads are looked at twice, so that none counts that comes and goes.
 */
export async function readLiveEvidence(
  tree: Tree,
  plan: Plan,
  options: LiveOptions,
): Promise<Evidence> {
  const name = guestName(plan.vm, plan.tenant);
  const { process, whyNoProcess } = findPlannedProcess(tree, name, plan, options);
  const lasting = process === null ? noThreads : lastingThreads(tree, process.pid, options.clock);
  const answers = await askHypervisor(tree, process, options);
  return readEvidence(tree, {
    of: "vm",
    name: plan.vm,
    host: options.host,
    takenAt: options.takenAt,
    process,
    whyNoProcess,
    devices: plan.devices.flatMap(functionsOf),
    vm: { ...answers, guest: options.guest ?? { why: "no guest report was given" } },
    threadsBefore: await lasting(),
    machine: null,
  });
}

const noThreads = async (): Promise<null> => null;

/** Finds the process by its id or record, by the UUID, or by the name and UUID of the plan. */
function findPlannedProcess(
  tree: Tree,
  name: string,
  { vm, tenant }: Plan,
  { pid, uuid, record = null }: LiveOptions,
): { readonly process: FoundProcess | null; readonly whyNoProcess: string } {
  if (pid !== undefined) {
    const whyNoProcess = `process ${pid} does not exist or is not an emulator`;
    return { process: processOf(tree, pid), whyNoProcess };
  }
  const sought = uuid === undefined ? { name, uuid: guestUuid(vm, tenant) } : { name: null, uuid };
  const search = findProcess(tree, { ...sought, record, pidFile: null });
  switch (search.kind) {
    case "found":
      return { process: search.process, whyNoProcess: "" };
    case "ambiguous": {
      const whyNoProcess = `any of the processes ${search.pids.join(", ")} could be it`;
      return { process: null, whyNoProcess };
    }
    case "none":
      return { process: null, whyNoProcess: whyNone(sought, record) };
  }
}

function whyNone(
  { name, uuid }: { readonly name: string | null; readonly uuid: string },
  record: ProcessRecord | null,
): string {
  if (record !== null) return `process ${record.pid}, which was started for it, has ended`;
  const words = name === null ? `the UUID ${uuid}` : `the name ${name} or the UUID ${uuid}`;
  return `no QEMU of root, of libvirt or of this user has ${words} on its command line`;
}
