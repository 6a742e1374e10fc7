import { expect, test } from "vitest";
import { EvenkeelError } from "../../error/evenkeel-error.ts";
import { invariant } from "../../invariant.ts";
import { indices } from "../../set/index-set.ts";
import { parseList } from "../../set/list-format.ts";
import { catalogMachine } from "../../topology/catalog/catalog.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import type { Topology } from "../../topology/topology.ts";
import { GiB } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import type { Cell, PlanDevice, PlanParts } from "../plan.ts";
import { planSignature, planSignatures } from "./signature.ts";
import { signatureInputs } from "./signature-input.ts";

const hgx = catalogMachine("hgx-h100");
const xeonSnc = catalogMachine("xeon-snc");
invariant(hgx !== null && xeonSnc !== null, "the catalog has these machines");

/**
 * One cell: its node, the first of its cores among the node's, and its accelerators and NICs by
 * place.
 */
interface CellAsked {
  readonly node: number;
  readonly firstCore: number;
  readonly cores: number;
  readonly devices: readonly number[];
}

/** A plan of whole cores and 240 GiB per cell, with accelerators and NICs taken in pairs. */
function planOn(topology: Topology, asked: readonly CellAsked[]): PlanParts {
  const cells = asked.map(({ node, firstCore, cores, devices }, id): Cell => {
    const own = topology.cores.filter((core) => core.node === node).slice(firstCore);
    const cpus = own.slice(0, cores).flatMap((core) => cpusOf(core.cpus));
    return {
      id,
      hostNode: node,
      memoryNodes: `${node}`,
      memoryPolicy: "strict",
      memoryBytes: 240 * GiB,
      memoryOnNodes: [{ node, bytes: 240 * GiB }],
      pageBytes: GiB,
      vcpus: cpus.map((cpu, vcpu) => ({ id: vcpu, cpu })),
      accelerators: devices.map((place) => at(topology.accelerators, place).address),
      nics: devices.map((place) => at(topology.nics, place).address),
    };
  });
  const devicesOf = (kind: PlanDevice["kind"]): PlanDevice[] =>
    cells.flatMap(({ id, accelerators, nics }) =>
      (kind === "nic" ? nics : accelerators).map((address) => {
        return describedDevice(topology, address, kind, id);
      }),
    );
  return {
    isolation: "core",
    threadsPerCore: 2,
    cells,
    devices: [...devicesOf("accelerator"), ...devicesOf("nic")],
    partition: null,
  };
}

const cpusOf = (list: string): number[] => indices(parseList(list) ?? { words: new Uint32Array() });

function describedDevice(
  topology: Topology,
  address: string,
  kind: PlanDevice["kind"],
  cell: number,
): PlanDevice {
  const device = topology.pci.find((candidate) => candidate.address === address);
  invariant(device !== undefined, `${address} is on the machine`);
  const { vendor, device: id, node, root, barBytes, link } = device;
  const model = topology.accelerators.find((entry) => entry.address === address)?.model ?? null;
  return {
    address,
    kind,
    model,
    vendor,
    device: id,
    node,
    cell,
    root,
    switch: null,
    switches: null,
    class: null,
    barBytes,
    link,
    profile: null,
    companions: [],
  };
}

const twoCells: readonly CellAsked[] = [
  { node: 0, firstCore: 1, cores: 12, devices: [0] },
  { node: 1, firstCore: 1, cores: 12, devices: [4] },
];

test("a placement on the HGX H100, in words", () => {
  expect(planSignature(planOn(hgx, twoCells), hgx).signatureText).toBe(
    "2 cells × (12 cores/24 threads, 240 GiB in 1 GiB pages, 1 GPU, 1 NIC on its switch), " +
      "21 apart, GPUs NV18",
  );
});

test("other cores, other devices and reversed cells make a twin", () => {
  const other = planOn(hgx, [
    { node: 1, firstCore: 30, cores: 12, devices: [6] },
    { node: 0, firstCore: 20, cores: 12, devices: [3] },
  ]);
  const sign = planSignatures(hgx);
  expect(sign(other)).toEqual(sign(planOn(hgx, twoCells)));
});

test("a machine of the same shape with other names, numbers and addresses gives the same", () => {
  const machine = (text: string): Topology =>
    syntheticTopology(
      `package:2 core:8 thread:2 memory:512Gi nvlink:18 ${text}
       root*2[switch:pex890xx[gpu:h100-sxm nic:cx7]]`,
      text,
    );
  const cells = [
    { node: 0, firstCore: 1, cores: 3, devices: [1] },
    { node: 1, firstCore: 1, cores: 3, devices: [2] },
  ];
  const one = machine("distances:10/21 numbering:split");
  const plan = planOn(one, cells);
  const signed = planSignature(plan, one);
  // CPUs have other numbers, and firmware another distance, which only the text shows.
  const two = machine("distances:10/20 numbering:adjacent");
  const onTwo = planOn(two, cells);
  expect(onTwo.cells[0]?.vcpus).not.toEqual(plan.cells[0]?.vcpus);
  expect(planSignature(onTwo, two).signature).toBe(signed.signature);
  expect(planSignature(onTwo, two).signatureText).toContain("20 apart");
  const moved = (value: unknown): string => JSON.stringify(value).replaceAll("0000:", "0001:");
  const three: Topology = JSON.parse(moved(one));
  expect(planSignature(JSON.parse(moved(plan)), three)).toEqual(signed);
});

test("a slot of another shape is no twin, and the text says why", () => {
  const signed = planSignature(planOn(hgx, twoCells), hgx);
  const [first, second] = planOn(hgx, twoCells).cells;
  invariant(first !== undefined && second !== undefined, "there are two cells");
  const straying: Cell = {
    ...first,
    memoryNodes: "0-1",
    memoryOnNodes: [
      { node: 0, bytes: 180 * GiB },
      { node: 1, bytes: 60 * GiB },
    ],
  };
  const strayed = planSignature({ ...planOn(hgx, twoCells), cells: [straying, second] }, hgx);
  expect(strayed.signature).not.toBe(signed.signature);
  expect(strayed.signatureText).toContain("25 % of its memory elsewhere");
  const crossed = planOn(hgx, [
    { node: 0, firstCore: 1, cores: 12, devices: [4] },
    { node: 1, firstCore: 1, cores: 12, devices: [0] },
  ]);
  expect(planSignature(crossed, hgx).signature).not.toBe(signed.signature);
  expect(planSignature(crossed, hgx).signatureText).toContain("2 devices elsewhere");
});

test("pools count by the nodes they lie on, not by their CPUs", () => {
  const [cell] = planOn(hgx, [{ node: 0, firstCore: 1, cores: 1, devices: [0] }]).cells;
  const floating = (...lists: readonly string[]): ReturnType<typeof planSignature> => {
    invariant(cell !== undefined, "there is a cell");
    const vcpus = lists.map((cpus, id) => ({ id, cpus }));
    const plan = planOn(hgx, [{ node: 0, firstCore: 1, cores: 1, devices: [0] }]);
    return planSignature({ ...plan, isolation: "shared", cells: [{ ...cell, vcpus }] }, hgx);
  };
  const signed = floating("4-11", "4-11");
  expect(floating("20-27", "4-11")).toEqual(signed);
  expect(signed.signatureText).toContain("2 floating vCPUs");
  expect(signed.signatureText).toContain("isolation shared");
  expect(floating("4-11,60-67", "4-11,60-67").signature).not.toBe(signed.signature);
  expect(floating("4-11", "60-67").signature).not.toBe(signed.signature);
});

test("cells of one package may share its cache, and the input says so", () => {
  const cellsOn = (...nodes: readonly number[]): PlanParts =>
    planOn(
      xeonSnc,
      nodes.map((node) => ({ node, firstCore: 1, cores: 2, devices: [] })),
    );
  const caches = (plan: PlanParts): number =>
    new Set(signatureInputs(xeonSnc)(plan).cells.flatMap(({ cores }) => cores.map(({ l3 }) => l3)))
      .size;
  // Under sub-NUMA clustering Linux reports one cache for the four nodes of a package.
  expect(caches(cellsOn(0, 1))).toBe(1);
  expect(caches(cellsOn(0, 4))).toBe(2);
});

test.each([
  ["a CPU", { vcpus: [{ id: 0, cpu: 9999 }] }, "CPU 9999"],
  ["a node of memory", { memoryOnNodes: [{ node: 9, bytes: 1 }] }, "node 9"],
  ["the cell's node", { hostNode: 12 }, "node 12"],
  ["a pool", { vcpus: [{ id: 0, cpus: "seven" }] }, 'CPUs "seven"'],
])("a plan that names %s that the machine does not have is refused", (_, change, named) => {
  const plan = planOn(hgx, twoCells);
  const cells = plan.cells.map((cell, id) => (id === 0 ? { ...cell, ...change } : cell));
  const sign = (): unknown => planSignature({ ...plan, cells }, hgx);
  expect(sign).toThrow(EvenkeelError);
  expect(sign).toThrow(named);
});
