import { expect, test } from "vitest";
import { syntheticTopology } from "../synthetic/build.ts";
import type { HostUse, Topology } from "../topology.ts";
import { at } from "../../unit/list.ts";
import { topologyWarnings } from "../warnings/warnings.ts";
import { cpusLine } from "./describe.ts";
import { drawDot } from "./draw-dot.ts";
import { drawTopology } from "./draw-topology.ts";
import { printLine } from "./line.ts";
import { drawSvg } from "./svg/draw-svg.ts";

/** What devices and cores are marked with: the host's own use, NVLink-C2C, and classes of cores. */

const machine = syntheticTopology(
  "package:1 core:8 thread:2 memory:8Gi root[gpu:l40s nic:cx7] root[dev:nvme] root[dev:nvme]",
);
const disk = machine.pci.find((device) => device.class.startsWith("0108"));

function used(topology: Topology, uses: readonly (readonly [string, HostUse])[]): Topology {
  const useOf = new Map(uses);
  const pci = topology.pci.map((one) => ({ ...one, hostUse: useOf.get(one.address) ?? null }));
  return { ...topology, pci };
}

const gpu = machine.accelerators[0]?.address ?? "";
const nic = machine.nics[0]?.address ?? "";
const inUse = used(machine, [
  [gpu, "display"],
  [nic, "default-route"],
  [disk?.address ?? "", "boot-disk"],
]);

test("what the host needs itself is said at its device, or below where that has no place", () => {
  const text = drawTopology(inUse, { width: 80 });
  const lineOf = (name: string): string => text.split("\n").find((one) => one.includes(name)) ?? "";
  expect(lineOf("GPU0")).toContain("the host's display");
  expect(lineOf("mlx5_0")).toContain("the host's default route");
  expect(text).toContain(
    "\nthe host's boot disk 27:00.0 on node 0\n1 other PCI function not shown\n",
  );
  expect(disk?.address).toBe("0000:27:00.0");
});

test("drawings in SVG and of Graphviz say it too, and nothing where no source says so", () => {
  for (const draw of [drawSvg, drawDot]) {
    const drawn = draw(inUse)
      .replaceAll(/<[^>]*>/g, "")
      .replaceAll("&apos;", "'");
    for (const use of ["display", "default route", "boot disk"]) {
      expect(drawn).toContain(`the host's ${use}`);
    }
    expect(draw(machine)).not.toContain("the host");
  }
});

test("a table of many nodes, which names no device, is followed by all that the host needs", () => {
  const many = syntheticTopology("package:9 node:2 core:1 memory:8Gi root[gpu:l40s]@0", "many");
  const [own = ""] = many.accelerators.map(({ address }) => address);
  const text = drawTopology(used(many, [[own, "display"]]), { width: 80 });
  expect(text).toContain("the host's display 16:00.0 on node 0\n");
});

test("a disk of unknown node is said without one", () => {
  const pci = inUse.pci.map((one) => ({ ...one, node: null }));
  expect(drawTopology({ ...inUse, pci }, { width: 80 })).toContain(
    "the host's boot disk 27:00.0\n",
  );
});

test("NVLink-C2C is said at its accelerator", () => {
  const accelerators = machine.accelerators.map((one) => ({ ...one, c2c: true }));
  const grace = { ...machine, accelerators };
  for (const draw of [drawSvg, drawDot]) {
    expect(draw(grace)).toContain("C2C");
    expect(draw(machine)).not.toContain("C2C");
  }
});

test("cores of several classes have several colors, within the frame of their L3", () => {
  const classes = [0, 0, 1, 1, 2, 2, null, null];
  const cores = machine.cores.map((core, i) => ({ ...core, class: classes[i] ?? null }));
  const svg = drawSvg({ ...machine, cores });
  for (const look of ["thread", "thread1", "thread2", "threadUnknown"]) {
    // Once in the frame, and once for each thread in the key.
    expect(svg.split(`class='${look}'`).length - 1, look).toBeGreaterThan(1);
  }
  expect(svg).toContain("L3 0: 8 cores (0-7): 2 of class 0, 2 of class 1, 2 of class 2, 2 of");
  expect(svg.split("<rect class='cache'")).toHaveLength(3);
  for (const of of ["class 0, the fastest", "class 1", "class 2", "unknown class"]) {
    expect(svg).toContain(`core of 2 threads, ${of}<`);
  }
  expect(drawSvg(machine)).not.toMatch(/class='thread[12U]/);
});

test("a core with fewer threads than others of its class lacks one, others are whole", () => {
  // Two threads a core in class 0, one in class 1, as on hybrid processors.
  const hybrid = syntheticTopology("package:1 core:4 thread:2 memory:8Gi");
  const cores = hybrid.cores.map((core, i) =>
    i < 2 ? { ...core, class: 0 } : { ...core, class: 1, cpus: core.cpus.split(",")[0] ?? "" },
  );
  const svg = drawSvg({ ...hybrid, cores });
  expect(svg).not.toContain("class='threadOff'");
  expect(svg).toContain(">core of 2 threads, class 0, the fastest<");
  expect(svg).toContain(">core, class 1<");
  const text = drawTopology({ ...hybrid, cores }, { width: 80 });
  expect(text).toContain("class 0 the fastest cores");
  expect(topologyWarnings({ ...hybrid, cores })).toEqual([]);
  // Where nobody told the classes, one may be missing.
  const untold = { ...hybrid, cores: cores.map((core) => ({ ...core, class: null })) };
  expect(drawSvg(untold)).toContain("class='threadOff'");
  expect(topologyWarnings(untold).map(({ code }) => code)).toEqual(["smt-uneven"]);
});

test("every interconnect class of a drawing is explained, in text and picture alike", () => {
  const pairs = `package:2 core:4 memory:16Gi distances:10/21
    root[switch[gpu:a100-pcie*2]]@0 root[gpu:a100-pcie]@1`;
  const [first, second] = syntheticTopology(pairs).accelerators.map(({ address }) => address);
  const links = [{ a: first ?? "", b: second ?? "", kind: "nvlink" as const, lanes: 12 }];
  const linked = { ...syntheticTopology(pairs), links };
  const text = drawTopology(linked, { width: 80 });
  const svg = drawSvg(linked).replaceAll(/<[^>]*>/g, "");
  for (const [name, meaning] of [
    ["NV12", "over 12 NVLinks"],
    ["SYS", "through the link between nodes"],
  ] as const) {
    expect(text).toContain(`${name} ${meaning}`);
    expect(svg).toContain(`${name} ${meaning}`);
  }
  for (const drawn of [text, svg]) expect(drawn).not.toContain("PIX");
  const untold = { ...linked, links: links.map((link) => ({ ...link, lanes: null })) };
  expect(drawTopology(untold, { width: 80 })).toContain("NV# over NVLinks, nobody told how many");
});

test("what a node has is whole in the narrowest terminal", () => {
  const wide = syntheticTopology("package:1 l3:8 core:8 thread:2 memory:512Gi hugepages:384x1Gi");
  const text = drawTopology(wide, { width: 44 });
  expect(text).not.toContain("…");
  expect(text).toContain("8 L3");
  expect(text).toContain("CPUs 0-127");
});

test("a long list of CPUs is cut after a number, one of every second is told by its step", () => {
  const node = (cpus: string) => ({ ...at(machine.nodes, 0), cpus });
  const textOf = (cpus: string): string => printLine(cpusLine(node(cpus)), false);
  const odd = Array.from({ length: 56 }, (_, i) => 2 * i + 1);
  expect(textOf(odd.join(","))).toBe("CPUs 1,3,5,…,111");
  const uneven = "0-3,8-11,16-19,24-27,32-35,40-43,48-51,56-59";
  expect(textOf(uneven)).toBe("CPUs 0-3,8-11,16-19,24-27,32-35,40-43,48-51,…");
});
