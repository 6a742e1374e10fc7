import { canonicalJson } from "../hash/canonical-json.ts";
import { sha256 } from "../hash/sha256.ts";
import { hasCoreClasses } from "./core-classes.ts";
import type { PciDevice, Topology } from "./topology.ts";
import { wholeAccelerators } from "./virtual-functions.ts";

/**
 * The digest (`sha256:`) of a machine's lasting facts. It excludes everything that changes while
 * the machine runs: free memory and pages, bound drivers, links that train down when idle, ACS and
 * ATS settings, interrupt targets, what the host uses itself, a mounted resctrl, active partitions,
 * vGPU types of virtual functions, GPU instances, and the ports of NICs. It also excludes the
 * source, and what access was measured to cost. Two readings of an unchanged machine have the same
 * digest, so a plan for one can tell that the other is the same machine.
 */
export function topologyDigest(topology: Topology): string {
  const known = digests.get(topology);
  if (known !== undefined) return known;
  const digest = `sha256:${sha256(canonicalJson(lastingShape(topology)))}`;
  digests.set(topology, digest);
  return digest;
}

/**
 * Whether a plan's digest is that of this machine: with the classes of its cores, or without them,
 * as plans have it that were made before classes were known.
 */
export function isDigestOf(digest: string, topology: Topology): boolean {
  if (digest === topologyDigest(topology)) return true;
  return hasCoreClasses(topology) && digest === topologyDigest(withoutClasses(topology));
}

const unclassed = new WeakMap<Topology, Topology>();

function withoutClasses(topology: Topology): Topology {
  const known = unclassed.get(topology);
  if (known !== undefined) return known;
  const cores = topology.cores.map((core) => ({ ...core, class: null }));
  const without = { ...topology, cores };
  unclassed.set(topology, without);
  return without;
}

/** A topology is immutable, so its digest is computed once. */
const digests = new WeakMap<Topology, string>();

function lastingShape(topology: Topology): unknown {
  const {
    name: _name,
    source: _source,
    access: _access,
    calibration: _calibration,
    cacheAllocation: _allocation,
    l3Caches,
    interconnects,
    unnumberedNodes,
    ...lasting
  } = topology;
  return {
    ...lasting,
    // An empty list is omitted: then all classes follow from the devices' places.
    ...(interconnects.length === 0 ? {} : { interconnects }),
    // Of most machines all nodes have numbers.
    ...(unnumberedNodes.length === 0 ? {} : { unnumberedNodes }),
    // Cores that are all alike have no class here: it would only be a number for "one kind", which
    // plans made before classes were known do not have.
    cores: hasCoreClasses(topology)
      ? topology.cores
      : topology.cores.map(({ class: _class, ...core }) => core),
    // Without described caches the list is omitted, so that plans made before caches were recorded
    // keep their digest.
    ...(l3Caches.length === 0 ? {} : { l3Caches }),
    nodes: topology.nodes.map(({ sideCacheBytes, freeBytes: _free, ...node }) => ({
      ...node,
      ...(sideCacheBytes === null ? {} : { sideCacheBytes }),
      hugepages: node.hugepages?.map(({ sizeBytes, total }) => ({ sizeBytes, total })) ?? null,
    })),
    pci: topology.pci.map(lastingFunction),
    accelerators: lastingAccelerators(topology),
    nics: topology.nics.map(({ ports: _ports, ...nic }) => nic),
    partitions: topology.partitions.map(({ active: _active, ...partition }) => partition),
  };
}

/**
 * The memory of a virtual function depends on its vGPU type, so it is excluded. So is what the
 * vendor's tool calls an accelerator, which is no fact about it.
 */
function lastingAccelerators(topology: Topology): unknown {
  const whole = new Set(wholeAccelerators(topology));
  return topology.accelerators.map((accelerator) => {
    const {
      profile: _profile,
      migEnabled: _mig,
      instances: _instances,
      productName: _name,
      index: _index,
      c2c,
      ...others
    } = accelerator;
    const lasting = { ...others, ...(c2c === null ? {} : { c2c }) };
    return whole.has(accelerator) ? lasting : { ...lasting, memoryBytes: null };
  });
}

function lastingFunction(device: PciDevice): unknown {
  const {
    driver: _driver,
    acsRedirect: _acs,
    atsEnabled: _ats,
    interrupts: _interrupts,
    hostUse: _hostUse,
    link,
    ...lasting
  } = device;
  const best = link === null ? null : { maxSpeedGTs: link.maxSpeedGTs, maxWidth: link.maxWidth };
  return { ...lasting, link: best };
}
