/** A fact about a machine that an operator should know before selling it. */
export interface TopologyWarning {
  readonly code: TopologyWarningCode;
  /** A warning costs performance or placements; an info may be intended. */
  readonly severity: "warning" | "info";
  /** Its subject, for people: `nodes 2-3`, `GPU 0000:1b:00.0`, `distances`. */
  readonly subject: string;
  /** A sentence with the numbers. */
  readonly message: string;
}

/** Every warning by its stable code. */
export const topologyWarningCodes = {
  "node-without-memory": "a node with CPUs has no memory: all their memory is remote",
  "node-without-cpus": "a node has memory and no CPUs: nothing can run beside it",
  "node-empty": "a node has neither CPUs nor memory",
  "node-memory-uneven": "nodes with CPUs differ in memory by more than a tenth",
  "node-cores-uneven": "nodes with CPUs differ in their number of cores",
  "distances-missing": "the distances between several nodes are unknown",
  "distances-flat": "the distances do not distinguish near nodes from far ones",
  "distances-asymmetric": "the distance between two nodes differs by direction",
  "cpus-offline": "CPUs are offline",
  "smt-uneven": "some cores have fewer threads online than others",
  "hugepages-uneven": "nodes with CPUs differ in their number of huge pages",
  "device-node-unknown": "an accelerator's or a NIC's node is unknown",
  "link-slow": "a PCIe link runs below its highest speed",
  "link-narrow": "a PCIe link runs on fewer lanes than it could",
  "accelerators-mixed": "the accelerators are of several models",
  "accelerator-without-nic": "an accelerator has no NIC on its node, while others have one",
  "accelerator-links-unknown":
    "no direct link is known between accelerators of a kind that has them",
  "iommu-group-shared": "several accelerators share an IOMMU group: they cannot be sold apart",
  "peers-redirected": "a switch redirects traffic between its devices to the root complex",
  "interrupts-remote": "another node handles all interrupts of an accelerator or a NIC",
  "vgpu-types-unset": "a GPU has virtual functions, and no vGPU type is set on any",
  "iommu-groups-unknown": "the IOMMU groups of accelerators are unknown, or the IOMMU is off",
} as const;

/** The code of a warning. */
export type TopologyWarningCode = keyof typeof topologyWarningCodes;
