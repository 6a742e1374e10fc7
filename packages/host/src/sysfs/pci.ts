import { equals, type IndexSet, isEmpty } from "@evenkeel/core/set/index-set.ts";
import { parseList } from "@evenkeel/core/set/list-format.ts";
import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { PciDevice } from "@evenkeel/core/topology/topology.ts";
import type { Tree } from "../tree/tree.ts";
import type { NodeClaim } from "../text/shared-cpus.ts";
import { flatPlaces } from "./flat-places.ts";
import { pciControls } from "./pci-config.ts";
import { type PciIdentity, readPciIdentity } from "./pci-identity.ts";
import { readLink } from "./pci-link.ts";
import { readMemoryBars } from "./pci-bars.ts";
import { linkName, readInteger, readLine } from "./values.ts";

export const pciDirectory = "/sys/bus/pci/devices";

/**
 * Reads the PCI functions. A function's place is in its path with links resolved,
 * `/sys/devices/pci0000:15/0000:15:01.0/0000:16:00.0`: the last `pciDDDD:BB` is its host bridge (a
 * function behind Intel's VMD has two), and the address before its own is the bridge above it.
 *
 * A function without a vendor, a device or a class is left out. If a bridge is left out or was not
 * recorded, the bridge above it takes its place.
 */
export function readPci(tree: Tree, nodes: readonly NodeClaim[]): PciDevice[] {
  const found: {
    readonly address: string;
    readonly identity: PciIdentity;
    readonly place: Place;
  }[] = [];
  for (const address of tree.list(pciDirectory)) {
    if (!isPciAddress(address)) continue;
    const path = `${pciDirectory}/${address}`;
    const place = placeOf(tree, path, address);
    const identity = place === null ? null : readPciIdentity(tree, path);
    if (place !== null && identity !== null) found.push({ address, identity, place });
  }
  const flatPlaceOf = flatPlaces(
    tree,
    found.filter(({ address, place }) => place.path === `${pciDirectory}/${address}`),
  );
  const pathOf = new Map(found.map(({ address, place }) => [address, place.path]));
  return found.map(({ address, identity, place }): PciDevice => {
    const path = `${pciDirectory}/${address}`;
    return {
      address,
      ...(flatPlaceOf.get(address) ?? {
        parent:
          place.bridges.findLast((bridge) => liesBelow(place.path, pathOf.get(bridge))) ?? null,
        root: place.root,
      }),
      ...identity,
      node: nodeOf(tree, path, nodes),
      iommuGroup: readIommuGroup(tree, path),
      driver: linkName(tree, `${path}/driver`),
      link: readLink(tree, path),
      barBytes: readMemoryBars(tree, path),
      physicalFunction: addressOf(linkName(tree, `${path}/physfn`)),
      ...pciControls(tree.readBytes(`${path}/config`)),
      interrupts: null,
      hostUse: null,
    };
  });
}

/**
 * Whether the bridge is on the device's path; if it is elsewhere, the files contradict each other.
 */
function liesBelow(path: string, bridge: string | undefined): boolean {
  return bridge !== undefined && path.startsWith(`${bridge}/`);
}

interface Place {
  readonly path: string;
  readonly root: string;
  /** The addresses above, from the host bridge downwards. */
  readonly bridges: readonly string[];
}

/**
 * The place by the path. A device without a host bridge in its path is on a bus of its own, unless
 * `flatPlaces` knows better.
 */
function placeOf(tree: Tree, path: string, address: string): Place | null {
  const real = tree.realPath(path);
  if (real === null) return null;
  const names = real.split("/");
  const start = names.findLastIndex((name) => /^pci[0-9a-f]{4,8}:[0-9a-f]{2}$/.test(name));
  const root = names[start];
  if (root === undefined) return { path: real, root: `pci${address.slice(0, -5)}`, bridges: [] };
  return { path: real, root, bridges: names.slice(start + 1, -1).filter(isPciAddress) };
}

/**
 * The kernel's `numa_node`, if that node exists. Kernels before 2.6.31 have no such file; then the
 * device's local CPUs decide, if they are those of exactly one of several nodes. A -1 is taken as
 * unknown, without a look at the local CPUs.
 */
function nodeOf(tree: Tree, path: string, nodes: readonly NodeClaim[]): number | null {
  const recorded = readInteger(tree, `${path}/numa_node`);
  if (recorded !== null) return nodes.some(({ id }) => id === recorded) ? recorded : null;
  if (nodes.length < 2 || tree.realPath(`${path}/numa_node`) !== null) return null;
  const local = localCpus(tree, path);
  if (local === null || isEmpty(local)) return null;
  return (
    nodes.find(({ cpus }) => cpus !== null && !isEmpty(cpus) && equals(cpus, local))?.id ?? null
  );
}

/** The device's local CPUs; null where its files hold no set. */
function localCpus(tree: Tree, path: string): IndexSet | null {
  const list = readLine(tree, `${path}/local_cpulist`);
  const mask = readLine(tree, `${path}/local_cpus`);
  const listed = list === null ? null : parseList(list);
  return listed ?? (mask === null ? null : parseMask(mask));
}

/** The IOMMU group of the function in this folder. */
export function readIommuGroup(tree: Tree, path: string): number | null {
  const name = linkName(tree, `${path}/iommu_group`);
  return name !== null && /^\d{1,9}$/.test(name) ? Number(name) : null;
}

function addressOf(name: string | null): string | null {
  return name !== null && isPciAddress(name) ? name : null;
}
