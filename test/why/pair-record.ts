/**
 * How pairs of records are kept in `test/why/lab`: each in a file of its own, with what `why` said
 * of the two while they ran. The machines of one host are nearly equal, so the host's is kept once
 * (`HOST.machine.json`), and a record holds where its own differs from that, by path:
 * `"topology.nodes.0.freeBytes": 905768960`.
 */
export interface PairRecord {
  readonly name: string;
  /** The host's name, as in `lab/machine/shape.ts`. */
  readonly host: string;
  /** The codes of what was planted; empty where both are in order. */
  readonly planted: readonly string[];
  /** What `why` said live, in order: the code, and in which of the two. */
  readonly live: readonly (readonly [code: string, side: string])[];
  readonly a: unknown;
  readonly b: unknown;
}

/** Values by their paths: keys and indices, with dots between them. */
export type Paths = Readonly<Record<string, unknown>>;

const isNested = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Whether two values have parts of the same names, so that these can be compared one by one. */
function areComparable(base: unknown, other: unknown): boolean {
  if (!isNested(base) || !isNested(other)) return false;
  return Array.isArray(base) === Array.isArray(other) && keysOf(base) === keysOf(other);
}

const keysOf = (value: object): string => Object.keys(value).toSorted().join();

/** Where a JSON value differs from another, as deep as the two have the same parts. */
export function differences(base: unknown, other: unknown, path: string = ""): Paths {
  if (!areComparable(base, other)) {
    return JSON.stringify(base) === JSON.stringify(other) ? {} : { [path]: other };
  }
  const keys = isNested(other) ? Object.keys(other) : [];
  const parts = keys.map((key) =>
    differences(part(base, key), part(other, key), path === "" ? key : `${path}.${key}`),
  );
  return Object.assign({}, ...parts);
}

/** A copy of a JSON value with other values at some paths, whose parents it must have. */
export function altered(base: unknown, paths: Paths): unknown {
  // By its text, so that parts which it has in common are copied one by one.
  const copy: unknown = JSON.parse(JSON.stringify(base));
  for (const [path, value] of Object.entries(paths)) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    const parent = keys.reduce(part, copy);
    if (!isNested(parent)) throw new Error(`there is nothing to hold ${path}`);
    Reflect.set(parent, last, value);
  }
  return copy;
}

function part(value: unknown, key: string): unknown {
  return isNested(value) ? Reflect.get(value, key) : undefined;
}

/** A record as it is kept beside the machine of its host. */
export function withoutMachine(record: unknown, machine: unknown): unknown {
  return altered(record, { machine: differences(machine, part(record, "machine")) });
}

/** The record that was kept beside that machine. */
export function withMachine(kept: unknown, machine: unknown): unknown {
  const paths = part(kept, "machine");
  return altered(kept, { machine: altered(machine, isNested(paths) ? { ...paths } : {}) });
}
