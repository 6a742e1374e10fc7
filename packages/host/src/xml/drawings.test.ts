import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import { drawSvg } from "@evenkeel/core/topology/draw/svg/draw-svg.ts";
import { wideTopology } from "@evenkeel/core/testing/topology/arbitrary-machine.ts";
import { attribute, child, textOf } from "@evenkeel/core/xml/element.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readXml } from "./read-xml.ts";

test.each(catalogNames)("the drawing of %s is XML with a title and a description", (name) => {
  const topology = catalogMachine(name);
  if (topology === null) throw new Error("not in the catalog");
  const root = readXml(drawSvg(topology), name);
  expect(root.name).toBe("svg");
  const title = child(root, "title");
  const description = child(root, "desc");
  expect(title === null ? null : textOf(title)).toBe(name);
  expect(description === null ? "" : textOf(description)).toContain("package");
  expect(attribute(root, "viewBox")).toMatch(/^0 0 \d+(\.\d+)? \d+(\.\d+)?$/);
});

test("the drawing of any machine with any name is XML", () => {
  fc.assert(
    fc.property(wideTopology, fc.string({ unit: "binary" }), (machine, text) => {
      const accelerators = machine.accelerators.map((one) => ({ ...one, model: text }));
      const nics = machine.nics.map((one) => ({ ...one, name: text }));
      const topology = { ...machine, name: text, accelerators, nics };
      expect(readXml(drawSvg(topology), "drawing").name).toBe("svg");
    }),
  );
});
