import { canonicalJson } from "../hash/canonical-json.ts";
import { sha256 } from "../hash/sha256.ts";
import type { PciDevice, Topology } from "./topology.ts";
import { wholeAccelerators } from "./virtual-functions.ts";

/**
 * `sha256:` of what a machine is, without what changes while it runs: free pages, bound drivers,
 * links that train down when idle, ACS and ATS, which can be switched, where interrupts go, whether
 * resctrl is mounted, which partitions are active, the vGPU types that are set on virtual functions,
 * the instances that GPUs are cut into, and where it was read from. Two readings of one
 * unchanged machine agree; a plan made for one can tell that the other is the same.
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
