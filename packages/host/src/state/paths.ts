import { join } from "node:path";

/**
 * The paths in the state folder. Folders are named by UUID, whose length is known: the path of a
 * socket has at most 107 bytes (unix(7)).
 */
export interface StatePaths {
  readonly folder: string;
  /** The folder with one file per VM. */
  readonly instances: string;
  readonly lock: string;
}

export const defaultStateFolder = "/var/lib/evenkeel";

/**
 * The lock that every command of root holds while it decides about the VMs of this host, whatever
 * its state folder is. A command that only frees what a VM has does without, since it must work
 * where this cannot be made. Another user has no such lock, because it would let them hold up
 * root's commands.
 */
export const rootsHostLock = "/run/evenkeel/lock";

export function statePaths(folder: string): StatePaths {
  return { folder, instances: join(folder, "vms"), lock: join(folder, "lock") };
}

export function instancePath({ instances }: StatePaths, name: string): string {
  return join(instances, `${name}.json`);
}

/** The lock held while the VM is started or stopped. */
export function instanceLock({ instances }: StatePaths, name: string): string {
  return join(instances, `${name}.lock`);
}

/** The folder with the monitor socket and the process id of a running VM. */
export function runFolder({ folder }: StatePaths, uuid: string): string {
  return join(folder, "run", uuid);
}
