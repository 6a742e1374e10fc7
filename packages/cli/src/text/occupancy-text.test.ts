import { expect, test } from "vitest";
import { occupancyText } from "./occupancy-text.ts";

const view = { width: 40, paint: (_: string, text: string): string => text };

test("a node whose memory is unknown is not shown as one that has none", () => {
  const lines = (total: number | null): readonly string[] =>
    occupancyText(
      [
        { id: 0, rows: [{ label: "memory", total: 64, held: [32, 0], countable: false }] },
        { id: 1, rows: [{ label: "memory", total, held: [0, 32], countable: false }] },
      ],
      view,
    );
  expect(lines(0)[1]).toBe("│ memory AAAA···· │  │ memory none     │");
  expect(lines(null)[1]).toBe("│ memory AAAA···· │  │ memory unknown  │");
});
