import { expect, test } from "vitest";
import { onDevice } from "../../testing/explain/altered/fabric.ts";
import { withStates } from "../../testing/explain/altered/device.ts";
import { reported, shaped } from "../../testing/explain/altered/guest.ts";
import { set, withCpus } from "../../testing/explain/altered/settings.ts";
import { cleanVm, onMachine } from "../../testing/explain/clean.ts";
import { program, thread } from "../../testing/explain/program.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { NetworkPort } from "../evidence/machine-evidence.ts";
import { GiB, MiB } from "../unit/bytes.ts";
import { causes } from "./causes.ts";
import { subjectOf } from "./subject/subject.ts";

/** What each cause beyond placement holds against whom, and what it leaves alone. */
const [clean, twin] = [cleanVm(0), cleanVm(1)];

function kind(code: string, evidence: Evidence, other: Evidence | null = twin): string {
  const cause = causes.find((one) => one.code === code);
  const others = other === null ? null : subjectOf(other);
  return cause?.judge(subjectOf(evidence), others).kind ?? "no such cause";
}

test.each([
  ["tsc", "acquitted"],
  ["kvm-clock", "acquitted"],
  ["arch_sys_counter", "acquitted"],
  ["acpi_pm", "accused"],
  ["hyperv_clocksource_msr", "accused"],
  ["a-source-of-2040", "unknown"],
  [null, "unknown"],
])("the clock source %s is %s, on the host and in the guest", (clocksource, expected) => {
  expect(kind("clocksource-slow", set(clean, { clocksource }), null)).toBe(expected);
  const inside = reported(clean, () => ({ clocksource }));
  expect(kind("guest-clocksource-slow", inside, null)).toBe(expected);
});

test("a clock is low only below all limits of CPUs that are known whole", () => {
  const at = (busyKHz: number): Evidence => set(clean, { busyKHz });
  expect(kind("cpu-clock-low", at(800_000))).toBe("accused");
  expect(kind("cpu-clock-low", at(900_000))).toBe("acquitted");
  // A processor that can do no more than its lowest clock twice has none to be held at.
  const narrow = withCpus(at(800_000), { hardwareMaxKHz: 1_500_000 });
  expect(kind("cpu-clock-low", narrow)).toBe("acquitted");
  expect(kind("cpu-clock-low", withCpus(at(800_000), { minKHz: null }))).toBe("unknown");
});

test("stolen time counts from 2 % on, and is priced by what is left", () => {
  expect(kind("cpu-stolen", set(clean, { stolenShare: 0.019 }), null)).toBe("acquitted");
  const cause = causes.find(({ code }) => code === "cpu-stolen");
  const judged = cause?.judge(subjectOf(set(clean, { stolenShare: 0.2 })), null);
  expect(judged).toMatchObject({ accusations: [{ cost: { slowdown: 1.25, basis: "measured" } }] });
});

test("differences need a twin that has it otherwise", () => {
  for (const [code, evidence] of [
    ["split-lock-slowed", set(clean, { splitLockSlowed: true })],
    ["host-memory-less", onMachine(clean, () => ({ nodes: [] }))],
    ["driver-differs", withStates(clean, { driverVersion: "1" })],
    ["guest-confidential", shaped(clean, { confidential: "tdx" })],
    ["read-requests-small", onDevice(clean, 0, { maxReadBytes: 128 })],
    ["network-slow", clean],
  ] as const) {
    expect(kind(code, evidence, null), code).toBe("irrelevant");
    expect(kind(code, evidence, evidence), code).not.toBe("accused");
  }
  const snp = shaped(twin, { confidential: "sev-snp" });
  expect(kind("guest-confidential", shaped(clean, { confidential: "tdx" }), snp)).toBe("acquitted");
  expect(kind("driver-differs", withStates(clean, { driverVersion: "580.1" }))).toBe("acquitted");
  const patched = withStates(clean, { driverVersion: "570.26" });
  expect(kind("driver-differs", patched)).toBe("acquitted");
  expect(kind("driver-differs", withStates(clean, { driverVersion: "565.99" }))).toBe("accused");
  const other = set(twin, { splitLockSlowed: false });
  expect(kind("split-lock-slowed", set(clean, { splitLockSlowed: false }), other)).toBe(
    "acquitted",
  );
});

test("less memory counts beyond what kernels keep, and on hosts with one processor", () => {
  const sized = (bytes: number, cpuModel: string | null): Evidence =>
    onMachine(clean, ({ topology }) => ({
      nodes: [{ id: 0, memoryBytes: bytes, freeBytes: null, cacheBytes: null, foreignPages: null }],
      topology:
        topology === null ? null : { ...topology, machine: { ...topology.machine, cpuModel } },
    }));
  const whole = sized(256 * GiB, "a");
  expect(kind("host-memory-less", sized(252 * GiB, "a"), whole)).toBe("acquitted");
  expect(kind("host-memory-less", sized(240 * GiB, "a"), whole)).toBe("accused");
  expect(kind("host-memory-less", whole, sized(240 * GiB, "a"))).toBe("acquitted");
  expect(kind("host-memory-less", sized(240 * GiB, "b"), whole)).toBe("irrelevant");
});

test("memory in swap space counts by its share, where the whole is known", () => {
  const swapped = (swappedBytes: number, evidence: Evidence = clean): Evidence => ({
    ...evidence,
    process: evidence.process === null ? null : { ...evidence.process, swappedBytes },
  });
  expect(kind("memory-swapped", swapped(3 * GiB))).toBe("accused");
  expect(kind("memory-swapped", swapped(63 * MiB))).toBe("acquitted");
  expect(kind("memory-swapped", swapped(200 * MiB))).toBe("acquitted");
  const unsized: Evidence = { ...clean, shapes: [], memory: null };
  expect(kind("memory-swapped", swapped(3 * GiB, unsized))).toBe("unknown");
});

test("a few threads of a program on one CPU are no crowd, and no program needs a CPU for each", () => {
  const on = (allowed: string, count: number): Evidence =>
    program({
      devices: [],
      threads: Array.from({ length: count }, (_, i) => thread(i + 1, { allowedCpus: allowed })),
    });
  expect(kind("threads-crowded", on("0", 8), null)).toBe("acquitted");
  expect(kind("threads-crowded", on("0", 8), on("0-1", 8))).toBe("accused");
  expect(kind("threads-crowded", on("0-2", 8), on("0-4", 8))).toBe("acquitted");
  expect(kind("threads-crowded", on("0-7", 8), on("0-31", 8))).toBe("acquitted");
  const gpu: Evidence = { ...on("0", 8), devices: clean.devices, machine: clean.machine };
  expect(kind("threads-crowded", gpu, null)).toBe("accused");
  expect(kind("threads-crowded", { ...gpu, threads: (gpu.threads ?? []).slice(0, 3) }, null)).toBe(
    "acquitted",
  );
});

test("an emulated processor counts where KVM could be had", () => {
  const named = (name: string | null, evidence: Evidence): Evidence => ({
    ...evidence,
    threads: (evidence.threads ?? []).map((one) => ({ ...one, name })),
  });
  const emulated = named("CPU 0/TCG", clean);
  expect(kind("cpu-emulated", emulated, null)).toBe("accused");
  const unknown = set(emulated, { nxHugePages: null });
  expect(kind("cpu-emulated", unknown, null)).toBe("unknown");
  expect(kind("cpu-emulated", unknown, named("CPU 0/TCG", twin))).toBe("unknown");
  expect(kind("cpu-emulated", unknown, twin)).toBe("accused");
  expect(kind("cpu-emulated", named("ALL CPUs/TCG", clean), null)).toBe("accused");
  expect(kind("cpu-emulated", named(null, clean), null)).toBe("unknown");
});

const port = (name: string, gigabits: number | null, isUp: boolean | null = true): NetworkPort => {
  const address = cleanVm(0).devices[1]?.address ?? "";
  return { address, name, isUp, bytesPerSecond: gigabits === null ? null : (gigabits * 1e9) / 8 };
};

test.each([
  ["of one name", [port("a", 100)], [port("a", 200)], "accused"],
  ["of one name and about one rate", [port("a", 180)], [port("a", 200)], "acquitted"],
  [
    "of no common name, by the fastest",
    [port("a", 25), port("b", 200)],
    [port("c", 200)],
    "acquitted",
  ],
  ["of no common name, and slower", [port("a", 25), port("b", 100)], [port("c", 200)], "accused"],
  ["without a link", [port("a", 10, false)], [port("a", 200)], "irrelevant"],
  ["of unknown link", [port("a", 100, null)], [port("a", 200)], "unknown"],
  [
    "of unknown rate beside a known one",
    [port("a", null), port("b", 200)],
    [port("a", 200), port("b", 200)],
    "acquitted",
  ],
  ["of no common name and unknown", [port("a", null)], [port("c", 200)], "unknown"],
  ["that are not there", [], [port("c", 200)], "irrelevant"],
] as const)("network ports %s are %s", (_, own, others, expected) => {
  const ports = (networkPorts: readonly NetworkPort[]): Evidence =>
    onMachine(clean, () => ({ networkPorts }));
  expect(kind("network-slow", ports(own), ports(others))).toBe(expected);
});

test("a VM is held to the ports of its own cards", () => {
  const elsewhere = { ...port("a", 1), address: "0000:99:00.0" };
  const ports = (...networkPorts: readonly NetworkPort[]): Evidence =>
    onMachine(clean, () => ({ networkPorts }));
  expect(kind("network-slow", ports(elsewhere), ports({ ...elsewhere, bytesPerSecond: 1e9 }))).toBe(
    "irrelevant",
  );
});

test("a licence is a matter for parts of GPUs", () => {
  const product = (productName: string | null, licensed: boolean | null): string =>
    kind("vgpu-unlicensed", withStates(clean, { productName, licensed }), null);
  expect(product("GRID A100D-40C", false)).toBe("accused");
  expect(product("GRID A100D-40C", null)).toBe("unknown");
  expect(product(null, null)).toBe("unknown");
  expect(product("NVIDIA H100 80GB HBM3", null)).toBe("acquitted");
});

test("NCCL over sockets is right without a NIC for RDMA", () => {
  const sockets = reported(clean, () => ({ ncclNetwork: "Socket" }));
  expect(kind("nccl-over-sockets", sockets, null)).toBe("accused");
  const without = reported(sockets, ({ devices }) => ({ devices: (devices ?? []).slice(0, 1) }));
  expect(kind("nccl-over-sockets", without, null)).toBe("acquitted");
  expect(
    kind(
      "nccl-over-sockets",
      reported(without, () => ({ devices: null })),
      null,
    ),
  ).toBe("unknown");
  expect(
    kind(
      "nccl-over-sockets",
      reported(clean, () => ({ ncclNetwork: null })),
      null,
    ),
  ).toBe("unknown");
});

test("few repaired errors are those of a start", () => {
  expect(kind("link-errors", onDevice(clean, 0, { correctedErrors: 9999 }))).toBe("acquitted");
  expect(kind("link-errors", onDevice(clean, 0, { correctedErrors: 10_000 }))).toBe("accused");
  expect(kind("link-errors", onDevice(clean, 0, { correctedErrors: null }))).toBe("unknown");
});
