import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { documentKinds, isDocumentKind } from "@evenkeel/contract/document.ts";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { parseYaml } from "@evenkeel/contract/text/yaml.ts";
import { schemaFaults } from "@evenkeel/contract/testing/schema-judge.ts";
import type { Calibration, Measured } from "@evenkeel/core/calibration/calibration.ts";
import { emptyCalibration } from "@evenkeel/core/calibration/empty.ts";
import { topologyDigest } from "@evenkeel/core/topology/digest.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import { cpusOfPlan, type Plan } from "@evenkeel/core/plan/plan.ts";
import { isDisjoint, unionAll } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { asPlanned } from "@evenkeel/core/testing/evidence/as-planned.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { beforeAll, expect, test } from "vitest";
import { evenkeel, type Outcome } from "../testing/evenkeel.ts";
import { fileOfKind } from "./documents-reference.ts";
import { referenceExamples } from "./reference-examples.ts";
import { jsonText } from "./text/json-text.ts";

const json = async (line: string): Promise<unknown> => JSON.parse((await run(line)).stdout);

const kept = new URL("../../../docs/reference/examples/", import.meta.url).pathname;
const keptText = (file: string): string => readFileSync(join(kept, file), "utf8");

/** Here the lines run, beside the examples that people write, as with a reader of the pages. */
const folder = scratchFolder();
const pathOf = (file: string): string => join(folder, file);
const textOf = (file: string): string => readFileSync(pathOf(file), "utf8");
const outcomes = new Map<string, Outcome>();

beforeAll(async () => {
  for (const { file } of referenceExamples) {
    if (file.endsWith(".yaml")) writeFileSync(pathOf(file), keptText(file));
  }
  for (const { file, lines, isRecord } of referenceExamples) {
    if (isRecord === true) {
      const record = file.startsWith("forecast-") ? await forecastOf(lines) : recordOf(file);
      writeFileSync(pathOf(file), jsonText(record));
    } else {
      for (const line of lines) {
        const outcome = await run(line);
        outcomes.set(line, outcome);
        const { into } = wordsOf(line);
        if (into !== null) writeFileSync(pathOf(into), outcome.stdout);
      }
    }
  }
});

/** The words of a line for a shell, and the file that its output goes to. */
function wordsOf(line: string): { readonly argv: readonly string[]; readonly into: string | null } {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? "",
  );
  const at = words.indexOf(">");
  const [program, ...argv] = at < 0 ? words : words.slice(0, at);
  expect(program).toBe("evenkeel");
  return { argv, into: at < 0 ? null : (words[at + 1] ?? null) };
}

/** Runs a line in the folder of the examples. */
async function run(line: string): Promise<Outcome> {
  const { argv } = wordsOf(line);
  return evenkeel(argv.map((word) => (existsSync(pathOf(word)) ? pathOf(word) : word)));
}

test.each(referenceExamples)("$file is what its lines print", async ({ file, lines, isRecord }) => {
  for (const line of isRecord === true ? [] : lines) {
    const { stderr, status } = outcomes.get(line) ?? { stderr: "not run", status: null };
    expect([line, stderr.replaceAll(/^note: .*\n( .*\n)*/gm, "")]).toEqual([line, ""]);
    expect([0, 3, 4]).toContain(status);
    expect([null, file]).toContain(wordsOf(line).into);
  }
  if (file.endsWith(".json")) await expect(textOf(file)).toMatchFileSnapshot(join(kept, file));
});

const plan = (): Plan => readDocument(textOf("plan-pinned.json"), "plan.json", "Plan");

/** What would be read of the pinned plan's VM where all is well. */
function asPlannedHere(): Evidence {
  const small: Topology = readDocument(textOf("topology-small.json"), "small.json", "Topology");
  return {
    ...asPlanned(plan()),
    nodes: small.nodes.map(({ id, cpus }) => ({ id, cpus: cpus ?? "" })),
    cores: small.cores.map(({ cpus }) => cpus),
    machine: {
      topology: small,
      settings: {
        kernelRelease: "6.12.48+deb13-amd64",
        bootOptions: ["iommu=pt"],
        microcode: "0x2b000620",
        cpuFlags: ["avx2", "avx512f"],
        smt: "on",
        vulnerabilities: null,
        nxHugePages: null,
        turbo: true,
        shmemHugepages: "never",
        zoneReclaim: 0,
        clocksource: "tsc",
        stolenShare: null,
        busyKHz: null,
        splitLockSlowed: true,
        fabricMode: null,
        numad: false,
        irqbalance: false,
      },
      cpus: null,
      nodes: null,
      neighbours: null,
      accelerators: null,
      networkPorts: null,
    },
  };
}

function moved(evidence: Evidence): Evidence {
  const memory = (evidence.memory ?? []).map((mapping) => ({
    ...mapping,
    onNodes: [0, 1].map((node) => ({ node, bytes: mapping.bytes / 2 })),
  }));
  return {
    ...evidence,
    takenAt: "2026-02-01T12:00:00.000Z",
    memory,
    kernel: { ...evidence.kernel, numaBalancing: 1 },
  };
}

function reportOf({ guest }: Evidence): GuestReport {
  if (guest === null) throw new TypeError("a guest that runs as planned reports");
  return guest;
}

/** The first device is the GPU. */
function withoutNode(report: GuestReport): GuestReport {
  const devices = (report.devices ?? []).map((device, i) =>
    i === 0 ? { ...device, node: null } : device,
  );
  return { ...report, devices };
}

const alike = (median: number): Measured => ({
  median,
  least: Math.round(median * 99) / 100,
  most: Math.round(median * 102) / 100,
  samples: 10,
});

/** What would be measured on the small machine. */
function measuredHere(): Calibration {
  const small: Topology = readDocument(textOf("topology-small.json"), "small.json", "Topology");
  const empty = emptyCalibration("evenkeel", "dependent reads of lines in a random order");
  return {
    ...empty,
    host: small.name,
    topologyDigest: topologyDigest(small),
    measuredAt: "2026-02-01T12:00:00.000Z",
    tool: { ...empty.tool, version: "1.0.0" },
    memory: [0, 1].flatMap((initiator) =>
      [0, 1].map((target) => ({
        initiator,
        target,
        readLatencyNs: alike(initiator === target ? 81 : 141),
        oneCore: null,
        allCores: {
          readBytesPerSecond: alike(initiator === target ? 113e9 : 34.3e9),
          writeBytesPerSecond: null,
          copyBytesPerSecond: null,
        },
        pageBytes: 2 ** 30,
        witness: {
          cpus: small.nodes[initiator]?.cpus ?? "",
          pages: [{ node: target, count: 1 }],
        },
      })),
    ),
    loaded: [
      {
        initiator: 0,
        target: 0,
        points: [
          { bytesPerSecond: 2.2e9, latencyNs: 82 },
          { bytesPerSecond: 91e9, latencyNs: 120 },
          { bytesPerSecond: 113e9, latencyNs: 156 },
        ],
      },
    ],
    conditions: {
      isGentle: false,
      isEmulated: false,
      isInGuest: false,
      stealShare: 0,
      othersShare: 0.01,
    },
  };
}

/** What is known of a machine from a matrix of latencies alone. */
function readFromMatrix(): Calibration {
  const single = (median: number): Measured => ({
    median,
    least: median,
    most: median,
    samples: 1,
  });
  const empty = emptyCalibration("mlc", "idle latencies, as the tool prints them");
  const latencies = [
    [80.8, 140.4],
    [141.6, 81.5],
  ];
  return {
    ...empty,
    tool: { ...empty.tool, version: "v3.10" },
    memory: latencies.flatMap((row, initiator) =>
      row.map((latency, target) => ({
        initiator,
        target,
        readLatencyNs: single(latency),
        oneCore: null,
        allCores: null,
        pageBytes: null,
        witness: null,
      })),
    ),
  };
}

/** What `evenkeel evidence`, `guest report` and `measure` would print, which need a VM or time. */
/** The forecast of what a line prints. */
async function forecastOf(lines: readonly string[]): Promise<object> {
  const [line = ""] = lines;
  const { stdout } = await run(line);
  const { forecast }: { readonly forecast: object } = JSON.parse(stdout);
  return forecast;
}

function recordOf(file: string): object {
  const evidence = asPlannedHere();
  const records: Readonly<Record<string, object>> = {
    "evidence-as-planned.json": evidence,
    "evidence-moved.json": moved(evidence),
    "calibration-measured.json": measuredHere(),
    "calibration-from-mlc.json": readFromMatrix(),
    "report-as-promised.json": reportOf(evidence),
    "report-without-a-node.json": withoutNode(reportOf(evidence)),
  };
  const record = records[file];
  if (record === undefined) throw new TypeError(`there is no record ${file}`);
  return record;
}

test("every kind has two examples, and every file is one", () => {
  for (const kind of documentKinds) {
    const own = referenceExamples.filter((example) => example.kind === kind);
    expect([kind, own.length]).toEqual([kind, 2]);
  }
  const files = referenceExamples.map(({ file }) => file);
  expect(readdirSync(kept).toSorted()).toEqual(files.toSorted());
});

test.each(referenceExamples)("$file is a $kind to the reader and to its JSON Schema", (example) => {
  const { kind, file } = example;
  if (!isDocumentKind(kind)) throw new TypeError(`${kind} is a kind`);
  expect(readDocument(textOf(file), file, kind).kind).toBe(kind);
  expect(schemaFaults(kind, parseYaml(textOf(file), file)[0]?.value)).toBeNull();
});

test.each(
  referenceExamples.filter(({ kind }) => /^(VirtualMachine|Flavor|HostPolicy|Fleet)$/.test(kind)),
)("$file names its schema for editors in its first line", ({ kind, file }) => {
  const [first] = textOf(file).split("\n");
  expect(first).toBe(`# yaml-language-server: $schema=../schema/${fileOfKind(kind)}.json`);
  expect(existsSync(join(kept, "../schema", `${fileOfKind(kind)}.json`))).toBe(true);
});

/** The plans of as many VMs of a flavor as fit on an HGX H100, and the answer to one more. */
async function filled(flavor: string, name: string, ...flags: readonly string[]) {
  const taken: string[] = [];
  for (;;) {
    const vm = `vm-${taken.length}`;
    const head = { apiVersion: "evenkeel/v1", kind: "VirtualMachine" };
    const stdin = JSON.stringify({ ...head, metadata: { name: vm }, spec: { flavor: name } });
    const given = taken.flatMap((path) => ["--taken", path]);
    const argv = ["place", "-", "--flavor", pathOf(flavor), "--on", "machine:hgx-h100", ...flags];
    const { stdout, status } = await evenkeel([...argv, ...given, "--output", "json"], { stdin });
    if (status === 3) return taken.map(planIn);
    expect(status).toBe(0);
    const path = join(scratch, `${name}-${flags.length}-${taken.length}.json`);
    writeFileSync(path, stdout);
    taken.push(path);
  }
}

const scratch = scratchFolder();
const planIn = (path: string): Plan => readDocument(readFileSync(path, "utf8"), path, "Plan");
const statusOf = async (line: string): Promise<number> => (await run(line)).status;
const documentOf = (file: string): unknown => JSON.parse(textOf(file));

test("flavors: a GPU with the card on its switch, eight times; a node of its own, twice", async () => {
  const gpus = await filled("flavor-one-gpu.yaml", "h100.1");
  expect(gpus.length).toBe(8);
  for (const { cells, devices } of gpus) {
    expect(cells).toMatchObject([{ memoryBytes: 48 * GiB, pageBytes: GiB }]);
    expect(cells[0]?.vcpus.length).toBe(8);
    const [gpu, nic] = devices;
    expect([gpu?.kind, nic?.kind, gpu?.switch]).toEqual(["accelerator", "nic", nic?.switch]);
    expect(gpu?.switch).not.toBeNull();
  }
  const nodes = await filled("flavor-whole-node.yaml", "node.96");
  expect(nodes.map(({ cells }) => cells.map(({ hostNode }) => hostNode))).toEqual([[0], [1]]);
  expect(nodes.flatMap(({ devices }) => devices)).toEqual([]);
});

test("VMs: one has its flavor's fields and its tenant, the other its own and floats", async () => {
  const [ofFlavor, byItself] = await Promise.all(
    ["vm-of-a-flavor.yaml --flavor flavor-one-gpu.yaml", "vm-by-itself.yaml"].map(async (vm) =>
      json(`evenkeel place ${vm} --on machine:hgx-h100 --output json`),
    ),
  );
  expect(ofFlavor).toMatchObject({ vm: "llm-a", tenant: "acme", flavor: "h100.1" });
  expect(byItself).toMatchObject({ vm: "build-1", tenant: null, flavor: null, devices: [] });
  const { cells } = planIn(pathOf("plan-floating.json"));
  expect(cells).toMatchObject([{ memoryBytes: 12 * GiB, pageBytes: 4096 }]);
  expect(cells.flatMap(({ vcpus }) => vcpus).every((vcpu) => "cpus" in vcpu)).toBe(true);
});

test("policies: what they keep, and what they sell, is kept and sold", async () => {
  const usesOf = (plans: readonly Plan[]) => ({
    cpus: unionAll(plans.map(cpusOfPlan)),
    devices: plans.flatMap(({ devices }) => devices.map(({ address }) => address)),
  });
  const keepsMore = await filled(
    "flavor-one-gpu.yaml",
    "h100.1",
    "--policy",
    pathOf("policy-keeps-more.yaml"),
  );
  expect(keepsMore.length).toBe(7);
  const more = usesOf(keepsMore);
  expect(isDisjoint(more.cpus, setOf("0-1,112-113,56-57,168-169"))).toBe(true);
  expect(more.devices).not.toContain("0000:18:00.0");
  expect(keepsMore[0]?.emulatorCpus).toBe("0-1,112-113");
  const named = await filled(
    "flavor-one-gpu.yaml",
    "h100.1",
    "--policy",
    pathOf("policy-names-devices.yaml"),
  );
  const own = usesOf(named);
  expect(new Set(named.map(({ partition }) => partition))).toEqual(new Set([2, 3]));
  expect(isDisjoint(own.cpus, setOf("0-3,112-115"))).toBe(true);
  expect(own.devices).toEqual(expect.arrayContaining(["0000:18:00.0", "0000:41:00.0"]));
});

test("fleets: each host has its policy, and the plans that are its own", async () => {
  const capacity = "evenkeel capacity --fleet fleet-of-types.yaml --flavor flavor-one-gpu.yaml";
  expect(await json(`${capacity} --output json`)).toMatchObject({
    fleet: [{ fits: 15 }],
    hosts: [
      { host: "gpu-01", flavors: [{ fits: 7 }] },
      { host: "gpu-02", flavors: [{ fits: 8 }] },
    ],
  });
  const { stdout } = await run("evenkeel topology --fleet fleet-with-plans.yaml");
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(/ {2,}/));
  expect(rows.map((row) => [row[0], row.at(-1)])).toEqual([
    ["host", "VMs"],
    ["synthetic", "1"],
    ["half-known", "0"],
  ]);
  const drawn = await run("evenkeel topology --fleet fleet-with-plans.yaml --host synthetic");
  expect(drawn.stdout).toContain("llm-a of acme");
});

test("topologies: the small machine has what its line says, the other gets no guess", async () => {
  const { nodes, cores, accelerators, nics } = readDocument(
    textOf("topology-small.json"),
    "small.json",
    "Topology",
  );
  expect(nodes.map(({ memoryBytes }) => memoryBytes)).toEqual([128 * GiB, 128 * GiB]);
  expect(nodes.map(({ hugepages }) => hugepages?.map(({ total }) => total))).toEqual([[96], [96]]);
  expect([cores.length, accelerators.length, nics.length]).toEqual([16, 4, 4]);
  expect(await statusOf("evenkeel place vm-by-itself.yaml --on topology-half-known.yaml")).toBe(4);
});

test("refusals: no, with what would fit; and perhaps, with what would tell", async () => {
  const place = "evenkeel place vm-of-a-flavor.yaml --flavor flavor-one-gpu.yaml";
  expect(await statusOf(`${place} --on machine:l40s-pcie`)).toBe(3);
  expect(documentOf("refusal-other-model.json")).toMatchObject({
    hosts: [{ remedies: [{ text: "It fits with GPUs of any model." }] }],
    untold: [],
  });
  expect(documentOf("refusal-untold.json")).toMatchObject({
    untold: [{ host: "lab-3", code: "hugepages-untold" }, { host: "lab-3" }],
  });
});

test("plans, capacities and contracts say what their titles say", async () => {
  const pinned = plan().cells.flatMap(({ vcpus }) => vcpus);
  expect(new Set(pinned.map((vcpu) => ("cpu" in vcpu ? vcpu.cpu : null))).size).toBe(8);
  const rendered = await run("evenkeel render plan-pinned.json --as libvirt");
  expect(rendered.stdout.match(/<vcpupin /g)?.length).toBe(8);
  expect(documentOf("capacity-beside-a-vm.json")).toMatchObject({
    fleet: [{ fits: 1, most: 2 }],
    hosts: [{ flavors: [{ blockers: { sets: [["llm-a"]] } }] }],
  });
  expect(documentOf("capacity-two-flavors.json")).toMatchObject({
    fleet: [
      { flavor: "h100.1", fits: 8 },
      { flavor: "node.96", fits: 2 },
    ],
  });
  expect(documentOf("contract-pinned.json")).toMatchObject({
    vm: "llm-a",
    cells: [{ vcpus: "0-7" }],
  });
  expect(documentOf("contract-floating.json")).toMatchObject({
    cells: [{}],
    devices: [],
    nccl: null,
  });
});

test("records, verdicts, explanations and diagnoses tell of the memory that moved", async () => {
  const verify = "evenkeel verify llm-a --plan plan-pinned.json --evidence";
  expect(await statusOf(`${verify} evidence-as-planned.json`)).toBe(0);
  expect(await statusOf(`${verify} evidence-moved.json`)).toBe(3);
  const reported = `${verify} evidence-as-planned.json --guest-report`;
  expect(await statusOf(`${reported} report-as-promised.json`)).toBe(0);
  expect(await json(`${reported} report-without-a-node.json --output json`)).toMatchObject({
    findings: [{ code: "device-node" }],
  });
  expect(documentOf("verdict-holds.json")).toMatchObject({ holds: true, findings: [] });
  expect(documentOf("verdict-differs.json")).toMatchObject({
    holds: false,
    findings: [
      { code: "memory-off-node", severity: "error", cost: { basis: "modelled" } },
      { code: "autonuma-on", remedy: { when: "live" } },
    ],
  });
  const difference = { code: "memory-off-node", in: "b" };
  expect(documentOf("explanation-moved.json")).toMatchObject({
    twins: false,
    differences: [difference],
    unexplained: null,
  });
  expect(documentOf("explanation-measured.json")).toMatchObject({
    differences: [difference],
    unexplained: expect.closeTo(0.13, 1),
  });
  expect(documentOf("diagnosis-in-order.json")).toMatchObject({ subjects: [{ faults: [] }] });
  expect(documentOf("diagnosis-moved.json")).toMatchObject({
    subjects: [{ faults: [{ code: "memory-off-node" }] }],
  });
});
