import { invariant } from "../../invariant.ts";
import { indices, indexSet } from "../../set/index-set.ts";
import { parseList } from "../../set/list-format.ts";
import { valueOf } from "../../unit/list.ts";
import { comparePciAddresses } from "../pci-address.ts";
import type { Accelerator, Nic, PciDevice } from "../topology.ts";
import { unknownLast } from "../unknown-last.ts";
import type { BuiltNode } from "./build-nodes.ts";
import { placeBuses } from "./bus-layout.ts";
import { type Described, impossible } from "./fault.ts";
import { limits, type PciNode } from "./machine.ts";
import { unknownPorts, unknownParts } from "../unknown-settings.ts";
import { profilesOf } from "./parts.ts";
import { functionsBelow, type MadeFunction, type MadePart } from "./pci-tree.ts";
import { sumOf } from "../../unit/sum.ts";

export interface BuiltPci {
  readonly pci: readonly PciDevice[];
  /** By ascending address, as everything that counts accelerators does. */
  readonly accelerators: readonly Accelerator[];
  readonly nics: readonly Nic[];
}

/**
 * Builds the PCI tree with the numbers that firmware would give. Below each host bridge, depth
 * first, every device and switch is below a root port of its own, and every bus that a bridge opens
 * gets the next number. A device is device 0 of its bus, and its companions are further functions.
 * Bridges count from the first device number of their bus, root ports from 1. Linear in the
 * functions, which are counted before any is built.
 */
export function buildPci(described: Described, nodes: readonly BuiltNode[]): BuiltPci {
  const bridges = hostBridges(described, nodes);
  const functions = sumOf(bridges, ({ below }) => countFunctions(below));
  if (functions > limits.pciFunctions) {
    const message = `${functions} PCI functions are too many`;
    throw impossible(described, "root", message, `at most ${limits.pciFunctions}`);
  }
  const places = placeBuses(
    described,
    bridges.map(({ below, wanted }) => ({ wanted, buses: 1 + countBuses(below) })),
  );
  const made = bridges.flatMap(({ node, below }, i) => {
    const place = places[i];
    invariant(place !== undefined, "every host bridge has a place");
    return functionsBelow(described, place, node, below);
  });
  const sorted = made.toSorted((a, b) => comparePciAddresses(a.pci.address, b.pci.address));
  const groups = numbered(sorted.map(({ group }) => group));
  return {
    pci: sorted.map(({ pci }, i) => ({
      ...pci,
      iommuGroup: described.machine.iommu ? (groups[i] ?? null) : null,
    })),
    ...namedDevices(described, sorted),
  };
}

interface HostBridge {
  readonly node: number | null;
  readonly below: readonly PciNode[];
  readonly wanted: string | null;
}

/** The host bridges by node, unknown nodes last, then in the order of the text. */
function hostBridges(described: Described, nodes: readonly BuiltNode[]): HostBridge[] {
  const usual = nodes.filter((node) => node.beside === null).map((node) => node.id);
  const bridges = described.machine.roots.flatMap(({ count, nodes: selected, buses, below }) => {
    const beside =
      selected === "?"
        ? [null]
        : selected === null
          ? usual
          : indices(parseList(selected) ?? indexSet([]));
    if (buses.length > 0 && buses.length !== count * beside.length) {
      const message = `${buses.length} buses are named for ${count * beside.length} host bridges`;
      throw impossible(described, "root", message, "one for each");
    }
    if (count * beside.length > limits.pciFunctions) {
      const expected = `at most ${limits.pciFunctions}`;
      throw impossible(
        described,
        "root",
        `${count * beside.length} host bridges are too many`,
        expected,
      );
    }
    return beside.flatMap((node, i) =>
      Array.from({ length: count }, (_, j): HostBridge => {
        return { node, below, wanted: buses[i * count + j] ?? null };
      }),
    );
  });
  return bridges.toSorted((a, b) => unknownLast(a.node, b.node));
}

/** The number of functions of a list, ports above them included. */
function countFunctions(below: readonly PciNode[]): number {
  return below.reduce((sum, node) => {
    const own =
      node.kind === "switch"
        ? 1 + countFunctions(node.below)
        : 1 + node.companions.length + profilesOf(node.functions).length;
    const port = node.kind !== "switch" && node.integrated ? 0 : 1;
    return sum + node.count * (own + port);
  }, 0);
}

function countBuses(below: readonly PciNode[]): number {
  return below.reduce((sum, node) => {
    const own = node.kind === "switch" ? 2 + countBuses(node.below) : node.integrated ? 0 : 1;
    return sum + node.count * own;
  }, 0);
}

/** Numbers keys from 0 in the order of first occurrence. */
function numbered(keys: readonly string[]): number[] {
  const numbers = new Map<string, number>();
  return keys.map((key) => {
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
}

function wholeAccelerator(
  { pci, device, model }: MadeFunction,
  moduleId: number | null,
): Accelerator {
  const mig = device?.mig ?? null;
  const cut = mig === null || mig === "off" ? [] : profilesOf(mig);
  return {
    address: pci.address,
    model: device?.name ?? model?.name ?? null,
    uuid: null,
    moduleId,
    memoryBytes: device?.memoryBytes ?? model?.memoryBytes ?? null,
    ...unknownParts,
    migEnabled: mig === null ? null : mig !== "off",
    instances: cut.map((profile) => ({ profile, uuid: null, memoryBytes: null })),
  };
}

/** A virtual function has its GPU's model; its memory is unknown. */
function partialAccelerator({ pci }: MadeFunction, { of, profile }: MadePart): Accelerator {
  const model = of.device.name ?? of.model?.name ?? null;
  const { address } = pci;
  return {
    address,
    model,
    uuid: null,
    moduleId: null,
    memoryBytes: null,
    ...unknownParts,
    profile,
  };
}

function namedDevices(
  described: Described,
  sorted: readonly MadeFunction[],
): Pick<BuiltPci, "accelerators" | "nics"> {
  const { modules } = described.machine;
  const written = sorted.filter(({ device }) => device !== null);
  const gpus = written.filter(({ device }) => device?.kind === "gpu");
  if (modules.length > 0 && modules.length !== gpus.length) {
    const message = `${modules.length} modules are numbered`;
    throw impossible(described, "modules", message, `one number for each of ${gpus.length}`);
  }
  if (gpus.length > limits.accelerators) {
    const message = `${gpus.length} accelerators are too many`;
    throw impossible(described, "root", message, `at most ${limits.accelerators}`);
  }
  const parts = sorted.filter(({ part }) => part !== null).length;
  if (gpus.length + parts > limits.acceleratorParts) {
    const message = `${gpus.length} accelerators with ${parts} virtual functions are too many`;
    const expected = `at most ${limits.acceleratorParts} in all`;
    throw impossible(described, "root", message, expected);
  }
  const nics = written.filter(({ device }) => device?.kind === "nic");
  const prefixOf = ({ model }: MadeFunction): string | null => model?.namePrefix ?? null;
  const byPrefix = Map.groupBy(nics, prefixOf);
  return {
    accelerators: sorted.flatMap((each): Accelerator[] => {
      const ordinal = gpus.indexOf(each);
      if (ordinal >= 0) return [wholeAccelerator(each, modules[ordinal] ?? null)];
      return each.part === null ? [] : [partialAccelerator(each, each.part)];
    }),
    nics: nics.map((each) => {
      const { pci, device, model } = each;
      const prefix = prefixOf(each);
      const place = valueOf(byPrefix, prefix).indexOf(each);
      const rdma = device?.rdma ?? model?.rdma ?? null;
      return {
        address: pci.address,
        name: device?.name ?? (prefix === null ? null : `${prefix}${place}`),
        rdma: rdma === "unknown" ? null : rdma,
        ...unknownPorts,
      };
    }),
  };
}
