import * as fc from "fast-check";
import { expect, test } from "vitest";
import { indexSet, indices } from "../../../set/index-set.ts";
import { formatList, setOf } from "../../../set/list-format.ts";
import { catalogMachine, catalogNames } from "../../catalog/catalog.ts";
import { syntheticTopology } from "../../synthetic/build.ts";
import {
  partsAbout,
  partsWhere,
  type SvgPart,
  svgTree,
} from "../../../../testing/topology/draw/svg-tree.ts";
import { misplaced } from "../../../../testing/topology/draw/misplaced.ts";
import { smallTopology, wideTopology } from "../../../../testing/topology/arbitrary-machine.ts";
import type { Topology } from "../../topology.ts";
import { standInAddress, standInRoot } from "../../stand-in.ts";
import { drawDot } from "../draw-dot.ts";
import { drawSvg } from "./draw-svg.ts";
import { drawTopology } from "../draw-topology.ts";
import type { Block } from "./block.ts";
import { type SceneOptions, sceneOf } from "../scene.ts";
import { vmStyles } from "../line.ts";
import type { Tenancy, Tenant } from "../tenancy.ts";
import { machineBlock, svgLayout } from "./layout.ts";
import { legendEntries, looksOf, selfExplaining } from "./legend.ts";
import { styleSheet } from "./style.ts";

const layoutOf = (topology: Topology, width: number, options: SceneOptions = {}): Block =>
  svgLayout(sceneOf(topology, options), width);

const anyMachine = fc.oneof(smallTopology, wideTopology);
const anyWidth = fc.integer({ min: 480, max: 2400 });

test("everything lies within what it belongs to, and nothing over its neighbors", () => {
  fc.assert(
    fc.property(anyMachine, anyWidth, (topology, width) => {
      expect(misplaced(layoutOf(topology, width))).toEqual([]);
    }),
  );
});

test.each(catalogNames)("%s lies well at any width", (name) => {
  const topology = catalogMachine(name);
  if (topology === null) throw new Error("not in the catalog");
  for (const width of [480, 800, 1280, 1920]) {
    expect(misplaced(layoutOf(topology, width))).toEqual([]);
  }
  expect(layoutOf(topology, 1280).width).toBeLessThanOrEqual(1280);
});

test("the test of places sees an overlap and an overhang", () => {
  const cell: Block = { ...emptyBlock, width: 10, height: 10 };
  const placed = (x: number): Block["children"][number] => ({ x, y: 0, block: cell });
  const outer = { ...emptyBlock, width: 24, height: 10 };
  expect(misplaced({ ...outer, children: [placed(0), placed(12)] })).toEqual([]);
  expect(misplaced({ ...outer, children: [placed(0), placed(8)] })).toHaveLength(1);
  expect(misplaced({ ...outer, children: [placed(15)] })).toHaveLength(1);
});

const emptyBlock: Block = {
  width: 0,
  height: 0,
  look: null,
  tooltip: null,
  about: {},
  marks: [],
  children: [],
};

function valuesOf(svg: string, name: string): string[] {
  return [...svg.matchAll(new RegExp(` data-${name}='([^']*)'`, "g"))].map(
    ([, value = ""]) => value,
  );
}

test("every node, accelerator, NIC and core is drawn once", () => {
  fc.assert(
    fc.property(anyMachine, anyWidth, (topology, width) => {
      const svg = drawSvg(topology, { width });
      const nodes = valuesOf(svg, "node").flatMap((ids) => ids.split(" ").map(Number));
      expect(nodes.toSorted((a, b) => a - b)).toEqual(topology.nodes.map(({ id }) => id));
      expect(valuesOf(svg, "accelerator").toSorted()).toEqual(
        topology.accelerators.map(({ address }) => address).toSorted(),
      );
      const gpus = new Set(topology.accelerators.map(({ address }) => address));
      expect(valuesOf(svg, "nic").toSorted()).toEqual(
        topology.nics.flatMap(({ address }) => (gpus.has(address) ? [] : address)).toSorted(),
      );
      const cores = valuesOf(svg, "cores").flatMap((list) => indices(setOf(list)));
      expect(cores.toSorted((a, b) => a - b)).toEqual(topology.cores.map(({ id }) => id));
    }),
  );
});

test("on sixty-four nodes too, devices apart from nodes too small to hold them", () => {
  const topology = syntheticTopology(
    `package:8 node:8 core:4 memory:64Gi memory:?@9 hugepages:20/40x1Gi distances:10/12/40
     root[gpu:l40s nic:cx7]@0-2`,
    "many",
  );
  const layout = layoutOf(topology, 1280);
  expect(misplaced(layout)).toEqual([]);
  expect(layout.width).toBeLessThanOrEqual(1280);
  const svg = drawSvg(topology);
  expect(valuesOf(svg, "node")).toHaveLength(64);
  expect(valuesOf(svg, "accelerator")).toHaveLength(3);
});

test("distances in too many classes for numbers are a map of colors with a key", () => {
  const ids = Array.from({ length: 40 }, (_, i) => i);
  const rows = ids.map((i) => ids.map((j) => 10 + Math.abs(i - j)).join(",")).join(";");
  const topology = syntheticTopology(`package:40 core:1 memory:1Gi distances:${rows}`);
  expect(misplaced(layoutOf(topology, 1280))).toEqual([]);
  expect(drawSvg(topology)).toContain(">11-19<");
});

test("unknown looks unknown, and never as nothing or as node 0", () => {
  const topology = syntheticTopology(
    "package:1 l3:? core:2 memory:? root[gpu(id:10de:1234 class:030200) nic:e810]@?",
  );
  const svg = drawSvg(topology);
  for (const text of ["memory unknown", "node unknown", "L3 unknown", "10de:1234"]) {
    expect(svg).toContain(text);
  }
  expect(svg).toContain("class='roomUnknown'");
  expect(svg).toContain("class='stray'");
});

test("cores of unknown node are drawn apart", () => {
  const machine = syntheticTopology("core:4 memory:1Gi");
  const cores = machine.cores.map((core) => ({ ...core, node: null }));
  const topology = { ...machine, nodes: [], distances: null, cores };
  expect(misplaced(layoutOf(topology, 800))).toEqual([]);
  const svg = drawSvg(topology);
  expect(svg).toContain("cores of unknown node");
  expect(valuesOf(svg, "cores")).toEqual(["0-3"]);
});

test("many devices below one switch stand in columns", () => {
  const topology = syntheticTopology(
    "package:2 core:16 memory:64Gi distances:10/20 root[switch[gpu:l40s nic:cx7*30 switch[gpu:l40s]]]",
  );
  const layout = layoutOf(topology, 1280);
  expect(misplaced(layout)).toEqual([]);
  expect(layout.height).toBeLessThan(2400);
  expect(valuesOf(drawSvg(topology), "nic")).toHaveLength(60);
});

test("a stand-in is never shown as an address", () => {
  const machine = syntheticTopology("core:2 memory:1Gi root[switch[gpu:l40s*2 nic:cx7]]");
  const stand = new Map(machine.pci.map(({ address }, i) => [address, standInAddress(i)]));
  const of = (address: string): string => stand.get(address) ?? address;
  const topology: Topology = {
    ...machine,
    pci: machine.pci.map((device) => ({
      ...device,
      address: of(device.address),
      parent: device.parent === null ? null : of(device.parent),
      root: standInRoot(0),
    })),
    accelerators: machine.accelerators.map((one) => ({ ...one, address: of(one.address) })),
    nics: machine.nics.map((one) => ({ ...one, address: of(one.address) })),
  };
  const shown = drawSvg(topology).replaceAll(/ data-[a-z]+='[^']*'/g, "");
  expect(shown).not.toContain("ffffff00");
  expect(shown.split("address unknown")).toHaveLength(4);
  expect(drawTopology(topology, { width: 100 })).not.toContain("ffffff00");
  expect(drawDot(topology)).not.toMatch(/label="[^"]*ffffff00/);
});

test("a chain of bridges that no machine can have is drawn as far as one could reach", () => {
  const machine = syntheticTopology("core:2 memory:1Gi root[switch[gpu:l40s]]");
  const [first] = machine.pci;
  if (first === undefined) throw new Error("no bridge");
  const address = (i: number): string =>
    `${(1 + (i >> 8)).toString(16).padStart(4, "0")}:${(i & 255).toString(16).padStart(2, "0")}:00.0`;
  const chain = Array.from({ length: 20_000 }, (_, i) => ({
    ...first,
    address: address(i),
    parent: i === 0 ? null : address(i - 1),
  }));
  const gpus = new Set(machine.accelerators.map((one) => one.address));
  const leaves = machine.pci.flatMap((device) =>
    gpus.has(device.address) ? [{ ...device, parent: address(19_999) }] : [],
  );
  const topology = { ...machine, pci: [...chain, ...leaves] };
  expect(misplaced(layoutOf(topology, 1280))).toEqual([]);
  expect(valuesOf(drawSvg(topology), "accelerator")).toHaveLength(1);
  expect(drawDot(topology)).toContain("GPU0");
  expect(drawTopology(topology, { width: 200 })).toContain("node 0");
});

test("hostile names are text", () => {
  const hostile = `</text><script>alert(1)</script>&"'\u{1b}[2J\u{202e}\u{fffe}\u{ffff}`;
  const machine = syntheticTopology("core:2 memory:1Gi root[gpu:l40s nic:cx7]");
  const topology: Topology = {
    ...machine,
    name: hostile,
    machine: { ...machine.machine, vendor: hostile, cpuModel: hostile },
    accelerators: machine.accelerators.map((one) => ({ ...one, model: hostile })),
    nics: machine.nics.map((one) => ({ ...one, name: hostile })),
  };
  const svg = drawSvg(topology);
  expect(svg).not.toContain("<script");
  for (const character of ["\u{1b}", "\u{202e}", "\u{fffe}", "\u{ffff}"]) {
    expect(svg).not.toContain(character);
  }
  expect(svg).toContain("&lt;script&gt;");
});

test("the same machine gives the same bytes, and nothing from elsewhere", () => {
  fc.assert(
    fc.property(anyMachine, (topology) => {
      const svg = drawSvg(topology);
      expect(drawSvg(structuredClone(topology))).toBe(svg);
      expect(svg.replace("http://www.w3.org/2000/svg", "")).not.toMatch(
        /https?:|href|url\(|@import/,
      );
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }),
  );
});

test("a machine with nothing in it can be drawn", () => {
  const nothing: Topology = {
    ...syntheticTopology("core:1"),
    nodes: [],
    cores: [],
    distances: null,
    pci: [],
  };
  expect(misplaced(layoutOf(nothing, 480))).toEqual([]);
});

/** Looks of VMs are explained by the list of VMs, those of distances by one entry for all. */
const isListed = (look: string): boolean => /^vm(?:\d+|New)$|^heat\d$/.test(look);

test("the legend has an entry for each look that a drawing has, and no others", () => {
  const check = (topology: Topology, options: SceneOptions): void => {
    const scene = sceneOf(topology, options);
    const looks = looksOf(machineBlock(scene, 1280 - 48).drawn);
    const entries = new Map(legendEntries(scene).map(({ look, text }) => [look, text]));
    const unexplained = [...looks].filter(
      (look) => !entries.has(look) && !selfExplaining.has(look) && !isListed(look),
    );
    expect(unexplained).toEqual([]);
    const legend = svgTree(drawSvg(topology, options)).text.split("\n");
    const shown = [...entries].filter(([look]) => looks.has(look)).map(([, text]) => text);
    const others = [...entries.values()].filter((text) => !shown.includes(text));
    expect(shown.filter((text) => !legend.includes(text))).toEqual([]);
    expect(others.filter((text) => legend.includes(text))).toEqual([]);
  };
  for (const name of catalogNames) {
    const topology = catalogMachine(name);
    if (topology !== null) check(topology, {});
  }
  fc.assert(
    fc.property(anyMachine, fc.boolean(), (topology, all) => {
      check(topology, { all });
      check(topology, { all, tenancy: someTenancy(topology) });
    }),
  );
});

/** Two VMs on the machine's CPUs and devices in turn, as no placement would have it. */
function someTenancy(topology: Topology): Tenancy {
  const cpus = topology.cores.flatMap((core) => indices(setOf(core.cpus)));
  const every = (rest: number): string =>
    formatList(indexSet(cpus.filter((cpu) => cpu % 5 === rest)));
  const vm = (name: string, rest: number): Tenant => ({
    name,
    flavor: null,
    isNew: rest === 1,
    cells: [
      {
        home: topology.nodes[0]?.id ?? null,
        vcpus: 1,
        pinned: every(rest),
        floating: every(3),
        hugepageBytes: null,
        memory: topology.nodes.map(({ id }) => ({ node: id, bytes: 2 ** 20 })),
      },
    ],
    devices: topology.pci.flatMap(({ address }, i) => (i % 3 === rest ? [address] : [])),
  });
  return {
    vms: [vm("one", 0), vm("two", 1)],
    hostCpus: every(2),
    closedCpus: every(4),
    soldDevices: new Set(topology.pci.map(({ address }) => address)),
    freePages: [],
  };
}

test("every PCI function is drawn when all are asked for, each once", () => {
  const check = (topology: Topology): void => {
    const svg = drawSvg(topology, { all: true });
    const above = new Set(topology.pci.map(({ parent }) => parent));
    const drawn = ["accelerator", "nic", "function"].flatMap((kind) => valuesOf(svg, kind));
    expect(drawn.toSorted()).toEqual(
      topology.pci.flatMap(({ address }) => (above.has(address) ? [] : address)).toSorted(),
    );
    expect(misplaced(layoutOf(topology, 1280, { all: true }))).toEqual([]);
    expect(svg).not.toContain("not shown");
  };
  const h100 = catalogMachine("hgx-h100");
  if (h100 === null) throw new Error("not in the catalog");
  check(h100);
  const svg = drawSvg(h100, { all: true });
  expect(svgTree(svg).text.match(/NVMe/g)).toHaveLength(8);
  expect(svgTree(svg).text.match(/^NVSwitch.*10de:22a3$/gm)).toHaveLength(4);
  fc.assert(fc.property(anyMachine, check));
});

test("nodes that share an L3 lie in its frame, and their cores have none of their own", () => {
  const snc = catalogMachine("xeon-snc");
  if (snc === null) throw new Error("not in the catalog");
  const picture = svgTree(drawSvg(snc));
  const frames = partsAbout(picture, "l3");
  expect([...frames.keys()]).toEqual(["0", "1"]);
  const nodesIn = (l3: string): string[] => {
    const frame = frames.get(l3);
    return frame === undefined ? [] : [...partsAbout(frame, "node").keys()].toSorted();
  };
  expect(nodesIn("0")).toEqual(["0", "1", "2", "3"]);
  expect(nodesIn("1")).toEqual(["4", "5", "6", "7"]);
  expect(frames.get("0")?.text).toContain("L3 0 shared by nodes 0-3");
  const cores = partsAbout(picture, "cores").values();
  expect([...cores].flatMap((part) => classesIn(part)).filter((look) => look === "cache")).toEqual(
    [],
  );
  // Two pairs of nodes, each with an L3 of its own, and a third pair that shares none.
  const pairs = syntheticTopology("package:1 die:2 l3:1 node:2 core:2 memory:8Gi distances:10/12");
  expect(partsAbout(svgTree(drawSvg(pairs)), "l3").size).toBe(2);
  expect(misplaced(layoutOf(pairs, 900))).toEqual([]);
});

const classesIn = (part: SvgPart): readonly string[] =>
  partsWhere(part, ({ name }) => name === "rect" || name === "path").flatMap(
    ({ attributes }) => attributes.get("class") ?? [],
  );

test("an L3 that reaches beyond a package is marked as a part of one", () => {
  const machine = syntheticTopology("package:2 core:2 memory:8Gi distances:10/20");
  const topology = { ...machine, cores: machine.cores.map((core) => ({ ...core, l3: 0 })) };
  const picture = svgTree(drawSvg(topology));
  expect(partsAbout(picture, "l3").size).toBe(0);
  expect(classesIn(picture)).toContain("cachePart");
  expect(picture.text).toContain("part of an L3 that other nodes share");
});

test.each([
  ["hgx-h100", "NVSwitch", 8],
  ["mi300x", "XGMI, all to all", 8],
  ["gb200-tray", "NVSwitch", 4],
] as const)("the links of %s meet in a hub that says %s", (name, label, count) => {
  const topology = catalogMachine(name);
  if (topology === null) throw new Error("not in the catalog");
  const hubs = [...partsAbout(svgTree(drawSvg(topology)), "hub")];
  expect(hubs.map(([of]) => of)).toEqual([label]);
  const [[, hub] = []] = hubs;
  expect(hub?.text.split("\n")).toContain(label);
  expect(hub?.text.match(/^GPU\d+$/gm)).toHaveLength(count);
});

test("classes of links are explained, those that a drawing has", () => {
  const l40s = catalogMachine("l40s-pcie");
  if (l40s === null) throw new Error("not in the catalog");
  const { text } = svgTree(drawSvg(l40s));
  expect(text).toContain("PIX through one PCIe switch");
  expect(text).toContain("SYS through the link between nodes");
  expect(text).not.toContain("PHB");
});

test("four GPUs with links of their own are no switch", () => {
  const topology = syntheticTopology("package:1 core:4 memory:8Gi root[gpu:a100-sxm*4] nvlink:4");
  expect(drawSvg(topology)).toContain("NVLink, all to all");
});

test.each([
  [16, 4],
  [12, 4],
  [8, 4],
  [2, 2],
])("%i packages stand in %i columns", (packages, columns) => {
  const topology = syntheticTopology(`package:${packages} core:2 memory:8Gi distances:10/20`);
  const lefts = partsAbout(svgTree(drawSvg(topology)), "package")
    .values()
    .map(({ parts }) => parts.find(({ name }) => name === "rect")?.attributes.get("x"));
  expect(new Set(lefts).size).toBe(columns);
  const text = drawTopology(topology, { width: 200 }).split("\n");
  expect(text.find((one) => one.includes("╭"))?.split("╭")).toHaveLength(columns + 1);
});

test("nodes with devices and nodes without stand in rows of their own", () => {
  const snc = catalogMachine("xeon-snc");
  if (snc === null) throw new Error("not in the catalog");
  const heights = [...partsAbout(svgTree(drawSvg(snc)), "node").values()].map(({ parts }) =>
    Number(parts.find(({ name }) => name === "rect")?.attributes.get("height")),
  );
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  expect(low).toBeLessThan(high * 0.65);
  expect(heights.filter((height) => height === low)).toHaveLength(4);
});

test("signs of VMs can be read on their colors in both schemes", () => {
  const css = styleSheet();
  const [light = "", dark = ""] = css.split("@media");
  for (const scheme of [light, dark]) {
    const fillOf = (look: string): string =>
      new RegExp(`\\.${look}\\{fill:(#[0-9a-f]{6})`).exec(scheme)?.[1] ?? "";
    const ink = fillOf("title");
    for (const look of [...vmStyles, "vmNew", "vmSeveral", "coreKept", "coreClosed"]) {
      expect(contrast(fillOf(look), ink), `${look} ${fillOf(look)}`).toBeGreaterThanOrEqual(4.5);
    }
  }
});

/** The ratio of WCAG 2 between two colors. */
function contrast(a: string, b: string): number {
  const [one, other] = [a, b].map((color) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
      return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
  if (one === undefined || other === undefined) throw new Error("two colors");
  const [low, high] = [Math.min(one, other), Math.max(one, other)];
  return (high + 0.05) / (low + 0.05);
}

test("a small machine, as it stands", () => {
  const topology = syntheticTopology(
    "package:1 l3:1 core:2 thread:2 memory:4Gi hugepages:1/2x1Gi root[gpu:l40s(link:4x8/4x16)]",
    "small",
  );
  const svg = drawSvg(topology).replace(/<style>[^]*<\/style>/, "<style/>");
  expect(`\n${svg}`).toMatchInlineSnapshot(`
    "
    <svg xmlns='http://www.w3.org/2000/svg' class='evenkeel' role='img' width='710' height='398' viewBox='0 0 710 398'>
      <title>small</title>
      <desc>model unknown · x86_64 · 4 KiB pages; 1 package · 1 node · 2 cores · 4 CPUs · 4 GiB · 1 × L40S</desc>
      <style/>
      <rect class='canvas' x='0' y='0' width='710' height='398' rx='0'/>
      <text class='plain' x='24' y='45' font-size='20'><tspan class='title'>small</tspan><tspan class='faint'>  synthetic</tspan></text>
      <text class='plain' x='24' y='68' font-size='12'><tspan class='unknown'>model unknown</tspan><tspan class='faint'> · </tspan><tspan class='plain'>x86_64</tspan><tspan class='faint'> · </tspan><tspan class='plain'>4 KiB pages</tspan></text>
      <text class='plain' x='24' y='88' font-size='12'><tspan class='plain'>1 package</tspan><tspan class='faint'> · </tspan><tspan class='plain'>1 node</tspan><tspan class='faint'> · </tspan><tspan class='plain'>2 cores</tspan><tspan class='faint'> · </tspan><tspan class='plain'>4 CPUs</tspan><tspan class='faint'> · </tspan><tspan class='plain'>4 GiB</tspan><tspan class='faint'> · </tspan><tspan class='accelerator'>1 × L40S</tspan></text>
      <g data-package='package 0'>
        <rect class='package' x='24.5' y='113.5' width='661' height='188' rx='8'/>
        <text class='title' x='36' y='139' font-size='13'>package 0</text>
        <g data-node='0'>
          <rect class='node' x='36.5' y='152.5' width='637' height='137' rx='8'/>
          <text class='plain' x='48' y='178' font-size='13'><tspan class='title'>node 0</tspan><tspan class='plain'>  </tspan><tspan class='memory'>4 GiB</tspan></text>
          <path class='hugeTaken' d='M0 0h82.5v8h-82.5z' transform='translate(48 187)'/>
          <path class='hugeFree' d='M82.5 0h82.5v8h-82.5z' transform='translate(48 187)'/>
          <path class='base' d='M165 0h165v8h-165z' transform='translate(48 187)'/>
          <text class='plain' x='48' y='211' font-size='11'>2 × 1 GiB, 1 free</text>
          <text class='plain' x='48' y='231' font-size='11'><tspan class='plain'>2 cores × 2 threads</tspan><tspan class='faint'> · </tspan><tspan class='plain'>one L3</tspan></text>
          <text class='faint' x='48' y='251' font-size='11'>CPUs 0-3</text>
          <g data-cores='0-1'>
            <title>L3 0: 2 cores (0-1)</title>
            <rect class='cache' x='48.5' y='259.5' width='32' height='18' rx='3'/>
            <path class='thread' d='M4 4h5v11h-5zM10 4h5v11h-5zM18 4h5v11h-5zM24 4h5v11h-5z' transform='translate(48 259)'/>
          </g>
          <path class='wire' d='M24 24.5H33M33 24.5V24.5M33 24.5H42' transform='translate(402 164)'/>
          <rect class='bridge' x='402.5' y='177' width='23' height='23' rx='4'/>
          <text class='plain' x='406' y='192.5' font-size='11'>15</text>
          <g data-accelerator='0000:16:00.0'>
            <rect class='gpu' x='444.5' y='164.5' width='217' height='48' rx='8'/>
            <text class='plain' x='451' y='185' font-size='13'><tspan class='accelerator'>GPU0 </tspan><tspan class='plain'> </tspan><tspan class='accelerator'>L40S</tspan></text>
            <text class='plain' x='451' y='202' font-size='11'><tspan class='faint'>16:00.0</tspan><tspan class='faint'> · </tspan><tspan class='warning'>▼ gen4 x8</tspan><tspan class='faint'> of gen4 x16</tspan></text>
          </g>
        </g>
      </g>
      <path class='thread' d='M0.5 2.5h4.5v10h-4.5z' transform='translate(24 322)'/>
      <path class='thread' d='M6.5 2.5h4.5v10h-4.5z' transform='translate(24 322)'/>
      <text class='faint' x='44' y='334' font-size='11'>core of 2 threads</text>
      <rect class='cache' x='167.5' y='322.5' width='17' height='12' rx='2'/>
      <path class='thread' d='M3 3h5v7h-5z' transform='translate(167 322)'/>
      <path class='thread' d='M10 3h5v7h-5z' transform='translate(167 322)'/>
      <text class='faint' x='191' y='334' font-size='11'>cores in one frame share an L3</text>
      <path class='hugeFree' d='M0 4h18v8h-18z' transform='translate(399 322)'/>
      <text class='faint' x='423' y='334' font-size='11'>free huge pages</text>
      <path class='hugeTaken' d='M0 4h18v8h-18z' transform='translate(538 322)'/>
      <text class='faint' x='562' y='334' font-size='11'>huge pages taken</text>
      <path class='base' d='M0 4h18v8h-18z' transform='translate(24 358)'/>
      <text class='faint' x='48' y='370' font-size='11'>memory in base pages</text>
      <rect class='bridge' x='203.5' y='358.5' width='13' height='12' rx='2'/>
      <text class='faint' x='223' y='370' font-size='11'>PCIe root or switch</text>
      <text class='plain' x='358' y='370' font-size='11'><tspan class='warning'>▼</tspan><tspan class='faint'> a link that runs below its maximum</tspan></text>
    </svg>
    "
  `);
});

test("sixteen packages stay four by four where that takes a little more than the width", () => {
  const topology = syntheticTopology("package:16 core:4 memory:64Gi root[gpu:a100-pcie]");
  for (const [width, columns] of [
    [1280, 4],
    [1180, 4],
    [1000, 3],
  ] as const) {
    const lefts = drawSvg(topology, { width }).matchAll(/<rect class='package' x='([\d.]+)'/g);
    expect(new Set([...lefts].map(([, x]) => x)).size, `${width}`).toBe(columns);
  }
});
