import { element, type XmlElement } from "../../../xml/element.ts";
import type { Line } from "../line.ts";
import { span } from "../line.ts";
import { type Block, type Mark, short } from "./block.ts";
import { styleSheet } from "./style.ts";

/**
 * A laid out drawing as an SVG 1.1 document; `title` and `description` are for screen readers,
 * which take them from the elements of that name. Nothing has an id: a page may hold several
 * drawings.
 */
export function svgOf(canvas: Block, title: string, description: string): XmlElement {
  const { width, height } = canvas;
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "evenkeel",
      role: "img",
      width: short(width),
      height: short(height),
      viewBox: `0 0 ${short(width)} ${short(height)}`,
    },
    [
      element("title", {}, [span(title).text]),
      element("desc", {}, [span(description).text]),
      element("style", {}, [styleSheet()]),
      ...paint(canvas, 0, 0),
    ],
  );
}

/**
 * A block and what is in it, at its place. Groups are made only where they mean something to a
 * reader; all others dissolve into the places of their children.
 */
function paint(one: Block, x: number, y: number): XmlElement[] {
  const about = Object.entries(one.about);
  const inner = [
    ...background(one, x, y),
    ...one.marks.map((mark) => drawn(mark, x, y)),
    ...one.children.flatMap((child) => paint(child.block, x + child.x, y + child.y)),
  ];
  if (about.length === 0 && one.tooltip === null) return inner;
  const tooltip = one.tooltip === null ? [] : [element("title", {}, [span(one.tooltip).text])];
  const data = about.map(([key, value]) => [`data-${key}`, span(value).text]);
  return [element("g", Object.fromEntries(data), [...tooltip, ...inner])];
}

function background({ look, width, height }: Block, x: number, y: number): XmlElement[] {
  if (look === null) return [];
  // Half a pixel in, so that the line lies within the block and is sharp.
  const inset = look === "canvas" ? 0 : 0.5;
  return [
    element("rect", {
      class: look,
      x: short(x + inset),
      y: short(y + inset),
      width: short(Math.max(0, width - 2 * inset)),
      height: short(Math.max(0, height - 2 * inset)),
      rx: look === "canvas" || look.startsWith("heat") ? 0 : Math.min(8, Math.round(height / 6)),
    }),
  ];
}

function drawn(mark: Mark, x: number, y: number): XmlElement {
  if (mark.kind === "path") {
    const moved = { class: mark.look, d: mark.d };
    const place = x === 0 && y === 0 ? {} : { transform: `translate(${short(x)} ${short(y)})` };
    return element("path", { ...moved, ...place });
  }
  const { size, line } = mark;
  const [only] = line;
  const attributes = { x: short(x), y: short(y + mark.y), "font-size": size };
  if (line.length === 1 && only !== undefined) {
    return element("text", { class: only.style, ...attributes }, [only.text]);
  }
  // The empty text keeps the writer from breaking the line: every space counts among the parts.
  return element("text", { class: "plain", ...attributes }, ["", ...spans(line)]);
}

function spans(line: Line): XmlElement[] {
  return line
    .filter(({ text }) => text !== "")
    .map(({ text, style }) => element("tspan", { class: style }, [text]));
}
