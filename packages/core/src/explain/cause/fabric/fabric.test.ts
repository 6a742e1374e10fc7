import { describe, expect, test } from "vitest";
import {
  fabricAlterations,
  onDevice,
  onFunctions,
} from "../../../../testing/explain/altered/fabric.ts";
import { withStates } from "../../../../testing/explain/altered/device.ts";
import { cleanVm, onMachine } from "../../../../testing/explain/clean.ts";
import { onTopology } from "../../../../testing/explain/program.ts";
import { changed, processOn } from "../../../../testing/explain/process-on.ts";
import type { Evidence } from "../../../evidence/evidence.ts";
import { syntheticTopology } from "../../../topology/synthetic/build.ts";
import type { Topology } from "../../../topology/topology.ts";
import { fabricCauses } from "../../fabric-causes.ts";
import type { Judgement } from "../../subject/cause.ts";
import { subjectOf } from "../../subject/subject.ts";

/** What one cause says of a VM, or of another subject, beside a twin or without. */
function judged(code: string, evidence: Evidence, twin: Evidence | null = null): Judgement {
  const cause = fabricCauses.find((one) => one.code === code);
  if (cause === undefined) throw new Error(`no cause ${code}`);
  return cause.judge(subjectOf(evidence), twin === null ? null : subjectOf(twin));
}
const kindOf = (...of: Parameters<typeof judged>): string => judged(...of).kind;

/** The found texts, where something is. */
function foundBy(...of: Parameters<typeof judged>): readonly string[] {
  const judgement = judged(...of);
  return judgement.kind === "accused" ? judgement.accusations.map(({ found }) => found) : [];
}

const clean = cleanVm(0);
const full = { speedGTs: 32, width: 16, maxSpeedGTs: 32, maxWidth: 16 };
const dropped = { ...full, speedGTs: 2.5 };

const gpusOf = ({ accelerators }: Topology): string[] => accelerators.map(({ address }) => address);
const nicsOf = ({ nics }: Topology): string[] => nics.map(({ address }) => address);

describe("link-slow", () => {
  test("an idle link that dropped to 2.5 GT/s is no fault, at work it is", () => {
    const idle = withStates(onDevice(clean, 0, { link: dropped }), { performanceState: "P8" });
    expect(kindOf("link-slow", idle)).toBe("acquitted");
    const busy = withStates(idle, { performanceState: "P0" });
    expect(foundBy("link-slow", busy)).toEqual(["gen1 x16"]);
    const unasked: Evidence = { ...idle, guest: null };
    expect(judged("link-slow", unasked)).toMatchObject({
      kind: "unknown",
      why: expect.stringContaining("idle"),
    });
  });

  test("lanes count whether it is idle or not", () => {
    const narrow = onDevice(clean, 0, { link: { ...dropped, width: 4 } });
    expect(foundBy("link-slow", withStates(narrow, { performanceState: "P8" }))).toEqual([
      "gen5 x4",
    ]);
  });

  test("a slot that can do no more is named, and what it costs by the lanes and the speed", () => {
    const slow = { speedGTs: 2.5, width: 4, maxSpeedGTs: 5, maxWidth: 4 };
    const topology = syntheticTopology("core:4 memory:8Gi root[gpu:l40s]");
    const [gpu = ""] = gpusOf(topology);
    const slot = changed(topology, ({ address }) => ({
      link: address === gpu ? { speedGTs: 2.5, width: 4, maxSpeedGTs: 16, maxWidth: 16 } : slow,
    }));
    const judgement = judged("link-slow", processOn(slot, [gpu]));
    expect(judgement).toMatchObject({
      accusations: [
        {
          found: "gen2 x4; the port above it can do gen2 x4",
          expected: "gen4 x16, as the device can do",
          cost: { slowdown: 1 + 0.25 * (3.2 * 4 - 1), basis: "modelled" },
          remedy: { text: expect.stringContaining("Move"), argv: null },
        },
      ],
    });
  });

  test("a card is to be moved from a slot with fewer lanes, and seated again in one with all", () => {
    const narrow = { speedGTs: 16, width: 8, maxSpeedGTs: 16, maxWidth: 16 };
    const topology = syntheticTopology("core:4 memory:8Gi root[gpu:l40s]");
    const [gpu = ""] = gpusOf(topology);
    const remedyIn = (maxWidth: number | null): string => {
      const slot = changed(topology, ({ address }) => ({
        link: address === gpu ? narrow : { ...narrow, maxWidth },
      }));
      const judgement = judged("link-slow", processOn(slot, [gpu]));
      return judgement.kind === "accused" ? (judgement.accusations[0]?.remedy.text ?? "") : "";
    };
    expect(remedyIn(8)).toMatch(/^Move /);
    expect(remedyIn(16)).toMatch(/^Seat /);
    expect(remedyIn(null)).toMatch(/^Seat /);
  });

  test("the link above a switch counts for what is below, and a port's spare lanes do not", () => {
    const uplink = onFunctions(clean, ({ address, link }) =>
      address === "0000:16:00.0" && link !== null ? { link: { ...link, width: 8 } } : {},
    );
    expect(judged("link-slow", uplink)).toMatchObject({
      accusations: [{ about: "0000:16:00.0", found: "gen5 x8" }],
    });
    const downstream = onFunctions(clean, ({ address, link }) =>
      address === "0000:17:00.0" && link !== null ? { link: { ...link, maxWidth: 32 } } : {},
    );
    expect(kindOf("link-slow", downstream)).toBe("acquitted");
  });

  test("a port that QEMU made up limits nothing, and Grace Hopper needs no PCIe", () => {
    const invented = { speedGTs: 2.5, width: 1, maxSpeedGTs: 2.5, maxWidth: 1 };
    const guest = onFunctions(clean, ({ class: code }) =>
      code.startsWith("0604") ? { vendor: "1b36", device: "000c", link: invented } : {},
    );
    const idle = withStates(guest, { performanceState: "P8" });
    expect([guest, idle].map((one) => kindOf("link-slow", one))).toEqual([
      "acquitted",
      "acquitted",
    ]);
    const narrow = onDevice(clean, 0, { link: { ...full, width: 1 } });
    const c2c = onMachine(narrow, ({ topology }) => ({
      topology:
        topology === null
          ? null
          : {
              ...topology,
              accelerators: topology.accelerators.map((one) => ({ ...one, c2c: true })),
            },
    }));
    expect([kindOf("link-slow", narrow), kindOf("link-slow", c2c)]).toEqual([
      "accused",
      "acquitted",
    ]);
  });

  test("where the kernel was not asked, the guest's tool tells of its only accelerator", () => {
    const unread = onFunctions(onDevice(clean, 0, { link: null }), ({ address }) =>
      address === clean.devices[0]?.address ? { link: null } : {},
    );
    expect(kindOf("link-slow", unread)).toBe("acquitted");
    const narrow = withStates(unread, { link: { ...full, width: 8 } });
    expect(foundBy("link-slow", narrow)).toEqual(["gen5 x8"]);
    expect(kindOf("link-slow", doubled(narrow))).toBe("unknown");
  });

  test("a link that nobody read is unknown; a machine's NIC for management is nobody's", () => {
    const topology = syntheticTopology("core:4 memory:8Gi root[gpu:l40s nic:cx7 nic:e810]");
    const unread = changed(topology, () => ({ link: null }));
    expect(kindOf("link-slow", processOn(unread, gpusOf(unread)))).toBe("unknown");
    const thin = changed(topology, ({ vendor, link }) =>
      vendor === "8086" && link !== null ? { link: { ...link, width: 1 } } : {},
    );
    const without = {
      ...thin,
      nics: thin.nics.map((nic) => ({
        ...nic,
        rdma: thin.pci.some((one) => one.address === nic.address && one.vendor === "15b3") || null,
      })),
    };
    const host: Evidence = { ...processOn(without, gpusOf(without)), of: "machine" };
    expect(kindOf("link-slow", host)).toBe("acquitted");
  });
});

describe("chipset-lanes", () => {
  const intel = (lpc: string): Topology => {
    const topology = syntheticTopology(
      "core:4 memory:8Gi root(bus:00)[gpu:l40s dev(id:8086:7a84 class:060100 port:none)]",
    );
    const [gpu = ""] = gpusOf(topology);
    const parent = topology.pci.find(({ address }) => address === gpu)?.parent;
    const renamed = (address: string | null): string | null =>
      address === parent ? "0000:00:1c.4" : address;
    return changed(topology, (one) => ({
      address: one.class.startsWith("0601") ? "0000:00:1f.0" : (renamed(one.address) ?? ""),
      parent: renamed(one.parent),
      ...(one.class.startsWith("0601") ? { device: lpc } : {}),
      ...(one.address === parent ? { vendor: "8086", device: "7abc" } : {}),
    }));
  };

  test("Intel's chipset has its ports beside its bridge, and QEMU's q35 is none", () => {
    const real = intel("7a84");
    expect(foundBy("chipset-lanes", processOn(real, gpusOf(real)))).toEqual([
      "below the chipset's port 0000:00:1c.4",
    ]);
    const q35 = intel("2918");
    expect(kindOf("chipset-lanes", processOn(q35, gpusOf(q35)))).toBe("acquitted");
  });

  test("a bridge of AMD's processors is no chipset", () => {
    const cpu = onFunctions(clean, ({ class: code }) =>
      code.startsWith("0604") ? { vendor: "1022", device: "1483" } : {},
    );
    expect(kindOf("chipset-lanes", cpu)).toBe("acquitted");
  });
});

describe("accelerators-apart", () => {
  test("as near as any on the machine, though not near", () => {
    const topology = syntheticTopology(
      "package:2 core:4 memory:8Gi distances:10/21 root[gpu:l40s]@0-1",
    );
    expect(kindOf("accelerators-apart", processOn(topology, gpusOf(topology)))).toBe("acquitted");
  });

  test("modules whose links the host does not see may well be linked", () => {
    const topology = syntheticTopology(
      "package:2 core:4 memory:8Gi distances:10/21 root[switch[gpu:h100-sxm*2]]@0-1",
    );
    const [a = "", , c = ""] = gpusOf(topology);
    expect(kindOf("accelerators-apart", processOn(topology, [a, c]))).toBe("unknown");
    const linked = syntheticTopology(
      "package:2 core:4 memory:8Gi root[switch[gpu:h100-sxm*2]]@0-1 nvlink:18(among:0-1;2-3)",
    );
    const [first = "", , third = ""] = gpusOf(linked);
    expect(kindOf("accelerators-apart", processOn(linked, [first, third]))).toBe("accused");
  });

  test("what nobody named may be such modules", () => {
    const topology = syntheticTopology(
      "package:2 core:4 memory:8Gi distances:10/21 root[switch[gpu:l40s*2]]@0-1",
    );
    const [a = "", , c = ""] = gpusOf(topology);
    const nameless = changed(topology, ({ address }) =>
      gpusOf(topology).includes(address) ? { device: null } : {},
    );
    const accelerators = nameless.accelerators.map((one) => ({ ...one, model: null }));
    const unnamed = { ...nameless, accelerators };
    expect(kindOf("accelerators-apart", processOn(unnamed, [a, c]))).toBe("unknown");
  });

  test("nobody told the model of another, which may be as near as they are not", () => {
    const topology = syntheticTopology(
      "package:2 core:4 memory:8Gi distances:10/21 root[switch[gpu:l40s*2]]@0 root[gpu:l40s]@1",
    );
    const [a = "", b = "", c = ""] = gpusOf(topology);
    const models = (of: readonly (string | null)[]): Evidence =>
      processOn(
        {
          ...topology,
          accelerators: topology.accelerators.map((one, i) => ({ ...one, model: of[i] ?? null })),
        },
        [a, c],
      );
    expect(b).not.toBe("");
    expect(kindOf("accelerators-apart", models(["L40S", "L40S", "L40S"]))).toBe("accused");
    expect(kindOf("accelerators-apart", models(["L40S", null, "L40S"]))).toBe("unknown");
    expect(kindOf("accelerators-apart", models(["L40S", "T4", "L40S"]))).toBe("acquitted");
  });

  test("two on both sockets where two would share a switch", () => {
    const topology = syntheticTopology(
      "package:2 core:4 memory:8Gi distances:10/21 root[switch[gpu:l40s*2]]@0-1",
    );
    const [a = "", b = "", c = ""] = gpusOf(topology);
    expect(judged("accelerators-apart", processOn(topology, [a, c]))).toMatchObject({
      accusations: [
        {
          expected: `PIX between them, as ${a}, ${b} have`,
          found: "SYS between them",
          cost: { slowdown: 1 + 0.35 * (24 / 16 - 1), basis: "modelled" },
        },
      ],
    });
    expect(kindOf("accelerators-apart", processOn(topology, [a, b]))).toBe("acquitted");
  });
});

describe("nic-far", () => {
  test("another model nearby is beside the point, as is a subject without a NIC", () => {
    const topology = syntheticTopology(
      "package:2 core:4 memory:8Gi distances:10/21 root[switch[gpu:l40s nic:e810]]@0 root[nic:cx7]@1",
    );
    const far = nicsOf(topology).at(-1) ?? "";
    expect(kindOf("nic-far", processOn(topology, [...gpusOf(topology), far]))).toBe("acquitted");
    expect(kindOf("nic-far", processOn(topology, gpusOf(topology)))).toBe("irrelevant");
  });

  test("an own NIC nearby is enough, however far the second is", () => {
    const [, nic] = cleanVm(1).devices;
    const both = { ...clean, devices: [...clean.devices, ...(nic ? [nic] : [])], shapes: [] };
    expect(kindOf("nic-far", both)).toBe("acquitted");
  });
});

describe("copies between devices of a switch", () => {
  const redirecting = (evidence: Evidence): Evidence =>
    fabricAlterations.find(({ code }) => code === "acs-redirect")?.alter(evidence) ?? evidence;
  const withAts = (evidence: Evidence, atsEnabled: boolean | null): Evidence =>
    onFunctions(evidence, ({ vendor }) => (vendor === "15b3" ? { atsEnabled } : {}));

  test("ports may redirect where the NIC asks for translations", () => {
    const on = withAts(redirecting(clean), true);
    expect([kindOf("acs-redirect", on), kindOf("ats-off", on)]).toEqual(["acquitted", "acquitted"]);
  });

  test("ATS that is off costs nothing while no port redirects", () => {
    const off = withAts(clean, false);
    expect([kindOf("acs-redirect", off), kindOf("ats-off", off)]).toEqual([
      "acquitted",
      "acquitted",
    ]);
  });

  test("what only root may read is unknown", () => {
    const unread = onFunctions(clean, () => ({ acsRedirect: null, atsEnabled: null }));
    expect([kindOf("acs-redirect", unread), kindOf("ats-off", unread)]).toEqual([
      "unknown",
      "unknown",
    ]);
    expect(kindOf("ats-off", redirecting(clean))).toBe("unknown");
  });

  test("without an IOMMU there is nothing to translate, and ACS alone is the cause", () => {
    const topology = syntheticTopology("core:4 memory:8Gi root[switch[gpu:l40s nic:cx7]]");
    const all = processOn(topology, [...gpusOf(topology), ...nicsOf(topology)]);
    const bare: Evidence = {
      ...withAts(redirecting(all), false),
      devices: all.devices.map((one) => ({ ...one, iommuDomain: null, iommuGroup: null })),
    };
    expect([kindOf("acs-redirect", bare), kindOf("ats-off", bare)]).toEqual([
      "accused",
      "acquitted",
    ]);
  });

  test("whether the kernel translates for a process's NIC is unknown where nobody read it", () => {
    const topology = syntheticTopology("core:4 memory:8Gi root[switch[gpu:l40s nic:cx7]]");
    const all = processOn(topology, [...gpusOf(topology), ...nicsOf(topology)]);
    const inDomain = (iommuDomain: string | null): Evidence => ({
      ...withAts(redirecting(all), false),
      devices: all.devices.map((one) => ({ ...one, iommuDomain })),
    });
    expect(["DMA", "identity", null].map((one) => kindOf("ats-off", inDomain(one)))).toEqual([
      "accused",
      "acquitted",
      "unknown",
    ]);
  });

  test("accelerators that NVLink joins, or that share no switch, do not copy over one", () => {
    const linked = syntheticTopology("core:4 memory:8Gi root[switch[gpu:a100-sxm*2]] nvlink:12");
    const apart = syntheticTopology("core:4 memory:8Gi root[gpu:l40s gpu:l40s]");
    const withoutRdma = syntheticTopology(
      "core:4 memory:8Gi root[switch[gpu:l40s nic:e810(rdma:no)]]",
    );
    for (const topology of [linked, apart, withoutRdma]) {
      const all = processOn(topology, [...gpusOf(topology), ...nicsOf(topology)]);
      expect(kindOf("acs-redirect", redirecting(all))).toBe("irrelevant");
    }
  });

  test("no remedy turns redirection off for a whole host", () => {
    const vm = judged("acs-redirect", redirecting(clean));
    const text = vm.kind === "accused" ? (vm.accusations[0]?.remedy.text ?? "") : "";
    expect(text).toContain("ATS_ENABLED=True");
    expect(text).toContain("reboot the host");
    expect(text).not.toContain("disable_acs_redir");
    const topology = syntheticTopology("core:4 memory:8Gi root[switch[gpu:l40s*2]]");
    const bare = judged("acs-redirect", redirecting(processOn(topology, gpusOf(topology))));
    expect(bare.kind === "accused" ? bare.accusations[0]?.remedy : null).toMatchObject({
      text: expect.stringContaining("If no VM uses devices below the same switch"),
      argv: null,
    });
  });
});

test("iommu-translating: a VM's devices translate by right, a lone accelerator copies to none", () => {
  expect(kindOf("iommu-translating", clean)).toBe("acquitted");
  const topology = syntheticTopology("core:4 memory:8Gi root[gpu:l40s gpu:l40s]");
  const [a = "", b = ""] = gpusOf(topology);
  expect(kindOf("iommu-translating", processOn(topology, [a]))).toBe("acquitted");
  const two = processOn(topology, [a, b]);
  const inDomain = (iommuDomain: string | null): Evidence => ({
    ...two,
    devices: two.devices.map((one) => ({ ...one, iommuDomain })),
  });
  expect(
    ["DMA-FQ", "identity", null].map((domain) => kindOf("iommu-translating", inDomain(domain))),
  ).toEqual(["accused", "acquitted", "unknown"]);
});

test("iommu-translating: a NIC of which nobody told whether it has RDMA", () => {
  const topology = syntheticTopology("core:4 memory:8Gi root[gpu:l40s nic:cx7]");
  const withRdma = (rdma: boolean | null): Evidence => {
    const nics = topology.nics.map((nic) => ({ ...nic, rdma }));
    return processOn({ ...topology, nics }, [...gpusOf(topology), ...nicsOf(topology)]);
  };
  expect([true, false, null].map((rdma) => kindOf("iommu-translating", withRdma(rdma)))).toEqual([
    "accused",
    "acquitted",
    "unknown",
  ]);
});

test("host-device-near: an accelerator that is the display itself is near no other", () => {
  const showing = (which: RegExp): Evidence =>
    onFunctions(clean, ({ class: code, node }) =>
      which.test(code) && node === 0 ? { hostUse: "display" as const } : {},
    );
  expect(kindOf("host-device-near", showing(/^03/))).toBe("acquitted");
  expect(kindOf("host-device-near", showing(/^02/))).toBe("accused");
});

test("relaxed-ordering-off: below a Broadwell's root port Linux has it off by right", () => {
  const off = onDevice(clean, 1, { relaxedOrdering: false });
  const broadwell = onFunctions(off, ({ parent, class: code }) =>
    parent === null && code.startsWith("0604") ? { vendor: "8086", device: "6f08" } : {},
  );
  expect(kindOf("relaxed-ordering-off", off)).toBe("accused");
  expect(kindOf("relaxed-ordering-off", broadwell)).toBe("acquitted");
  expect(kindOf("relaxed-ordering-off", onDevice(clean, 0, { relaxedOrdering: null }))).toBe(
    "unknown",
  );
});

test("relaxed-ordering-off: a NIC that may do RDMA counts where nobody told whether it does", () => {
  const nicHas = (relaxedOrdering: boolean | null): Evidence =>
    onTopology(onDevice(clean, 1, { relaxedOrdering }), ({ nics }) => ({
      nics: nics.map((nic) => ({ ...nic, rdma: null })),
    }));
  expect([true, false, null].map((has) => kindOf("relaxed-ordering-off", nicHas(has)))).toEqual([
    "acquitted",
    "unknown",
    "unknown",
  ]);
});

test("bar-small: the largest window that it can have, and sizes that nobody read", () => {
  const GiB = 2 ** 30;
  const sizes = [[128 * GiB], [256 * GiB], null].map((barMaxBytes) =>
    kindOf("bar-small", onDevice(clean, 0, { barMaxBytes })),
  );
  expect(sizes).toEqual(["acquitted", "accused", "unknown"]);
});

describe("NVLink", () => {
  const twin = cleanVm(1);

  test("links that are down by right: those of a lone accelerator, and of a card without bridges", () => {
    const down = withStates(clean, { nvlinks: { active: 0, total: 18 } });
    const other = withStates(twin, { nvlinks: { active: 0, total: 18 } });
    expect(kindOf("nvlink-inactive", down)).toBe("acquitted");
    expect(kindOf("nvlink-inactive", down, other)).toBe("acquitted");
    expect(kindOf("nvlink-inactive", down, twin)).toBe("accused");
    const bridged = withStates(doubled(clean), { nvlinks: { active: 12, total: 18 } });
    expect(kindOf("nvlink-inactive", bridged)).toBe("acquitted");
  });

  test("of several accelerators none is up, or one has fewer than the rest", () => {
    const none = withStates(doubled(clean), { nvlinks: { active: 0, total: 18 } });
    expect(foundBy("nvlink-inactive", none)).toHaveLength(2);
    const [first, second] = doubled(clean).guest?.accelerators ?? [];
    if (first === undefined || second === undefined || clean.guest === null) throw new Error("two");
    const accelerators = [first, { ...second, nvlinks: { active: 16, total: 18 } }];
    const one: Evidence = { ...clean, guest: { ...clean.guest, accelerators } };
    expect(foundBy("nvlink-inactive", one)).toEqual(["16 of 18 NVLinks are up"]);
  });

  test("a product that has none in the twin either misses nothing", () => {
    const none = { nvlinks: { active: 0, total: 0 } };
    const without = withStates(clean, none);
    expect(kindOf("nvlink-missing", without, withStates(twin, none))).toBe("acquitted");
    expect(kindOf("nvlink-missing", without, withStates(twin, { nvlinks: null }))).toBe("unknown");
    expect(kindOf("nvlink-missing", without)).toBe("irrelevant");
  });

  test("of processes the machines tell", () => {
    const bridged = syntheticTopology("core:4 memory:8Gi root[gpu:l40s gpu:l40s] nvlink:4");
    const bare = { ...bridged, links: [] };
    const [one, other] = [bare, bridged].map((topology) => processOn(topology, gpusOf(topology)));
    if (one === undefined || other === undefined) throw new Error("two");
    expect(foundBy("nvlink-missing", one, other)).toEqual(["no NVLink"]);
    expect(kindOf("nvlink-missing", other, one)).not.toBe("accused");
  });

  test("modules of a machine whose tool nobody asked may have theirs", () => {
    const board = syntheticTopology("core:4 memory:8Gi root[gpu:h100-sxm gpu:h100-sxm] nvlink:18");
    const [a = "", b = ""] = gpusOf(board);
    const unasked = processOn({ ...board, links: [] }, [a, b]);
    expect(kindOf("nvlink-missing", unasked, processOn(board, [a, b]))).toBe("unknown");
    const asked = { ...board, links: [], interconnects: [{ a, b, class: "SYS" as const }] };
    expect(foundBy("nvlink-missing", processOn(asked, [a, b]), processOn(board, [a, b]))).toEqual([
      "no NVLink",
    ]);
  });

  test("a nameless accelerator with more links up may be of the product, or not", () => {
    const { guest } = clean;
    const [first] = guest?.accelerators ?? [];
    if (first === undefined || guest === null) throw new Error("one");
    const few = { ...first, nvlinks: { active: 16, total: 18 } };
    const beside = (productName: string | null): Evidence => ({
      ...clean,
      guest: { ...guest, accelerators: [few, { ...first, productName }] },
    });
    expect(kindOf("nvlink-inactive", beside(first.productName))).toBe("accused");
    expect(kindOf("nvlink-inactive", beside(null))).toBe("unknown");
    expect(kindOf("nvlink-inactive", beside("NVIDIA A100"))).toBe("acquitted");
    const unnamed = withStates(clean, { productName: null, nvlinks: { active: 16, total: 18 } });
    expect(kindOf("nvlink-inactive", unnamed, twin)).toBe("unknown");
    expect(kindOf("nvlink-inactive", unnamed)).toBe("acquitted");
  });

  test("a board without a fabric registers with none", () => {
    const kinds = ["N/A", "Completed", "Not Started", null].map((fabricState) =>
      kindOf("partition-inactive", withStates(clean, { fabricState })),
    );
    expect(kinds).toEqual(["acquitted", "acquitted", "accused", "unknown"]);
  });
});

/** The guest with a second accelerator like the first. */
function doubled(evidence: Evidence): Evidence {
  const { guest } = evidence;
  const [first] = guest?.accelerators ?? [];
  if (guest === null || first === undefined) return evidence;
  const second = { ...first, address: "0000:05:00.0", index: 1 };
  return { ...evidence, guest: { ...guest, accelerators: [first, second] } };
}

test("a subject without accelerators is no matter for any of them", () => {
  const bare: Evidence = { ...clean, devices: [], shapes: [], guest: null };
  for (const { code } of fabricCauses) expect(kindOf(code, bare, bare), code).toBe("irrelevant");
});

test("a machine that nobody read, with links that nobody read, leaves its devices unknown", () => {
  const devices = clean.devices.map((device) => ({
    ...device,
    link: null,
    relaxedOrdering: null,
    barMaxBytes: null,
    maxReadBytes: null,
    correctedErrors: null,
  }));
  const unread: Evidence = { ...clean, machine: null, guest: null, devices };
  for (const { code } of fabricCauses) {
    // The IOMMU translates for a VM's devices by right, whatever they are.
    const byRight = code === "iommu-translating" ? ["acquitted"] : [];
    expect(["unknown", "irrelevant", ...byRight], code).toContain(kindOf(code, unread, unread));
  }
});
