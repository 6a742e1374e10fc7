/** The shape of a host to emulate: what its firmware reports, and stand-ins for its devices. */
export interface HostShape {
  readonly name: string;
  /** The number of CPU sockets; every node counts with the cores of the largest. */
  readonly packages: number;
  /** The threads of each core, CPUs with numbers in a row; 1 if not given. */
  readonly threads?: number;
  readonly nodes: readonly NodeShape[];
  /** Accelerators on the root bus, whose node the firmware does not tell; none if not given. */
  readonly unplaced?: number;
  /** SLIT, in the nodes' order. */
  readonly distances: readonly (readonly number[])[];
  /**
   * HMAT between initiators and targets, if firmware has one; nodes without CPUs initiate nothing.
   */
  readonly hmat?: {
    readonly latencyNs: readonly (readonly number[])[];
    readonly gigabytesPerSecond: readonly (readonly number[])[];
  };
}

export interface NodeShape {
  readonly package: number;
  readonly cores: number;
  /** 0 for a node without memory. */
  readonly memoryMiB: number;
  /** 2 MiB huge pages that are reserved at boot. */
  readonly hugepages: number;
  readonly devices: readonly DeviceShape[];
}

/**
 * `port`: an accelerator below a root port of its own. `switch`: two below one switch. `group`: two
 * behind a bridge that cannot distinguish them, so that they share an IOMMU group.
 */
export type DeviceShape = "port" | "switch" | "group";

const plain = (part: Partial<NodeShape> & { readonly package: number }): NodeShape => ({
  cores: 2,
  memoryMiB: 1024,
  hugepages: 160,
  devices: ["port"],
  ...part,
});

/** Two sockets of two nodes each, with HMAT; on node 1 two accelerators below a switch. */
export const twoByTwo: HostShape = {
  name: "two-by-two",
  packages: 2,
  nodes: [
    plain({ package: 0 }),
    plain({ package: 0, devices: ["switch"] }),
    plain({ package: 1 }),
    plain({ package: 1, devices: ["group"] }),
  ],
  distances: [
    [10, 12, 21, 21],
    [12, 10, 21, 21],
    [21, 21, 10, 12],
    [21, 21, 12, 10],
  ],
  hmat: {
    latencyNs: [
      [90, 110, 180, 190],
      [110, 90, 190, 180],
      [180, 190, 90, 110],
      [190, 180, 110, 90],
    ],
    gigabytesPerSecond: [
      [100, 80, 40, 36],
      [80, 100, 36, 40],
      [40, 36, 100, 80],
      [36, 40, 80, 100],
    ],
  },
};

/** Two nodes, and one accelerator, which is not on the first. */
export const oneAccelerator: HostShape = {
  name: "one-accelerator",
  packages: 2,
  nodes: [plain({ package: 0, hugepages: 0, devices: [] }), plain({ package: 1, hugepages: 0 })],
  distances: [
    [10, 21],
    [21, 10],
  ],
};

/** The nodes of `twoByTwo`, with an accelerator of unknown node beside theirs. */
export const oneUnplaced: HostShape = {
  ...twoByTwo,
  name: "one-unplaced",
  nodes: twoByTwo.nodes.map((node) => ({ ...node, hugepages: 0 })),
  unplaced: 1,
};

/** Two sockets with room for a dozen small VMs. */
export const crowded: HostShape = {
  name: "crowded",
  packages: 2,
  nodes: [
    plain({ package: 0, cores: 8, memoryMiB: 2048, hugepages: 300, devices: ["port", "port"] }),
    plain({ package: 1, cores: 8, memoryMiB: 2048, hugepages: 300, devices: ["port", "port"] }),
  ],
  distances: [
    [10, 21],
    [21, 10],
  ],
};

/** Two sockets; on the first there is room for two VMs beside each other. */
export const twoSockets: HostShape = {
  name: "two-sockets",
  packages: 2,
  nodes: [
    plain({ package: 0, cores: 6, memoryMiB: 1536, devices: ["port", "port"] }),
    plain({ package: 1, cores: 6, memoryMiB: 1536, devices: ["port", "port"] }),
  ],
  distances: [
    [10, 21],
    [21, 10],
  ],
};

/** The same with half as many cores, of two threads each. */
export const twoThreads: HostShape = {
  ...twoSockets,
  name: "two-threads",
  threads: 2,
  nodes: twoSockets.nodes.map((node) => ({ ...node, cores: node.cores / 2 })),
};

/** Two small sockets with an accelerator each. With three cores each Linux 6.1 hangs early. */
export const smallSockets: HostShape = {
  name: "small-sockets",
  packages: 2,
  nodes: [plain({ package: 0, cores: 4 }), plain({ package: 1, cores: 4 })],
  distances: [
    [10, 21],
    [21, 10],
  ],
};

/** One node, as most small machines are. */
export const oneNode: HostShape = {
  name: "one-node",
  packages: 1,
  nodes: [
    plain({ package: 0, cores: 4, memoryMiB: 2048, hugepages: 300, devices: ["port", "switch"] }),
  ],
  distances: [[10]],
};

/** Eight nodes of one core. */
export const eightNodes: HostShape = {
  name: "eight-nodes",
  packages: 2,
  nodes: Array.from({ length: 8 }, (_, node) =>
    plain({ package: node < 4 ? 0 : 1, cores: 1, memoryMiB: 512, hugepages: 80 }),
  ),
  distances: Array.from({ length: 8 }, (_, from) =>
    Array.from({ length: 8 }, (__, to) => {
      if (from === to) return 10;
      return Math.floor(from / 4) === Math.floor(to / 4) ? 12 : 32;
    }),
  ),
};

/** Node 1 has CPUs and no memory, node 2 memory and no CPUs, as HBM and CXL do. */
export const unevenNodes: HostShape = {
  name: "uneven-nodes",
  packages: 1,
  nodes: [
    plain({ package: 0, memoryMiB: 1536, devices: ["port", "port"] }),
    plain({ package: 0, memoryMiB: 0, hugepages: 0 }),
    plain({ package: 0, cores: 0, devices: [] }),
  ],
  distances: [
    [10, 12, 17],
    [12, 10, 22],
    [17, 22, 10],
  ],
};
