/**
 * What sets something right, for people to read and for programs to run: the same shape in a
 * verdict, a preflight report and a refusal (docs/decisions/0017-one-remedy.md).
 */
export interface Remedy {
  /** What to do, as a sentence. */
  readonly text: string;
  /** The commands that do it, in order, on the host; null where none does, or a fact is missing. */
  readonly argv: readonly Command[] | null;
  readonly when: RemedyTime | null;
  /** The commands that bring back what was found before, in order; null where none does. */
  readonly undo: readonly Command[] | null;
}

/** A program and its arguments. No shell reads it: it has no redirections, pipes or variables. */
export type Command = readonly string[];

/**
 * When a remedy helps: at once, when the VM is started again, or when the host is. Null in a remedy
 * that changes the request.
 */
export const remedyTimes = ["live", "restart", "host-reboot"] as const;
/** One of the times at which a remedy helps. */
export type RemedyTime = (typeof remedyTimes)[number];

/** A remedy that no command carries out. */
export function advice(when: Remedy["when"], text: string): Remedy {
  return { text, argv: null, when, undo: null };
}

/** For everything that a VM is given when it starts. */
export const restartFromPlan: Remedy = advice(
  "restart",
  "Stop the VM and start it again from its plan.",
);

/**
 * The command that writes a value to a file of the kernel's. Of the programs that every host has,
 * shuf alone writes an argument to a file that another argument names (coreutils and busybox), so
 * it needs no redirection and works behind sudo.
 */
export function writeFile(path: string, value: string): Command {
  return ["shuf", "-e", value, "-o", path];
}

/** The command that writes back what a file had; null where that was nothing, or is not known. */
export function writeBack(path: string, found: string | null): Command | null {
  return found === null || found === "" ? null : writeFile(path, found);
}

/** NUMA balancing off; the undo sets it to what was found. */
export function numaBalancingOff(found: number): Remedy {
  const set = (value: number): Command => ["sysctl", "-w", `kernel.numa_balancing=${value}`];
  return { text: "Turn NUMA balancing off.", argv: [set(0)], when: "live", undo: [set(found)] };
}

/** 2 stops merging and takes merged pages apart, which 0 would leave merged. */
export const mergingOff: Remedy = {
  text: "Stop same-page merging and take merged pages apart.",
  argv: [writeFile("/sys/kernel/mm/ksm/run", "2")],
  when: "live",
  undo: [writeFile("/sys/kernel/mm/ksm/run", "1")],
};

/** A remedy, and the places in a list of what it mends, from 0. */
export interface SharedRemedy {
  readonly remedy: Remedy;
  readonly mends: readonly number[];
}

/**
 * The different remedies of a list, in its order: several findings of one cause have one remedy.
 */
export function sharedRemedies(
  items: readonly { readonly remedy: Remedy }[],
): readonly SharedRemedy[] {
  const places = items.map(({ remedy }, place) => ({ remedy, place }));
  const alike = Map.groupBy(places, ({ remedy: { text, argv, when, undo } }) =>
    JSON.stringify([text, argv, when, undo]),
  );
  return [...alike.values()].flatMap((own) => {
    const [first] = own;
    return first === undefined
      ? []
      : [{ remedy: first.remedy, mends: own.map(({ place }) => place) }];
  });
}
