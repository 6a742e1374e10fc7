import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { functionsOf } from "@evenkeel/core/plan/plan.ts";
import { type Around, lookAround } from "../evidence/look-around.ts";
import {
  qemuSubject,
  type RunningSubject,
  subjectOfContainer,
  subjectOfPid,
  subjectWord,
  vmCalled,
} from "../evidence/find-subject.ts";
import { machineEvidence, readSubject } from "../evidence/read-subject.ts";
import { domainsHere } from "../holding/domains-here.ts";
import { type Domain, onThisMachine } from "../hypervisor/libvirt/domains.ts";
import { patienceFor, readingMs } from "../hypervisor/patience.ts";
import { findProcess } from "../procfs/find-process.ts";
import type { Note } from "../text/note.ts";
import type { Tree } from "../tree/tree.ts";
import type { LocalHost } from "./host.ts";
import { instanceCalled } from "./named.ts";

/** A machine, live or recorded, whose VMs and processes are subjects. */
export interface SubjectHost extends LocalHost {
  /** The VMs that Evenkeel has started or adopted here; none on a recorded machine. */
  readonly instances: () => readonly Instance[];
  /** Its tree, with the outputs of its tools. */
  readonly machineTree: () => Promise<Tree>;
  /** Takes what a reader of the topology should know. */
  readonly note: Note;
}

/** What the caller knows about a subject beyond what the machine shows. */
export interface SubjectHints {
  /** The socket of a VM's monitor, if its command line names none. */
  readonly qmp?: string | undefined;
  /** The report of its guest. */
  readonly guest?: GuestReport | null;
}

/** The subjects of one machine, which was looked at once. */
export interface SubjectsHere {
  /** The numbers of the processes that run VMs, which are words for `read`. */
  readonly vms: readonly number[];
  /** The evidence of the machine itself, without any subject. */
  readonly machine: () => Evidence;
  /**
   * Reads the evidence of a VM by any name that it has, of a process by its number, or of a
   * container by the beginning of its id (`container:4f5a`).
   *
   * Errors: `usage`, `vm-unknown`, `process-unknown`, `process-gone`.
   */
  readonly read: (word: string, hints?: SubjectHints) => Promise<Evidence>;
}

/**
 * Looks at a machine, so that evidence of any of its subjects can be read, whoever started it. This
 * changes nothing. Other users' processes are read as far as the kernel lets the caller.
 */
export async function subjectsHere(host: SubjectHost): Promise<SubjectsHere> {
  const { hostname, clock, libvirtUri, note } = host;
  const instances = host.instances();
  const tree = host.tree();
  const patience = patienceFor(readingMs, clock);
  let domains: readonly Domain[] = [];
  const around = await lookAround({
    tree,
    host: hostname,
    clock,
    withTools: host.machineTree,
    instances,
    domains: async (emulators) => {
      if (!tree.live) return [];
      domains = await domainsHere(instances, emulators, patience, libvirtUri);
      return onThisMachine(libvirtUri, domains);
    },
    note,
    calibrate: host.calibrate,
  });
  return {
    vms: around.here.found.emulators.filter(({ runsVm }) => runsVm).map(({ pid }) => pid),
    machine: () => machineEvidence(around, hostname, clock.now().toISOString()),
    read: async (word, { qmp, guest = null } = {}) => {
      const { subject, instance } = await named(word, around, instances, domains, host);
      return readSubject(subject, around, {
        host: hostname,
        qmp,
        libvirtUri: instance?.uri ?? libvirtUri,
        devices: instance === null ? [] : instance.plan.devices.flatMap(functionsOf),
        guest,
        clock,
      });
    },
  };
}

/** A subject, and the record of the VM that it is. */
interface Named {
  readonly subject: RunningSubject;
  readonly instance: Instance | null;
}

async function named(
  word: string,
  around: Around,
  instances: readonly Instance[],
  domains: readonly Domain[],
  host: SubjectHost,
): Promise<Named> {
  const asked = subjectWord(word);
  switch (asked.kind) {
    case "pid":
      return known(subjectOfPid(around.here, asked.pid), around, instances);
    case "container":
      return known(subjectOfContainer(around.here, asked.id), around, instances);
    case "name": {
      const instance = await recorded(asked.name, instances, host);
      if (instance !== null) return { subject: processOfInstance(instance, around), instance };
      return known(vmHere(asked.name, around, domains), around, instances);
    }
  }
}

/** A VM by its process; libvirt says of one that has none why. Errors: `vm-unknown`. */
function vmHere(name: string, { here }: Around, domains: readonly Domain[]): RunningSubject {
  const uuid = name.toLowerCase();
  const domain = domains.find((one) => one.name === name || one.uuid === uuid);
  if (domain?.running !== false) return vmCalled(here, name);
  throw new EvenkeelError("vm-unknown", "it is off", { where: name, expected: "a VM that runs" });
}

/** The record of a VM that was found by its process. */
function known(subject: RunningSubject, { held }: Around, instances: readonly Instance[]): Named {
  const own = held.find(({ pid }) => pid === subject.process.pid);
  const instance =
    own === undefined || own.plan === null
      ? null
      : (instances.find(({ plan }) => plan === own.plan) ?? null);
  if (instance === null) return { subject, instance };
  return { subject: { ...subject, name: instance.name }, instance };
}

/** The record of the VM that has a name; null if none has it. */
async function recorded(
  name: string,
  instances: readonly Instance[],
  host: SubjectHost,
): Promise<Instance | null> {
  if (instances.length === 0) return null;
  try {
    return await instanceCalled(name, instances, host);
  } catch (error) {
    const isOfSeveral = instances.some(({ plan }) => plan.vm === name);
    if (isOfSeveral || !(error instanceof EvenkeelError) || error.code !== "vm-unknown")
      throw error;
    return null;
  }
}

/** The process of a recorded VM. Errors: `vm-unknown` where it has none. */
function processOfInstance({ name, uuid, process }: Instance, around: Around): RunningSubject {
  const { tree } = around.here;
  const search = findProcess(tree, { name: null, uuid, record: process, pidFile: null });
  if (search.kind === "found") return { ...qemuSubject(search.process), name };
  throw new EvenkeelError("vm-unknown", "it does not run, or its process is not seen here", {
    where: name,
    expected: "a VM that runs",
    remedy: "see evenkeel list",
  });
}
