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
