import { describe, expect, test } from "vitest";
import { withStates } from "../../../../testing/explain/altered/device.ts";
import { cleanVm, onMachine } from "../../../../testing/explain/clean.ts";
import type { Evidence } from "../../../evidence/evidence.ts";
import type { AcceleratorState } from "../../../evidence/machine-evidence.ts";
import { deviceCauses } from "../../device-causes.ts";
import { diagnose } from "../../diagnose.ts";
import type { Judgement } from "../../subject/cause.ts";
import { subjectOf } from "../../subject/subject.ts";

/** What one cause says of a VM beside a twin, or without. */
function judged(code: string, evidence: Evidence, twin: Evidence | null = null): Judgement {
  const cause = deviceCauses.find((one) => one.code === code);
  if (cause === undefined) throw new Error(`no cause ${code}`);
  return cause.judge(subjectOf(evidence), twin === null ? null : subjectOf(twin));
}
const kindOf = (...of: Parameters<typeof judged>): string => judged(...of).kind;

/** The codes that are found, without those that follow from others. */
function codesOf(evidence: Evidence, twin: Evidence | null = null): readonly string[] {
  const { found } = diagnose(
    subjectOf(evidence),
    twin === null ? null : subjectOf(twin),
    deviceCauses,
  );
  return found.map(({ cause }) => cause.code);
}

const [clean, twin] = [cleanVm(0), cleanVm(1)];
const at = (nowMHz: number, maxMHz = 1980): AcceleratorState["coreClock"] => {
  return { nowMHz, maxMHz, applicationsMHz: maxMHz };
};
const watts = (limitWatts: number, defaultWatts: number | null): AcceleratorState["power"] => {
  return { drawWatts: limitWatts - 1, limitWatts, defaultWatts, maxWatts: defaultWatts };
};

describe("an idle accelerator", () => {
  const idle: Partial<AcceleratorState> = {
    performanceState: "P8",
    throttleReasons: ["Idle"],
    utilizationPercent: 0,
    coreClock: at(210),
    memoryClock: { nowMHz: 405, maxMHz: 2619, applicationsMHz: 2619 },
    power: { drawWatts: 32, limitWatts: 700, defaultWatts: 700, maxWatts: 700 },
  };

  test("has low clocks by right, beside a twin at work too", () => {
    expect(codesOf(withStates(clean, idle))).toEqual([]);
    expect(codesOf(withStates(clean, idle), twin)).toEqual([]);
    const silent = withStates(clean, { ...idle, throttleReasons: [] });
    expect(codesOf(silent, twin)).toEqual([]);
  });

  test("may stay at P0: the tool says that it is idle", () => {
    const kept = { ...idle, performanceState: "P0", utilizationPercent: null };
    expect(codesOf(withStates(clean, kept))).toEqual([]);
  });

  test("is no measure for its twin", () => {
    const stuck = withStates(clean, { coreClock: at(345) });
    expect(codesOf(stuck, withStates(twin, idle))).toEqual(["clocks-low"]);
  });

  test("that is too hot is told, for a price that nobody knows", () => {
    const hot = withStates(clean, { ...idle, throttleReasons: ["Idle", "SW Thermal Slowdown"] });
    expect(judged("throttled-thermal", hot)).toMatchObject({
      accusations: [{ cost: { slowdown: null, basis: "unknown" } }],
    });
  });

  test("whose power limit was lowered will be held by it, for a price that nobody knows", () => {
    const lowered = withStates(clean, { ...idle, power: watts(150, 300) });
    expect(judged("power-capped", lowered)).toMatchObject({
      accusations: [{ seen: "inferred", cost: { slowdown: null } }],
    });
  });

  test("may be stuck: P8 at full use is no rest", () => {
    const stuck = { ...idle, throttleReasons: [], utilizationPercent: 98 };
    expect(codesOf(withStates(clean, stuck))).toEqual(["clocks-low"]);
  });

  test("is not known to be idle where neither use nor state is told", () => {
    const untold = {
      ...idle,
      throttleReasons: [],
      utilizationPercent: null,
      performanceState: null,
    };
    expect(kindOf("clocks-low", withStates(clean, untold))).toBe("unknown");
  });
});

describe("clocks-low", () => {
  test("few products hold their maximum, and GeForce's memory runs a little slower under CUDA", () => {
    const usual = withStates(clean, {
      coreClock: at(1695, 2100),
      memoryClock: { nowMHz: 9251, maxMHz: 9501, applicationsMHz: null },
    });
    expect(codesOf(usual)).toEqual([]);
  });

  test("the twin's clock is the better measure", () => {
    const slower = withStates(clean, { coreClock: at(1700) });
    expect(codesOf(slower)).toEqual([]);
    expect(codesOf(slower, twin)).toEqual(["clocks-low"]);
    const other = withStates(twin, { productName: "NVIDIA L4" });
    expect(codesOf(slower, other)).toEqual([]);
  });

  test("memory counts by itself, and the price is the slower of both", () => {
    const slow = withStates(clean, {
      memoryClock: { nowMHz: 1310, maxMHz: 2619, applicationsMHz: 2619 },
    });
    expect(judged("clocks-low", slow)).toMatchObject({
      accusations: [
        {
          found: "memory at 1310 of 2619 MHz",
          cost: { slowdown: 2619 / 1310, basis: "measured" },
        },
      ],
    });
  });
});

describe("power-capped", () => {
  const held = { throttleReasons: ["SW Power Cap"], coreClock: at(1400) };

  test("at its own limit any accelerator is that works hard", () => {
    const own = withStates(clean, { ...held, power: watts(700, 700) });
    expect(codesOf(own)).toEqual([]);
    const alike = withStates(twin, { ...held, power: watts(700, 700) });
    expect(codesOf(own, alike)).toEqual([]);
  });

  test("at its own limit, while its twin at work is not held and faster", () => {
    const own = withStates(clean, { ...held, power: watts(700, 700) });
    expect(codesOf(own, twin)).toEqual(["power-capped"]);
  });

  test("a lowered limit that is not reached holds nothing", () => {
    expect(codesOf(withStates(clean, { power: watts(500, 700) }))).toEqual([]);
  });

  test("a cap whose limits are not told is a cap", () => {
    expect(codesOf(withStates(clean, { ...held, power: null }))).toEqual(["power-capped"]);
    expect(kindOf("power-capped", withStates(clean, { power: null, throttleReasons: null }))).toBe(
      "unknown",
    );
  });

  test("low clocks follow from it and are told once, for the price of the clocks", () => {
    const capped = withStates(clean, { ...held, power: watts(400, 700) });
    const { found } = diagnose(subjectOf(capped), subjectOf(twin), deviceCauses);
    expect(found).toMatchObject([
      {
        cause: { code: "power-capped" },
        leadsTo: ["clocks-low"],
        found: "limited to 400 W of 700 W by default, which holds its cores at 1400 of 1980 MHz",
        cost: { slowdown: 1980 / 1400, basis: "measured" },
      },
    ]);
  });
});

test("heat beside HW Slowdown is heat, a brake is the board's", () => {
  const slow = (...throttleReasons: readonly string[]): readonly string[] =>
    codesOf(withStates(clean, { throttleReasons }));
  expect(slow("HW Slowdown", "HW Thermal Slowdown")).toEqual(["throttled-thermal"]);
  expect(slow("HW Slowdown", "HW Power Brake Slowdown")).toEqual(["throttled-hardware"]);
  expect(slow("HW Slowdown")).toEqual(["throttled-hardware"]);
  expect(slow("Sync Boost")).toEqual([]);
  const unread = withStates(clean, { throttleReasons: null });
  for (const code of ["throttled-thermal", "throttled-hardware", "application-clocks"]) {
    expect(kindOf(code, unread), code).toBe("unknown");
  }
});

test("application clocks that are set and hold nothing are no cause", () => {
  const set = { coreClock: { nowMHz: 1980, maxMHz: 1980, applicationsMHz: 1095 } };
  expect(codesOf(withStates(clean, set))).toEqual([]);
  const active = { ...set, throttleReasons: ["Applications Clocks Setting"] };
  expect(codesOf(withStates(clean, active))).toEqual([]);
});

test.each([
  ["ecc-differs", { eccEnabled: true }, { eccEnabled: null }],
  ["persistence-off", { persistence: false }, { persistence: null }],
  ["mig-on", { migEnabled: true }, { migEnabled: null }],
])("%s is unknown beside a twin that nobody asked", (code, own, unread) => {
  const altered = withStates(clean, own);
  expect(kindOf(code, altered, twin)).toBe("accused");
  expect(kindOf(code, altered, withStates(twin, unread))).toBe("unknown");
  expect(kindOf(code, altered, { ...twin, guest: null })).toBe("unknown");
  expect(kindOf(code, altered, withStates(twin, own))).toBe("acquitted");
});

test("ECC and persistence are told only where the twin's differ", () => {
  const both = (change: Partial<AcceleratorState>): readonly string[] =>
    codesOf(withStates(clean, change), withStates(twin, change));
  expect(both({ eccEnabled: true })).toEqual([]);
  expect(both({ persistence: false })).toEqual([]);
  expect(codesOf(withStates(clean, { eccEnabled: true, persistence: false }))).toEqual([]);
  expect(codesOf(clean, withStates(twin, { eccEnabled: true }))).toEqual([]);
});

test("memory that was replaced costs nothing", () => {
  expect(codesOf(withStates(clean, { retired: { count: 12, pending: false } }))).toEqual([]);
});

describe("several accelerators", () => {
  const { guest } = clean;
  const [first] = guest?.accelerators ?? [];
  if (guest === null || first === undefined) throw new Error("the clean VM has a GPU");
  const peer = (status: string): AcceleratorState["peers"] => [{ address: "0000:05:00.0", status }];
  const second = { ...first, address: "0000:05:00.0", index: 1, peers: [] };
  const both = (change: Partial<AcceleratorState>): Evidence => ({
    ...clean,
    guest: { ...guest, accelerators: [{ ...first, peers: [], ...change }, second] },
  });

  test("copy to each other unless the way or a setting forbids it", () => {
    const found = ["OK", "CNS", "TNS", "DR", "GNS", "NS", "U"].filter(
      (status) => codesOf(both({ peers: peer(status) })).length > 0,
    );
    expect(found).toEqual(["CNS", "TNS", "DR"]);
    expect(kindOf("peer-copies-off", both({ peers: null }))).toBe("unknown");
  });

  test("a product that cannot is told where the twin's can", () => {
    const never = both({ peers: peer("NS") });
    expect(codesOf(never, both({ peers: peer("OK") }))).toEqual(["peer-copies-off"]);
    expect(codesOf(never, never)).toEqual([]);
  });

  test("on a machine that is shared only one's own count", () => {
    const [device] = clean.devices;
    if (device === undefined) throw new Error("no device");
    const states = [
      { ...first, address: device.address, peers: peer("CNS") },
      { ...second, peers: [{ address: device.address, status: "CNS" }] },
    ];
    const shared = onMachine(clean, () => ({ accelerators: states }));
    const own: Evidence = { ...shared, of: "process", guest: null, devices: [device], shapes: [] };
    expect(codesOf(own)).toEqual([]);
    const all: Evidence = { ...own, of: "machine" };
    expect(codesOf(all)).toEqual(["peer-copies-off", "peer-copies-off"]);
  });

  test("lose direct copies to MIG; one that is divided on purpose is in order", () => {
    expect(codesOf(both({ migEnabled: true }))).toEqual(["mig-on"]);
    expect(codesOf(withStates(clean, { migEnabled: true }))).toEqual([]);
    const host: Evidence = { ...both({ migEnabled: true }), of: "machine" };
    const divided = onMachine(host, () => ({ accelerators: host.guest?.accelerators ?? null }));
    expect(codesOf({ ...divided, guest: null })).toEqual([]);
  });
});

describe("who is asked", () => {
  test("of a VM its guest; without a report all is unknown, and says what would tell", () => {
    const silent: Evidence = { ...clean, guest: null };
    for (const { code } of deviceCauses) {
      const judgement = judged(code, silent, twin);
      expect(judgement, code).toEqual({
        kind: "unknown",
        why: "nvidia-smi -q -x in the guest was not read",
      });
    }
  });

  test("nobody, where there is no accelerator, and nobody can where it is not NVIDIA's", () => {
    const bare: Evidence = { ...clean, guest: null, devices: [], shapes: [] };
    const amd = onMachine({ ...clean, guest: null }, ({ topology }) => ({
      topology:
        topology === null
          ? null
          : { ...topology, pci: topology.pci.map((one) => ({ ...one, vendor: "1002" })) },
    }));
    for (const { code } of deviceCauses) {
      expect(kindOf(code, bare, twin), code).toBe("irrelevant");
      expect(judged(code, amd, twin), code).toMatchObject({
        kind: "unknown",
        why: expect.stringContaining("only NVIDIA's tool"),
      });
    }
  });
});
