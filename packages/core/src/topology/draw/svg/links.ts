import { acceleratorNumbers, wholeAccelerators } from "../../virtual-functions.ts";
import { linkClass } from "../../interconnect.ts";
import type { Link, LinkKind, Topology } from "../../topology.ts";
import { counted } from "../describe.ts";
import { line, span } from "../line.ts";
import { interconnectRows, styleOf } from "../matrix.ts";
import { acceleratorNames } from "../pci-branches.ts";
import {
  type Block,
  block,
  column,
  flow,
  lineHeight,
  type Mark,
  type Placed,
  short,
  textBlock,
  textWidth,
} from "./block.ts";
import { tableBlock, type TableCell } from "./distances.ts";

/** Tables of more accelerators are not drawn. */
const tableMax = 16;

/**
 * The interconnects of the accelerators: one hub where all pairs are alike, otherwise arcs for
 * direct links and a table for all classes.
 */
export function linksBlock(topology: Topology, width: number): Block {
  const { links } = topology;
  const accelerators = wholeAccelerators(topology);
  if (accelerators.length < 2) return block(0, 0);
  const rows = interconnectRows(topology);
  const classes = new Set(rows.flat().filter((text) => text !== "X"));
  const title = textBlock(line(span("links", "title")), 13);
  const [only] = classes;
  if (classes.size === 1 && only !== undefined) {
    return column([title, badge(topology, acceleratorNumbers(accelerators), only, width)], 6);
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
  return column([title, flow([table, ...arcs], 28, width)], 6);
}

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

/** Every two linked alike: through a hub where that is known, otherwise as one word. */
function badge(
  { links }: Topology,
  numbers: readonly number[],
  name: string,
  width: number,
): Block {
  const every =
    numbers.length === 2
      ? numbers.map((number) => `GPU${number}`).join(" and ")
      : `every two of ${acceleratorNames(numbers)}`;
  if (styleOf(name) !== "accelerator") {
    return column([textBlock(line(span(name)), 20), textBlock(line(every), 12)], 0);
  }
  const [first] = links;
  const { kind, lanes } = first ?? { kind: "nvlink", lanes: null };
  const lanesText = lanes === null ? "" : `, ${counted(lanes, "lane")} each`;
  const about = `${name}: ${every}${lanesText}`;
  return hub(hubNames[kind](lanes, numbers.length), about, numbers, width);
}

/**
 * A GPU has at most so many NVLinks (Blackwell and Hopper). All pairs have more together only where
 * they share them through a switch.
 */
const nvlinksMax = 18;

const hubNames = {
  nvlink: (lanes: number | null, count: number) =>
    lanes !== null && lanes * (count - 1) > nvlinksMax ? "NVSwitch" : "NVLink, all to all",
  xgmi: () => "XGMI, all to all",
  xelink: () => "Xe Link, all to all",
} as const satisfies Record<LinkKind, (lanes: number | null, count: number) => string>;

/** A bar with the accelerators above and below it, each tied to it. */
function hub(name: string, about: string, numbers: readonly number[], width: number): Block {
  const size = 24;
  const wire = 12;
  const between = 8;
  const longest = Math.max(...numbers.map((number) => textWidth(line(`GPU${number}`), 11))) + 10;
  const above = Math.ceil(numbers.length / 2);
  const most = Math.max(1, Math.floor((width + between) / (longest + between)));
  const columns = Math.min(above, most);
  const label = textBlock(line(span(name, "title")), 13, width - 2 * between);
  const wide = Math.max(columns * (longest + between) - between, label.width + 2 * between);
  const step = wide / columns;
  const rows = Array.from({ length: Math.ceil(numbers.length / columns) }, (_, i) =>
    numbers.slice(i * columns, (i + 1) * columns),
  );
  const over = rows.slice(0, Math.ceil(rows.length / 2));
  const pitch = size + wire;
  const barTop = over.length * pitch;
  const barHeight = lineHeight(13) + 6;
  const wires: string[] = [];
  const placed = rows.flatMap((row, r): Placed[] => {
    const isOver = r < over.length;
    const y = isOver ? r * pitch : barTop + barHeight + wire + (r - over.length) * pitch;
    return row.map((number, c) => {
      const x = c * step + (step - longest) / 2;
      const middle = short(x + longest / 2);
      wires.push(isOver ? `M${middle} ${y + size}v${wire}` : `M${middle} ${y - wire}v${wire}`);
      const text = textBlock(line(span(`GPU${number}`, "accelerator")), 11, longest - 4);
      const inner = { x: (longest - text.width) / 2, y: (size - text.height) / 2, block: text };
      return { x, y, block: block(longest, size, { look: "gpu", children: [inner] }) };
    });
  });
  const bar = block(wide, barHeight, {
    look: "hub",
    children: [{ x: (wide - label.width) / 2, y: 3, block: label }],
  });
  const height = barTop + barHeight + (rows.length - over.length) * pitch;
  const drawing = block(wide, height, {
    tooltip: about,
    marks: [{ kind: "path", look: "direct", d: wires.join("") }],
    children: [...placed, { x: 0, y: barTop, block: bar }],
  });
  return column([textBlock(line(span(about, "accelerator")), 12, width), drawing], 8);
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
