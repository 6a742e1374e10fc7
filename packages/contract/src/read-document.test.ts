import type { ErrorCode } from "@evenkeel/core/error/codes.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { JSON_LENGTH_MAX, YAML_LENGTH_MAX } from "./limits.ts";
import { parseTopology, readDocument, readDocuments } from "./read-document.ts";
import type { Path } from "./text/parsed.ts";
import { exampleDocuments, examplePlan, exampleTopology } from "../testing/examples.ts";

/** A VirtualMachine as people write it, with one more line in its spec. */
const written = (spec: string): string => `apiVersion: evenkeel/v1
kind: VirtualMachine
metadata: { name: llm-a }
spec:
  vcpus: 4
  ${spec}
`;

/** The error of reading a text, in one line. */
function errorLine(text: string, where = "vm.yaml"): string {
  const started = performance.now();
  try {
    readDocuments(text, where);
  } catch (error) {
    if (!(error instanceof EvenkeelError)) throw error;
    // On an idle machine each takes less than 2 s; beside other tests it may take longer.
    expect(performance.now() - started).toBeLessThan(10_000);
    const { code, message, expected, remedy } = error;
    return `${code} ${error.where}: ${message} | ${expected} | ${remedy}`;
  }
  return "accepted";
}

test("every kind of document is read back equal from JSON", () => {
  for (const document of exampleDocuments) {
    expect(readDocuments(JSON.stringify(document), "example.json")).toEqual([document]);
    expect(readDocument(JSON.stringify(document, null, 2), "-", document.kind)).toEqual(document);
  }
});

test("stated interconnects are read back, and NV# is refused as a class of them", () => {
  const [a = "", b = ""] = exampleTopology.accelerators.map(({ address }) => address);
  const stated = { ...exampleTopology, interconnects: [{ a, b, class: "PHB" }] };
  expect(parseTopology(JSON.stringify(stated), "stated.json")).toEqual(stated);
  const odd = { ...exampleTopology, interconnects: [{ a, b, class: "NV4" }] };
  expect(errorLine(JSON.stringify(odd), "odd.json")).toContain("one of PIX, PXB, PHB, NODE, SYS");
});

test("a topology without any later field is read, with these fields unknown", () => {
  const later = new Set([
    "architecture",
    "pageBytes",
    "sideCacheBytes",
    "l3Caches",
    "cacheAllocation",
    "acsRedirect",
    "atsEnabled",
    "interrupts",
    "interconnects",
    "profile",
    "migEnabled",
    "instances",
  ]);
  const text = JSON.stringify(exampleTopology, (key, value: unknown) =>
    later.has(key) ? undefined : value,
  );
  const read = parseTopology(text, "old.json");
  expect(read.machine).toMatchObject({ architecture: null, pageBytes: null });
  expect(read).toMatchObject({ l3Caches: [], cacheAllocation: null, interconnects: [] });
  expect(read.pci[0]).toMatchObject({ acsRedirect: null, atsEnabled: null, interrupts: null });
  expect(read.accelerators[0]).toMatchObject({ profile: null, migEnabled: null, instances: [] });
  expect(read.cores).toEqual(exampleTopology.cores);
});

test.each(catalogNames)("the catalog's %s is within the limits of the schema", (machine) => {
  const topology = catalogMachine(machine);
  expect(parseTopology(JSON.stringify(topology), `${machine}.json`)).toEqual(topology);
});

test.each([": ", "- ", "? ", "a: "])(
  "a YAML text of many %j is refused as nested too deeply",
  (mark) => {
    expect(errorLine(`spec:\n  ${mark.repeat(20_000)}`)).toContain("yaml-malformed");
  },
);

test("a YAML file may contain several documents, with comments, anchors and empty documents", () => {
  const documents = readDocuments(
    `# a flavor and its user
apiVersion: evenkeel/v1
kind: Flavor
metadata: { name: h100.2 }
spec: { vcpus: 48, memory: 480Gi }
---
---
# nothing here
---
apiVersion: evenkeel/v1
kind: VirtualMachine
metadata: { name: llm-a, tenant: &who acme }
spec: { flavor: h100.2, accelerators: { model: *who }, memory: 1073741824 }
`,
    "vm.yaml",
  );
  expect(documents).toMatchObject([
    { kind: "Flavor", spec: { vcpus: 48, memory: "480Gi" } },
    {
      kind: "VirtualMachine",
      spec: { flavor: "h100.2", accelerators: { model: "acme" }, memory: "1073741824" },
    },
  ]);
});

test("a document that was read is frozen", () => {
  const topology = parseTopology(JSON.stringify(exampleTopology), "host.json");
  expect(Object.isFrozen(topology)).toBe(true);
  expect(Object.isFrozen(topology.nodes)).toBe(true);
  expect(Object.isFrozen(topology.nodes[0])).toBe(true);
});

test("a size is a Kubernetes quantity and nothing else", () => {
  const sizes = "480Gi 1.5Ti 1024 '1024' 1G -1 '-1' .nan NaN .inf 1.5 '1e3' 9007199254740992";
  const more = " 99999999999999999999 9999Pi 480gi 480GB '480 Gi' ' 4Gi' 0x10 [] {} true ~ ''";
  const verdicts = `${sizes}${more}`
    .match(/'[^']*'|\S+/g)
    ?.map(
      (size) => `${size} ${errorLine(written(`memory: ${size}`)) === "accepted" ? "yes" : "no"}`,
    );
  expect(verdicts).toMatchInlineSnapshot(`
    [
      "480Gi yes",
      "1.5Ti yes",
      "1024 yes",
      "'1024' yes",
      "1G yes",
      "-1 no",
      "'-1' no",
      ".nan no",
      "NaN no",
      ".inf no",
      "1.5 no",
      "'1e3' no",
      "9007199254740992 no",
      "99999999999999999999 no",
      "9999Pi no",
      "480gi no",
      "480GB no",
      "'480 Gi' no",
      "' 4Gi' no",
      "0x10 yes",
      "[] no",
      "{} no",
      "true no",
      "~ no",
      "'' no",
    ]
  `);
  expect(errorLine(written("memory: -1"))).toMatchInlineSnapshot(
    `"document-invalid vm.yaml:6:3: spec.memory is -1 | a size such as "480Gi", "1.5Ti" or 1073741824 (bytes), not negative | a size has no sign"`,
  );
});

test("an error names the field, its position, what was expected and the nearest valid name", () => {
  const cases = [
    written("memroy: 480Gi"),
    written("accelerators: { cuont: 1 }"),
    written("hugepages: 1GiB"),
    written("isolation: cores"),
    written("isolation: quantum"),
    written("nics: [1]"),
    written("flavor: ''"),
    written("__proto__: { polluted: true }"),
    written("vcpus_: 1\n  b: 2\n  constructor: 3"),
    written("").replace("vcpus: 4", "vcpus: 4.5"),
    written("").replace("vcpus: 4", "vcpus: 99999999999999999999"),
    written("").replace("vcpus: 4", "vcpus: '4'"),
    written("").replace("llm-a", "../llm/a"),
    written("").replace("llm-a", "Llm"),
    written("").replace("llm-a", '"a\\e[31mb"'),
    written("").replace("name: llm-a", ""),
    written("").replace("evenkeel/v1", "v1"),
    written("").replace("VirtualMachine", "VirtualMachin"),
    written("").replace("VirtualMachine", "Pod"),
    written("").replace("kind: VirtualMachine\n", ""),
    "just words",
    "- a\n- b",
    "",
    "# only a comment\n---\n",
  ];
  expect(`\n${cases.map((text) => errorLine(text)).join("\n")}\n`).toMatchInlineSnapshot(`
    "
    document-invalid vm.yaml:6:3: spec has no field "memroy" | the fields flavor, accelerators, nics, vcpus, memory, hugepages, locality, isolation, workload | did you mean "memory"?
    document-invalid vm.yaml:6:19: spec.accelerators has no field "cuont" | the fields count, model, link | did you mean "count"?
    document-invalid vm.yaml:6:3: spec.hugepages is "1GiB" | one of none, 2Mi, 1Gi | write 1Gi
    document-invalid vm.yaml:6:3: spec.isolation is "cores" | one of shared, core, l3, node, host | write core
    document-invalid vm.yaml:6:3: spec.isolation is "quantum" | one of shared, core, l3, node, host | evenkeel schema VirtualMachine says what each field may be
    document-invalid vm.yaml:6:3: spec.nics is a list of 1 item | an object with the fields count, rdma | write nics: { count: 1 }
    document-invalid vm.yaml:6:3: spec.flavor is "" | a name of 1 to 63 lower-case letters, digits, "-" and ".", with a letter or digit at both ends | evenkeel schema VirtualMachine says what each field may be
    document-invalid vm.yaml:6:3: spec has no field "__proto__" | the fields flavor, accelerators, nics, vcpus, memory, hugepages, locality, isolation, workload | remove it
    document-invalid vm.yaml:6:3: spec has no field "vcpus_" (also wrong: spec.b, spec.constructor) | the fields flavor, accelerators, nics, vcpus, memory, hugepages, locality, isolation, workload | did you mean "vcpus"?
    document-invalid vm.yaml:5:3: spec.vcpus is 4.5 | an integer from 1 to 4096 | write 5
    document-invalid vm.yaml:5:3: spec.vcpus is 100000000000000000000 | an integer from 1 to 4096 | the most is 4096
    document-invalid vm.yaml:5:3: spec.vcpus is "4" | an integer from 1 to 4096 | write 4, without quotes
    document-invalid vm.yaml:3:13: metadata.name is "../llm/a" | a name of 1 to 63 lower-case letters, digits, "-" and ".", with a letter or digit at both ends | write llm-a
    document-invalid vm.yaml:3:13: metadata.name is "Llm" | a name of 1 to 63 lower-case letters, digits, "-" and ".", with a letter or digit at both ends | write llm
    document-invalid vm.yaml:3:13: metadata.name is "a\\u001b[31mb" | a name of 1 to 63 lower-case letters, digits, "-" and ".", with a letter or digit at both ends | write a-31mb
    document-invalid vm.yaml:3:1: metadata.name is missing | a name of 1 to 63 lower-case letters, digits, "-" and ".", with a letter or digit at both ends | add name: llm-a, for example
    document-invalid vm.yaml:1:1: apiVersion is "v1" | "evenkeel/v1" | write apiVersion: evenkeel/v1
    document-invalid vm.yaml:2:1: kind is "VirtualMachin" | one of Topology, VirtualMachine, Flavor, WorkloadProfile, HostPolicy, Fleet, Plan, Forecast, Refusal, Capacity, GuestContract, Evidence, GuestReport, Verdict, Explanation, Diagnosis, Binding, Calibration | did you mean "VirtualMachine"?
    document-invalid vm.yaml:2:1: kind is "Pod" | one of Topology, VirtualMachine, Flavor, WorkloadProfile, HostPolicy, Fleet, Plan, Forecast, Refusal, Capacity, GuestContract, Evidence, GuestReport, Verdict, Explanation, Diagnosis, Binding, Calibration | evenkeel schema says what each kind is
    document-invalid vm.yaml:1:1: the document has no kind | one of Topology, VirtualMachine, Flavor, WorkloadProfile, HostPolicy, Fleet, Plan, Forecast, Refusal, Capacity, GuestContract, Evidence, GuestReport, Verdict, Explanation, Diagnosis, Binding, Calibration | add kind: VirtualMachine
    document-invalid vm.yaml:1:1: the document is "just words" | an object with apiVersion and kind | begin it with apiVersion: evenkeel/v1, and kind: VirtualMachine or another
    document-invalid vm.yaml:1:1: the document is a list of 2 items | an object with apiVersion and kind | write each item as a document of its own, with a line of --- between two
    document-invalid vm.yaml: it contains no document | a document of one of the kinds Topology, VirtualMachine, Flavor, WorkloadProfile, HostPolicy, Fleet, Plan, Forecast, Refusal, Capacity, GuestContract, Evidence, GuestReport, Verdict, Explanation, Diagnosis, Binding, Calibration | it is empty: look at what should have written it; evenkeel schema lists the kinds
    document-invalid vm.yaml: it contains no document | a document of one of the kinds Topology, VirtualMachine, Flavor, WorkloadProfile, HostPolicy, Fleet, Plan, Forecast, Refusal, Capacity, GuestContract, Evidence, GuestReport, Verdict, Explanation, Diagnosis, Binding, Calibration | all of it is comments: begin a document with apiVersion: evenkeel/v1
    "
  `);
});

test("an error in JSON has its line and column", () => {
  const whole = JSON.stringify(exampleTopology, null, 1);
  const cases = [
    whole.slice(0, 300),
    whole.slice(0, -2),
    whole.replace('"name"', '"nmae"'),
    whole.replace('"kind": "dram"', '"kind": "ram"'),
    whole.replace(/"id": 1,/, '"id": -1,'),
    whole.replace('"offlineCpus": ""', '"offlineCpus": "3-1"'),
    whole.replace('"offlineCpus"', '"name": "twice", "offlineCpus"'),
    whole.replace(/"cpus": "[^"]*"/, '"cpus": "0-99999999"'),
    whole.replace(/"cpus": "[^"]*"/, '"cpus": "0"'),
    whole.replace(/"address": "0000/, '"address": "000G'),
    '{"kind": "Plan"} {}',
    '{"a": 01}',
    "[]",
    "{}",
    '{"__proto__": {"kind": "Plan"}}',
  ];
  expect(`\n${cases.map((text) => errorLine(text, "host.json")).join("\n")}\n`)
    .toMatchInlineSnapshot(`
      "
      json-malformed host.json:18:15: the JSON text ends too early | one complete JSON document (RFC 8259) | check that the file was written to its end
      json-malformed host.json:621:21: the JSON text ends too early | one complete JSON document (RFC 8259) | check that the file was written to its end
      document-invalid host.json:4:2: a Topology has no field "nmae" (also wrong: name) | the fields apiVersion, kind, name, source, machine, nodes, unnumberedNodes, distances, access, cores, l3Caches, cacheAllocation, offlineCpus, pci, accelerators, nics, links, interconnects, partitions, calibration | did you mean "name"?
      document-invalid host.json:21:4: nodes[0].kind is "ram" | one of dram, hbm, cxl, pmem, gpu | did you mean "dram"?
      document-invalid host.json:31:4: nodes[1].id is -1 | an integer from 0 to 65535 | evenkeel schema Topology says what each field may be
      document-invalid host.json:143:2: offlineCpus is "3-1" | a list such as "0-27,112-139", in ascending order and with ranges joined | write "1-3"
      json-malformed host.json:143:2: the key "name" appears twice in one object | every key once | remove one of the two
      document-invalid host.json:17:4: nodes[0].cpus is "0-99999999" | a list such as "0-27,112-139", in ascending order and with ranges joined | evenkeel schema Topology says what each field may be
      topology-inconsistent host.json: cores[0].cpus: CPUs 8 are not on node 0 (and 3 more like it) | a topology whose parts agree with one another | null
      document-invalid host.json:157:4: pci[0].address is "000G:15:01.0" | a full lower-case PCI address such as "0000:1b:00.0" | evenkeel schema Topology says what each field may be
      json-malformed host.json:1:18: this is not JSON | one complete JSON document (RFC 8259) | it is several documents: write each to a file of its own, or all as YAML (---)
      json-malformed host.json:1:8: this is not JSON | one complete JSON document (RFC 8259) | if it is YAML, give its file a name that ends in .yaml
      document-invalid host.json:1:1: the document is a list of 0 items | an object with apiVersion and kind | write each item as a document of its own, with a line of --- between two
      document-invalid host.json:1:1: the document has no kind | one of Topology, VirtualMachine, Flavor, WorkloadProfile, HostPolicy, Fleet, Plan, Forecast, Refusal, Capacity, GuestContract, Evidence, GuestReport, Verdict, Explanation, Diagnosis, Binding, Calibration | evenkeel schema says what each kind is
      document-invalid host.json:1:1: the document has no kind | one of Topology, VirtualMachine, Flavor, WorkloadProfile, HostPolicy, Fleet, Plan, Forecast, Refusal, Capacity, GuestContract, Evidence, GuestReport, Verdict, Explanation, Diagnosis, Binding, Calibration | evenkeel schema says what each kind is
      "
    `);
});

test("a plan that contradicts itself is refused", () => {
  const plan = JSON.stringify(examplePlan, null, 1);
  const cases = [
    plan.replace(/"cpu": \d+/, '"cpu": 1.5'),
    plan.replace(/"cpu": \d+/, '"cpux": 1'),
    plan.replace(/"cpu": \d+/, '"cpus": "1"'),
    plan.replace(/"memoryBytes": \d+/, '"memoryBytes": 4096'),
    plan.replace(/"slowdown": [\d.]+/, '"slowdown": -1'),
  ];
  expect(`\n${cases.map((text) => errorLine(text, "plan.json")).join("\n")}\n`)
    .toMatchInlineSnapshot(`
      "
      document-invalid plan.json:33:6: cells[0].vcpus[0].cpu is 1.5 | an integer from 0 to 65535 | evenkeel schema Plan says what each field may be
      document-invalid plan.json:33:6: cells[0].vcpus[0] has no field "cpux" (also wrong: cells[0].vcpus[0].cpu) | the fields id, cpu | did you mean "cpu"?
      plan-inconsistent plan.json: cells[0].vcpus[0]: floats, which isolation "core" rules out | a plan whose parts agree with one another | place the VM again instead of editing its plan
      plan-inconsistent plan.json: cells[0].memoryOnNodes: must add up to memoryBytes | a plan whose parts agree with one another | place the VM again instead of editing its plan
      document-invalid plan.json:130:3: cost.slowdown is -1 | a number above 0 | evenkeel schema Plan says what each field may be
      "
    `);
});

test("broken and hostile YAML is refused in bounded time", () => {
  const bomb = Array.from({ length: 12 }, (_, i) =>
    i === 0
      ? "a0: &a0 [x]"
      : `a${i}: &a${i} [${Array(8)
          .fill(`*a${i - 1}`)
          .join(",")}]`,
  );
  const length = YAML_LENGTH_MAX;
  const cases = {
    truncated: written("nics: { count: "),
    quote: written('model: "H100'),
    tab: "a:\n\t- b",
    repeated: written("vcpus: 8"),
    tag: written("memory: !!binary 480Gi"),
    function: "!!js/function 'x'",
    cycle: "a: &a [*a]",
    deepCycle: "a: &a { b: { c: *a } }",
    unknownAlias: "a: *nothing",
    bomb: bomb.join("\n"),
    aliases: `a: &a x\nb: [${Array(200).fill("*a").join(",")}]`,
    complexKey: "{ [a]: b }",
    brackets: "[".repeat(length),
    braces: "{".repeat(length),
    commas: `[${",".repeat(length - 1)}`,
    dashes: "- ".repeat(length / 2),
    keys: Array.from({ length: 4000 }, (_, i) => `key${i}: 0`).join("\n"),
    documents: "---\na: 1\n".repeat(1000),
    tooLong: `# ${"x".repeat(length)}`,
  };
  const lines = Object.entries(cases).map(([name, text]) => `${name}: ${errorLine(text)}`);
  expect(`\n${lines.join("\n")}\n`).toMatchInlineSnapshot(`
    "
    truncated: yaml-malformed vm.yaml:6:18: the YAML text ends too early | one or more complete YAML documents | check that the file was written to its end
    quote: yaml-malformed vm.yaml:7:1: the YAML text ends too early | one or more complete YAML documents | check that the file was written to its end
    tab: yaml-malformed vm.yaml:2:1: this is not YAML | valid YAML 1.2 (the parser says: Tabs are not allowed as indentation) | YAML is indented with spaces: replace each tab by two of them
    repeated: yaml-malformed vm.yaml:6:3: the key "vcpus" appears twice in one object | every key once | remove one of the two: the first is at vm.yaml:5:3
    tag: yaml-malformed vm.yaml:6:20: this value has a YAML tag | plain YAML without tags such as !!binary or !custom | remove the tag
    function: yaml-malformed vm.yaml:1:1: this value has a YAML tag | plain YAML without tags such as !!binary or !custom | remove the tag
    cycle: yaml-malformed vm.yaml:1:8: the alias "a" is inside the value it refers to | an alias of a value that ends before the alias | write the value out
    deepCycle: yaml-malformed vm.yaml:1:17: the alias "a" is inside the value it refers to | an alias of a value that ends before the alias | write the value out
    unknownAlias: yaml-malformed vm.yaml:1:4: the alias "nothing" has no anchor | an anchor before the alias, in the same document | null
    bomb: yaml-malformed vm.yaml:1:1: its aliases expand to too many values | no aliases of values that contain aliases | write the values out
    aliases: yaml-malformed vm.yaml:2:305: there are more than 100 aliases | at most 100 aliases | write the values out
    complexKey: yaml-malformed vm.yaml:1:3: a key is not a plain name | a plain name | give the fields of one object the same number of spaces
    brackets: yaml-malformed vm.yaml:1:513: it is nested too deeply | at most 64 levels | null
    braces: yaml-malformed vm.yaml:1:513: it is nested too deeply | at most 64 levels | null
    commas: yaml-malformed vm.yaml:1:3: this is not YAML | valid YAML 1.2 (the parser says: Unexpected , in flow sequence) | give the fields of one object the same number of spaces
    dashes: yaml-malformed vm.yaml:1:1873: it is nested too deeply | at most 64 levels | null
    keys: document-invalid vm.yaml:1:1: the document has no kind | one of Topology, VirtualMachine, Flavor, WorkloadProfile, HostPolicy, Fleet, Plan, Forecast, Refusal, Capacity, GuestContract, Evidence, GuestReport, Verdict, Explanation, Diagnosis, Binding, Calibration | evenkeel schema says what each kind is
    documents: yaml-malformed vm.yaml:1:1: it contains 1000 documents | at most 256 documents in a file | null
    tooLong: file-too-large vm.yaml: it is 65538 characters long | at most 65536 characters of YAML | write it as JSON, which may be longer
    "
  `);
});

test("hostile JSON is refused in bounded time", () => {
  const topology = JSON.stringify(exampleTopology);
  const cases = {
    deep: "[".repeat(JSON_LENGTH_MAX),
    closed: "[".repeat(JSON_LENGTH_MAX / 2) + "]".repeat(JSON_LENGTH_MAX / 2),
    nested: '{"kind":'.repeat(JSON_LENGTH_MAX / 8),
    quotes: `"${"\\".repeat(JSON_LENGTH_MAX - 1)}`,
    items: topology.replace(/"pci":\[/, `"pci":[${"{},".repeat(1_000_000)}`),
    keys: `{${Array.from({ length: 125_000 }, (_, i) => `"k${i}":0`).join(",")}}`,
    tooLong: " ".repeat(JSON_LENGTH_MAX + 1),
  };
  const lines = Object.entries(cases).map(
    ([name, text]) => `${name}: ${errorLine(text, "h.json")}`,
  );
  expect(`\n${lines.join("\n")}\n`).toMatchInlineSnapshot(`
    "
    deep: json-malformed h.json:1:65: it is nested too deeply | at most 64 levels | null
    closed: json-malformed h.json:1:65: it is nested too deeply | at most 64 levels | null
    nested: json-malformed h.json:1:513: it is nested too deeply | at most 64 levels | null
    quotes: json-malformed h.json:1:8388609: the JSON text ends too early | one complete JSON document (RFC 8259) | check that the file was written to its end
    items: document-invalid h.json:1:1369: pci is a list of 1000016 items | a list of at most 8192 items | begin each item with a dash: a list has no keys of its own
    keys: document-invalid h.json:1:1: the document has no kind | one of Topology, VirtualMachine, Flavor, WorkloadProfile, HostPolicy, Fleet, Plan, Forecast, Refusal, Capacity, GuestContract, Evidence, GuestReport, Verdict, Explanation, Diagnosis, Binding, Calibration | evenkeel schema says what each kind is
    tooLong: file-too-large h.json: it is 8388609 characters long | at most 8388608 characters of JSON | null
    "
  `);
});

test("a document of another kind, or a second document, is refused where one kind is wanted", () => {
  const cases: readonly (readonly [string, ErrorCode])[] = [
    [JSON.stringify(examplePlan), "document-invalid"],
    [`${written("")}---\n${written("")}`, "document-invalid"],
  ];
  for (const [text, code] of cases) {
    expect(() => parseTopology(text, "-")).toThrow(expect.objectContaining({ code }));
  }
});

/** The paths to all parts of a value. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (value === null || typeof value !== "object") return [path];
  const steps = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const within = new Map<string | number, unknown>(
    steps.map((step) => [step, Reflect.get(value, step)]),
  );
  return [path, ...steps.flatMap((step) => pathsOf(within.get(step), [...path, step]))];
}

/** A copy of the value with the part at the path replaced. */
function replaced(value: unknown, [step, ...rest]: Path, by: unknown): unknown {
  if (step === undefined) return by;
  if (value === null || typeof value !== "object") return value;
  const part: unknown = replaced(Reflect.get(value, step), rest, by);
  return Array.isArray(value) ? value.with(Number(step), part) : { ...value, [String(step)]: part };
}

test("any value in any field is accepted, or refused with what was expected", () => {
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(-1, 0, 1, 2 ** 31, 2 ** 53, 1e300, 0.5, "", "0", "0-3", "-1", "none", "Plan"),
  );
  const document = fc.constantFrom(...exampleDocuments);
  fc.assert(
    fc.property(document, fc.nat(), anything, (example, choice, value) => {
      const paths = pathsOf(example);
      const path = paths[choice % paths.length] ?? [];
      const line = errorLine(JSON.stringify(replaced(example, path, value)), "example.json");
      expect(line).toMatch(
        /^accepted$|^(document-invalid|topology-inconsistent|plan-inconsistent) example\.json/,
      );
      expect(line).not.toMatch(/Invalid|Unrecognized|Too (big|small)|\| (undefined|null) \|/);
    }),
    { numRuns: 2000 },
  );
});

test("a Fleet in YAML may be as long as its hosts make it; other documents may not", () => {
  const host = (i: number): string =>
    `  - name: gpu-${i}.rack-${i % 40}.fra1\n    sources: ["ssh:gpu-${i}.rack.example", topo-${i}.txt]\n`;
  const hosts = Array.from({ length: 1000 }, (_, i) => host(i)).join("");
  const text = `apiVersion: evenkeel/v1\nkind: Fleet\nhosts:\n${hosts}`;
  expect(text.length).toBeGreaterThan(YAML_LENGTH_MAX);
  expect(readDocument(text, "hosts.yaml", "Fleet").hosts).toHaveLength(1000);
  expect(() => readDocument(text, "hosts.yaml", "Plan")).toThrow("characters long");
  expect(() => readDocuments(text, "hosts.yaml")).toThrow("characters long");
});
