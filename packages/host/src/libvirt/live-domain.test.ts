import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { libvirtXml } from "@evenkeel/core/guest/libvirt/domain.ts";
import { generatedPlans } from "@evenkeel/core/testing/guest/generated-plans.ts";
import { asPlanned } from "@evenkeel/core/testing/evidence/as-planned.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { readLiveDomain } from "./live-domain.ts";

test("every domain that is rendered from a plan reads back as in the plan", () => {
  fc.assert(
    fc.property(generatedPlans, (plan) => {
      const guest = guestFromPlan(plan, { architecture: "x86_64" });
      const xml = libvirtXml(guest);
      const shape = readLiveDomain(xml, "virsh");
      const planned = asPlanned(plan).shapes.find(({ source }) => source === "libvirt");
      expect(shape.cells).toEqual(planned?.cells);
      expect(shape.pins).toEqual(planned?.pins);
      const places = (of: typeof shape.devices) =>
        of?.map(({ hostAddress, cell }) => `${hostAddress} ${cell}`).toSorted();
      expect(places(shape.devices)).toEqual(places(planned?.devices ?? null));
      expect(readLiveDomain(`<domstatus state='running'>${xml}</domstatus>`, "status")).toEqual({
        ...shape,
        where: "status",
      });
    }),
    { numRuns: 50 },
  );
});

test("every port that is told its link says so to its device", () => {
  fc.assert(
    fc.property(generatedPlans, (plan) => {
      const guest = guestFromPlan(plan, { architecture: "x86_64" });
      const shape = readLiveDomain(libvirtXml(guest), "virsh");
      const told = new Map(
        guest.pci.expanders
          .flatMap(({ ports }) => ports.filter((port) => port.switch === null))
          .flatMap((port) => port.functions.map((fn) => [fn.hostAddress, port.link] as const)),
      );
      for (const { hostAddress, portSpeedGTs, portWidth } of shape.devices ?? []) {
        const link = told.get(hostAddress) ?? null;
        expect([portSpeedGTs, portWidth]).toEqual([link?.speedGTs ?? null, link?.width ?? null]);
      }
      const { vcpus, sockets, coresPerSocket: cores, threadsPerCore: threads } = guest.cpu;
      const model = "host-passthrough";
      expect(shape.cpu).toMatchObject({ vcpus, model, sockets, dies: 1, cores, threads });
    }),
    { numRuns: 50 },
  );
});

test.each([
  [
    "<vcpu current='4'>8</vcpu><cpu mode='host-passthrough'><feature policy='require' name='topoext'/><feature policy='disable' name='avx512f'/></cpu>",
    { vcpus: 4, model: "host-passthrough", threads: 1 },
    ["topoext", "!avx512f"],
  ],
  [
    "<vcpu>8</vcpu><cpu mode='custom'><model fallback='forbid'>Skylake-Server-IBRS</model><topology sockets='1' dies='1' cores='4' threads='2'/></cpu>",
    { vcpus: 8, model: "Skylake-Server-IBRS", cores: 4, threads: 2 },
    [],
  ],
  ["<vcpu>2</vcpu>", { vcpus: 2, model: null, threads: 1 }, []],
])("of %s the processor is %j", (inner, cpu, features) => {
  const shape = readLiveDomain(`<domain>${inner}</domain>`, "x");
  expect(shape.cpu).toMatchObject(cpu);
  expect(shape.cpu?.features.map(({ name, on }) => (on ? name : `!${name}`))).toEqual(features);
});

test("a balloon and huge pages are read, and none is none", () => {
  const memory = "<memory unit='GiB'>8</memory><currentMemory unit='GiB'>6</currentMemory>";
  const balloon = (model: string) =>
    readLiveDomain(
      `<domain>${memory}<devices><memballoon model='${model}'/></devices></domain>`,
      "x",
    ).balloon;
  expect(balloon("virtio")).toEqual({ actualBytes: 6 * 2 ** 30, maxBytes: 8 * 2 ** 30 });
  expect(balloon("none")).toBeNull();
  expect(readLiveDomain(`<domain>${memory}</domain>`, "x").balloon).toBeNull();
  const pages = (huge: string) =>
    readLiveDomain(
      `<domain><memoryBacking>${huge}</memoryBacking><cpu><numa><cell id='0'/><cell id='1'/></numa></cpu></domain>`,
      "x",
    ).cells?.map(({ pageBytes }) => pageBytes);
  const [own, all] = ["<page size='1' unit='G' nodeset='1'/>", "<page size='2048' unit='KiB'/>"];
  expect(pages(`<hugepages>${own}</hugepages>`)).toEqual([null, 2 ** 30]);
  expect(pages(`<hugepages>${own}${all}</hugepages>`)).toEqual([2 ** 21, 2 ** 30]);
  expect(pages("<hugepages/>")).toEqual([null, null]);
  expect(pages("")).toEqual([null, null]);
});

test("a document that is not a domain is refused, and so is a hostile one", async () => {
  await codedError("xml-unexpected", () => readLiveDomain("<network/>", "x"));
  await codedError("xml-unexpected", () => readLiveDomain("<domstatus/>", "x"));
  await codedError("xml-malformed", () => readLiveDomain("<domain>", "x"));
  expect(readLiveDomain("<domain/>", "x")).toMatchObject({ cells: [], devices: [], pins: null });
});

test("a cell has its own policy, or else that of all memory, or none", () => {
  const policies = (tune: string) => {
    const numa = "<cpu><numa><cell id='0'/><cell id='1'/></numa></cpu>";
    return readLiveDomain(`<domain>${tune}${numa}</domain>`, "x").cells?.map((one) => one.policy);
  };
  const overall = "<memory mode='strict' nodeset='1'/>";
  const own = "<memnode cellid='1' mode='preferred' nodeset='0'/>";
  const [bound, preferred] = [
    { mode: "bind", nodes: "1" },
    { mode: "prefer", nodes: "0" },
  ];
  expect(policies(`<numatune>${overall}${own}</numatune>`)).toEqual([bound, preferred]);
  expect(policies(`<numatune>${own}</numatune>`)).toEqual([null, preferred]);
  expect(policies("")).toEqual([null, null]);
});

test("many cells with many policies cost no more than each one once", () => {
  const many = (count: number, text: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => text(i)).join("");
  const policies = many(16_000, () => "<memnode cellid='9999' nodeset='0'/>");
  const cells = many(1024, (i) => `<cell id='${i}'/>`);
  const text = `<domain><numatune>${policies}</numatune><cpu><numa>${cells}</numa></cpu></domain>`;
  const before = process.cpuUsage();
  expect(readLiveDomain(text, "live.xml").cells).toHaveLength(1024);
  expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
});

test.each([
  ["<launchSecurity type='sev-snp'><policy>0x30000</policy></launchSecurity>", "sev-snp"],
  ["", "none"],
])("a domain with %s is protected by %s", (element, confidential) => {
  const xml = `<domain type='kvm'><name>a</name>${element}</domain>`;
  expect(readLiveDomain(xml, "virsh")).toMatchObject({ confidential });
});
