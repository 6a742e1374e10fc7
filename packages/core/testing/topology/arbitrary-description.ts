import * as fc from "fast-check";
import { indexSet } from "../../src/set/index-set.ts";
import { formatList } from "../../src/set/list-format.ts";
import { GiB, MiB } from "../../src/unit/bytes.ts";
import { at } from "../../src/unit/list.ts";
import { deviceModels } from "../../src/topology/device-models.ts";
import { pcieSpeedsGTs } from "../../src/topology/pcie-rate.ts";
import {
  deviceKinds,
  type DeviceKind,
  type Distances,
  type Level,
  levelNames,
  numberings,
  type PciNode,
  type SyntheticDevice,
  type SyntheticMachine,
} from "../../src/topology/synthetic/machine.ts";
import { hostUses, type PcieLink } from "../../src/topology/topology.ts";

/**
 * Any description in the synthetic language, possible as a machine or not: for tests of parsing and
 * printing. `arbitrary-machine.ts` has machines that can be built.
 */
export function arbitraryDescription(): fc.Arbitrary<SyntheticMachine> {
  return fc.record({
    machine: fc.record({
      vendor: fc.option(text),
      product: fc.option(text),
      cpuModel: fc.option(text),
      architecture: fc.option(fc.constantFrom("x86_64", "aarch64", "ppc64le")),
      pageBytes: fc.option(fc.constantFrom(4096, 65536)),
    }),
    levels,
    uneven: fc.array(
      fc.record({
        level: fc.constantFrom("core", "thread"),
        count: fc.integer({ min: 1, max: 99 }),
        nodes: list,
      }),
      short,
    ),
    numbering: fc.constantFrom(...numberings),
    offlineCpus: fc.oneof(fc.constant(""), list),
    classes: fc.array(list, short),
    nodeIds: fc.option(list),
    memory: fc.array(fc.record({ value: fc.option(bytes), nodes }), short),
    hugepages: fc.array(fc.record({ value: pools, nodes }), short),
    extraNodes: fc.array(
      fc.record({
        kind: fc.constantFrom("hbm", "cxl", "pmem", "gpu"),
        memoryBytes: bytes,
        distance: fc.option(fc.integer({ min: 1, max: 255 })),
        count,
        nodes,
      }),
      short,
    ),
    distances: fc.option(distances),
    access: fc.array(access, short),
    roots: fc.array(
      fc.record({
        count,
        nodes: fc.oneof(nodes, fc.constant("?")),
        buses: fc.array(fc.constantFrom("15", "a0", "0008:00"), short),
        below: pciNodes(2),
      }),
      short,
    ),
    iommu: fc.boolean(),
    modules: fc.array(fc.nat(99), short),
    links: fc.array(
      fc.record({
        kind: fc.constantFrom("nvlink", "xgmi"),
        lanes: fc.option(fc.integer({ min: 1, max: 999 })),
        among: fc.array(list, short),
      }),
      short,
    ),
    partitions: partitions(),
  });
}

const short = { maxLength: 3 };
const count = fc.integer({ min: 1, max: 999 });
const bytes = fc.nat(1 << 30).map((n) => n * 3);
const list = fc
  .uniqueArray(fc.nat(200), { minLength: 1, maxLength: 6 })
  .map((n) => formatList(indexSet(n)));
const nodes = fc.option(list);
/** Anything printable, quotes and backslashes and brackets included. */
const text = fc
  .string({ unit: "grapheme-ascii", minLength: 1, maxLength: 12 })
  .map((value) => value.replaceAll(/[\p{Cc}]/gu, "_"));

/** A part of a GPU. */
const somePart = fc.record({
  count: fc.integer({ min: 1, max: 252 }),
  profile: fc.option(fc.constantFrom("1g.10gb", "3g.40gb+me", "NVIDIA A40-8C", "GRID T4-4Q")),
});

const levels: fc.Arbitrary<readonly Level[]> = fc
  .record({
    above: fc.shuffledSubarray(levelNames.filter((name) => name !== "core" && name !== "thread")),
    counts: fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 7, maxLength: 7 }),
    unknown: fc.constantFrom(null, "package", "die", "l3"),
    thread: fc.boolean(),
  })
  .map(({ above, counts, unknown, thread }): readonly Level[] => {
    const names = [...above, "core" as const, ...(thread ? (["thread"] as const) : [])];
    return names.map((level, i) => ({ level, count: level === unknown ? null : at(counts, i) }));
  });

const pools = fc
  .uniqueArray(fc.constantFrom(64 * 1024, 2 * MiB, 512 * MiB, GiB), { maxLength: 3 })
  .chain((sizes) =>
    fc.tuple(
      ...sizes
        .toSorted((a, b) => a - b)
        .map((sizeBytes) =>
          fc.nat(1000).chain((total) =>
            fc.record({
              sizeBytes: fc.constant(sizeBytes),
              total: fc.constant(total),
              free: fc.option(fc.nat(total)),
            }),
          ),
        ),
    ),
  );

const distance = fc.integer({ min: 1, max: 255 });
const distances: fc.Arbitrary<Distances> = fc.oneof(
  fc.record({ local: distance, near: distance, far: distance }),
  fc
    .array(fc.array(distance, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
    .map((matrix) => ({ matrix })),
);

const access = fc
  .record({
    readLatencyNs: fc.option(fc.integer({ min: 1, max: 999_999 })),
    readBytesPerSecond: fc.option(bytes.map((n) => n + 1)),
    targets: nodes,
    nodes,
  })
  .filter((one) => one.readLatencyNs !== null || one.readBytesPerSecond !== null);

const rate = fc.record({
  speedGTs: fc.option(fc.constantFrom(...pcieSpeedsGTs)),
  width: fc.option(fc.constantFrom(1, 2, 4, 8, 16)),
});
const link: fc.Arbitrary<PcieLink | "unknown" | null> = fc.oneof(
  fc.constantFrom<null | "unknown">(null, "unknown"),
  fc
    .tuple(rate, rate)
    .map(([now, most]) => ({ ...now, maxSpeedGTs: most.speedGTs, maxWidth: most.width }))
    .filter((one) => Object.values(one).some((part) => part !== null)),
);

function modelsOf(kind: DeviceKind | "switch"): string[] {
  return deviceModels.filter((model) => model.kind === kind).map(({ key }) => key);
}

const device: fc.Arbitrary<SyntheticDevice> = fc.constantFrom(...deviceKinds).chain((kind) =>
  fc.record({
    kind: fc.constant(kind),
    model: fc.constantFrom(...modelsOf(kind)),
    count,
    id: fc.option(fc.record({ vendor: fc.constant("10de"), device: fc.constant("2330") })),
    class: fc.option(fc.constantFrom("0302", "030200")),
    hostUse: fc.option(fc.constantFrom(...hostUses)),
    barBytes: fc.option(
      fc.oneof(fc.constant("unknown" as const), fc.array(bytes, { minLength: 1, maxLength: 3 })),
    ),
    link,
    driver: fc.option(text),
    group: fc.option(text),
    companions: fc.array(fc.constantFrom("audio", "usb"), short),
    integrated: fc.boolean(),
    name: kind === "dev" ? fc.constant(null) : fc.option(text),
    memoryBytes: kind === "gpu" ? fc.option(bytes) : fc.constant(null),
    functions: kind === "gpu" ? fc.array(somePart, short) : fc.constant([]),
    mig:
      kind === "gpu"
        ? fc.option(fc.oneof(fc.constant("off" as const), fc.array(somePart, short)))
        : fc.constant(null),
    rdma:
      kind === "nic"
        ? fc.option(fc.constantFrom<boolean | "unknown">(true, false, "unknown"))
        : fc.constant(null),
  }),
);

function pciNodes(depth: number): fc.Arbitrary<readonly PciNode[]> {
  const node: fc.Arbitrary<PciNode> =
    depth === 0
      ? device
      : fc.oneof(
          device,
          fc.record({
            kind: fc.constant("switch"),
            model: fc.option(fc.constantFrom(...modelsOf("switch"))),
            count,
            acs: fc.boolean(),
            link,
            below: pciNodes(depth - 1),
          }),
        );
  return fc.array(node, short);
}

function partitions(): fc.Arbitrary<SyntheticMachine["partitions"]> {
  const known = fc.record({ accelerators: list, active: fc.boolean() });
  const unknown = fc.record({ accelerators: list, active: fc.constant(null) });
  return fc.oneof(fc.array(known, short), fc.array(unknown, short));
}
