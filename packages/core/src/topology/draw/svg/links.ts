import { at } from "../../../unit/list.ts";
import { acceleratorNumbers, wholeAccelerators } from "../../virtual-functions.ts";
import { linkClass } from "../../interconnect.ts";
import type { Link, LinkKind, Topology } from "../../topology.ts";
import { line, span } from "../line.ts";
import { classMeanings, overLinks } from "../link-classes.ts";
import { interconnectRows, styleOf } from "../matrix.ts";
import { acceleratorNames } from "../pci-branches.ts";
import type { Scene } from "../scene.ts";
import type { VmMark } from "../tenancy.ts";
import {
  type Block,
  block,
  column,
  flow,
  lineHeight,
  type Mark,
  paragraph,
  type Placed,
  row,
  short,
  textBlock,
} from "./block.ts";
import { signBlock, signHeight, signWidth } from "./sign.ts";
import { tableBlock, type TableCell } from "./distances.ts";

/** Tables of more accelerators are not drawn. */
const tableMax = 16;

/**
 * The interconnects of the accelerators: one hub where all pairs are alike, otherwise arcs for
 * direct links and a table for all classes.
 */
export function linksBlock(scene: Scene, width: number): Block {
  const { topology } = scene;
  const { links } = topology;
  const accelerators = wholeAccelerators(topology);
  if (accelerators.length < 2) return block(0, 0);
  const rows = interconnectRows(topology);
  const classes = new Set(rows.flat().filter((text) => text !== "X"));
  const title = textBlock(line(span("links", "title")), 13);
  const meanings = meaningsBlock(topology, width);
  const [only] = classes;
  if (classes.size === 1 && only !== undefined) {
    // The title of a hub says itself what its links are.
    const untold = styleOf(only) === "accelerator" ? [] : [meanings];
    return column([title, badge(scene, only, width), ...untold], 6);
  }
  const arcs = links.length === 0 ? [] : [arcsBlock(topology, width)];
  const cells = rows.map((texts) =>
    texts.map((text): TableCell => {
      const style = styleOf(text);
      const known = style === "accelerator" || style === "unknown" ? style : "plain";
      return { text, look: lookOf(text), style: text === "X" ? "faint" : known };
    }),
  );
  const table =
    accelerators.length <= tableMax
      ? tableBlock(
          acceleratorNumbers(accelerators).map((number) => `GPU${number}`),
          cells,
        )
      : textBlock(line(`${[...classes].toSorted().join(", ")}: too many pairs to draw`), 12, width);
  return column([title, flow([table, ...arcs], 28, width), meanings], 6);
}

/** What the classes mean, those that a drawing has. */
function meaningsBlock(topology: Topology, width: number): Block {
  return paragraph(classMeanings(topology), 11, Math.min(width, meaningsMax));
}

const meaningsMax = 560;

/** From one switch to across sockets, as warm as a distance. */
const looks = new Map([
  ["PIX", "heat0"],
  ["PXB", "heat1"],
  ["PHB", "heat2"],
  ["NODE", "heat3"],
  ["SYS", "heat4"],
  ["?", "heatUnknown"],
]);

function lookOf(text: string): string | null {
  if (text === "X") return null;
  return looks.get(text) ?? "gpu";
}

/** Every two linked alike: a hub where they are tied directly, otherwise a word. */
function badge({ topology, tenancy }: Scene, name: string, width: number): Block {
  const accelerators = wholeAccelerators(topology);
  const numbers = acceleratorNumbers(accelerators);
  const every =
    numbers.length === 2
      ? numbers.map((number) => `GPU${number}`).join(" and ")
      : `every two of ${acceleratorNames(numbers)}`;
  if (styleOf(name) !== "accelerator") {
    return column([textBlock(line(span(name)), 20), textBlock(line(every), 12)], 0);
  }
  const [first] = topology.links;
  const { kind, lanes } = first ?? { kind: "nvlink", lanes: null };
  const spokes = accelerators.map(({ address }, i): Spoke => {
    const holders = tenancy === null ? [] : tenancy.holdersOf(address);
    const marks = tenancy === null ? [] : holders.map((vm) => at(tenancy.marks, vm));
    const [only, ...others] = marks;
    return { name: `GPU${at(numbers, i)}`, mark: others.length > 0 ? null : (only ?? null) };
  });
  const title = `${name}: ${every} ${overLinks(kind, lanes)}`;
  return column(
    [
      textBlock(line(span(title, "accelerator")), 12, width),
      hub(hubNames[kind](lanes, numbers.length), spokes, width),
    ],
    8,
  );
}

/** An accelerator on a hub, with the mark of the VM that has it alone. */
interface Spoke {
  readonly name: string;
  readonly mark: VmMark | null;
}

/**
 * A GPU has at most so many NVLinks (Blackwell and Hopper). All pairs have more together only where
 * they share them through a switch.
 */
const nvlinksMax = 18;

const hubNames = {
  nvlink: (lanes: number | null, count: number) =>
    lanes !== null && lanes * (count - 1) > nvlinksMax ? "NVSwitch" : meshName("NVLink", count),
  xgmi: (_: number | null, count: number) => meshName("XGMI", count),
  xelink: (_: number | null, count: number) => meshName("Xe Link", count),
} as const satisfies Record<LinkKind, (lanes: number | null, count: number) => string>;

const meshName = (kind: string, count: number): string =>
  count === 2 ? kind : `${kind}, all to all`;

const spokeHeight = 24;
const spokeWire = 12;
const spokeGap = 8;

/** A bar with the accelerators above and below it, each tied to it. */
function hub(name: string, given: readonly Spoke[], width: number): Block {
  const fitting = (some: readonly Spoke[]): number =>
    Math.max(1, Math.floor((width + spokeGap) / (widest(some) + spokeGap)));
  // Numbers alone where names would need more than two rows.
  const isTight = fitting(given) < Math.ceil(given.length / 2);
  const spokes = isTight
    ? given.map((one) => ({ ...one, name: one.name.replace("GPU", "") }))
    : given;
  const most = fitting(spokes);
  const wide = widest(spokes);
  const label = textBlock(line(span(name, "title")), 13, width - 2 * spokeGap);
  const columns = Math.min(Math.ceil(spokes.length / 2), most);
  const full = Math.max(columns * (wide + spokeGap) - spokeGap, label.width + 2 * spokeGap);
  const rows = Array.from({ length: Math.ceil(spokes.length / columns) }, (_, i) =>
    spokes.slice(i * columns, (i + 1) * columns),
  );
  const above = Math.ceil(rows.length / 2);
  const pitch = spokeHeight + spokeWire;
  const barTop = above * pitch;
  const barHeight = lineHeight(13) + 6;
  const wires: string[] = [];
  const placed = rows.flatMap((own, r): Placed[] => {
    const isAbove = r < above;
    const y = isAbove ? r * pitch : barTop + barHeight + spokeWire + (r - above) * pitch;
    return own.map((spoke, c) => {
      const x = (c + 0.5) * (full / columns) - wide / 2;
      // Rows nearer to the bar are drawn over the wires of those behind them.
      wires.push(`M${short(x + wide / 2)} ${short(y)}V${short(barTop)}`);
      return { x, y, block: spokeBlock(spoke, wide) };
    });
  });
  const bar = block(full, barHeight, {
    look: "hub",
    children: [{ x: (full - label.width) / 2, y: 3, block: label }],
  });
  return block(full, barTop + barHeight + (rows.length - above) * pitch, {
    tooltip: name,
    about: { hub: name },
    marks: [{ kind: "path", look: "direct", d: wires.join("") }],
    children: [...placed, { x: 0, y: barTop, block: bar }],
  });
}

function spokeParts({ name, mark }: Spoke): Block {
  const text = textBlock(line(span(name, "accelerator")), 11);
  return row([text, ...(mark === null ? [] : [signBlock(mark, signWidth(mark), signHeight)])], 4);
}

const widest = (spokes: readonly Spoke[]): number =>
  Math.max(...spokes.map((spoke) => spokeParts(spoke).width)) + 12;

function spokeBlock(spoke: Spoke, width: number): Block {
  const inner = spokeParts(spoke);
  const place = { x: (width - inner.width) / 2, y: (spokeHeight - inner.height) / 2 };
  return block(width, spokeHeight, { look: "gpu", children: [{ ...place, block: inner }] });
}

function dotPath(x: number, y: number, radius: number): string {
  const [left, diameter] = [short(x - radius), short(2 * radius)];
  const arc = `a${radius} ${radius} 0 1 0 `;
  return `M${left} ${short(y)}${arc}${diameter} 0${arc}-${diameter} 0z`;
}

/** The accelerators in a row, direct links as arcs over them: the farther apart the higher. */
function arcsBlock(topology: Topology, width: number): Block {
  const { links } = topology;
  const accelerators = wholeAccelerators(topology);
  const positions = new Map(accelerators.map(({ address }, i) => [address, i]));
  const count = accelerators.length;
  const step = Math.max(18, Math.min(64, Math.floor(width / count)));
  const names = acceleratorNumbers(accelerators).map((number) =>
    textBlock(line(step < 48 ? `${number}` : `GPU${number}`), 11),
  );
  const spans = links.flatMap((link) => {
    const [a, b] = [positions.get(link.a), positions.get(link.b)];
    return a === undefined || b === undefined
      ? []
      : [{ link, low: Math.min(a, b), high: Math.max(a, b) }];
  });
  const reach = Math.max(1, ...spans.map(({ low, high }) => high - low));
  const heightOf = (far: number): number => 22 + (Math.min(150, 26 * reach) * far) / reach;
  const ground = heightOf(reach) + 20;
  const middle = (position: number): number => position * step + step / 2;
  const marks = spans.map(({ low, high }): Mark => {
    // A cubic curve reaches three quarters of the height of its handles.
    const top = short(ground - (heightOf(high - low) * 4) / 3 + 4);
    const d = `M${short(middle(low))} ${short(ground)}C${short(middle(low))} ${top} ${short(middle(high))} ${top} ${short(middle(high))} ${short(ground)}`;
    return { kind: "path", look: "direct", d };
  });
  const dots = accelerators.map((_, i) => dotPath(middle(i), ground, 5)).join("");
  const arcs = block(count * step, ground + 26, {
    marks: [...marks, { kind: "path", look: "dot", d: dots }],
    children: names.map((name, i) => ({
      x: middle(i) - name.width / 2,
      y: ground + 8,
      block: name,
    })),
  });
  return column([arcs, textBlock(line(span(kindsText(links), "accelerator")), 12)], 0);
}

/** `12 × NV4, 4 × NV8`: how many pairs are linked how. */
function kindsText(links: readonly Link[]): string {
  const byName = Map.groupBy(links, linkClass);
  return [...byName].map(([name, { length }]) => `${length} × ${name}`).join(", ");
}
