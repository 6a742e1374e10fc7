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
import { leftoversAmong } from "./leftovers.ts";
import { isUnlocked, type Lock, takeLock } from "./lock.ts";
import { instanceLock, instancePath, runFolder, type StatePaths, statePaths } from "./paths.ts";
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
 * which is taken within `withHostLock` and may be kept longer. A VM in the phase `starting` whose
 * lock nobody holds is one whose start was cut off.
 */
export interface StateFolder extends StateView {
  /** Runs the work while every other command waits with its decisions. Errors: `state-busy`. */
  readonly withHostLock: <T>(work: () => Promise<T>) => Promise<T>;
  /** Call it within `withHostLock`. Null if another command works on the VM. */
  readonly lockInstance: (name: string) => Promise<Lock | null>;
  /** Refused where a lock file that this process holds is no longer in the folder. */
  readonly write: (instance: Instance) => Promise<void>;
  /**
   * Removes the run folder, the record and the lock file of a VM. Call it within `withHostLock`
   * with the lock held: then nobody waits for that lock file. Refused as `write` is. The record is
   * removed after the run folder: if this is cut off in between, the next command finds the rest.
   */
  readonly remove: (instance: Pick<Instance, "name" | "uuid">) => Promise<void>;
  /**
   * Removes what commands that were cut off have left beside the records: half-written files, and
   * locks of VMs without a record. Call it within `withHostLock`. If that fails, they stay.
   */
  readonly sweep: () => Promise<void>;
}

/** A plan with a thousand devices takes some hundred kilobytes. */
const maxBytes = 64 * MiB;

/** Another command holds the lock while it reads a machine, which takes seconds. */
const waitSeconds = 60;

/**
 * A command that only reads locks a VM for some milliseconds. The lock of a VM that another command
 * works on is not waited for any longer.
 */
const readerSeconds = 0.1;

export async function openState(folder: string, parse: ParseInstance): Promise<StateFolder> {
  const view = viewState(folder, parse);
  const { paths } = view;
  await makePrivateFolder(paths.folder);
  await makePrivateFolder(paths.instances);
  const held = new Set<Lock>();
  const requireHeld = (): void => held.forEach((lock) => lock.requireHeld());
  const take = async (path: string, seconds: number): Promise<Lock | null> => {
    const lock = await takeLock(path, seconds);
    if (lock === null) return null;
    const release = (): Promise<void> => {
      held.delete(lock);
      return lock.release();
    };
    held.add(lock);
    return { ...lock, release };
  };
  return {
    ...view,
    withHostLock: async (work) => {
      const lock = await take(paths.lock, waitSeconds);
      if (lock === null) throw busy(paths.folder);
      try {
        return await work();
      } finally {
        await lock.release();
      }
    },
    lockInstance: (name) => take(instanceLock(paths, name), readerSeconds),
    write: async (instance) => {
      requireHeld();
      const text = `${JSON.stringify(instance, null, 2)}\n`;
      await writeDurably(instancePath(paths, instance.name), text);
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
export function viewState(folder: string, parse: ParseInstance): StateView {
  const paths = statePaths(folder);
  return {
    paths,
    read: () => readInstances(paths, parse),
    isUnlocked: (name) => isUnlocked(instanceLock(paths, name)),
  };
}

/** Reads each file by itself, so that a damaged one hides no other. */
function readInstances(paths: StatePaths, parse: ParseInstance): Instances {
  const instances: Instance[] = [];
  const damaged: Damaged[] = [];
  for (const file of namesIn(paths)) {
    // Files that a crash left half-written begin with a dot. They never took effect.
    if (file.startsWith(".") || !file.endsWith(".json")) continue;
    const path = `${paths.instances}/${file}`;
    try {
      const demand = { maxBytes, expected: "an Instance that evenkeel run wrote" };
      const instance = parse(readTrustedText(path, demand), path);
      if (instance.name !== file.slice(0, -".json".length)) {
        throw new EvenkeelError("document-invalid", `it is of the VM ${instance.name}`, {
          where: path,
          expected: "the VM that the file is named after",
        });
      }
      instances.push(instance);
    } catch (error) {
      if (!(error instanceof EvenkeelError)) throw error;
      damaged.push({ path, error });
    }
  }
  return { instances, damaged };
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
  throw new EvenkeelError("state-damaged", `cannot be used: ${first.error.message}`, {
    where: first.path,
    expected: "an Instance that evenkeel run wrote",
    remedy: "see with virsh list whether that VM runs; stop it, then move the file away",
    cause: first.error,
  });
}

function busy(folder: string): EvenkeelError {
  return new EvenkeelError("state-busy", "another command has locked the state folder", {
    where: folder,
    expected: `that it ends within ${waitSeconds} s`,
    remedy: "try again; fuser -v shows who holds the file lock in it",
  });
}
