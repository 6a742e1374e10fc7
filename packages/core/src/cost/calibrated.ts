import type { Calibration, MemoryFigures } from "../calibration/calibration.ts";
import { EvenkeelError } from "../error/evenkeel-error.ts";
import { isDigestOf, topologyDigest } from "../topology/digest.ts";
import type { Access, Topology } from "../topology/topology.ts";
import { comparePciAddresses } from "../topology/pci-address.ts";

/** A machine with what was measured on it, and what of that is not used, as sentences. */
export interface Calibrated {
  readonly topology: Topology;
  readonly warnings: readonly string[];
}

/** What the caller knows that a calibration does not tell. */
export interface CalibratedOptions {
  /**
   * The operator says that it was measured on this machine, where the calibration names none: the
   * outputs of other tools do not. A calibration that names another machine is refused all the
   * same.
   */
  readonly isOfThisMachine?: boolean;
}

/**
 * A machine's topology with a calibration of it: the figures of pairs of nodes become `access` of
 * basis `measured`, in place of any other measured, and the calibration itself belongs to it. What
 * firmware claims (HMAT) stays beside them and is never compared with them (`memory-path.ts`).
 *
 * Bandwidths of all cores are used where the calibration has any, otherwise those of one core: a
 * pair is never compared with another in the other kind.
 *
 * The times of emulated CPUs mean nothing, so such a calibration changes nothing and is told of.
 *
 * Errors: `calibration-of-another` where its digest is that of another machine, or it names a node
 * that this one lacks, or accelerators of which this one has none; `calibration-of-unknown` where
 * it names no machine and nobody vouches.
 */
export function calibrated(
  topology: Topology,
  given: Calibration,
  { isOfThisMachine = false }: CalibratedOptions = {},
): Calibrated {
  requireOwn(topology, given, isOfThisMachine);
  if (given.conditions.isEmulated === true) {
    const why = "it was measured on emulated CPUs, whose times mean nothing";
    return { topology, warnings: [`the calibration is not used: ${why}`] };
  }
  const warnings: string[] = [];
  const calibration = tied(topology, given, warnings);
  const access = measuredAccess(topology, calibration, warnings);
  return {
    topology: {
      ...topology,
      access: [...topology.access.filter(({ basis }) => basis !== "measured"), ...access].toSorted(
        (a, b) => a.initiator - b.initiator || a.target - b.target || (a.basis < b.basis ? -1 : 1),
      ),
      calibration,
    },
    warnings,
  };
}

function requireOwn(topology: Topology, calibration: Calibration, isOfThisMachine: boolean): void {
  const own = topologyDigest(topology);
  const { topologyDigest: digest } = calibration;
  const where = `the calibration${calibration.host === null ? "" : ` of ${calibration.host}`}`;
  const expected = `one that was measured on ${topology.name} (${own})`;
  if (digest === null && !isOfThisMachine) {
    throw new EvenkeelError("calibration-of-unknown", "does not tell which machine was measured", {
      where,
      expected,
      remedy:
        "where it was measured on this machine, say so: give it with --calibration FILE, or keep " +
        "it there with evenkeel measure --read FILE --keep",
    });
  }
  if (digest !== null && !isDigestOf(digest, topology)) {
    throw new EvenkeelError(
      "calibration-of-another",
      `was measured on another machine (${digest})`,
      {
        where,
        expected,
        remedy: "measure this machine: evenkeel measure; after a change of its hardware, again",
      },
    );
  }
  const ids = new Set(topology.nodes.map(({ id }) => id));
  const lacking = calibration.memory
    .flatMap(({ initiator, target }) => [initiator, target])
    .concat(calibration.copies.map(({ node }) => node))
    .find((node) => node !== null && !ids.has(node));
  const remedy = "give the calibration of this machine, or measure it: evenkeel measure";
  if (lacking !== undefined && lacking !== null) {
    const nodes = topology.nodes.map(({ id }) => id).join(", ");
    throw new EvenkeelError("calibration-of-another", `names node ${lacking}`, {
      where,
      expected: `nodes that ${topology.name} has: ${nodes}`,
      remedy,
    });
  }
  const { named, absent } = acceleratorsIn(topology, calibration);
  const [first] = absent;
  if (first === undefined || absent.length < named.length) return;
  const here = topology.accelerators.map(({ address }) => address).join(", ");
  throw new EvenkeelError("calibration-of-another", `names accelerator ${first}`, {
    where,
    expected: `accelerators that ${topology.name} has: ${here === "" ? "none" : here}`,
    remedy,
  });
}

/** The accelerators that a calibration names by address, and those of them that are not here. */
function acceleratorsIn(
  topology: Topology,
  { copies, peers }: Calibration,
): { readonly named: readonly string[]; readonly absent: readonly string[] } {
  const here = new Set(topology.accelerators.map(({ address }) => address));
  const all = [
    ...copies.map(({ accelerator }) => accelerator),
    ...peers.flatMap(({ from, to }) => [from, to]),
  ];
  const named = [...new Set(all.filter((address) => address !== null))];
  return { named, absent: named.filter((address) => !here.has(address)) };
}

/**
 * The calibration with what follows from the machine it was measured on: its digest, the only node
 * where there is one, and the addresses of accelerators that the tool only numbers.
 */
function tied(topology: Topology, calibration: Calibration, warnings: string[]): Calibration {
  const [only, ...others] = topology.nodes;
  const lone = only !== undefined && others.length === 0 ? only.id : null;
  const addressOf = numbered(topology);
  const told = (address: string | null, index: number | null): string | null =>
    address ?? (index === null ? null : addressOf(index));
  const copies = calibration.copies.map((one) => ({
    ...one,
    node: one.node ?? lone,
    accelerator: told(one.accelerator, one.index),
  }));
  const { absent } = acceleratorsIn(topology, calibration);
  if (absent.length > 0) {
    warnings.push(
      `${topology.name} has no accelerator ${absent.join(", ")}: figures of it price nothing`,
    );
  }
  if (copies.some(({ accelerator }) => accelerator === null)) {
    warnings.push(
      "which accelerators the tool numbered is not known: copies to them price nothing",
    );
  }
  const untold = [...calibration.memory, ...copies].some((one) =>
    "initiator" in one ? one.initiator === null || one.target === null : one.node === null,
  );
  if (lone === null && untold) {
    warnings.push("figures of unknown nodes price nothing");
  }
  return {
    ...calibration,
    topologyDigest: topologyDigest(topology),
    memory: calibration.memory.map((one) => ({
      ...one,
      initiator: one.initiator ?? lone,
      target: one.target ?? lone,
    })),
    copies,
    peers: calibration.peers.map((one) => ({
      ...one,
      from: told(one.from, one.fromIndex),
      to: told(one.to, one.toIndex),
    })),
  };
}

/**
 * The address of the accelerator that a tool has a number for: the vendor's number where the
 * topology knows it. Without, CUDA numbers equal GPUs in the order of their addresses; others it
 * sorts by speed, and ROCm by the driver, so nothing follows.
 */
function numbered({ accelerators, pci }: Topology): (index: number) => string | null {
  const told = new Map(
    accelerators.flatMap(({ index, address }) => (index === null ? [] : [[index, address]])),
  );
  const vendors = new Map(pci.map(({ address, vendor }) => [address, vendor]));
  const [first] = accelerators;
  const isEqual =
    first !== undefined &&
    first.model !== null &&
    accelerators.every(
      ({ model, address }) => model === first.model && vendors.get(address) === "10de",
    );
  const inOrder = accelerators
    .map(({ address }) => address)
    .toSorted((a, b) => comparePciAddresses(a, b));
  return (index) =>
    told.size > 0 ? (told.get(index) ?? null) : isEqual ? (inOrder[index] ?? null) : null;
}

function measuredAccess(
  { nodes }: Topology,
  { memory }: Calibration,
  warnings: string[],
): Access[] {
  const allCores = memory.some(({ allCores: all }) => all?.readBytesPerSecond != null);
  const bandwidth = (one: MemoryFigures): number | null =>
    (allCores ? one.allCores : one.oneCore)?.readBytesPerSecond?.median ?? null;
  const access = memory.flatMap((one): Access[] => {
    const { initiator, target } = one;
    const figures = {
      readLatencyNs: one.readLatencyNs?.median ?? null,
      readBytesPerSecond: bandwidth(one),
    };
    if (initiator === null || target === null) return [];
    if (figures.readLatencyNs === null && figures.readBytesPerSecond === null) return [];
    return [{ initiator, target, ...figures, basis: "measured" }];
  });
  const own = new Set(access.flatMap((one) => (one.initiator === one.target ? [one.target] : [])));
  const lacking = nodes.filter(({ id, cpus }) => cpus !== "" && !own.has(id));
  if (access.length > 0 && lacking.length > 0) {
    const ids = lacking.map(({ id }) => id).join(", ");
    warnings.push(`the own memory of node ${ids} was not measured, so its distances are modelled`);
  }
  return access;
}
