import { asPlanned } from "@evenkeel/core/testing/evidence/as-planned.ts";
import { contractOf } from "@evenkeel/core/guest/contract/from-guest.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { exampleDocuments, examplePlan } from "../../testing/examples.ts";
import { schemaFaults } from "../../testing/schema-judge.ts";
import { type Document, type DocumentKind, documentSchemas } from "../document.ts";

/**
 * The JSON Schemas against the reader, judged by another program: what the reader takes they take,
 * and what they cannot say is listed here.
 */

const contract = contractOf(guestFromPlan(examplePlan, {}));

const machines = catalogNames.flatMap((name) => catalogMachine(name) ?? []);

const documents: readonly Document[] = [
  ...exampleDocuments,
  ...machines,
  asPlanned(examplePlan),
  contract,
];

const readerTakes = (kind: DocumentKind, value: unknown): boolean =>
  documentSchemas[kind].safeParse(value).success;

test("what the reader takes, the schemas take", () => {
  expect(machines.length).toBeGreaterThan(9);
  for (const document of documents) {
    const value: unknown = JSON.parse(JSON.stringify(document));
    expect([document.kind, readerTakes(document.kind, value)]).toEqual([document.kind, true]);
    expect([document.kind, schemaFaults(document.kind, value)]).toEqual([document.kind, null]);
  }
});

const head = { apiVersion: "evenkeel/v1" };
const flavor = (spec: object): object => ({
  ...head,
  kind: "Flavor",
  metadata: { name: "a" },
  spec,
});
const policy = (fields: object): object => ({ ...head, kind: "HostPolicy", ...fields });

test.each<readonly [DocumentKind, unknown]>([
  ["Flavor", flavor({ memroy: "4Gi" })],
  ["Flavor", flavor({ memory: "240GB" })],
  ["Flavor", flavor({ memory: "-4Gi" })],
  ["Flavor", flavor({ memory: 1.5 })],
  ["Flavor", flavor({ memory: " 4Gi" })],
  ["Flavor", flavor({ vcpus: 0 })],
  ["Flavor", flavor({ vcpus: "24" })],
  ["Flavor", flavor({ hugepages: "1G" })],
  ["Flavor", flavor({ nics: { rdma: "yes" } })],
  ["Flavor", flavor({ accelerators: 2 })],
  ["Flavor", flavor({ accelerators: { model: "" } })],
  ["Flavor", flavor({ accelerators: { model: "H100\u0007" } })],
  ["Flavor", { ...flavor({}), apiVersion: "evenkeel/v2" }],
  ["Flavor", { ...flavor({}), metadata: { name: "H100.2" } }],
  ["Flavor", { ...flavor({}), metadata: {} }],
  ["HostPolicy", policy({ reserved: { cpus: "0-" } })],
  ["HostPolicy", policy({ reserved: { coresPerNode: -1 } })],
  ["HostPolicy", policy({ accelerators: ["nvidia"] })],
  ["HostPolicy", policy({ accelerators: "10de:*" })],
  ["HostPolicy", policy({ exclude: ["1b:00.0"] })],
  ["HostPolicy", policy({ exclude: null })],
  ["HostPolicy", policy({ partitions: [{ id: 1 }] })],
  ["HostPolicy", policy({ maxSlowdown: 0.9 })],
])("%s: the reader and its schema refuse %j", (kind, value) => {
  expect(readerTakes(kind, value)).toBe(false);
  expect(schemaFaults(kind, value)).not.toBeNull();
});

test("the schemas cannot say that a list is in order, nor that parts agree", () => {
  for (const cpus of ["3-1", "4,2", "0,1"]) {
    const value = policy({ reserved: { cpus } });
    expect(readerTakes("HostPolicy", value)).toBe(false);
    expect(schemaFaults("HostPolicy", value)).toBeNull();
  }
  const memory = flavor({ memory: "9999999P" });
  expect(readerTakes("Flavor", memory)).toBe(false);
  expect(schemaFaults("Flavor", memory)).toBeNull();
});

/** Values that a field may get; of lists of numbers and sizes only what a schema can tell apart. */
const values = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, 1, -1, 1.5, 2 ** 31, 2 ** 53, 1e300, "", "a", "A"),
  fc.constantFrom<unknown>("0-3", "0-27,112-139", "x-1", "01", "480Gi", "480GB", "1.5Ti", "1e3"),
  fc.constantFrom<unknown>("0000:1b:00.0", "1b:00.0", "10de:*:0302", "10de", "strict", "core"),
  fc.constantFrom<unknown>(
    "a\u0000",
    "a\u2028b",
    "a\u202eb",
    "ä",
    "evenkeel/v1",
    [],
    {},
    [1],
    [""],
  ),
  fc.constantFrom<unknown>(["0000:1b:00.0"], { id: 1 }, [[10, 21]], [[0]], [{}], { a: 1 }),
  fc.constantFrom<unknown>(
    "2026-01-31T12:00:00.000Z",
    "2026-01-31",
    "f".repeat(64),
    "x".repeat(300),
  ),
);

/** The document with one value somewhere in it replaced, removed or added. */
function altered(value: unknown, steps: readonly number[], put: unknown): unknown {
  const [step = 0, ...others] = steps;
  if (steps.length === 0) return put;
  if (Array.isArray(value)) {
    if (value.length === 0) return [put];
    const place = step % value.length;
    return value.map((item, i) => (i === place ? altered(item, others, put) : item));
  }
  if (value === null || typeof value !== "object") return put;
  const names = Object.keys(value);
  const name = names[step % (names.length + 1)];
  if (name === undefined) return { ...value, [others.length > 0 ? "extra" : "id"]: put };
  const field: unknown = Reflect.get(value, name);
  return put === undefined && (others.length === 0 || typeof field !== "object")
    ? Object.fromEntries(Object.entries(value).filter(([own]) => own !== name))
    : { ...value, [name]: altered(field, others, put) };
}

test("an altered document is one to both or to neither", () => {
  const small = exampleDocuments.map((document): unknown => JSON.parse(JSON.stringify(document)));
  let taken = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      fc.nat(small.length - 1),
      fc.array(fc.nat(40), { minLength: 1, maxLength: 6 }),
      fc.oneof({ weight: 4, arbitrary: values }, { weight: 1, arbitrary: fc.constant(undefined) }),
      (place, steps, put) => {
        const document: unknown = JSON.parse(JSON.stringify(altered(small[place], steps, put)));
        const kind = exampleDocuments[place]?.kind ?? "Plan";
        const takes = readerTakes(kind, document);
        const faults = schemaFaults(kind, document);
        if (takes) taken++;
        else refused++;
        expect({ takes, faults: takes ? faults : faults !== null }).toEqual({
          takes,
          faults: takes ? null : true,
        });
      },
    ),
    { numRuns: 3000 },
  );
  expect(taken).toBeGreaterThan(300);
  expect(refused).toBeGreaterThan(1000);
}, 60_000);
