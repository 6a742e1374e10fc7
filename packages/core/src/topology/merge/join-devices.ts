import { EvenkeelError } from "../../error/evenkeel-error.ts";
import { count, countOf, type Tally } from "../../unit/tally.ts";
import { comparePciAddresses } from "../pci-address.ts";
import { isStandIn, standInAddress } from "../stand-in.ts";
import type { Accelerator, PciDevice } from "../topology.ts";
import { wholeAccelerators } from "../virtual-functions.ts";
import type { Part, Report } from "./finding.ts";
import { sameDeviceMemory, sameModel } from "./same.ts";

/**
 * Matches the devices of different sources. Each device gets a key; devices with equal keys are one
 * device.
 *
 * An address is its own key. A text without addresses lists GPUs in the order of their PCI
 * addresses: `nvidia-smi` enumerates by bus id, and NCCL and ROCm keep that order. So its n-th GPU
 * is matched with the n-th GPU by address in the other sources, if their numbers are equal and no
 * fact that both know differs: models, memory, UUIDs, or nodes that another order would match
 * better. (A node that no order matches is a contradiction about a known device, and is reported as
 * one.) If both have UUIDs, these alone decide. NICs have no defined order and are matched by name.
 * A device that cannot be matched stays separate, with a finding, because separate devices are
 * better than a wrong match.
 *
 * The cost is that of sorting the devices.
 */
export interface Joined {
  /** The key of a device of the part at this position. */
  readonly keyOf: (position: number, address: string) => string;
  /** For each part, the keys of its devices without addresses that were matched. */
  readonly joinedKeys: readonly (readonly string[])[];
}

export function joinDevices(parts: readonly Part[], report: Report): Joined {
  const join = { parts, keys: ownKeys(parts), joined: parts.map((): string[] => []), report };
  joinAccelerators(join);
  joinNics(join);
  return {
    keyOf: (position, address) => join.keys[position]?.get(address) ?? address,
    joinedKeys: join.joined,
  };
}

/** Gives every device without an address one stand-in: its own where no earlier part uses it. */
function ownKeys(parts: readonly Part[]): readonly Map<string, string>[] {
  const used = new Set<string>();
  let ordinal = 0;
  return parts.map(({ topology }) => {
    const keys = new Map<string, string>();
    const unaddressed = topology.pci.filter(({ address }) => isStandIn(address));
    const taken = new Set(used);
    for (const { address } of unaddressed) used.add(address);
    for (const { address } of unaddressed) {
      let key = address;
      for (; taken.has(key); ordinal++) {
        if (ordinal > STAND_INS_MAX) throw tooMany();
        const candidate = standInAddress(ordinal);
        if (!used.has(candidate)) key = candidate;
      }
      used.add(key);
      keys.set(address, key);
    }
    return keys;
  });
}

const STAND_INS_MAX = 65_535;

function tooMany(): EvenkeelError {
  return new EvenkeelError("topology-inconsistent", "too many devices have no address", {
    expected: `at most ${STAND_INS_MAX + 1} in all sources together`,
  });
}

interface Joining {
  readonly parts: readonly Part[];
  readonly keys: readonly Map<string, string>[];
  readonly joined: readonly string[][];
  readonly report: Report;
}

/** A device to match, with its identifying facts. */
interface Known {
  readonly key: string;
  readonly label: string;
  readonly name: string | null;
  readonly uuid: string | null;
  readonly memoryBytes: number | null;
  readonly node: number | null;
}

function joinAccelerators({ parts, keys, joined, report }: Joining): void {
  let reference = knownAccelerators(parts, (address) => !isStandIn(address));
  for (const [position, part] of parts.entries()) {
    const unnamed = knownAccelerators([part], isStandIn);
    if (unnamed.length === 0) continue;
    if (reference.length === 0) {
      reference = unnamed.map((known) => withFinalKey(known, keys[position]));
      continue;
    }
    const match = matchAccelerators(unnamed, reference);
    if (typeof match === "string") {
      reportUnmatched(part, "GPU", unnamed.length, reference, match, report);
      continue;
    }
    for (const [i, { key }] of unnamed.entries()) {
      const target = match[i];
      if (target === undefined) continue;
      keys[position]?.set(key, target.key);
      joined[position]?.push(target.key);
    }
  }
}

/** The device under its new key, for later parts to match. */
function withFinalKey(known: Known, keys: ReadonlyMap<string, string> | undefined): Known {
  return { ...known, key: keys?.get(known.key) ?? known.key };
}

/** The accelerators of the parts, each once, by ascending address. */
function knownAccelerators(parts: readonly Part[], wanted: (address: string) => boolean): Known[] {
  const found = new Map<string, Known>();
  for (const part of parts) {
    const pci = functionsOf(part);
    // A text without addresses lists no virtual functions.
    for (const accelerator of wholeAccelerators(part.topology)) {
      const { address } = accelerator;
      if (!wanted(address)) continue;
      const before = found.get(address);
      const known = knownOf(part, accelerator, pci.get(address));
      found.set(address, {
        key: address,
        label: before?.label ?? known.label,
        name: before?.name ?? known.name,
        uuid: before?.uuid ?? known.uuid,
        memoryBytes: before?.memoryBytes ?? known.memoryBytes,
        node: before?.node ?? known.node,
      });
    }
  }
  return [...found.values()].toSorted((a, b) => comparePciAddresses(a.key, b.key));
}

function functionsOf({ topology }: Part): ReadonlyMap<string, PciDevice> {
  return new Map(topology.pci.map((device) => [device.address, device]));
}

function knownOf(
  { label }: Part,
  { address: key, model: name, uuid, memoryBytes }: Accelerator,
  device: PciDevice | undefined,
): Known {
  return { key, label, name, uuid, memoryBytes, node: device?.node ?? null };
}

/** The matching reference device for each device, or the reason why there is no match. */
function matchAccelerators(
  unnamed: readonly Known[],
  reference: readonly Known[],
): readonly Known[] | string {
  if (unnamed.length !== reference.length) return "their number differs";
  const byUuid = new Map(reference.map((known) => [known.uuid, known]));
  if (byUuid.size === reference.length && [...unnamed, ...reference].every(({ uuid }) => uuid)) {
    const match = unnamed.flatMap(({ uuid }) => byUuid.get(uuid) ?? []);
    return match.length === unnamed.length ? match : "their UUIDs differ";
  }
  const pairs = unnamed.map((one, i) => [one, reference[i] ?? one] as const);
  if (pairs.some(([a, b]) => differs(a.name, b.name, sameModel))) return "their models differ";
  if (pairs.some(([a, b]) => differs(a.uuid, b.uuid, Object.is))) return "their UUIDs differ";
  if (pairs.some(([a, b]) => differs(a.memoryBytes, b.memoryBytes, sameDeviceMemory))) {
    return "their memory differs";
  }
  return anotherOrderFitsBetter(pairs) ? "their nodes come in another order" : reference;
}

function differs<T>(a: T | null, b: T | null, same: (a: T, b: T) => boolean): boolean {
  return a !== null && b !== null && !same(a, b);
}

/** Whether another order would make more nodes of the two lists agree. */
function anotherOrderFitsBetter(pairs: readonly (readonly [Known, Known])[]): boolean {
  const known = pairs.filter(([a, b]) => a.node !== null && b.node !== null);
  const agreeing = known.filter(([a, b]) => a.node === b.node).length;
  const remaining: Tally<number | null> = new Map();
  for (const [a] of known) count(remaining, a.node);
  let possible = 0;
  for (const [, b] of known) {
    if (countOf(remaining, b.node) > 0) possible++;
    count(remaining, b.node, -1);
  }
  return possible > agreeing;
}

function joinNics({ parts, keys, joined, report }: Joining): void {
  const reference = knownNics(parts, (address) => !isStandIn(address));
  for (const [position, part] of parts.entries()) {
    const unnamed = knownNics([part], isStandIn);
    const byName = new Map(reference.map((known) => [known.name, known]));
    const unmatched = unnamed.filter(({ key, name }) => {
      const target = name === null ? undefined : byName.get(name);
      if (target === undefined) return true;
      keys[position]?.set(key, target.key);
      joined[position]?.push(target.key);
      return false;
    });
    if (unmatched.length > 0 && reference.length > 0) {
      reportUnmatched(
        part,
        "NIC",
        unmatched.length,
        reference,
        "no NIC there has the same name",
        report,
      );
    }
    reference.push(...unmatched.map((known) => withFinalKey(known, keys[position])));
  }
}

function knownNics(parts: readonly Part[], wanted: (address: string) => boolean): Known[] {
  const found = new Map<string, Known>();
  for (const { label, topology } of parts) {
    for (const { address, name } of topology.nics) {
      if (!wanted(address)) continue;
      const before = found.get(address);
      const known = { key: address, label, name, uuid: null, memoryBytes: null, node: null };
      found.set(address, before === undefined ? known : { ...before, name: before.name ?? name });
    }
  }
  return [...found.values()];
}

function reportUnmatched(
  { label }: Part,
  kind: "GPU" | "NIC",
  unmatched: number,
  reference: readonly Known[],
  why: string,
  report: Report,
): void {
  const [other] = reference;
  const [list, source] = [kind === "GPU" ? "accelerators" : "nics", other?.label ?? ""];
  report({
    code: "devices-apart",
    subject: `${kind}s of ${label}`,
    path: list,
    values: [
      { source: label, value: unmatched },
      { source, value: reference.length },
    ],
    message:
      `${unmatched} ${kind}${unmatched === 1 ? "" : "s"} of ${label}, which has no addresses, cannot be ` +
      `matched with the ${reference.length} of ${source}: ${why}`,
  });
}
