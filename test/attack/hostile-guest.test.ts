import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { evenkeel, type Outcome } from "@evenkeel/cli/testing/evenkeel.ts";
import { asPlanned } from "@evenkeel/core/testing/evidence/as-planned.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { systemClock } from "@evenkeel/host/clock/clock.ts";
import { libvirtMonitor } from "@evenkeel/host/hypervisor/libvirt/ask-domain.ts";
import { withMonitor } from "@evenkeel/host/qmp/client.ts";
import { type Monitor, Refused } from "@evenkeel/host/qmp/monitor.ts";
import { readMonitor } from "@evenkeel/host/qmp/read.ts";
import { expect, onTestFinished, test } from "vitest";

/**
 * A guest that wants to occupy its host: what it reports, and what an emulator that it took over
 * answers, costs the host no more than bounded work, and the error names the bound.
 */
const folder = scratchFolder();
const plan = planOf({ cells: [{ cores: 2 }] });
const planFile = file("plan.json", JSON.stringify(plan));
const evidence = file("evidence.json", JSON.stringify(asPlanned(plan)));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The most CPU time that a report may take, in milliseconds: far more than is needed. */
const cpuMsMax = 4000;

async function verified(report: string): Promise<Outcome> {
  const before = process.cpuUsage();
  const recorded = ["--plan", planFile, "--evidence", evidence, "--guest-report", report];
  const outcome = await evenkeel(["verify", "llm-a", ...recorded]);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(cpuMsMax);
  return outcome;
}

const node = (id: number, cpus: string): string =>
  `node ${id} memory-kib 1048576 cpus ${cpus} distances 10\n`;
const lines = (count: number, line: (i: number) => string): string =>
  `evenkeel-guest-report 1\n${Array.from({ length: count }, (_, i) => line(i)).join("")}pci\nend\n`;
const address = (i: number): string =>
  `${(i >> 8).toString(16).padStart(4, "0")}:${(i & 255).toString(16).padStart(2, "0")}:00.0`;

test.each([
  ["nodes with every CPU", lines(9999, (i) => node(i, "0-65535")), "more than 1024 nodes"],
  [
    "8 MiB of nodes with every CPU",
    lines(140_000, (i) => node(i % 9999, "0-65535")),
    "more than 1024 nodes",
  ],
  ["the same CPUs in many nodes", lines(1024, (i) => node(i, "0-63")), "more than 4096 CPUs"],
  ["a node twice", lines(2, () => node(7, "0")), "the node 7 twice"],
  [
    "more devices than a VM can have",
    lines(9000, (i) => `device ${address(i)}${" - -".repeat(7)}\n`),
    "more than 8192 devices",
  ],
  [
    "a device twice",
    lines(2, () => `device ${address(1)}${" - -".repeat(7)}\n`),
    `the device ${address(1)} twice`,
  ],
  [
    "more ports than a VM can have",
    lines(9000, (i) => `cpu threads 0\nport ${address(i)}${" - -".repeat(6)}\n`),
    "more than 8192 ports",
  ],
  [
    "more huge pages than nodes have sizes",
    lines(20_000, (i) => `hugepages ${i % 1000} size-kib ${i} total 1 free 1\n`),
    "more than 16384 pools of huge pages",
  ],
  [
    "reasons without end",
    lines(2000, (i) => `unreadable nodes: ${i}\n`),
    "more than 1024 unreadable facts",
  ],
])("a report with %s is refused, and the error names the bound", async (_what, text, bound) => {
  const { stdout, stderr, status } = await verified(file("report.txt", text));
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr.replaceAll(/\s+/g, " ")).toContain(bound);
});

test.each([
  ["the packages of a million CPUs", `cpu packages${" 0".repeat(1_000_000)}\n`],
  ["flags without end", `cpu flags${" avx".repeat(1_000_000)}\n`],
  ["BARs of no device", `bars ${address(1)}${" 0x1".repeat(18)}\n`.repeat(60_000)],
  ["a file for NCCL that nests without end", `nccl - a /a\n${"nccl-text <pci>\n".repeat(400_000)}`],
  ["a log of NCCL", `nccl-log via NET/IB/0${"(".repeat(500)}\n`.repeat(15_000)],
  [
    "a log of NCCL of many GPUs",
    lines(100_000, (i) => `nccl-log GPU Direct RDMA Disabled for GPU ${i} / HCA 0\n`).slice(24),
  ],
])("a report with %s is read in bounded time", async (_what, facts) => {
  const { status } = await verified(
    file("report.txt", `evenkeel-guest-report 1\n${facts}pci\nend\n`),
  );
  expect(status).toBe(3);
});

const empty = {
  apiVersion: "evenkeel/v1",
  kind: "GuestReport",
  where: "/",
  nodes: null,
  unreadable: [],
  kernel: null,
  devices: null,
  hugepages: [],
  contract: null,
  nccl: null,
};
const document = (part: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ ...empty, ...part });
const jsonNode = (id: number, cpus: string): unknown => ({
  id,
  cpus,
  memoryBytes: null,
  distances: null,
});

test.each([
  ["every CPU in every node", 1024, (i: number) => jsonNode(i, "0-65535"), "than 4096 CPUs"],
  ["a node twice", 2, () => jsonNode(7, "0"), "the node 7 twice"],
  ["more nodes than Linux has", 1025, (i: number) => jsonNode(i, ""), "1024"],
])("a GuestReport with %s is refused, alone and within evidence", async (_, length, of, bound) => {
  const nodes = Array.from({ length }, (_node, i) => of(i));
  const { stderr, status } = await verified(file("report.json", document({ nodes })));
  expect([status, stderr]).toEqual([2, expect.stringContaining(bound)]);
  const guest: unknown = JSON.parse(document({ nodes }));
  const within = JSON.stringify({ ...asPlanned(plan), guest });
  expect(() => readDocument(within, "evidence.json", "Evidence")).toThrow();
});

test("a monitor that lists without end ends the reading with the bound", async () => {
  const path = join(scratchFolder(), "monitor");
  const many = `{"return": [${"{},".repeat(20_000)}{}]}\r\n`;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write('{"QMP": {}}\r\n');
    socket.on("data", (asked) => {
      socket.write(String(asked).includes("capabilities") ? '{"return": {}}\r\n' : many);
    });
  });
  await new Promise<void>((resolve) => void server.listen(path, resolve));
  onTestFinished(() => void server.close());
  await expect(withMonitor(path, readMonitor)).rejects.toThrow("a list of more than 16384 items");
});

/** A monitor that answers at once, and lists as much as it may. */
function hostileMonitor(answers: Readonly<Record<string, unknown>>) {
  let asked = 0;
  const ask: Monitor["ask"] = async (command, args) => {
    asked++;
    // Each bus lies below a bus that nobody has asked about.
    if (args?.["property"] === "parent_bus") return `/bus/${asked}/bus`;
    const answer = answers[command];
    if (answer instanceof Error) throw answer;
    return answer ?? "";
  };
  return { monitor: { where: "here", ask }, questions: () => asked };
}

test("a monitor that libvirt has answers for a minute at most", async () => {
  let now = 0;
  const clock = { ...systemClock, monotonicMs: () => now };
  const { ask } = libvirtMonitor("test:///none", { name: "llm-a", uuid: null }, clock);
  now = 60_001;
  await expect(ask("query-cpus-fast")).rejects.toThrow("has not answered in time");
});

const listOf = (count: number, item: (i: number) => unknown): readonly unknown[] =>
  Array.from({ length: count }, (_, i) => item(i));
const vfio = (i: number): unknown => ({ name: `d${i}`, type: "child<vfio-pci>" });

test.each([
  ["backends", { "query-memdev": listOf(16_384, () => ({ size: 1 })) }, "more than 1024 items", 12],
  ["iothreads", { "query-iothreads": listOf(1025, () => ({})) }, "more than 1024 items", 12],
  ["devices", { "qom-list": listOf(1025, vfio) }, "more than 1024 items", 12],
  [
    "buses above its devices",
    { "qom-list": listOf(1024, vfio), "qom-get": "0000:1b:00.0" },
    "more than 8192 questions",
    8192,
  ],
])("a monitor with too many %s is asked no more", async (_what, answers, bound, most) => {
  const refuses = { "human-monitor-command": new Refused("no") };
  const { monitor, questions } = hostileMonitor({ ...refuses, ...answers });
  await expect(readMonitor(monitor)).rejects.toThrow(bound);
  expect(questions()).toBeLessThanOrEqual(most);
});

test("a monitor that ends in between is unreadable, and no VM without devices", async () => {
  const closed = new Error("the monitor closed the connection");
  const lost = hostileMonitor({ "qom-list": [vfio(0)], "qom-get": closed });
  await expect(readMonitor(lost.monitor)).rejects.toThrow(closed);
  const refused = hostileMonitor({ "qom-list": [vfio(0)], "qom-get": new Refused("no") });
  expect((await readMonitor(refused.monitor)).shape.devices).toEqual([]);
});
