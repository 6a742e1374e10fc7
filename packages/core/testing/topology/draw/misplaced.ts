import { type Block, textWidth } from "../../../src/topology/draw/svg/block.ts";

interface Area {
  readonly what: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What a block holds, each with the area it takes up. Paths are the block's own to draw. */
function areasIn(one: Block): Area[] {
  const texts = one.marks.flatMap((mark) =>
    mark.kind === "text"
      ? [
          {
            what: mark.line.map(({ text }) => text).join(""),
            x: 0,
            y: mark.y - mark.size,
            width: textWidth(mark.line, mark.size),
            height: mark.size * 1.25,
          },
        ]
      : [],
  );
  const blocks = one.children.map(({ x, y, block }) => ({
    what: block.tooltip ?? JSON.stringify(block.about),
    x,
    y,
    width: block.width,
    height: block.height,
  }));
  return [...texts, ...blocks];
}

/** What lies outside the block it is in, or over another thing in it. */
export function misplaced(one: Block): string[] {
  const areas = areasIn(one);
  const slack = 0.01;
  const outside = areas.filter(
    ({ x, y, width, height }) =>
      x < -slack || y < -2 || x + width > one.width + slack || y + height > one.height + 2,
  );
  const over = areas.flatMap((a, i) =>
    areas
      .slice(i + 1)
      .filter(
        (b) =>
          a.x + a.width > b.x + slack &&
          b.x + b.width > a.x + slack &&
          a.y + a.height > b.y + slack &&
          b.y + b.height > a.y + slack,
      )
      .map((b) => `${a.what} overlaps ${b.what}`),
  );
  return [
    ...outside.map(({ what, ...place }) => `${what} lies outside: ${JSON.stringify(place)}`),
    ...over,
    ...one.children.flatMap(({ block }) => misplaced(block)),
  ];
}
