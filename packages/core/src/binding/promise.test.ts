import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatList } from "../set/list-format.ts";
import { indexSet } from "../set/index-set.ts";
import { bindingModes } from "./binding.ts";
import { type BindingPromise, isOfCommand, promiseText, readPromise } from "./promise.ts";

const someList = fc
  .uniqueArray(fc.nat({ max: 300 }), { minLength: 1, maxLength: 40 })
  .map((ids) => formatList(indexSet(ids)));

const somePromise: fc.Arbitrary<BindingPromise> = fc
  .record({
    cpus: fc.option(someList),
    mode: fc.constantFrom(...bindingModes),
    accelerators: fc.subarray(["0000:1b:00.0", "0001:00:02.1", "10000:03:00.0"]),
  })
  .chain((some) =>
    fc.oneof(
      fc.constant({ ...some, memory: "none" as const, memoryNodes: null }),
      fc
        .tuple(fc.constantFrom("strict" as const, "preferred" as const), someList)
        .map(([memory, memoryNodes]) => ({ ...some, memory, memoryNodes })),
    ),
  );

test("what a command is told is read as it was written", () => {
  fc.assert(
    fc.property(somePromise, (promise) => {
      expect(readPromise(promiseText(promise))).toEqual(promise);
      // Whose it is says nothing of what is promised.
      const text = promiseText(promise, "4711.99");
      expect(readPromise(text)).toEqual(promise);
      expect(isOfCommand(text, "4711.99")).toBe(true);
      expect(isOfCommand(text, "4711.9")).toBe(false);
      expect(isOfCommand(promiseText(promise), "4711.99")).toBe(false);
    }),
  );
});

test("no text makes it fail, and none that was cut short is believed", () => {
  fc.assert(
    fc.property(somePromise, fc.nat(), fc.string(), (promise, at, junk) => {
      const text = promiseText(promise);
      expect(readPromise(text.slice(0, at % text.length))).toBeNull();
      expect(readPromise(junk)).toBeNull();
    }),
  );
});

const sound = { cpus: "0-3", memory: "strict", memoryNodes: "0", mode: "node", accelerators: [] };

test.each([
  ["a list of nothing", { cpus: "" }],
  ["a list that is none", { cpus: "0-3; rm" }],
  ["a list that is not as it is written", { cpus: "3,0-2" }],
  ["CPUs beyond all numbers", { cpus: "0-99999999" }],
  ["a number for a list", { memoryNodes: 0 }],
  ["a missing field", { memoryNodes: undefined }],
  ["memory of nodes that it is not bound to", { memory: "none" }],
  ["memory that is bound to no nodes", { memoryNodes: null }],
  ["a mode of tomorrow", { mode: "rack" }],
  ["an address that is none", { accelerators: ["0000:1b:00.0", "1b:00.0"] }],
  ["addresses that are none", { accelerators: { length: 0 } }],
  ["more accelerators than there are", { accelerators: Array(257).fill("0000:1b:00.0") }],
  ["a text of a megabyte", { note: "x".repeat(1_000_000) }],
])("%s makes it none", (_, change) => {
  expect(readPromise(JSON.stringify(sound))).not.toBeNull();
  expect(readPromise(JSON.stringify({ ...sound, ...change }))).toBeNull();
});

test.each(["null", "[]", "7", '"0-3"', "{}"])("%s is no promise", (text) => {
  expect(readPromise(text)).toBeNull();
});

test("a field of tomorrow is left out", () => {
  expect(readPromise(JSON.stringify({ ...sound, lease: 4 }))).toEqual(sound);
});
