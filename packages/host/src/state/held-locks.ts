import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { type Lock, takeLock } from "./lock.ts";

/** The locks that a command holds on a state folder. */
export interface HeldLocks {
  /** Null if another holder kept it. Releasing it again does nothing. */
  readonly take: (path: string, waitSeconds: number) => Promise<Lock | null>;
  /** Runs the work with a lock that all commands wait for. Errors: `state-busy`. */
  readonly within: <T>(path: string, work: () => Promise<T>) => Promise<T>;
  /** Refuses where the file of any of them was removed or replaced. Errors: `state-unusable`. */
  readonly requireHeld: () => void;
}

/** Another command holds the lock while it reads a machine, which takes seconds. */
const waitSeconds = 60;

/** Keeps the locks of a command together, so that each change can check all of them. */
export function heldLocks(): HeldLocks {
  const held = new Set<Lock>();
  const take: HeldLocks["take"] = async (path, seconds) => {
    const lock = await takeLock(path, seconds);
    if (lock === null) return null;
    const release = async (): Promise<void> => {
      if (held.delete(lock)) await lock.release();
    };
    held.add(lock);
    return { ...lock, release };
  };
  return {
    take,
    within: async (path, work) => {
      const lock = await take(path, waitSeconds);
      if (lock === null) throw busy(path);
      try {
        return await work();
      } finally {
        await lock.release();
      }
    },
    requireHeld: () => held.forEach((lock) => lock.requireHeld()),
  };
}

function busy(path: string): EvenkeelError {
  return new EvenkeelError("state-busy", "another command is deciding about the VMs of this host", {
    where: path,
    expected: `that it ends within ${waitSeconds} s`,
    remedy: "try again; fuser -v shows who holds this lock",
  });
}
