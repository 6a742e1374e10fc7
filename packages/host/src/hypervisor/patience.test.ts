import { expect, test } from "vitest";
import { jumpingClock } from "../../testing/vm-host.ts";
import { virshAt } from "./libvirt/virsh.ts";
import { endless, patienceFor } from "./patience.ts";

test("all steps together end within the time, and each one within its own limit", async () => {
  const clock = jumpingClock();
  const patience = patienceFor(1000, clock);
  expect([patience.leftOf(300), patience.leftOf(5000)]).toEqual([300, 1000]);
  await clock.sleep(800);
  expect([patience.leftOf(300), patience.leftOf(100)]).toEqual([200, 100]);
  await clock.sleep(800);
  expect(patience.leftOf(300)).toBeLessThanOrEqual(0);
  expect(endless.leftOf(300)).toBe(300);
});

test("one libvirt that is silent says nothing of another", () => {
  const patience = patienceFor(1000, jumpingClock());
  patience.noteSilent("a:///system");
  expect([patience.isSilent("a:///system"), patience.isSilent("b:///system")]).toEqual([
    true,
    false,
  ]);
  endless.noteSilent("a:///system");
  expect(endless.isSilent("a:///system")).toBe(false);
});

test("a libvirt that is silent, or for which no time is left, is not asked", async () => {
  const uri = "test:///default";
  const silence = `the libvirt at ${uri} has not answered in time\n`;
  const [silent, clock] = [patienceFor(1000, jumpingClock()), jumpingClock()];
  silent.noteSilent(uri);
  const late = patienceFor(1000, clock);
  await clock.sleep(1000);
  for (const patience of [silent, late]) {
    const { status, stderr } = await virshAt(uri, patience).tried(["version"]);
    expect([status, stderr]).toEqual([null, silence]);
  }
});
