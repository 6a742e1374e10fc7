import { expect, test } from "vitest";
import { cleanVm, onMachine } from "../../../../testing/explain/clean.ts";
import { mapping, onTopology, program, thread } from "../../../../testing/explain/program.ts";
import type { Evidence, MemoryMapping, ThreadEvidence } from "../../../evidence/evidence.ts";
import type { MemoryNode } from "../../../topology/topology.ts";
import { GiB, MiB } from "../../../unit/bytes.ts";
import { diagnose } from "../../diagnose.ts";
import { placementCauses } from "../../placement-causes.ts";
import { subjectOf } from "../../subject/subject.ts";

/**
 * Facts that look like a misplacement and are none. A false accusation sends somebody to mend what
 * is in order, which is worse than silence.
 */

const vm = cleanVm(0);

/** The codes that are found, with what follows from them. */
function found(evidence: Evidence, twin: Evidence | null = null): string[] {
  const other = twin === null ? null : subjectOf(twin);
  const all = diagnose(subjectOf(evidence), other, placementCauses).found;
  return [...new Set(all.flatMap(({ cause, leadsTo }) => [cause.code, ...leadsTo]))];
}

const divided = [
  { node: 0, bytes: 10 * GiB },
  { node: 1, bytes: 6 * GiB },
];

test("the page cache of shared libraries on a far node", () => {
  const libraries = mapping({ kind: "file", onNodes: [{ node: 1, bytes: 4 * GiB }] });
  expect(found(program({ memory: [mapping({}), libraries] }))).toEqual([]);
  // The same pages as the process' own memory are a cause.
  const own = mapping({ onNodes: [{ node: 1, bytes: 4 * GiB }] });
  expect(found(program({ memory: [mapping({}), own] }))).toContain("memory-off-node");
});

test("a VM that is wider than a node has memory and vCPUs on both", () => {
  const large = (bytes: number): Evidence => ({
    ...vm,
    devices: [],
    memory: (vm.memory ?? []).map((one) => ({
      ...one,
      bytes: 2 * bytes,
      policy: { mode: "default", nodes: "" },
      onNodes: [0, 1].map((node) => ({ node, bytes })),
    })),
    threads: (vm.threads ?? []).map((one) =>
      one.role?.kind === "vcpu" ? { ...one, allowedCpus: "0-31" } : one,
    ),
    shapes: vm.shapes.map((shape) => ({
      ...shape,
      devices: [],
      cells: (shape.cells ?? []).map((cell) => ({ ...cell, memoryBytes: 2 * bytes })),
    })),
  });
  expect(found(large(50 * GiB))).toEqual([]);
  expect(found(large(8 * GiB))).toEqual(
    expect.arrayContaining(["memory-unbound", "memory-off-node", "vcpus-float"]),
  );
});

test("a VM with one accelerator and more memory than its node", () => {
  const wide: Evidence = {
    ...vm,
    memory: (vm.memory ?? []).map((one) => ({
      ...one,
      onNodes: [
        { node: 0, bytes: 60 * GiB },
        { node: 1, bytes: 40 * GiB },
      ],
    })),
  };
  expect(found(wide)).toEqual([]);
});

test("a program with more busy threads than a node has CPUs", () => {
  const threads = (ranNs: number): ThreadEvidence[] =>
    Array.from({ length: 32 }, (_, i) =>
      thread(5000 + i, { allowedCpus: "0-31", lastCpu: i, ranNs: i === 0 ? 6e10 : ranNs }),
    );
  const memory = [mapping({ onNodes: divided })];
  expect(found(program({ memory, threads: threads(5e10) }))).toEqual([]);
  expect(found(program({ memory, threads: threads(1e6) }))).toEqual(
    expect.arrayContaining(["memory-unbound", "vcpus-float"]),
  );
});

test("a program whose threads nobody timed, as long as a node has CPUs for all of them", () => {
  const untimed = (count: number): Evidence =>
    program({
      devices: [],
      memory: [mapping({ onNodes: divided })],
      threads: Array.from({ length: count }, (_, i) => thread(5000 + i, { ranNs: null })),
    });
  expect(found(untimed(16))).toContain("memory-off-node");
  expect(found(untimed(17))).toEqual([]);
});

test("threads that hardly run may float", () => {
  const logging = (ranNs: number): Evidence =>
    program({ threads: [thread(5000), thread(5001, { allowedCpus: "0-31", lastCpu: 9, ranNs })] });
  expect(found(logging(1e8))).toEqual([]);
  expect(found(logging(3e10))).toEqual(["vcpus-float"]);
});

test("a VM that was just started, whose vCPUs have hardly run", () => {
  // As of a paused VM of QEMU 7.2 in the lab: the threads waited to be woken up where they began.
  const waiting = (times: number): Evidence => ({
    ...vm,
    threads: (vm.threads ?? []).map((one) => ({
      ...one,
      ranNs: 3_554_940 * times,
      waitedNs: 17_979_275 * times,
    })),
  });
  expect(found(waiting(1))).toEqual([]);
  expect(found(waiting(100))).toEqual(["cpu-waiting"]);
});

test("a VM that has run for seconds, whose vCPUs waited only while they were started", () => {
  // As of a VM of two vCPUs that `evenkeel run` had started a moment before.
  const ran = (waitedNs: number): Evidence => ({
    ...vm,
    threads: (vm.threads ?? []).map((one) => ({ ...one, ranNs: 2_061_212_421, waitedNs })),
  });
  expect(found(ran(97_199_414))).toEqual([]);
  expect(found(ran(970_000_000))).toEqual(["cpu-waiting"]);
});

test("threads that never ran tell nothing, unless they waited for a CPU all the time", () => {
  const waiting = (waitedNs: number): Evidence =>
    program({ threads: [thread(5000, { ranNs: 0, waitedNs })] });
  const { unchecked } = diagnose(subjectOf(waiting(0)), null, placementCauses);
  expect(unchecked.map(({ code }) => code)).toContain("cpu-waiting");
  const [starved] = diagnose(subjectOf(waiting(5e9)), null, placementCauses).found;
  expect(starved).toMatchObject({ cause: { code: "cpu-waiting" }, cost: { slowdown: null } });
});

test("a program without accelerators may run anywhere, as long as it stays with its memory", () => {
  const anywhere = (lastCpu: number): Evidence =>
    program({ devices: [], threads: [thread(5000, { allowedCpus: "0-31", lastCpu })] });
  expect(found(anywhere(1))).toEqual([]);
  expect(found(anywhere(9))).toEqual(["vcpus-float"]);
});

test("a program that was only started, and had to wait for its first CPU", () => {
  const ran = (ranNs: number): Evidence =>
    program({ threads: [thread(5000, { ranNs, waitedNs: ranNs })] });
  expect(found(ran(2_000_000))).toEqual([]);
  expect(found(ran(2_000_000_000))).toEqual(["cpu-waiting"]);
});

test("offline CPUs in an affinity", () => {
  const threads = (vm.threads ?? []).map((one) => ({
    ...one,
    allowedCpus: `${one.allowedCpus},64-127`,
  }));
  expect(found({ ...vm, threads })).toEqual([]);
});

test("a machine with one node, whose devices have none", () => {
  const alone = onTopology(
    { ...vm, devices: vm.devices.map((device) => ({ ...device, node: null })) },
    ({ nodes, pci }) => ({
      nodes: nodes.slice(0, 1),
      distances: [[10]],
      pci: pci.map((one) => ({ ...one, node: null })),
    }),
  );
  expect(found(alone)).toEqual([]);
});

test("memory of a GPU, and high-bandwidth memory beside the node", () => {
  const withNode = (change: Partial<MemoryNode>): Evidence =>
    onTopology(
      program({ memory: [mapping({}), mapping({ onNodes: [{ node: 2, bytes: 8 * GiB }] })] }),
      ({ nodes }) => ({
        nodes: [
          ...nodes,
          ...nodes.slice(0, 1).map((node) => ({ ...node, id: 2, cpus: "", ...change })),
        ],
        distances: [
          [10, 21, 13],
          [21, 10, 23],
          [13, 23, 10],
        ],
      }),
    );
  expect(found(withNode({ kind: "gpu" }))).toEqual([]);
  expect(found(withNode({ kind: "hbm" }))).toEqual([]);
  expect(found(withNode({ kind: "cxl" }))).toContain("memory-off-node");
  expect(found(withNode({ kind: null }))).toEqual([]);
});

test("vCPUs that share a pool of CPUs at home, with their helpers", () => {
  const threads = (vm.threads ?? []).map((one) => ({ ...one, allowedCpus: "0-7,16-23" }));
  expect(found({ ...vm, threads })).toEqual([]);
});

test("an idle neighbour, one on the other node, and one that floats over all of the machine", () => {
  const beside = (cpus: string, busyCpus: number): Evidence =>
    onMachine(vm, ({ neighbours }) => ({
      neighbours: [
        ...(neighbours ?? []),
        {
          name: "other",
          pid: 9,
          isVm: true,
          vcpus: [{ count: 8, cpus }],
          memory: [],
          devices: [],
          busyCpus,
        },
      ],
    }));
  expect(found(beside("0-7,16-23", 0.2))).toEqual([]);
  expect(found(beside("8-15,24-31", 8))).toEqual([]);
  expect(found(beside("0-31", 6))).toEqual([]);
  expect(found(beside("0-7,16-23", 8))).toEqual(["neighbour-load"]);
  // A quarter of its 16 CPUs is felt, less is not.
  expect(found(beside("0-7,16-23", 4))).toEqual(["neighbour-load"]);
  expect(found(beside("0-7,16-23", 3.9))).toEqual([]);
});

test("pages elsewhere while their node has room, or never refused any, or was not meant alone", () => {
  const astray = (change: Partial<MemoryMapping>, freeBytes: number, foreignPages: number) =>
    onMachine(program({ memory: [mapping({ onNodes: divided, ...change })] }), ({ nodes }) => ({
      nodes: (nodes ?? []).map((node) => ({ ...node, freeBytes, cacheBytes: 0, foreignPages })),
    }));
  const prefer = { policy: { mode: "prefer", nodes: "0" } };
  expect(found(astray(prefer, GiB, 9))).toEqual(["node-full", "memory-off-node"]);
  expect(found(astray(prefer, 8 * GiB, 9))).toEqual(["memory-off-node"]);
  expect(found(astray(prefer, GiB, 0))).toEqual(["memory-off-node"]);
  // What is bound never falls over: it was there before it was bound.
  expect(found(astray({ policy: { mode: "bind", nodes: "0" } }, GiB, 9))).toEqual([
    "memory-off-node",
  ]);
  // Threads that float touch their pages wherever they run.
  const floating = [thread(5000, { allowedCpus: "0-31" })];
  expect(found({ ...astray({}, GiB, 9), threads: floating })).not.toContain("node-full");
  expect(found(astray({}, GiB, 9))).toContain("node-full");
});

test("pages elsewhere for two reasons, of which the node has room for the larger part", () => {
  // 6 GiB of huge pages and 4 GiB of base pages lie elsewhere; 7 huge pages, or GiB, would be free.
  const mixed = (large: number, small: number, policy: string): Evidence => {
    const part = (bytes: number, pageBytes: number): MemoryMapping =>
      mapping({
        pageBytes,
        policy: { mode: policy, nodes: "0" },
        onNodes: [{ node: 1, bytes }],
      });
    const memory = [mapping({}), part(large * GiB, GiB), part(small * GiB, 4096)];
    const free = onMachine(program({ memory }), ({ nodes }) => ({
      nodes: (nodes ?? []).map((node) => {
        return { ...node, freeBytes: 7 * GiB, cacheBytes: 0, foreignPages: 9 };
      }),
    }));
    return onTopology(free, ({ nodes }) => ({
      nodes: nodes.map((node) => ({
        ...node,
        hugepages: (node.hugepages ?? []).map((pool) => ({ ...pool, free: 7 })),
      })),
    }));
  };
  expect(found(mixed(6, 4, "prefer"))).toEqual(["memory-off-node"]);
  expect(found(mixed(8, 4, "prefer"))).toContain("hugepages-short");
  expect(found(mixed(4, 6, "prefer"))).toEqual(["memory-off-node"]);
  expect(found(mixed(4, 8, "prefer"))).toContain("node-full");
});

test("how long threads ran was not read: nobody can tell whether the stray ones matter", () => {
  const threads = [thread(5000), thread(5001, { allowedCpus: "0-31", ranNs: null })];
  const { unchecked } = diagnose(subjectOf(program({ threads })), null, placementCauses);
  expect(unchecked.map(({ code }) => code)).toContain("vcpus-float");
});

test("an iothread that floats as its vCPUs do, and one that stays at home though it may leave", () => {
  const threads = (iothread: number, vcpus: string | null): Evidence => ({
    ...vm,
    threads: (vm.threads ?? []).map((one) => {
      if (one.role?.kind === "iothread") {
        return { ...one, allowedCpus: "5-15", lastCpu: iothread };
      }
      return one.role?.kind === "vcpu" && vcpus !== null ? { ...one, allowedCpus: vcpus } : one;
    }),
  });
  expect(found(threads(5, null))).toEqual([]);
  expect(found(threads(9, null))).toEqual(["io-threads-far"]);
  expect(found(threads(9, "0-31"))).toEqual(["vcpus-float"]);
});

/** The VM with four interrupts of its device, some on the other node, raised so many times. */
function routed(far: number, raised: readonly (number | null)[]): Evidence {
  const interrupts = raised.map((raisedCount, number) => ({
    number,
    allowedCpus: "0-31",
    effectiveCpus: number < far ? "9" : "1",
    raisedCount,
    sharedWith: [],
  }));
  return { ...vm, devices: vm.devices.map((device) => ({ ...device, interrupts })) };
}

test("one of a device's four interrupts on the other node", () => {
  expect(found(routed(1, [5, 5, 5, 5]))).toEqual([]);
  expect(found(routed(2, [5, 5, 5, 5]))).toEqual(["interrupts-far"]);
});

test("interrupts on the other node that were never raised", () => {
  expect(found(routed(4, [0, 0, 0, 0]))).toEqual([]);
  expect(found(routed(3, [0, 0, 5, 5]))).toEqual(["interrupts-far"]);
  expect(found(routed(2, [0, 5, 5, 5]))).toEqual([]);
  // One that was raised is not made small by those near it that never were.
  expect(found(routed(1, [5, 0, 0, 0]))).toEqual(["interrupts-far"]);
  // Where nobody told how often, it may have been.
  expect(found(routed(4, [null, 0, 0, 0]))).toEqual(["interrupts-far"]);
  const { checked } = diagnose(subjectOf(routed(2, [0, 0, 5, 5])), null, placementCauses);
  const said = checked.find(({ code }) => code === "interrupts-far");
  expect(JSON.stringify(said)).toContain("go to CPUs of their nodes, but for 4 never raised");
});

test("threads that may run on fast cores too; the price of slow ones is the ratio of clocks", () => {
  const hybrid = (allowedCpus: string): Evidence => {
    const classed = onTopology(
      program({ threads: [thread(5000, { allowedCpus })] }),
      ({ cores }) => ({
        cores: cores.map((core) => ({ ...core, class: core.id === 0 ? 0 : 1 })),
      }),
    );
    return onMachine(classed, ({ cpus }) => ({
      cpus: (cpus ?? []).flatMap((own) => [
        { ...own, cpus: "0,16", hardwareMaxKHz: 4_000_000 },
        { ...own, cpus: "1-15,17-31", hardwareMaxKHz: 3_200_000 },
      ]),
    }));
  };
  expect(found(hybrid("0-7,16-23"))).toEqual([]);
  // Where nobody told the classes, one clock for all is as good.
  const untold = onTopology(vm, ({ cores }) => ({
    cores: cores.map((core) => ({ ...core, class: null })),
  }));
  const { checked } = diagnose(subjectOf(untold), null, placementCauses);
  expect(checked.map(({ code }) => code)).toContain("core-class-slow");
  const [slow] = diagnose(subjectOf(hybrid("4-7")), null, placementCauses).found;
  expect(slow).toMatchObject({
    cause: { code: "core-class-slow" },
    cost: { slowdown: 1.25, basis: "measured" },
  });
});

test("a balloon that rounds, and a program of which little fits huge pages, as of its twin", () => {
  const rounded = vm.shapes.map((shape) => {
    return { ...shape, balloon: { actualBytes: 16 * GiB - 1, maxBytes: 16 * GiB } };
  });
  expect(found({ ...vm, shapes: rounded })).toEqual([]);
  const inHuge = (anonymousHugeBytes: number): Evidence => {
    const plain = program();
    const bytes = { residentBytes: 16 * GiB, anonymousBytes: 16 * GiB, sharedHugeBytes: 0 };
    const hugeMemory = { ...bytes, anonymousHugeBytes };
    return { ...plain, process: plain.process && { ...plain.process, hugeMemory } };
  };
  expect(found(inHuge(GiB), inHuge(2 * GiB))).toEqual([]);
  expect(found(inHuge(GiB), inHuge(14 * GiB))).toEqual(["thp-split"]);
});

test("a neighbour's device below a switch whose link is as wide as both", () => {
  const beside = (width: number, device: string): Evidence =>
    onMachine(
      onTopology(program({ devices: vm.devices.slice(0, 1) }), ({ pci }) => ({
        pci: [
          ...pci.map((one) =>
            one.address === "0000:16:00.0" && one.link !== null
              ? { ...one, link: { ...one.link, width, maxWidth: width } }
              : one,
          ),
          ...pci
            .filter(({ address }) => address === "0000:18:00.0")
            .map((one) => ({ ...one, address: "0000:18:00.1" })),
        ],
      })),
      () => ({
        neighbours: [
          {
            name: "other",
            pid: 9,
            isVm: true,
            vcpus: [],
            memory: [],
            devices: [device],
            busyCpus: 0,
          },
        ],
      }),
    );
  const [, nic] = vm.devices;
  expect(found(beside(16, nic?.address ?? ""))).toEqual(["link-shared"]);
  expect(found(beside(32, nic?.address ?? ""))).toEqual([]);
  // Another function of one's own device.
  expect(found(beside(8, "0000:18:00.1"))).toEqual([]);
});

test("a cache that the whole node shares, or an idle neighbour below it", () => {
  const idle = onMachine(vm, ({ neighbours }) => ({
    neighbours: (neighbours ?? []).map((one) => {
      return { ...one, vcpus: [{ count: 2, cpus: "6-7" }], busyCpus: 0.1 };
    }),
  }));
  expect(found(idle)).toEqual([]);
  const busy = onMachine(vm, ({ neighbours }) => ({
    neighbours: [
      ...(neighbours ?? []),
      {
        name: "other",
        pid: 9,
        isVm: true,
        vcpus: [{ count: 2, cpus: "6-7,22-23" }],
        memory: [],
        devices: [],
        busyCpus: 2,
      },
    ],
  }));
  expect(found(busy)).toEqual(["l3-shared"]);
  const one = onTopology(busy, ({ cores }) => ({
    cores: cores.map((core) => ({ ...core, l3: core.node })),
  }));
  expect(found(one)).toEqual([]);
});

test("a driver of the host's spreads its queues over all CPUs", () => {
  const spread = (effectiveCpus: string, driver: string | null = "mlx5_core"): Evidence =>
    onTopology(
      program({
        devices: vm.devices.map((device) => ({ ...device, driver, interrupts: [] })),
      }),
      ({ pci }) => ({
        pci: pci.map((one) => ({ ...one, interrupts: { allowedCpus: "0-31", effectiveCpus } })),
      }),
    );
  expect(found(spread("0-31"))).toEqual([]);
  expect(found(spread("8-15"))).toEqual(["interrupts-far"]);
  // A driver that nobody told, and that raises none by VFIO, is the host's.
  expect(found(spread("8-15", null))).toEqual(["interrupts-far"]);
});

test("base pages of a VM that are nearly all merged into transparent huge pages", () => {
  const merged = (anonymousHugeBytes: number, asked: number | null = null): Evidence => ({
    ...vm,
    memory: (vm.memory ?? []).map((one) => ({ ...one, pageBytes: 4096, line: mapping({}).line })),
    shapes: vm.shapes.map((shape) => ({
      ...shape,
      cells: (shape.cells ?? []).map((cell) => ({ ...cell, pageBytes: asked })),
    })),
    process:
      vm.process === null
        ? null
        : {
            ...vm.process,
            hugeMemory: {
              residentBytes: 16 * GiB,
              anonymousBytes: 16 * GiB,
              anonymousHugeBytes,
              sharedHugeBytes: 0,
            },
          },
  });
  expect(found(merged(15 * GiB))).toEqual([]);
  // The kernel's own are as large as those of 2 MiB that it asks for, and smaller than 1 GiB.
  expect(found(merged(15 * GiB, 2 * MiB))).toEqual([]);
  expect(found(merged(15 * GiB, GiB))).toEqual(["page-size-small"]);
  expect(found(merged(GiB))).toEqual(["thp-split", "page-size-small"]);
});

test("tmpfs in huge pages by force has no fewer of them than by advice", () => {
  const shared = (shmemHugepages: string, name: string): Evidence =>
    onMachine({ ...program({ memory: [mapping({ kind: "shared" })] }), name }, ({ settings }) => ({
      settings: { ...settings, shmemHugepages },
    }));
  expect(found(shared("force", "a"), shared("advise", "b"))).toEqual([]);
  expect(found(shared("advise", "a"), shared("force", "b"))).toContain("thp-off");
});

test("a program in base pages, as programs are", () => {
  const plain = program();
  expect(found(plain)).toEqual([]);
  expect(found({ ...plain, kernel: { ...plain.kernel, transparentHugepages: "never" } })).toEqual(
    [],
  );
});

test("a small process that is bound to a node, and a large one whose twin is bound too", () => {
  const bound = (bytes: number): Evidence =>
    program({ memory: [mapping({ onNodes: [{ node: 0, bytes }] })] });
  const spread = program({
    memory: [mapping({ onNodes: [0, 1].map((node) => ({ node, bytes: 20 * GiB })) })],
  });
  expect(found(bound(4 * GiB), spread)).toEqual([]);
  expect(found(bound(40 * GiB), bound(40 * GiB))).toEqual([]);
  expect(found(bound(40 * GiB), spread)).toEqual(["bound-too-tight"]);
});
