import { join } from "node:path";

/**
 * Where what is of one VM lies below the state folder. Names of folders come from UUIDs, whose length
 * is known: a socket's path has at most 107 bytes (unix(7)).
 */
export interface StatePaths {
  readonly folder: string;
  /** One file a VM. */
  readonly instances: string;
  readonly lock: string;
}

export const defaultStateFolder = "/var/lib/evenkeel";

export function statePaths(folder: string): StatePaths {
  return { folder, instances: join(folder, "vms"), lock: join(folder, "lock") };
}

export function instancePath({ instances }: StatePaths, name: string): string {
  return join(instances, `${name}.json`);
}

/** Held by whoever starts or stops the VM. */
export function instanceLock({ instances }: StatePaths, name: string): string {
  return join(instances, `${name}.lock`);
}

/** What a running VM needs of files: its monitor's socket, the number of its process. */
export function runFolder({ folder }: StatePaths, uuid: string): string {
  return join(folder, "run", uuid);
}
