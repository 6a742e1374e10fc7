import { parseQuantity } from "@evenkeel/core/unit/bytes.ts";
import { countOf, fieldsOf, listAt, textAt, valueAt } from "./objects.ts";

/** A device's attributes and capacities, by the names behind the slash, in any case. */
export interface Attributes {
  /** The first of the named attributes that is a text. */
  readonly text: (...names: readonly string[]) => string | null;
  /** The first that is one whole number from 0 to `max`. */
  readonly count: (max: number, ...names: readonly string[]) => number | null;
  readonly flag: (name: string) => boolean | null;
  /** The first that is a PCI vendor or device id, `0x740f`; AMD's driver has other numbers too. */
  readonly id: (...names: readonly string[]) => string | null;
  /** Every text of an attribute that may be a list. */
  readonly texts: (name: string) => readonly string[];
  /** The capacity, or the attribute, that is a quantity. */
  readonly quantity: (...names: readonly string[]) => number | null;
  /** The sizes and ids of `partition2`, `partition4`: attributes whose names end in a number. */
  readonly numbered: (prefix: string) => ReadonlyMap<number, number>;
  /** The names of the attributes and capacities that have given no answer yet. */
  readonly unread: () => readonly string[];
}

/** An attribute or a capacity, with its name as written behind the slash. */
interface Named {
  readonly name: string;
  readonly values: readonly unknown[];
}

/**
 * The attributes of a device in a ResourceSlice. A value has a type, `{ string: gpu }`, or is a
 * list, `{ ints: [0] }`; v1alpha2 lists attributes by `name`. An attribute that Kubernetes defines
 * (`resource.kubernetes.io/numaNode`) takes precedence over a driver's of the same name.
 */
export function attributesOf(device: unknown): Attributes {
  const known = new Map<string, Named>();
  for (const [full, typed] of [...attributeFields(device), ...capacityFields(device)]) {
    const name = full.slice(full.lastIndexOf("/") + 1);
    const key = name.toLowerCase();
    if (known.has(key) && !full.startsWith("resource.kubernetes.io/")) continue;
    known.set(key, { name, values: Array.isArray(typed) ? typed : [typed] });
  }
  const read = new Set<string>();
  /** The first value that reads as something; a list of several is no single value. */
  const first = <T>(names: readonly string[], parse: (value: unknown) => T | null): T | null => {
    for (const name of names) {
      const values = known.get(name)?.values ?? [];
      const found = values.length === 1 ? parse(values[0]) : null;
      if (found === null) continue;
      read.add(name);
      return found;
    }
    return null;
  };
  return {
    text: (...names) => first(names, textOf),
    count: (max, ...names) =>
      first(names, (value) => {
        const count = countOf(value);
        return count !== null && count <= max ? count : null;
      }),
    flag: (name) => first([name], (value) => (typeof value === "boolean" ? value : null)),
    id: (...names) => first(names, idOf),
    texts: (name) => {
      const found = (known.get(name)?.values ?? []).flatMap((value) => textOf(value) ?? []);
      if (found.length > 0) read.add(name);
      return found;
    },
    quantity: (...names) => first(names, quantityOf),
    numbered: (prefix) => {
      const found = new Map<number, number>();
      for (const key of known.keys()) {
        const digits = key.startsWith(prefix) ? key.slice(prefix.length) : "";
        const value = /^[1-9]\d{0,3}$/.test(digits) ? first([key], countOf) : null;
        if (value !== null) found.set(Number(digits), value);
      }
      return found;
    },
    unread: () => [...known].flatMap(([key, { name }]) => (read.has(key) ? [] : name)),
  };
}

function attributeFields(device: unknown): readonly (readonly [string, unknown])[] {
  const listed = listAt(device, "attributes").flatMap((one): (readonly [string, unknown])[] => {
    const name = textAt(one, "name");
    const value = fieldsOf(one).find(([key]) => key !== "name");
    return name === null || value === undefined ? [] : [[name, value[1]]];
  });
  const fields = fieldsOf(valueAt(device, "attributes")).map(
    ([name, typed]) => [name, fieldsOf(typed)[0]?.[1] ?? typed] as const,
  );
  return [...listed, ...fields];
}

/** `{ value: 80Gi }`, before v1beta1 the quantity itself; documents also write `quantity`. */
function capacityFields(device: unknown): readonly (readonly [string, unknown])[] {
  return fieldsOf(valueAt(device, "capacity")).map(([name, amount]) => [
    name,
    valueAt(amount, "value") ?? valueAt(amount, "quantity") ?? amount,
  ]);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}

function idOf(value: unknown): string | null {
  return /^0x([0-9a-f]{4})$/.exec(textOf(value)?.toLowerCase() ?? "")?.[1] ?? null;
}

/** A Kubernetes quantity, or a whole number; null for anything else. */
export function quantityOf(value: unknown): number | null {
  return typeof value === "string" ? parseQuantity(value) : countOf(value);
}
