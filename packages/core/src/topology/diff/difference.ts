/** A difference between two states of a machine, or between two machines. */
export interface TopologyDifference {
  readonly group: DifferenceGroup;
  /** Its subject, for people: `node 1`, `GPU 0000:1b:00.0`, `CPUs 7,9`. */
  readonly subject: string;
  /** The field, with what identifies its owner in brackets: `nodes[1].memoryBytes`. */
  readonly path: string;
  readonly before: DifferenceValue;
  readonly after: DifferenceValue;
  /** Whether the topology's digest covers it; false for facts that change while a machine runs. */
  readonly lasting: boolean;
  /** A sentence without its full stop: `node 1 lost 16 GiB of memory`. */
  readonly message: string;
}

/** In the order in which differences come; `names` has what is called otherwise and is the same. */
export type DifferenceGroup =
  | "machine"
  | "nodes"
  | "cpus"
  | "distances"
  | "names"
  | "devices"
  | "bridges"
  | "links"
  | "interconnects"
  | "partitions";

/** A value before or after a change; null where it is unknown. */
export type DifferenceValue = string | number | boolean | null;

/** The name of a PCI function for people. */
export type NameOf = (device: { readonly address: string }) => string;

/** `7` is `CPU 7`, `7,9` are `CPUs 7,9`. */
export function cpusText(list: string): string {
  return `${/^\d+$/.test(list) ? "CPU" : "CPUs"} ${list}`;
}

/** The sentence for a change of a value that may be unknown. */
export function changeText(
  what: string,
  before: DifferenceValue,
  after: DifferenceValue,
  show: (value: string | number | boolean) => string = String,
): string {
  if (before === null && after !== null) return `${what} became known: ${show(after)}`;
  if (after === null && before !== null) return `${what} became unknown, it was ${show(before)}`;
  return `${what} changed from ${show(before ?? "")} to ${show(after ?? "")}`;
}

/**
 * Pairs the items of two lists by their identity, in the order of the first list, then of the
 * second.
 */
export function paired<T>(
  before: readonly T[],
  after: readonly T[],
  identity: (item: T) => string,
): { readonly before: T | null; readonly after: T | null }[] {
  const old = new Map(before.map((item) => [identity(item), item]));
  const current = new Map(after.map((item) => [identity(item), item]));
  return [
    ...before.map((item) => ({ before: item, after: current.get(identity(item)) ?? null })),
    ...after
      .filter((item) => !old.has(identity(item)))
      .map((item) => ({ before: null, after: item })),
  ];
}
