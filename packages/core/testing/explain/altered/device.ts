import type { Evidence } from "../../../src/evidence/evidence.ts";
import type { AcceleratorState } from "../../../src/evidence/machine-evidence.ts";
import type { Alteration } from "./alteration.ts";

/** How the accelerators are set, and what holds them down. */
export const deviceAlterations: readonly Alteration[] = [
  {
    code: "driver-differs",
    what: "its driver is of an older branch",
    alter: (evidence) => withStates(evidence, { driverVersion: "535.183.01" }),
  },
  {
    code: "vgpu-unlicensed",
    what: "it has a vGPU without a licence",
    alter: (evidence) => withStates(evidence, { productName: "NVIDIA H100-80C", licensed: false }),
    alterTwin: (twin) => withStates(twin, { productName: "NVIDIA H100-80C", licensed: true }),
  },
  {
    code: "power-capped",
    what: "the power limit is 400 of 700 W, and holds the clocks",
    alter: (evidence) =>
      withStates(evidence, {
        throttleReasons: ["SW Power Cap"],
        power: { drawWatts: 399, limitWatts: 400, defaultWatts: 700, maxWatts: 700 },
        coreClock: { nowMHz: 1300, maxMHz: 1980, applicationsMHz: 1980 },
      }),
  },
  {
    code: "throttled-thermal",
    what: "the GPU is too hot",
    alter: (evidence) =>
      withStates(evidence, {
        throttleReasons: ["SW Thermal Slowdown"],
        temperatureC: 87,
        coreClock: { nowMHz: 1200, maxMHz: 1980, applicationsMHz: 1980 },
      }),
  },
  {
    code: "throttled-hardware",
    what: "the board brakes the GPU",
    alter: (evidence) =>
      withStates(evidence, { throttleReasons: ["HW Slowdown", "HW Power Brake Slowdown"] }),
  },
  {
    code: "application-clocks",
    what: "application clocks are set to 1095 MHz",
    alter: (evidence) =>
      withStates(evidence, {
        throttleReasons: ["Applications Clocks Setting"],
        coreClock: { nowMHz: 1095, maxMHz: 1980, applicationsMHz: 1095 },
      }),
  },
  {
    code: "clocks-low",
    what: "the cores are stuck at 345 MHz",
    alter: (evidence) =>
      withStates(evidence, {
        coreClock: { nowMHz: 345, maxMHz: 1980, applicationsMHz: 1980 },
      }),
  },
  {
    code: "mig-on",
    what: "the GPU is divided",
    alter: (evidence) => withStates(evidence, { migEnabled: true }),
  },
  {
    code: "peer-copies-off",
    what: "the chipset keeps it from copying to another",
    alter: (evidence) =>
      withStates(evidence, { peers: [{ address: "0000:05:00.0", status: "CNS" }] }),
  },
  {
    code: "memory-retired",
    what: "rows of memory wait to be replaced",
    alter: (evidence) => withStates(evidence, { retired: { count: 2, pending: true } }),
  },
  {
    code: "ecc-differs",
    what: "its memory corrects errors",
    alter: (evidence) => withStates(evidence, { eccEnabled: true }),
  },
  {
    code: "persistence-off",
    what: "persistence is off",
    alter: (evidence) => withStates(evidence, { persistence: false }),
  },
];

/** The evidence with what the guest's tool says of its accelerators changed. */
export function withStates(evidence: Evidence, change: Partial<AcceleratorState>): Evidence {
  const { guest } = evidence;
  if (guest === null) return evidence;
  const accelerators = (guest.accelerators ?? []).map((one) => ({ ...one, ...change }));
  return { ...evidence, guest: { ...guest, accelerators } };
}
