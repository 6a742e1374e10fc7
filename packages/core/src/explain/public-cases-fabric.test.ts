import { describe, expect, test } from "vitest";
import { changed, processOn, withTool } from "../../testing/explain/process-on.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { AcceleratorState } from "../evidence/machine-evidence.ts";
import { catalogMachine } from "../topology/catalog/catalog.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import type { Topology } from "../topology/topology.ts";
import { GiB } from "../unit/bytes.ts";
import { diagnose } from "./diagnose.ts";
import { explain } from "./explain.ts";
import { subjectOf } from "./subject/subject.ts";

/**
 * Public reports of slow machines whose cause was found in the fabric or in the accelerators, as
 * evidence of both sides: the numbers are the reports'.
 */

const gpusOf = ({ accelerators }: Topology): string[] => accelerators.map(({ address }) => address);

/** The codes that set two apart, and in which they are. */
const apart = (a: Evidence, b: Evidence): readonly (readonly [string, string])[] =>
  explain(a, b)
    .differences.filter((one) => one.in !== "both")
    .map((one) => [one.code, one.in]);

describe("GB200: pinned memory on the other Grace, 115 in place of 330 GB/s", () => {
  // https://github.com/pytorch/torchtitan/pull/3519
  const tray = catalogMachine("gb200-tray");
  if (tray === null) throw new Error("no gb200-tray");
  const gpu = tray.pci.find(({ address, node }) => gpusOf(tray).includes(address) && node === 0);
  const near = processOn(tray, [gpu?.address ?? ""]);
  const far: Evidence = {
    ...near,
    memory: (near.memory ?? []).map((one) => ({
      ...one,
      policy: { mode: "bind", nodes: "1" },
      onNodes: [{ node: 1, bytes: 4 * GiB }],
    })),
  };

  test("the memory is the cause, whatever the GPU's PCIe link is", () => {
    const { differences, predicted } = explain(far, near);
    const found = { code: "memory-bound-elsewhere", leadsTo: ["memory-off-node"], in: "a" };
    expect(differences[0]).toMatchObject(found);
    expect(predicted.a).toBeGreaterThan(1.1);
    expect(predicted.b).toBe(1);
  });
});

describe("a PLX switch redirects although the firmware has ACS off", () => {
  // https://github.com/aikitoria/open-gpu-kernel-modules/issues/6, NVIDIA/nccl#304
  const board = (acsRedirect: boolean, gpu: string): Topology =>
    changed(
      syntheticTopology(`core:16 memory:64Gi root[switch[gpu(${gpu} link:5x16)*2]]`),
      ({ class: code, parent }) =>
        code.startsWith("0604") && parent !== null ? { acsRedirect } : {},
    );
  const on = (topology: Topology): Evidence => {
    const found = processOn(topology, gpusOf(topology));
    const devices = found.devices.map((one) => ({ ...one, iommuDomain: null, iommuGroup: null }));
    return { ...found, devices };
  };

  test.each([
    ["two RTX 5090", "id:10de:2b85 class:030000"],
    ["two Arc B70 (intel/compute-runtime#935)", "id:8086:e223 class:030000"],
  ])("%s", (_, gpu) => {
    const [broken, working] = [on(board(true, gpu)), on(board(false, gpu))];
    expect(apart(broken, working)).toEqual([["acs-redirect", "a"]]);
    expect(explain(broken, working).differences[0]?.remedy.text).toMatch(
      /setpci -s \S+ ECAP_ACS\+0x6\.w=0000/,
    );
  });
});

describe("three RTX 3090, one of them behind the chipset: 6.5 in place of 13.2 GB/s", () => {
  // https://github.com/noonghunna/club-3090/pull/895
  const x8 = { speedGTs: 16, width: 8, maxSpeedGTs: 16, maxWidth: 16 };
  const uplink = { speedGTs: 16, width: 4, maxSpeedGTs: 16, maxWidth: 4 };
  const gpu = "gpu(id:10de:2204 class:030000)";
  const described = syntheticTopology(`core:16 memory:64Gi root[switch[${gpu}] ${gpu} ${gpu}]`);
  const [first = "", second = "", third = ""] = gpusOf(described);
  const board = changed(described, ({ address, vendor }) => {
    if (gpusOf(described).includes(address)) return { link: x8 };
    if (vendor === "1000") return { vendor: "1022", device: "43f4", link: uplink };
    return { vendor: "1022", device: "1483" };
  });

  test("all are PHB to each other and at 4.0 x8, and the tree tells", () => {
    const [mixed, direct] = [processOn(board, [first, second]), processOn(board, [second, third])];
    expect(apart(mixed, direct)).toEqual([["chipset-lanes", "a"]]);
    const { differences, predicted } = explain(mixed, direct);
    expect(differences[0]).toMatchObject({
      subject: first,
      found: expect.stringContaining("shares gen4 x4 to the processor"),
      // Half the lanes: 13.17 / 6.5 GB/s is 2.03 times the time of a transfer.
      cost: { slowdown: 1.25, basis: "modelled" },
    });
    expect(predicted.a).toBeGreaterThan(predicted.b);
  });

  test("that the lanes are half of what the cards can do is told of both", () => {
    const both = explain(processOn(board, [second]), processOn(board, [third]));
    expect(both.twins).toBe(true);
    expect(both.differences).toMatchObject([{ code: "link-slow", in: "both" }]);
  });
});

test("GPU 1 on PCIe 2.0 x4 and then on another board at x16: +15 % and +8 %", () => {
  // https://github.com/noonghunna/club-3090/issues/178
  const board = (speedGTs: number, width: number): Evidence => {
    const gpu = "gpu(id:10de:2204 class:030000 link:4x16)";
    const topology = syntheticTopology(`core:8 memory:64Gi root[${gpu}]`);
    const port = { speedGTs, width, maxSpeedGTs: speedGTs, maxWidth: width };
    const slot = changed(topology, ({ address }) => ({
      link: gpusOf(topology).includes(address) ? { ...port, maxSpeedGTs: 16, maxWidth: 16 } : port,
    }));
    return processOn(slot, gpusOf(slot));
  };
  expect(apart(board(5, 4), board(16, 16))).toEqual([["link-slow", "a"]]);
});

describe("power limits", () => {
  const one = syntheticTopology("core:16 memory:64Gi root[gpu(id:10de:2204 class:030000)]");
  const rtx3090: Partial<AcceleratorState> = {
    productName: "NVIDIA GeForce RTX 3090",
    performanceState: "P2",
    memoryClock: { nowMHz: 9501, maxMHz: 9751, applicationsMHz: null },
    utilizationPercent: 99,
    temperatureC: 68,
    retired: null,
  };
  const on = (...states: readonly Partial<AcceleratorState>[]): Evidence =>
    withTool(processOn(one, gpusOf(one)), ...states);

  test("an RTX 3090 at 315 W: 1,507 of 1,695 MHz, 11 % slower", () => {
    // https://github.com/ashalliants/ninfer-3090/pull/72
    const capped = on({
      ...rtx3090,
      throttleReasons: ["SW Power Cap"],
      power: { drawWatts: 314, limitWatts: 315, defaultWatts: 350, maxWatts: 365 },
      coreClock: { nowMHz: 1507, maxMHz: 2100, applicationsMHz: null },
    });
    const free = on({
      ...rtx3090,
      throttleReasons: [],
      power: { drawWatts: 338, limitWatts: 350, defaultWatts: 350, maxWatts: 365 },
      coreClock: { nowMHz: 1695, maxMHz: 2100, applicationsMHz: null },
    });
    const { differences, predicted } = explain(capped, free);
    expect(differences).toMatchObject([
      { code: "power-capped", in: "a", leadsTo: ["clocks-low"], cost: { basis: "measured" } },
    ]);
    expect(1 / predicted.a).toBeCloseTo(0.89, 2);
  });

  test("one of four V100 at 150 of 300 W", () => {
    // https://github.com/l4rz/reverse-engineering-dell-idrac-to-get-rid-of-gpu-throttling/issues/3
    const host = syntheticTopology("core:16 memory:64Gi root[gpu:v100-sxm*4] nvlink:2");
    const state = (limitWatts: number): Partial<AcceleratorState> => ({
      productName: "Tesla V100-SXM2-16GB",
      throttleReasons: limitWatts === 150 ? ["SW Power Cap"] : [],
      power: { drawWatts: 149, limitWatts, defaultWatts: 300, maxWatts: 300 },
      coreClock: { nowMHz: limitWatts === 150 ? 900 : 1530, maxMHz: 1530, applicationsMHz: null },
      nvlinks: { active: 6, total: 6 },
    });
    const all = [300, 300, 150, 300].map(state);
    const machine = withTool(processOn(host, gpusOf(host)), ...all);
    const { found } = diagnose(subjectOf({ ...machine, of: "machine" }), null);
    expect(found).toMatchObject([{ cause: { code: "power-capped" }, about: gpusOf(host)[2] }]);
  });
});
