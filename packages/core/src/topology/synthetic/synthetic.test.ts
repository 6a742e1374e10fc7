import * as fc from "fast-check";
import { expect, test } from "vitest";
import { EvenkeelError } from "../../error/evenkeel-error.ts";
import { arbitraryDescription } from "../../../testing/topology/arbitrary-description.ts";
import { smallMachine, wideMachine } from "../../../testing/topology/arbitrary-machine.ts";
import { syntheticTopology, topologyOf } from "./build.ts";
import { textLengthMax } from "./term.ts";
import { parseSynthetic } from "./parse.ts";
import { printSynthetic } from "./print.ts";

test("a printed machine reads back as the same machine", () => {
  fc.assert(
    fc.property(fc.oneof(arbitraryDescription(), smallMachine, wideMachine), (machine) => {
      expect(parseSynthetic(printSynthetic(machine))).toEqual(machine);
    }),
    { numRuns: 500 },
  );
});

test("a machine is printed as one line, and always as the same one", () => {
  fc.assert(
    fc.property(arbitraryDescription(), (machine) => {
      const text = printSynthetic(machine);
      expect(text).not.toMatch(/[\n\r]/);
      expect(printSynthetic(parseSynthetic(text))).toBe(text);
    }),
  );
});

test("a text and the machine that is parsed from it give the same topology", () => {
  fc.assert(
    fc.property(smallMachine, (machine) => {
      const text = printSynthetic(machine);
      expect(syntheticTopology(text, "m")).toEqual(topologyOf(machine, "m", "synthetic"));
    }),
  );
});

/** The error for a text, or null where there is none. */
function failure(text: string): EvenkeelError | null {
  try {
    syntheticTopology(text);
    return null;
  } catch (error) {
    if (error instanceof EvenkeelError) return error;
    throw error;
  }
}

const malformed: readonly (readonly [string, string, string | null, string | null])[] = [
  ["", "the machine has no cores", "core:8", null],
  ["core", 'column 1: "core" needs a value', "core:VALUE", null],
  ["core:8 Core:8", 'column 8: "C" cannot begin a term', "lower-case", null],
  ["core:8 thraed:2", 'column 8: there is no statement "thraed"', "thread", "thread"],
  ["core:8 core:8", 'column 8: "core" is given twice', "core:N@NODES", null],
  ["core:8 page:4Ki page:4Ki", 'column 17: "page" is given twice', null, null],
  ["core:8 package:2", 'column 8: "package" cannot be within a core', "outermost", null],
  ["thread:2 core:8", "column 1: threads are within cores", "before", null],
  ["core:?", 'column 6: "?" is not a valid number', "1 to 8192", null],
  ["core:0", 'column 6: "0" is not a valid number', "1 to 8192", null],
  ["node:2@1 core:8", 'column 1: "node" is the same on every node', "core or thread", null],
  ["core:8 memory:12GB", 'column 15: "12GB" is not a size', "512Gi", null],
  ["core:8 memory:-1", 'column 15: "-1" is not a size', "512Gi", null],
  ["core:8 hugepages:1Gi", 'column 18: "1Gi" is not a number of huge pages', "900x1Gi", null],
  [
    "core:8 hugepages:9/8x1Gi",
    'column 18: "9/8x1Gi" is not a number of huge pages',
    "800/900",
    null,
  ],
  ["core:8 hugepages:1x1Gi,2x1Gi", "column 18: a page size is given twice", null, null],
  [
    "core:8 distances:10,20",
    "column 8: the matrix does not have the size of the nodes",
    null,
    null,
  ],
  ["core:8 distances:10/20/30/40", 'column 18: "10/20/30/40" is not a rule', "10/12/32", null],
  ["core:8 distances:10,0", 'column 21: "0" is not a valid number', "1 to 255", null],
  ["core:8 classes:0-8", "column 8: CPU 8 does not exist", "0 to 7", null],
  ["core:8 classes:0-3;3-7", "column 8: CPU 3 is in two classes", "one class", null],
  ["core:2 thread:2 classes:0-1;2-3", "column 17: CPUs 0,2 are one core", "threads", null],
  ["core:8 classes:0-3;", 'column 20: "" is not a list', "0-3,7", null],
  ["core:8 offline:8", "column 8: some of these CPUs do not exist", "0 to 7", null],
  ["core:2 offline:0-1", "column 8: no CPU is left online", "at least one", null],
  ["core:8 ids:0-3", "column 8: 4 nodes are numbered", "1 numbers", null],
  ["core:8 memory:1Gi@1", "column 8: node 1 does not exist", "among 0", null],
  ["core:8 memory:1Gi@0-99999", 'column 19: "0-99999" is not a list', "0-3,7", null],
  ["core:8 memory:1Gi@5000", 'column 19: "5000" has a number that is too high', "0 to 1023", null],
  [
    "core:8 cxl:1Gi distances:10/20",
    "column 8: the distance of this cxl is missing",
    "distance:N",
    null,
  ],
  ["core:8 cxl:1Gi(distance:20)", "column 8: there is no rule for distances", "no distance", null],
  ["core:8 cxl:1Gi(distanse:20)", 'column 16: "cxl" has no "distanse"', "distance", "distance"],
  ["core:8 root", 'column 8: "root" needs devices in brackets', "root[…]", null],
  ["core:8 root[", 'column 12: this "[" is never closed', 'a "]"', null],
  ["core:8 root[gpu]", 'column 13: this "gpu" has no model', "gpu:MODEL", null],
  ["core:8 root[gpu:h10]", 'column 17: there is no gpu model "h10"', "l40s", null],
  ["core:8 root[gpu:l40(link:4x16)]", 'there is no gpu model "l40"', "l40s", "l4"],
  ["core:8 root[gpu:l4(link:4x15)]", 'column 25: "4x15" is not a link', "5x16", null],
  ["core:8 root[gpu:l4(link:4x16/)]", 'column 25: "4x16/" is not a link', "5x16", null],
  ["core:8 root[gpu:l4(link:4x16 link:?)]", 'column 30: "link" is given twice', null, null],
  ["core:8 root[gpu:l4[nic:cx7]]", 'column 13: "gpu" takes nothing in brackets', null, null],
  ["core:8 root[gup:l4]", 'column 13: "root" cannot contain "gup"', "gpu, nic", "gpu"],
  ["core:8 root[gpu:l4*0]", "column 20: a count is missing", "1 to 999999", null],
  ["core:8 root(bus:15)*2[gpu:l4]", "column 8: 1 buses are named for 2 host bridges", "one", null],
  ["core:8 root(bus:ff)[gpu:l4]", "the 2 buses of the host bridge at ff do not fit", "ff", null],
  ["core:8 root(bus:15,15)*2[gpu:l4]", "the host bridge at 15 do not fit there", null, null],
  ["core:8 root[gpu:l4*32]", "one bus has more devices than slots", "31", null],
  ["core:8 modules:1", "column 8: 1 modules are numbered", "each of 0", null],
  ["core:8 nvlink:18", "column 8: a link needs two ends", "two accelerators", null],
  ["core:8 nvlink:18(among:0-1)", "accelerator 0 does not exist", "with accelerators", null],
  ["core:8 root[gpu:l4*2] nvlink:1 nvlink:1", "are linked twice", "one link per pair", null],
  ["core:8 root[gpu:l4*2] partitions:0-2", "accelerator 2 does not exist", "0 to 1", null],
  ["core:8 root[gpu:l4] partitions:0(active:1)", "there are 1 partitions", "0 to 0", null],
  ['core:8 vendor:"x', "column 15: this quote is never closed", null, null],
  [
    'core:8 vendor:"\u{1b}"',
    "column 16: a quoted text contains a control character",
    "printable",
    null,
  ],
  ["core:8 vendor:a]", 'column 16: "]" cannot begin a term', "lower-case", null],
  ["core:8 root*2(bus:15,26)[gpu:l4]", 'column 14: "(" is out of place here', "key:value", null],
  ["core:8 arch:x86-64", 'column 13: "x86-64" is not an architecture', "uname", null],
  ["core:8\nmemory:1Gi\ncore:9", 'line 3, column 1: "core" is given twice', null, null],
];

test.each(malformed)("%j is wrong: %s", (text, message, expected, meant) => {
  const error = failure(text);
  expect(error?.code).toBe("synthetic-malformed");
  expect(error?.message).toContain(message);
  if (expected !== null) expect(error?.expected).toContain(expected);
  if (meant === null) return;
  expect(error?.remedy).toBe(`Did you mean "${meant}"?`);
});

const absurd: readonly string[] = [
  "package:8192 node:8192 l3:8192 core:8192 thread:8192",
  "core:8192 thread:2",
  "core:8 cxl:1Gi*999999",
  "core:8 root*999999[switch*999999[switch*999999[switch*999999[gpu:l4*999999]]]]",
  `core:8 root${"[switch".repeat(14)}[gpu:l4*999999]${"]".repeat(14)}`,
  "[".repeat(20_000),
  `core:8 root${"[switch".repeat(2000)}`,
  `core:8 ${"(".repeat(50_000)}`,
  `core:8 vendor:"${"x".repeat(60_000)}"`,
  `core:8 ${"memory:1@0-1023 ".repeat(4000)}`,
  `core:8 partitions:${"0;".repeat(30_000)}0`,
  `core:8 distances:${"10,".repeat(20_000)}10`,
  "x".repeat(textLengthMax + 1),
  `core:8 ${"root[gpu:l4] ".repeat(4900)}`,
  "package:64 node:64 core:1",
];

test.each(absurd.map((text) => [text.slice(0, 60), text]))("%s… is refused at once", (_, text) => {
  const start = performance.now();
  expect(failure(text)?.code).toBe("synthetic-malformed");
  expect(performance.now() - start).toBeLessThan(3000);
});

test("any text is either a machine or malformed", () => {
  const piece = fc.constantFrom(
    ...'package:2|node:2|core:2|thread:2|core:1@1|memory:1Gi|root[gpu:l4]|[|]|(|)|*|@|:|?|,|;|"|\\'.split(
      "|",
    ),
    ..."switch|gpu|nic:cx7|hugepages:1x1Gi|nvlink:4|hbm:1Gi|offline:1|@0|@?|*2|(distance:9)|__proto__".split(
      "|",
    ),
    " ",
    "\n",
  );
  const garbled = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(fc.oneof(fc.string(), garbled), (text) => {
      expect(failure(text)?.code ?? "synthetic-malformed").toBe("synthetic-malformed");
    }),
    { numRuns: 2000 },
  );
});

test("a text with a word removed, repeated or exchanged is a machine, or malformed", () => {
  const edit = fc.record({
    at: fc.nat(),
    to: fc.nat(),
    how: fc.constantFrom("drop", "double", "move"),
  });
  fc.assert(
    fc.property(wideMachine, edit, (machine, { at, to, how }) => {
      const characters = Array.from(printSynthetic(machine));
      const from = at % characters.length;
      const removed = characters.splice(from, how === "double" ? 0 : 1);
      const moved = how === "double" ? characters.slice(from, from + 1) : removed;
      if (how !== "drop") characters.splice(to % (characters.length + 1), 0, ...moved);
      const error = failure(characters.join(""));
      expect(error?.code ?? "synthetic-malformed").toBe("synthetic-malformed");
    }),
    { numRuns: 500 },
  );
});
