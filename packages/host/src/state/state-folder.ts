import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { readFileText } from "../file/read-file.ts";
import { makePrivateFolder, removeDurably, unusable, writeDurably } from "./durable.ts";
import { type Lock, takeLock } from "./lock.ts";
import { instanceLock, instancePath, runFolder, type StatePaths, statePaths } from "./paths.ts";

/** The schema is not this package's. */
export type ParseInstance = (text: string, where: string) => Instance;

/** A file that says nothing usable, and why. */
export interface Damaged {
  readonly path: string;
  readonly error: EvenkeelError;
}

export interface Instances {
  readonly instances: readonly Instance[];
  readonly damaged: readonly Damaged[];
}

/**
 * The folder with one file a VM: who is on this host by whose plan. Every decision about what is
 * free is made with `alone` held; every change to a VM with its own lock, which is taken while `alone`
 * is held and kept after it is given back. A VM in the phase `starting` whose lock nobody holds is
 * one whose start was cut off.
 */
export interface StateFolder {
  readonly paths: StatePaths;
  /** Runs with every other command kept from deciding. Errors: `state-busy`. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  /** To be called within `alone`. Null where another command is at work on the VM. */
  readonly lockInstance: (name: string) => Promise<Lock | null>;
  readonly read: () => Instances;
  readonly write: (instance: Instance) => Promise<void>;
  /**
   * Removes the file, the folder of what it needed while it ran, and its lock's. To be called within
   * `alone` with the VM's lock held: then nobody waits for the file of that lock.
   */
  readonly remove: (instance: Pick<Instance, "name" | "uuid">) => Promise<void>;
}

/** A plan of a thousand devices has some hundred kilobytes. */
const maxBytes = 64 * MiB;

/** Others hold it for as long as reading a machine takes, seconds. */
const waitSeconds = 60;

export async function openState(folder: string, parse: ParseInstance): Promise<StateFolder> {
  const paths = statePaths(folder);
  await makePrivateFolder(paths.folder);
  await makePrivateFolder(paths.instances);
  return {
    paths,
    alone: async (work) => {
      const lock = await takeLock(paths.lock, waitSeconds);
      if (lock === null) throw busy(paths.folder);
      try {
        return await work();
      } finally {
        await lock.release();
      }
    },
    lockInstance: (name) => takeLock(instanceLock(paths, name), 0),
    read: () => readInstances(paths, parse),
    write: (instance) =>
      writeDurably(instancePath(paths, instance.name), `${JSON.stringify(instance, null, 2)}\n`),
    remove: async ({ name, uuid }) => {
      await removeDurably(instancePath(paths, name));
      await rm(runFolder(paths, uuid), { recursive: true, force: true });
      await rm(instanceLock(paths, name), { force: true });
    },
  };
}

/** The VMs of a state folder that is only looked at; none where there is no such folder. */
export function readState(folder: string, parse: ParseInstance): Instances {
  return readInstances(statePaths(folder), parse);
}

/** Every file by itself, so that one that is damaged hides no other. */
function readInstances(paths: StatePaths, parse: ParseInstance): Instances {
  const instances: Instance[] = [];
  const damaged: Damaged[] = [];
  for (const file of namesIn(paths.instances)) {
    // What a crash left beside its place begins with a dot, and was never in force.
    if (file.startsWith(".") || !file.endsWith(".json")) continue;
    const path = `${paths.instances}/${file}`;
    try {
      const demand = { maxBytes, expected: "an Instance that evenkeel run wrote" };
      const instance = parse(readFileText(path, demand), path);
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

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
    throw unusable(folder, cause);
  }
}

/** What is taken is unknown while a file cannot be read: nothing is decided then. */
export function refuseDamaged({ damaged }: Pick<Instances, "damaged">): void {
  const [first] = damaged;
  if (first === undefined) return;
  throw new EvenkeelError("state-damaged", `says nothing usable: ${first.error.message}`, {
    where: first.path,
    expected: "an Instance that evenkeel run wrote",
    remedy: "see with virsh list whether that VM runs; stop it, then move the file away",
    cause: first.error,
  });
}

function busy(folder: string): EvenkeelError {
  return new EvenkeelError("state-busy", "another command is deciding", {
    where: folder,
    expected: `its end within ${waitSeconds} s`,
    remedy: "try again; fuser -v shows who holds the file lock in it",
  });
}
