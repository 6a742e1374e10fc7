import { expect, test } from "vitest";
import { syntheticTopology } from "../synthetic/build.ts";
import type { HostUse, Topology } from "../topology.ts";
import { drawDot } from "./draw-dot.ts";
import { drawTopology } from "./draw-topology.ts";
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
  for (const of of ["class 0", "class 1", "class 2", "unknown class"]) {
    expect(svg).toContain(`core of 2 threads, ${of}<`);
  }
  expect(drawSvg(machine)).not.toMatch(/class='thread[12U]/);
});
