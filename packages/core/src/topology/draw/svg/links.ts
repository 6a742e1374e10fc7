import { acceleratorNumbers, wholeAccelerators } from "../../virtual-functions.ts";
import { linkClass } from "../../interconnect.ts";
import type { Link, Topology } from "../../topology.ts";
import { counted } from "../describe.ts";
import { line, span } from "../line.ts";
import { interconnectRows, styleOf } from "../matrix.ts";
import { acceleratorNames } from "../pci-branches.ts";
import { type Block, block, column, flow, type Mark, row, short, textBlock } from "./block.ts";
import { tableBlock, type TableCell } from "./distances.ts";

/** Tables of more accelerators are not drawn. */
const tableMax = 16;
/** Circles of more points have thin lines, and of yet more are a blot. */
const thickMax = 10;
const circleMax = 24;

/**
 * The interconnects of the accelerators: one badge where all pairs are alike, otherwise arcs for
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
    return column([title, badge(acceleratorNumbers(accelerators), only)], 6);
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

/** All to all as a sign: every point of a circle tied to every other. */
function badge(numbers: readonly number[], name: string): Block {
  const count = numbers.length;
  const direct = styleOf(name) === "accelerator";
  const text = column(
    [
      textBlock(line(span(name, styleOf(name))), 20),
      textBlock(
        line(
          count === 2
            ? numbers.map((number) => `GPU${number}`).join(" and ")
            : `every two of ${acceleratorNames(numbers)}`,
        ),
        12,
      ),
    ],
    0,
  );
  if (!direct || count > circleMax) return text;
  const size = 96;
  const thick = count <= thickMax;
  const [center, radius] = [size / 2, size / 2 - 6];
  const points = Array.from({ length: count }, (_, i) => {
    const turn = ((i + 0.5) / count) * 2 * Math.PI;
    return { x: center + radius * Math.sin(turn), y: center - radius * Math.cos(turn) };
  });
  const chords = points.flatMap((a, i) =>
    points.slice(i + 1).map((b) => `M${short(a.x)} ${short(a.y)}L${short(b.x)} ${short(b.y)}`),
  );
  const sign = block(size, size, {
    tooltip: `${name} between ${counted(chords.length, "pair")}`,
    marks: [
      { kind: "path", look: thick ? "direct" : "directThin", d: chords.join("") },
      {
        kind: "path",
        look: "dot",
        d: points.map(({ x, y }) => dotPath(x, y, thick ? 5 : 3)).join(""),
      },
    ],
  });
  const lower = block(text.width, text.height + 22, { children: [{ x: 0, y: 22, block: text }] });
  return row([sign, lower], 16);
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
