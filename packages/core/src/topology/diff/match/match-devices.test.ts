import * as fc from "fast-check";
import { expect, test } from "vitest";
import { detailedTopology } from "../../../../testing/topology/arbitrary-details.ts";
import { smallTopology } from "../../../../testing/topology/arbitrary-machine.ts";
import {
  replacedNames,
  shuffledNames,
  withoutFunction,
} from "../../../../testing/topology/other-names.ts";
import { canonicalJson } from "../../../hash/canonical-json.ts";
import { at } from "../../../unit/list.ts";
import { catalogMachine } from "../../catalog/catalog.ts";
import { syntheticTopology } from "../../synthetic/build.ts";
import type { PciDevice, Topology } from "../../topology.ts";
import { areAlike, differencesUnder, diffTopologies } from "../diff-topologies.ts";
import type { TopologyDifference } from "../difference.ts";
import { matchDevices, matchNames } from "./match-devices.ts";

const hgx = catalogMachine("hgx-h100") ?? syntheticTopology("core:1");

const unnamed = (found: readonly TopologyDifference[]): readonly string[] =>
  found.filter(({ group }) => group !== "names").map(({ message }) => message);

test("a machine with other addresses, and other names of NICs, is alike", () => {
  fc.assert(
    fc.property(detailedTopology, fc.infiniteStream(fc.nat()), (a, numbers) => {
      const b = shuffledNames(a, numbers);
      const found = diffTopologies(a, b);
      expect(unnamed(found)).toEqual([]);
      expect(areAlike(found)).toBe(true);
      // The addresses that it names turn the one into the other, whatever found them.
      const names = found.find(({ path }) => path === "pci.address");
      const [own, there] = [names?.before, names?.after].map((list) => `${list ?? ""}`.split(" "));
      const back = new Map((there ?? []).map((name, i) => [name, at(own ?? [], i)]));
      expect(
        canonicalJson(withoutNumbers(replacedNames(b, (name) => back.get(name) ?? name))),
      ).toBe(canonicalJson(withoutNumbers(replacedNames(a, (name) => name))));
    }),
    { numRuns: 100 },
  );
});

/**
 * A machine without what the kernel numbers, and where it sends interrupts now, which no difference
 * tells: IOMMU groups by their members, no names of NICs.
 */
function withoutNumbers(topology: Topology): unknown {
  const members = Map.groupBy(topology.pci, ({ iommuGroup }) => iommuGroup);
  return {
    ...topology,
    pci: topology.pci.map(({ iommuGroup, interrupts, ...device }) => ({
      ...device,
      interrupts: interrupts?.allowedCpus,
      group: iommuGroup === null ? null : members.get(iommuGroup)?.map(({ address }) => address),
    })),
    nics: topology.nics.map((nic) => ({ ...nic, name: null })),
    accelerators: topology.accelerators.map((one) => ({ ...one, index: null })),
  };
}

test("one device that is not there is one difference, whatever the addresses", () => {
  fc.assert(
    fc.property(detailedTopology, fc.nat(), fc.infiniteStream(fc.nat()), (a, pick, numbers) => {
      const inside = new Set(a.pci.flatMap((one) => [one.parent, one.physicalFunction]));
      const leaves = a.pci.filter(({ address }) => !inside.has(address));
      const gone = leaves[pick % Math.max(1, leaves.length)];
      fc.pre(gone !== undefined);
      for (const b of [
        withoutFunction(a, gone.address),
        shuffledNames(withoutFunction(a, gone.address), numbers),
      ]) {
        const found = unnamed(diffTopologies(a, b));
        expect(found).toEqual([expect.stringContaining(" vanished (")]);
      }
    }),
    { numRuns: 60 },
  );
});

test("what differs under other addresses is said in one line each", () => {
  const gpu = hgx.accelerators[5]?.address ?? "";
  const nic = hgx.nics[6]?.address ?? "";
  const port = hgx.pci.find(
    ({ node, parent, class: code }) => node === 0 && parent === null && code.startsWith("0604"),
  );
  const changed = (
    address: string,
    change: (device: PciDevice) => Partial<PciDevice>,
  ): Topology => ({
    ...hgx,
    pci: hgx.pci.map((one) => (one.address === address ? { ...one, ...change(one) } : one)),
  });
  const narrow = { speedGTs: 32, width: 8, maxSpeedGTs: 32, maxWidth: 16 };
  const cases: readonly (readonly [Topology, RegExp])[] = [
    [withoutFunction(hgx, gpu), /^GPU .* vanished \(H100 SXM5 80GB\)/],
    [changed(gpu, () => ({ link: narrow })), /^GPU .* link gen5 x16 → gen5 x8$/],
    [changed(nic, () => ({ driver: "vfio-pci" })), /^the driver of NIC .* to vfio-pci$/],
    [
      changed(nic, () => ({ parent: port?.address ?? "", root: port?.root ?? "", node: 0 })),
      /^NIC .* moved from below bridge .* on node 1 to below bridge .* on node 0$/,
    ],
  ];
  expect(port).toBeDefined();
  fc.assert(
    fc.property(
      fc.constantFrom(...cases),
      fc.infiniteStream(fc.nat()),
      ([b, expected], numbers) => {
        for (const one of [b, shuffledNames(b, numbers)]) {
          expect(unnamed(diffTopologies(hgx, one))).toEqual([expect.stringMatching(expected)]);
        }
      },
    ),
    { numRuns: 12 },
  );
});

test("a GPU is known again by its UUID, wherever it is", () => {
  const withUuids = (topology: Topology, of: (i: number) => string): Topology => ({
    ...topology,
    accelerators: topology.accelerators.map((one, i) => ({ ...one, uuid: of(i) })),
  });
  const a = withUuids(hgx, (i) => `GPU-${i}`);
  const swapped = withUuids(hgx, (i) => `GPU-${i === 0 ? 7 : i === 7 ? 0 : i}`);
  const [found] = [matchDevices(a, swapped)];
  const [first, last] = [hgx.accelerators[0]?.address ?? "", hgx.accelerators[7]?.address ?? ""];
  expect([found.get(first), found.get(last)]).toEqual([last, first]);
  const others = diffTopologies(
    a,
    withUuids(hgx, (i) => `GPU-other-${i}`),
  );
  expect(others.map(({ message }) => message)).toEqual([
    "the GPUs are other units: they share no UUID",
  ]);
  expect(areAlike(others)).toBe(true);
});

test("one GPU that is another unit is said by its UUID, where the others are the same", () => {
  const gpu = "the UUID of GPU";
  const units = (all: readonly (string | null)[]): Topology => ({
    ...hgx,
    accelerators: hgx.accelerators.map((one, i) => ({ ...one, uuid: all[i] ?? null })),
  });
  const found = (after: readonly (string | null)[]): readonly string[] =>
    diffTopologies(units(["GPU-0", "GPU-1", "GPU-2"]), units(after)).map(({ message }) => message);
  expect(found(["GPU-0", "GPU-x", "GPU-2"])).toEqual([
    `${gpu} ${hgx.accelerators[1]?.address} changed from GPU-1 to GPU-x`,
  ]);
  // Where nobody told the UUIDs of one machine, nothing says that they are others.
  expect(found([])).toEqual(
    [0, 1, 2].map((i) => `${gpu} ${hgx.accelerators[i]?.address} became unknown, it was GPU-${i}`),
  );
});

test("no other matching of small machines leaves fewer differences, by brute force", () => {
  const few = smallTopology.filter(({ pci }) => pci.length <= 5);
  fc.assert(
    fc.property(few, few, fc.infiniteStream(fc.nat()), fc.boolean(), (a, other, numbers, same) => {
      const b = same
        ? shuffledNames(withoutSome(a, numbers), numbers)
        : shuffledNames(other, numbers);
      const roots = matchDevices(a, b);
      const least = Math.min(
        ...matchingsOf(a, b).map(
          (pairs) => differencesUnder(a, b, new Map([...rootsOf(roots), ...pairs])).length,
        ),
      );
      expect(diffTopologies(a, b).length).toBeLessThanOrEqual(least + (same ? 0 : 2));
    }),
    { numRuns: 12 },
  );
});

const rootsOf = (matching: ReadonlyMap<string, string>): [string, string][] =>
  [...matching].filter(([name]) => name.startsWith("pci"));

function withoutSome(topology: Topology, numbers: Iterator<number>): Topology {
  const leaf = topology.pci.at(-1);
  const isTaken = Number(numbers.next().value) % 2 === 0;
  return leaf === undefined || !isTaken ? topology : withoutFunction(topology, leaf.address);
}

/** All matchings of the functions of two machines, in part or in full. */
function matchingsOf(a: Topology, b: Topology): (readonly (readonly [string, string])[])[] {
  const extend = (
    i: number,
    used: ReadonlySet<string>,
  ): (readonly (readonly [string, string])[])[] => {
    const own = a.pci[i]?.address;
    if (own === undefined) return [[]];
    const paired = b.pci
      .filter(({ address }) => !used.has(address))
      .flatMap(({ address }) =>
        extend(i + 1, new Set([...used, address])).map((rest) => [
          [own, address] as const,
          ...rest,
        ]),
      );
    return [...extend(i + 1, used), ...paired];
  };
  return extend(0, new Set());
}

test("matching by name takes no bridge for a device", () => {
  const [first] = hgx.pci;
  const asDevice = {
    ...hgx,
    pci: hgx.pci.map((one) => (one === first ? { ...one, class: "010802" } : one)),
  };
  expect(matchNames(hgx, asDevice).has(first?.address ?? "")).toBe(false);
  expect(matchNames(hgx, hgx).size).toBeGreaterThan(hgx.pci.length);
});

test("thousands of functions are matched in a moment", () => {
  const wide = syntheticTopology(
    "package:2 core:4 memory:8Gi root*16[gpu:h100-pcie(functions:16) switch*3[dev:nvme*12]]",
  );
  expect(wide.pci.length).toBeGreaterThan(800);
  const disks = wide.pci.filter(({ class: code }) => code.startsWith("0108"));
  const start = performance.now();
  // After one in the middle, no rank in order of addresses is that of the same disk.
  for (const gone of [disks.at(-1), disks[100]]) {
    const left = shifted(withoutFunction(wide, gone?.address ?? ""));
    expect(unnamed(diffTopologies(wide, left))).toEqual([
      expect.stringMatching("^device .* vanished"),
    ]);
  }
  expect(performance.now() - start).toBeLessThan(20_000);
});

/** All domains under other numbers, in the same order. */
function shifted(topology: Topology): Topology {
  return replacedNames(topology, (name) => name.replace(/^(pci|)00/, "$1ff"));
}
