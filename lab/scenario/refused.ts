import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { PreflightReport } from "@evenkeel/core/preflight/problem.ts";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { planPath, runVm, stopVm, tryRun } from "../machine/evenkeel.ts";
import { bootHost, type Host } from "../machine/host.ts";
import { startLibvirt } from "../machine/libvirt.ts";
import { twoByTwo } from "../machine/shape.ts";
import { snapshot } from "../machine/snapshot.ts";
import { words } from "../machine/words.ts";

/**
 * An obstacle to a start is reported before anything changes: the host's drivers, pages, domains
 * and files are the same before and after.
 */
let host: Host;
let plan: Plan;
const vm = { name: "llm-a", accelerators: 1, vcpus: 1, memory: "64Mi" };

beforeAll(async () => {
  host = await bootHost(twoByTwo);
  await startLibvirt(host);
  ({ plan } = await runVm(host, vm));
  await stopVm(host, vm.name);
});
afterAll(() => host?.stop());

/** Lists each stand-in for an accelerator with its IOMMU group. */
const groupsScript = `
for device in /sys/bus/pci/devices/*; do
  [ "$(cat "$device/device")" = 0x11e8 ] || continue
  group=$(readlink "$device/iommu_group")
  echo "\${group##*/} \${device##*/}"
done
`;

let undo: () => Promise<unknown>;
beforeEach(() => {
  undo = async () => {};
});
afterEach(() => undo());

/** The problems of a refused start, which must change nothing. */
async function refusal(...more: readonly string[]): Promise<PreflightReport["problems"]> {
  const before = await snapshot(host);
  const { status, stdout } = await tryRun(host, vm, more);
  expect(await snapshot(host)).toBe(before);
  expect(status).toBe(3);
  const report: PreflightReport = JSON.parse(stdout);
  expect(report).toMatchObject({ kind: "Preflight", ready: false });
  return report.problems.filter(({ severity }) => severity === "error");
}

test("too few huge pages on one node, with plenty on others", async () => {
  const folder = "/sys/devices/system/node/node0/hugepages/hugepages-2048kB";
  undo = () => host.ok("rm", ["/dev/hugepages/hog"]);
  const hog = words("--membind=0", "fallocate", "--length", "300M", "/dev/hugepages/hog");
  await host.ok("numactl", hog);
  expect((await host.read(`${folder}/free_hugepages`)).trim()).toBe("10");
  // A new placement would use another node; the existing plan cannot.
  expect(await refusal("--plan", planPath(plan))).toContainEqual(
    expect.objectContaining({
      code: "hugepages-not-free",
      subject: "node 0",
      needs: "32 huge pages of 2 MiB",
      has: "10 free",
    }),
  );
});

test("an IOMMU group of which the plan passes only a part", async () => {
  const listed = await host.ok("/bin/sh", ["-c", groupsScript]);
  const groups = Map.groupBy(listed.trim().split("\n"), (line) => line.split(" ")[0]);
  const shared = [...groups.values()].find(({ length }) => length > 1) ?? [];
  const [mine, other] = shared.map((line) => line.split(" ")[1]);
  const text = JSON.stringify(plan).replaceAll(plan.devices[0]?.address ?? "", mine ?? "");
  await host.write("/tmp/part.json", text);
  const problems = await refusal("--plan", "/tmp/part.json");
  expect(problems).toContainEqual(
    expect.objectContaining({
      code: "iommu-group-shared",
      subject: mine,
      needs: expect.stringContaining(`${other} as well`),
    }),
  );
});

test("a device that another VM uses", async () => {
  const address = plan.devices[0]?.address ?? "";
  const [domain, bus, slot, fn] = address.split(/[:.]/);
  const other = `<domain type='qemu'><name>other</name><memory unit='MiB'>32</memory>
    <os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
    <hostdev mode='subsystem' type='pci' managed='yes'><source>
      <address domain='0x${domain}' bus='0x${bus}' slot='0x${slot}' function='0x${fn}'/>
    </source></hostdev></devices></domain>`;
  await host.write("/tmp/other.xml", other);
  undo = () => host.ok("virsh", ["destroy", "other"]);
  await host.ok("virsh", ["create", "/tmp/other.xml"]);
  // A new placement would take another device; the existing plan cannot.
  const problems = await refusal("--plan", planPath(plan));
  expect(problems).toContainEqual(
    expect.objectContaining({
      code: "device-busy",
      subject: address,
      has: expect.stringContaining("VM other has it"),
    }),
  );
});

test("without these obstacles it runs", async () => {
  const { verdict } = await runVm(host, vm);
  expect(verdict).toMatchObject({ holds: true, findings: [] });
});
