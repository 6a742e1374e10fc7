import { closeSync, constants, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { type FileDemand, readOpenText } from "../file/read-file.ts";
import {
  isTrustedFolder,
  makePrivateFolder,
  removeDurably,
  unusable,
  writeDurably,
} from "./durable.ts";
import { damagedRemedy } from "./damaged.ts";
import { leftoversAmong } from "./leftovers.ts";
import { heldLocks } from "./held-locks.ts";
import { isUnlocked, type Lock } from "./lock.ts";
import { instanceLock, instancePath, runFolder, type StatePaths, statePaths } from "./paths.ts";
import { requireKnownLibvirt, requireOwnFile, sharedUuid } from "./record-checks.ts";
import { openTrusted } from "./trusted.ts";

/** Parses an Instance. The schema is in the contract package, so the caller passes this in. */
export type ParseInstance = (text: string, where: string) => Instance;

/** A file that cannot be used, and why. */
export interface Damaged {
  readonly path: string;
  readonly error: EvenkeelError;
}

export interface Instances {
  readonly instances: readonly Instance[];
  readonly damaged: readonly Damaged[];
}

/** The state folder for commands that only read. They make nothing and wait for no lock. */
export interface StateView {
  readonly paths: StatePaths;
  /** It is empty where there is no folder. */
  readonly read: () => Instances;
  /** Whether certainly no command works on the VM. */
  readonly isUnlocked: (name: string) => Promise<boolean>;
}

/**
 * The folder that records the VMs of this host and their plans, one file per VM. Decisions about
 * what is free are made within `withHostLock`. Changes to a VM are made with its own lock held,
 * which is taken within `withFolderLock` and may be kept longer. A VM in the phase `starting` whose
 * lock nobody holds is one whose start was cut off.
 *
 * What only frees things needs no lock of the host: a stop, and the undoing of a start. It changes
 * records of this folder alone, and a decision by another folder counts what a VM really holds
 * until that is gone. So it is not refused where the host's lock cannot be taken.
 */
export interface StateFolder extends StateView {
  /**
   * Runs the work while every other command waits with its decisions, and with `withFolderLock`.
   * Errors: `state-busy`, `state-untrusted`, `state-unusable`.
   */
  readonly withHostLock: <T>(work: () => Promise<T>) => Promise<T>;
  /**
   * Runs the work while every other command on this folder waits with its decisions and changes.
   * `withHostLock` includes it. Errors: `state-busy`, `state-untrusted`, `state-unusable`.
   */
  readonly withFolderLock: <T>(work: () => Promise<T>) => Promise<T>;
  /**
   * Call it within `withFolderLock`. Null if another command works on the VM. Releasing it again
   * does nothing.
   */
  readonly lockInstance: (name: string) => Promise<Lock | null>;
  /** Refused where a lock file that this process holds is no longer in the folder. */
  readonly write: (instance: Instance) => Promise<void>;
  /**
   * Removes the run folder, the record and the lock file of a VM. Call it within `withFolderLock`
   * with the lock held: then nobody waits for that lock file. Refused as `write` is. The record is
   * removed after the run folder: if this is cut off in between, the next command finds the rest.
   */
  readonly remove: (instance: Pick<Instance, "name" | "uuid">) => Promise<void>;
  /**
   * Removes what commands that were cut off have left beside the records: half-written files, and
   * locks of VMs without a record. Call it within `withFolderLock`. If that fails, they stay.
   */
  readonly sweep: () => Promise<void>;
}

/** A plan with a thousand devices takes some hundred kilobytes. */
const maxBytes = 64 * MiB;

const expectedRecord = "an Instance that evenkeel run wrote";

/**
 * A command that only reads locks a VM for some milliseconds. The lock of a VM that another command
 * works on is not waited for any longer.
 */
const readerSeconds = 0.1;

/** What a command that changes the state folder chooses beside it. */
export interface StateOptions {
  /**
   * The libvirt that the caller has chosen. Records may name it, and otherwise only libvirt's own
   * two on this machine.
   */
  readonly libvirtUri?: string | null;
  /**
   * A lock that all commands on this machine share, whatever their state folders are; null where
   * the folder's own lock suffices. Its folder is made when it is first taken.
   */
  readonly hostLock?: string | null;
}

/**
 * Opens a state folder to change it, and makes it where it is missing.
 *
 * Errors: `state-untrusted`, `state-unusable`.
 */
export async function openState(
  folder: string,
  parse: ParseInstance,
  { libvirtUri = null, hostLock = null }: StateOptions = {},
): Promise<StateFolder> {
  const view = viewState(folder, parse, libvirtUri);
  const { paths } = view;
  await makePrivateFolder(paths.folder);
  await makePrivateFolder(paths.instances);
  const { take, within, requireHeld } = heldLocks();
  const withFolderLock: StateFolder["withFolderLock"] = (work) => within(paths.lock, work);
  return {
    ...view,
    withHostLock: async (work) => {
      if (hostLock === null) return withFolderLock(work);
      await makePrivateFolder(dirname(hostLock));
      return within(hostLock, () => withFolderLock(work));
    },
    withFolderLock,
    lockInstance: (name) => take(instanceLock(paths, name), readerSeconds),
    write: async (instance) => {
      requireHeld();
      const [path, text] = [
        instancePath(paths, instance.name),
        `${JSON.stringify(instance, null, 2)}\n`,
      ];
      // A record that no command could read would leave the VM to nobody.
      parse(text, path);
      await writeDurably(path, text);
    },
    remove: async ({ name, uuid }) => {
      requireHeld();
      await removeTree(runFolder(paths, uuid));
      await removeDurably(instancePath(paths, name));
      // The VM is gone with its record. A lock that stays is swept by the next command.
      await rm(instanceLock(paths, name), { force: true }).catch(() => {});
    },
    sweep: async () => {
      for (const { name, files } of leftoversAmong(namesIn(paths))) {
        const lock = await take(instanceLock(paths, name), 0).catch(() => null);
        if (lock === null) continue;
        try {
          requireHeld();
          for (const file of files) await rm(join(paths.instances, file), { force: true });
        } catch {
          // The disk is read-only, or somebody has put something else there. It does no harm.
        } finally {
          await lock.release();
        }
      }
    },
  };
}

async function removeTree(path: string): Promise<void> {
  if (!isTrustedFolder(dirname(path))) return;
  await rm(path, { recursive: true, force: true }).catch((cause: unknown) => {
    throw unusable(path, cause);
  });
}

/** Opens a state folder to read it. This neither makes nor changes anything. */
export function viewState(
  folder: string,
  parse: ParseInstance,
  libvirtUri: string | null = null,
): StateView {
  const paths = statePaths(folder);
  return {
    paths,
    read: () => readInstances(paths, parse, libvirtUri),
    isUnlocked: (name) => isUnlocked(instanceLock(paths, name)),
  };
}

/** Reads each file by itself, so that a damaged one hides no other. */
function readInstances(
  paths: StatePaths,
  parse: ParseInstance,
  libvirtUri: string | null,
): Instances {
  const instances: Instance[] = [];
  const damaged: Damaged[] = [];
  for (const file of namesIn(paths)) {
    // Files that a crash left half-written begin with a dot. They never took effect.
    if (file.startsWith(".") || !file.endsWith(".json")) continue;
    const path = `${paths.instances}/${file}`;
    try {
      const demand = { maxBytes, expected: expectedRecord };
      const instance = parse(readTrustedText(path, demand), path);
      requireOwnFile(instance, file, path);
      requireKnownLibvirt(instance, libvirtUri, path);
      instances.push(instance);
    } catch (error) {
      if (!(error instanceof EvenkeelError)) throw error;
      damaged.push({ path, error });
    }
  }
  const shared = instances.flatMap((instance): readonly Damaged[] => {
    const message = sharedUuid(instance, instances);
    if (message === null) return [];
    const path = instancePath(paths, instance.name);
    const expected = "a UUID that no other VM has";
    return [
      { path, error: new EvenkeelError("document-invalid", message, { where: path, expected }) },
    ];
  });
  return {
    instances: instances.filter((one) => sharedUuid(one, instances) === null),
    damaged: [...damaged, ...shared].toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

function readTrustedText(path: string, demand: FileDemand): string {
  let file: number;
  try {
    file = openTrusted(path, constants.O_RDONLY);
  } catch (cause) {
    throw unusable(path, cause);
  }
  try {
    return readOpenText(file, path, demand);
  } finally {
    closeSync(file);
  }
}

function namesIn({ folder, instances }: StatePaths): readonly string[] {
  if (!isTrustedFolder(folder) || !isTrustedFolder(instances)) return [];
  try {
    return readdirSync(instances).toSorted();
  } catch (cause) {
    throw unusable(instances, cause);
  }
}

/** Refuses to decide while a file cannot be read, since what its VM holds is unknown. */
export function refuseDamaged({ damaged }: Pick<Instances, "damaged">): void {
  const [first] = damaged;
  if (first === undefined) return;
  const { path, error } = first;
  const text = error.code === "state-untrusted" ? null : readableText(path);
  throw new EvenkeelError("state-damaged", `cannot be used: ${error.message}`, {
    where: path,
    expected: error.expected ?? expectedRecord,
    remedy: text === null && error.remedy !== null ? error.remedy : damagedRemedy(path, text ?? ""),
    cause: error,
  });
}

/** What a damaged file says; null where it cannot be read. */
function readableText(path: string): string | null {
  try {
    return readTrustedText(path, { maxBytes, expected: expectedRecord });
  } catch {
    return null;
  }
}
