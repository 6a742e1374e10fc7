import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { parseQuantity } from "@evenkeel/core/unit/bytes.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { documentKinds } from "./document.ts";
import { meantKind } from "./meant-kind.ts";
import { meantField, meantValue } from "./meant.ts";
import { readDocuments } from "./read-document.ts";

const base = `apiVersion: evenkeel/v1
kind: VirtualMachine
metadata: { name: llm-a }
spec:
  vcpus: 16
  memory: 64Gi
`;

/** What is said of a document: its message, and what to do. */
function told(text: string, where = "vm.yaml"): string {
  try {
    readDocuments(text, where);
  } catch (error) {
    if (!(error instanceof EvenkeelError)) throw error;
    return `${error.where}: ${error.message} | ${error.remedy}`;
  }
  return "accepted";
}

const inSpec = (line: string): string => `${base}  ${line}\n`;
const memory = (size: string): string => base.replace("64Gi", size);
const vcpus = (count: string): string => base.replace("16", count);

test("a size in other units is answered with the same size in ours", () => {
  const sizes =
    "240GB 240GiB 240g 240gb 512MB '240 Gi' 1,5Ti 2mi 1GI 1_000Gi 1e3 '240 gigabytes' '8 gibibytes'" +
    " -8Gi -8GB -1 1.5 64b 5tb 1,024Mi 1,048,576Ki 1,5e3 1e3Gi 99999Pi lots 10x true [] Gi";
  const answers = sizes
    .match(/'[^']*'|\S+/g)
    ?.map((size) => `${size}: ${told(memory(size)).split(" | ")[1] ?? "accepted"}`);
  expect(answers).toMatchInlineSnapshot(`
    [
      "240GB: write 240G, or 224Gi",
      "240GiB: write 240Gi",
      "240g: write 240Gi, or 240G for powers of ten",
      "240gb: write 240G, or 224Gi",
      "512MB: write 512M, or 488Mi",
      "'240 Gi': write 240Gi",
      "1,5Ti: write 1.5Ti",
      "2mi: write 2Mi",
      "1GI: write 1Gi",
      "1_000Gi: write 1000Gi",
      "1e3: accepted",
      "'240 gigabytes': write 240G, or 224Gi",
      "'8 gibibytes': write 8Gi",
      "-8Gi: write 8Gi",
      "-8GB: write 8G",
      "-1: a size has no sign",
      "1.5: a number alone is bytes: write 1.5Gi",
      "64b: write 64",
      "5tb: write 5T, or 4657Gi",
      "1,024Mi: write 1024Mi",
      "1,048,576Ki: write 1048576Ki",
      "1,5e3: write 1500, or 1Ki",
      "1e3Gi: evenkeel schema VirtualMachine says what each field may be",
      "99999Pi: 8191Ti is the most that is read",
      "lots: evenkeel schema VirtualMachine says what each field may be",
      "10x: evenkeel schema VirtualMachine says what each field may be",
      "true: evenkeel schema VirtualMachine says what each field may be",
      "[]: evenkeel schema VirtualMachine says what each field may be",
      "Gi: evenkeel schema VirtualMachine says what each field may be",
    ]
  `);
});

test("words of other tools are answered with ours, and values in quotes without", () => {
  const lines = [
    "isolation: none",
    "isolation: dedicated",
    "isolation: false",
    "isolation: ~",
    "isolation: NUMA",
    "isolation: quantum",
    "locality: best-effort",
    "locality: single-numa-node",
    "locality: anywhere",
    "hugepages: 1GB",
    "hugepages: 2MB",
    "hugepages: yes",
    "hugepages: 16Gi",
    "nics: { count: 2, rdma: yes }",
    "nics: { count: 2, rdma: off }",
    "nics: { count: 2, rdma: 'true' }",
    "nics: { count: 2, rdma: maybe }",
    "nics: 2",
    "accelerators: 2",
    "accelerators: H100",
    "accelerators: [0, 1]",
    "accelerators: { count: two }",
    "accelerators: { count: '2' }",
    "accelerators: { count: 2, link: nvswitch }",
    "accelerators: { count: 2, link: PCIe }",
    "gpus: 2",
    "ram: 4Gi",
    "cores: 4",
    "tenant: acme",
    "count: 2",
    "image: debian",
    "flavor: H100.2",
    "flavor: 4",
  ];
  expect(lines.map((line) => told(inSpec(line)))).toMatchInlineSnapshot(`
    [
      "vm.yaml:7:3: spec.isolation is "none" | write shared",
      "vm.yaml:7:3: spec.isolation is "dedicated" | write core",
      "vm.yaml:7:3: spec.isolation is false | write shared",
      "vm.yaml:7:3: spec.isolation is null | write shared",
      "vm.yaml:7:3: spec.isolation is "NUMA" | write node",
      "vm.yaml:7:3: spec.isolation is "quantum" | evenkeel schema VirtualMachine says what each field may be",
      "vm.yaml:7:3: spec.locality is "best-effort" | write preferred",
      "vm.yaml:7:3: spec.locality is "single-numa-node" | write strict",
      "vm.yaml:7:3: spec.locality is "anywhere" | write interleave",
      "vm.yaml:7:3: spec.hugepages is "1GB" | write 1Gi",
      "vm.yaml:7:3: spec.hugepages is "2MB" | write 2Mi",
      "vm.yaml:7:3: spec.hugepages is "yes" | write 1Gi",
      "vm.yaml:7:3: spec.hugepages is "16Gi" | evenkeel schema VirtualMachine says what each field may be",
      "vm.yaml:7:21: spec.nics.rdma is "yes" | write true",
      "vm.yaml:7:21: spec.nics.rdma is "off" | write false",
      "vm.yaml:7:21: spec.nics.rdma is "true" | write true",
      "vm.yaml:7:21: spec.nics.rdma is "maybe" | evenkeel schema VirtualMachine says what each field may be",
      "vm.yaml:7:3: spec.nics is 2 | write nics: { count: 2 }",
      "vm.yaml:7:3: spec.accelerators is 2 | write accelerators: { count: 2 }",
      "vm.yaml:7:3: spec.accelerators is "H100" | write accelerators: { count: 1, model: H100 }",
      "vm.yaml:7:3: spec.accelerators is a list of 2 items | write accelerators: { count: 2 }",
      "vm.yaml:7:19: spec.accelerators.count is "two" | write 2",
      "vm.yaml:7:19: spec.accelerators.count is "2" | write 2, without quotes",
      "vm.yaml:7:29: spec.accelerators.link is "nvswitch" | write nvlink",
      "vm.yaml:7:29: spec.accelerators.link is "PCIe" | write switch",
      "vm.yaml:7:3: spec has no field "gpus" | did you mean "accelerators"?",
      "vm.yaml:7:3: spec has no field "ram" | did you mean "memory"?",
      "vm.yaml:7:3: spec has no field "cores" | did you mean "vcpus"?",
      "vm.yaml:7:3: spec has no field "tenant" | did you mean metadata.tenant?",
      "vm.yaml:7:3: spec has no field "count" | did you mean spec.accelerators.count?",
      "vm.yaml:7:3: spec has no field "image" | remove it: disks, networks and firmware are given to evenkeel run (evenkeel run --help)",
      "vm.yaml:7:3: spec.flavor is "H100.2" | write h100.2",
      "vm.yaml:7:3: spec.flavor is 4 | write it in quotes: "4"",
    ]
  `);
});

test("counts out of their range, and names that are none, are answered with the nearest", () => {
  const texts = [
    ...["'16'", "16.0", "16 cores", "0", "-4", "4.5", "8192", "[16]", "~", "''"].map(vcpus),
    ...["LLM_A", "42", "llm a", "-a-", "..."].map((name) => base.replace("llm-a", name)),
    base.replace("{ name: llm-a }", "llm-a"),
  ];
  expect(texts.map((text) => told(text))).toMatchInlineSnapshot(`
    [
      "vm.yaml:5:3: spec.vcpus is "16" | write 16, without quotes",
      "accepted",
      "vm.yaml:5:3: spec.vcpus is "16 cores" | write 16",
      "vm.yaml:5:3: spec.vcpus is 0 | write 1",
      "vm.yaml:5:3: spec.vcpus is -4 | write 4",
      "vm.yaml:5:3: spec.vcpus is 4.5 | write 5",
      "vm.yaml:5:3: spec.vcpus is 8192 | the most is 4096",
      "vm.yaml:5:3: spec.vcpus is a list of 1 item | write 16",
      "vm.yaml:5:3: spec.vcpus is null | evenkeel schema VirtualMachine says what each field may be",
      "vm.yaml:5:3: spec.vcpus is "" | evenkeel schema VirtualMachine says what each field may be",
      "vm.yaml:3:13: metadata.name is "LLM_A" | write llm-a",
      "vm.yaml:3:13: metadata.name is 42 | write it in quotes: "42"",
      "vm.yaml:3:13: metadata.name is "llm a" | write llm-a",
      "vm.yaml:3:13: metadata.name is "-a-" | write a",
      "vm.yaml:3:13: metadata.name is "..." | evenkeel schema VirtualMachine says what each field may be",
      "vm.yaml:3:1: metadata is "llm-a" | write metadata: { name: llm-a }",
    ]
  `);
});

test("documents of others, and those without a head, are named for what they are", () => {
  const texts = [
    base.replace("evenkeel/v1", "v1"),
    base.replace("evenkeel/v1", "kubevirt.io/v1"),
    base.replace("evenkeel/v1", "evenkeel.io/v1alpha1"),
    "apiVersion: 'not a group/v1'\nkind: Pod\n",
    "apiVersion: rev2\nkind: Pod\n",
    base.replace("apiVersion: evenkeel/v1\n", ""),
    base.replace("kind: VirtualMachine\n", ""),
    base.replace("VirtualMachine", "VM"),
    base.replace("VirtualMachine", "Flavour"),
    base.replace("VirtualMachine", "Pod"),
    "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\n",
    "apiVersion: apps/v1\nkind: Deployment\n",
    "apiVersion: topology.node.k8s.io/v1alpha2\nkind: NodeResourceTopology\n",
    "reserved: { coresPerNode: 2 }\n",
    "hosts: [{ name: a, sources: [live] }]\n",
    base.replace("VirtualMachine", "Inventory"),
    "<domain type='kvm'><name>a</name></domain>",
    '<?xml version="1.0"?>\n<!DOCTYPE topology SYSTEM "hwloc2.dtd">\n<topology/>',
    "<capabilities/>",
    "<!DOCTYPE html><html></html>",
    "<rss/>",
    "just words",
    "{ apiVersion: evenkeel/v1, kind: HostPolicy",
    "name: llm-a\nvcpus: 16\nkind: VirtualMachine\n",
  ];
  expect(texts.map((text) => told(text, "input"))).toMatchInlineSnapshot(`
    [
      "input:1:1: apiVersion is "v1" | write apiVersion: evenkeel/v1",
      "input:1:1: it is a VirtualMachine of KubeVirt (apiVersion kubevirt.io/v1) | write what it asks for as a VirtualMachine (apiVersion: evenkeel/v1); evenkeel render --as kubevirt prints one of KubeVirt's",
      "input:1:1: apiVersion is "evenkeel.io/v1alpha1" | write apiVersion: evenkeel/v1",
      "input:2:1: kind is "Pod" | evenkeel schema says what each kind is",
      "input:2:1: kind is "Pod" | evenkeel schema says what each kind is",
      "input:1:1: apiVersion is missing | add apiVersion: evenkeel/v1",
      "input:1:1: the document has no kind | add kind: VirtualMachine",
      "input:2:1: kind is "VM" | did you mean "VirtualMachine"?",
      "input:2:1: kind is "Flavour" | did you mean "Flavor"?",
      "input:2:1: kind is "Pod" | evenkeel schema says what each kind is",
      "input:1:1: it is a Pod of Kubernetes (apiVersion v1) | write what it asks for as a VirtualMachine (apiVersion: evenkeel/v1)",
      "input:1:1: it is a Deployment of Kubernetes (apiVersion apps/v1) | write what it asks for as a VirtualMachine (apiVersion: evenkeel/v1)",
      "input:1:1: it is a NodeResourceTopology of Kubernetes (apiVersion topology.node.k8s.io/v1alpha2) | evenkeel topology FILE reads it, and place takes it with --on",
      "input:1:1: the document has no kind | add kind: HostPolicy",
      "input:1:1: the document has no kind | add kind: Fleet",
      "input:2:1: kind is "Inventory" | did you mean "Fleet"?",
      "input: it is a domain of libvirt, in XML | write what it asks for as a VirtualMachine (apiVersion: evenkeel/v1); evenkeel adopt takes over the domain once it runs",
      "input: it is an export of hwloc, in XML | evenkeel topology FILE reads it, and place takes it with --on",
      "input: it is what virsh capabilities prints, in XML | evenkeel topology FILE reads it, and place takes it with --on",
      "input: it is a web page | save the file itself, not the page that shows it",
      "input: it is an XML document with the root <rss> | write the document as YAML or JSON",
      "input:1:1: the document is "just words" | begin it with apiVersion: evenkeel/v1, and kind: VirtualMachine or another",
      "input:1:3: this is not JSON | if it is YAML, begin it with a line of ---",
      "input:1:1: a VirtualMachine has no field "name" (also wrong: vcpus, apiVersion, metadata, spec) | did you mean metadata.name?",
    ]
  `);
});

test("what is known of other words leads to kinds and fields that are there", () => {
  const names =
    "vm domain instance flavour instancetype policy config hosts node machine placement";
  for (const name of names.split(" ")) {
    const kind = meantKind(name.toUpperCase());
    expect([name, documentKinds.includes(kind ?? "")]).toEqual([name, true]);
  }
  for (const kind of documentKinds) expect([kind, meantKind(kind) ?? kind]).toEqual([kind, kind]);
  // A name that one kind has for a field means nothing where another has that field itself.
  expect(meantField("cores", ["vcpus", "memory"])).toBe("vcpus");
  expect(meantField("Core_s", ["coresPerNode"])).toBe("coresPerNode");
  expect(meantField("cores", ["name"])).toBeNull();
  expect(meantField("", ["vcpus"])).toBeNull();
});

test("what is written wrongly in YAML is told with what to do", () => {
  const texts = [
    vcpus("16").replace("vcpus: 16", "vcpus:16"),
    vcpus("16").replace("  vcpus", "\tvcpus"),
    inSpec("vcpus: 8"),
    memory("240GB\n  isolation: none\n  locality: soft"),
    memory("a\n  vcpu: 1\n  nic: 1\n  gpu: 1\n  x: 1\n  y: 1"),
  ];
  expect(texts.map((text) => told(text))).toMatchInlineSnapshot(`
    [
      "vm.yaml:5:3: this is not YAML | put a space after the colon: vcpus: 16",
      "vm.yaml:5:1: this is not YAML | YAML is indented with spaces: replace each tab by two of them",
      "vm.yaml:7:3: the key "vcpus" appears twice in one object | remove one of the two: the first is at vm.yaml:5:3",
      "vm.yaml:6:3: spec.memory is "240GB" (also wrong: spec.locality, spec.isolation) | write 240G, or 224Gi",
      "vm.yaml:7:3: spec has no field "vcpu" (also wrong: spec.nic, spec.gpu, spec.x, spec.y, spec.memory) | did you mean "vcpus"?",
    ]
  `);
});

test("a size that is offered is one that is read, and about the one that was written", () => {
  const units = ["KB", "MB", "GB", "TB", "kb", "gb", "GiB", "mib", "g", "t", " Gi", "Gb", "gig"];
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4000 }), fc.constantFrom(...units), (count, unit) => {
      const answer = meantValue("memory", `${count}${unit}`, "a size such as") ?? "";
      const offered = answer.match(/\d+[A-Za-z]+/g) ?? [];
      expect(offered.length).toBeGreaterThan(0);
      const power = 1024 ** ("kmgt".indexOf(unit.trim().toLowerCase().charAt(0)) + 1);
      for (const size of offered) {
        const bytes = parseQuantity(size);
        if (bytes === null) expect.unreachable(`${size} is not read`);
        // Decimal and binary terabytes are a tenth apart, and two digits round by a twentieth.
        expect(Math.abs(bytes / (count * power) - 1)).toBeLessThan(0.6);
      }
    }),
  );
});

const policy = (line: string): string =>
  told(`apiVersion: evenkeel/v1\nkind: HostPolicy\n${line}\n`, "p.yaml").replace(/^.* \| /, "");
const fleet = (hosts: string): string =>
  told(`apiVersion: evenkeel/v1\nkind: Fleet\n${hosts}\n`, "f.yaml").replace(/^.* \| /, "");

test("a policy and a fleet that are written in another way are told how", () => {
  const host = "hosts:\n  - name: a\n    sources: [live]\n";
  expect([
    policy("reserved: { cpus: 0-7,16 }"),
    policy("reserved: { cpus: 0,2-3,8 }"),
    policy("reserved: { cpus: [0, 1] }"),
    policy("reserved: { cpus: 0 }"),
    policy("reserved: { memoryPerNode: 16 }"),
    policy("reserved: { memoryPerNode: '8' }"),
    policy("reserved: { memoryPerNode: 16k }"),
    policy("reserved: { memoryPerNode: 0 }"),
    policy("spec: { reserved: { coresPerNode: 2 } }"),
    policy("coresPerNode: 2"),
    policy("exclude: 0000:18:00.0"),
    policy("exclude: ['18:00.0']"),
    policy("accelerators: all"),
    policy("nics: none"),
    fleet(`${host}    policy: { coresPerNode: 2 }`),
    fleet(`${host}    policy: { reserved: { memoryPerNode: 4 } }`),
    fleet(`defaults: { policy: { reserved: { memoryPerNode: 4 } } }\n${host}`),
    fleet(`${host}    taken: plan.json`),
    fleet("hosts: { a: live }"),
    fleet("spec: { hosts: [] }"),
    told("hosts: [gpu-01]", "f.yaml").replace(/^.* \| /, ""),
  ]).toMatchInlineSnapshot(`
    [
      "between braces a list needs quotes: cpus: "0-7,16"",
      "between braces a list needs quotes: cpus: "0,2-3,8"",
      "write "0-1"",
      "write "0"",
      "a number alone is bytes: write 16Gi",
      "a number alone is bytes: write 8Gi",
      "is its unit right (Mi, Gi)?",
      "accepted",
      "leave out spec: the fields of a HostPolicy stand beside its kind",
      "did you mean reserved.coresPerNode?",
      "write exclude: ["0000:18:00.0"]",
      "write "0000:18:00.0"",
      "leave accelerators out: then it is all",
      "write nics: []",
      "did you mean hosts[0].policy.reserved.coresPerNode?",
      "a number alone is bytes: write 4Gi",
      "a number alone is bytes: write 4Gi",
      "write taken: ["plan.json"]",
      "begin each item with a dash: a list has no keys of its own",
      "leave out spec: the fields of a Fleet stand beside its kind",
      "add kind: Fleet",
    ]
  `);
});

test("fields of other tools are told where what they say is said here", () => {
  const lines =
    "node: 0|numa: 0|numa: strict|disks: []|cpuset: 0-7|pci: x|<<: {}|nics: {count: 1, model: cx7}|" +
    "accelerators: {gpu: 1}|accelerators: none|accelerators: all|nics: true|nics: false|" +
    "accelerators: [h100, h100]|accelerators: [a100, h100]|hugepages: 2048kB|hugepages: 1048576 kB|" +
    "memory: [64Gi]|memory: ${MEM}|memory: “64Gi”|memory: .5Gi|vcpus: «8»";
  expect(
    lines.split("|").map((line) => {
      const [field = ""] = line.split(":");
      const without = base.replace(new RegExp(`^  ${field}:.*\n`, "m"), "");
      return `${line} → ${told(`${without}  ${line}\n`).replace(/^.* \| /, "")}`;
    }),
  ).toMatchInlineSnapshot(`
    [
      "node: 0 → remove it: evenkeel place decides where a VM lies; locality and isolation say what it needs",
      "numa: 0 → remove it: evenkeel place decides where a VM lies; locality and isolation say what it needs",
      "numa: strict → did you mean "locality"?",
      "disks: [] → remove it: disks, networks and firmware are given to evenkeel run (evenkeel run --help)",
      "cpuset: 0-7 → remove it: evenkeel place decides where a VM lies; locality and isolation say what it needs",
      "pci: x → remove it: evenkeel place chooses devices; exclude in a HostPolicy keeps one from all VMs",
      "<<: {} → YAML 1.2 merges nothing: write the fields out",
      "nics: {count: 1, model: cx7} → remove it",
      "accelerators: {gpu: 1} → did you mean "count"?",
      "accelerators: none → write accelerators: { count: 0 }",
      "accelerators: all → write accelerators: { count: 1 }",
      "nics: true → write nics: { count: 1 }",
      "nics: false → write nics: { count: 0 }",
      "accelerators: [h100, h100] → write accelerators: { count: 2, model: h100 }",
      "accelerators: [a100, h100] → write accelerators: { count: 2 }",
      "hugepages: 2048kB → write 2Mi",
      "hugepages: 1048576 kB → write 1Gi",
      "memory: [64Gi] → write 64Gi",
      "memory: \${MEM} → it is a template: fill it in before it is given here",
      "memory: “64Gi” → write 64Gi",
      "memory: .5Gi → write 0.5Gi",
      "vcpus: «8» → write 8, without quotes",
    ]
  `);
});

test("what is no YAML or JSON is told what it looks like", () => {
  const texts: readonly (readonly [string, string])[] = [
    [base.replace("  memory", "   memory"), "vm.yaml"],
    [base.replace("  memory", " memory"), "vm.yaml"],
    [base.replace("  vcpus", "\u00a0\u00a0vcpus"), "vm.yaml"],
    [base.replaceAll("\n", "\r"), "vm.yaml"],
    [base.replace("16", "{{ .Values.vcpus }}"), "vm.yaml"],
    [base.replace("  vcpus: 16", "<<<<<<< HEAD\n  vcpus: 8\n=======\n  vcpus: 16"), "vm.yaml"],
    ["[spec]\nvcpus = 8\n", "vm.yaml"],
    ['{ // a VM\n "kind": "Flavor" }', "vm.json"],
    ["{ 'kind': 'Flavor' }", "vm.json"],
    ['{ "kind": "Flavor", }', "vm.json"],
    ['{ "kind": "Flavor" }\n{ "kind": "Flavor" }', "vm.json"],
    ['{ "kind": Flavor }', "vm.json"],
    ["kind: Flavor", "vm.json"],
    ["", "vm.yaml"],
    ["# nothing\n", "vm.yaml"],
    ['[{ "kind": "Flavor" }]', "vm.json"],
    ["apiVersion: v1\nkind: List\nitems: [{ apiVersion: evenkeel/v1, kind: Flavor }]", "vm.yaml"],
  ];
  expect(texts.map(([text, where]) => told(text, where))).toMatchInlineSnapshot(`
    [
      "vm.yaml:5:10: this is not YAML | line 6 is not indented like its neighbors: give the fields of one object the same number of spaces",
      "vm.yaml:6:1: this is not YAML | line 6 is not indented like its neighbors: give the fields of one object the same number of spaces",
      "vm.yaml:5:10: this is not YAML | line 5 has a space that only looks like one, as web pages have: type it anew",
      "vm.yaml:1:13: this is not YAML | its lines end with CR alone: convert it, with tr '\\r' '\\n' for example",
      "vm.yaml:5:11: a key is not a plain name | it is a template: fill it in first, with helm template for example",
      "vm.yaml:5:1: this is not YAML | git has left both sides of a conflict in it: choose one",
      "vm.yaml:2:1: this is not YAML | it looks like TOML or INI: write each line as name: value",
      "vm.json:1:3: this is not JSON | JSON has no comments: leave them out, or write YAML (.yaml)",
      "vm.json:1:3: this is not JSON | JSON has double quotes alone: "…"",
      "vm.json:1:21: this is not JSON | leave out the comma before it",
      "vm.json:2:1: this is not JSON | it is several documents: write each to a file of its own, or all as YAML (---)",
      "vm.json:1:11: this is not JSON | put names and texts in double quotes",
      "vm.json:1:1: this is not JSON | put names and texts in double quotes",
      "vm.yaml: it contains no document | it is empty: look at what should have written it; evenkeel schema lists the kinds",
      "vm.yaml: it contains no document | all of it is comments: begin a document with apiVersion: evenkeel/v1",
      "vm.json:1:1: the document is a list of 1 item | write each item as a document of its own, with a line of --- between two",
      "vm.yaml:1:1: it is a List of Kubernetes (apiVersion v1) | write each item as a document of its own, with a line of --- between two",
    ]
  `);
});

test("whatever is wrong with a document, something is said that can be done", () => {
  const values = fc.jsonValue({ maxDepth: 2 });
  const names = fc.constantFrom(..."vcpus memory hugepages nics accelerators flavor x".split(" "));
  fc.assert(
    fc.property(names, values, (name, value) => {
      const spec = { vcpus: 16, memory: "64Gi", [name]: value };
      const head = { apiVersion: "evenkeel/v1", kind: "VirtualMachine", metadata: { name: "a" } };
      expect(told(JSON.stringify({ ...head, spec }), "vm.json")).not.toMatch(/\| null$/);
    }),
  );
});
