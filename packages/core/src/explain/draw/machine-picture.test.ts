import { expect, test } from "vitest";
import { cleanVm } from "../../../testing/explain/clean.ts";
import { onTopology } from "../../../testing/explain/program.ts";
import { wideVm } from "../../../testing/explain/wide.ts";
import type { Evidence } from "../../evidence/evidence.ts";
import type { XmlElement } from "../../xml/element.ts";
import { at } from "../../unit/list.ts";
import { subjectOf } from "../subject/subject.ts";
import { machinePicture } from "./machine-picture.ts";

/** All elements of a picture. */
function drawn(evidence: Evidence): readonly XmlElement[] {
  const picture = machinePicture(subjectOf(evidence));
  if (picture === null) throw new Error("the machine is known");
  return [picture, ...picture.children.filter((child) => typeof child !== "string")];
}

const number = ({ attributes }: XmlElement, name: string): number => Number(attributes.get(name));

const boxesOf = (all: readonly XmlElement[]): readonly XmlElement[] =>
  all.filter(({ attributes }) => ["home", "node"].includes(attributes.get("class") ?? ""));

/** A machine with all devices on one node. */
const farNode = onTopology(cleanVm(0), ({ pci }) => ({
  pci: pci.map((one) => ({ ...one, node: one.node === null ? null : 0 })),
}));

test.each([
  ["of two nodes", cleanVm(0)],
  ["of four, with devices on each", wideVm()],
  ["of which one has no device", farNode],
  ["of which nothing was read but its make", { ...cleanVm(0), memory: null, threads: null }],
])("a machine %s: boxes below each other, with all that they hold inside", (_what, evidence) => {
  const all = drawn(evidence);
  const edges = boxesOf(all).map((box) => edgesOf(box));
  expect(edges).toHaveLength((evidence.machine?.topology?.nodes ?? []).length);
  expect(edges.length).toBeGreaterThan(1);
  const view = at(all, 0).attributes.get("viewBox") ?? "";
  const height = Number(view.split(" ").at(-1));
  for (const [i, { top, bottom }] of edges.entries()) {
    const above = i === 0 ? 0 : at(edges, i - 1).bottom;
    expect(top).toBeGreaterThan(above);
    expect(bottom).toBeLessThanOrEqual(height);
  }
  const held = all.filter(
    ({ name, attributes }) => name === "text" || attributes.get("rx") === "3",
  );
  for (const one of held) {
    const { top, bottom } = edgesOf(one);
    const around = edges.filter((box) => box.top < top && bottom < box.bottom);
    expect(around, JSON.stringify([...one.attributes])).toHaveLength(1);
  }
});

/** Where a rectangle begins and ends; letters reach a little below the line that they stand on. */
function edgesOf(one: XmlElement): { readonly top: number; readonly bottom: number } {
  const top = number(one, "y");
  return { top, bottom: top + (one.name === "rect" ? number(one, "height") : 4) };
}
