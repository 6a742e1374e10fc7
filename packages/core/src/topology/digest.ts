import { canonicalJson } from "../hash/canonical-json.ts";
import { sha256 } from "../hash/sha256.ts";
import type { PciDevice, Topology } from "./topology.ts";
import { wholeAccelerators } from "./virtual-functions.ts";

/**
 * The `sha256:` of a machine without what changes while it runs: free pages, bound drivers, links
 * that train down when idle, ACS and ATS, interrupt routing, whether resctrl is mounted, which
 * partitions are active, vGPU types, MIG instances, and the source. Two readings of an unchanged
 * machine have the same digest, so a plan can tell whether a machine is still the one it was made
 * for.
 */
export function topologyDigest(topology: Topology): string {
  const known = digests.get(topology);
  if (known !== undefined) return known;
  const digest = `sha256:${sha256(canonicalJson(lastingShape(topology)))}`;
  digests.set(topology, digest);
  return digest;
}

/** A topology never changes, so its digest is worked out once. */
const digests = new WeakMap<Topology, string>();

function lastingShape(topology: Topology): unknown {
  const {
    name: _name,
    source: _source,
    access: _access,
    cacheAllocation: _allocation,
    l3Caches,
    interconnects,
    ...lasting
  } = topology;
  return {
    ...lasting,
    // Where the places of the devices tell it all, that list is no part of what the machine is.
    ...(interconnects.length === 0 ? {} : { interconnects }),
    // Plans of machines whose caches nobody described keep the digest that they were made for.
    ...(l3Caches.length === 0 ? {} : { l3Caches }),
    nodes: topology.nodes.map(({ sideCacheBytes, ...node }) => ({
      ...node,
      ...(sideCacheBytes === null ? {} : { sideCacheBytes }),
      hugepages: node.hugepages.map(({ sizeBytes, total }) => ({ sizeBytes, total })),
    })),
    pci: topology.pci.map(lastingFunction),
    accelerators: lastingAccelerators(topology),
    partitions: topology.partitions.map(({ active: _active, ...partition }) => partition),
  };
}

/** A virtual function has the memory of the type that is set on it. */
function lastingAccelerators(topology: Topology): unknown {
  const whole = new Set(wholeAccelerators(topology));
  return topology.accelerators.map((accelerator) => {
    const { profile: _profile, migEnabled: _mig, instances: _instances, ...lasting } = accelerator;
    return whole.has(accelerator) ? lasting : { ...lasting, memoryBytes: null };
  });
}

function lastingFunction(device: PciDevice): unknown {
  const {
    driver: _driver,
    acsRedirect: _acs,
    atsEnabled: _ats,
    interrupts: _interrupts,
    link,
    ...lasting
  } = device;
  const best = link === null ? null : { maxSpeedGTs: link.maxSpeedGTs, maxWidth: link.maxWidth };
  return { ...lasting, link: best };
}
