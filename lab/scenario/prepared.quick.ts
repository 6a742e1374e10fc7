import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { indices, isSubset } from "@evenkeel/core/set/index-set.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runFile, stopVm } from "../machine/evenkeel.ts";
import { type BootSetting, type Host, plainLine } from "../machine/host.ts";
import { pidOf } from "../machine/libvirt.ts";
import {
  bareSetting,
  bootSet,
  byPolicy,
  carriedOut,
  lackingIn,
  prepareOn,
  printedCommands,
  type Said,
  settingOf,
  typed,
  vmOf,
} from "../machine/preparing.ts";
import { guestPages, plannedPages, threadsOf } from "../machine/process.ts";
import { words } from "../machine/words.ts";

/**
 * A machine that is set for nothing is prepared by what `evenkeel prepare` prints, typed as it is,
 * and a restart. Each step is checked by the kernel's own files.
 */
let host: Host;
let bare: Said;
let setting: BootSetting;

beforeAll(async () => {
  host = await bootSet(bareSetting);
  bare = await prepareOn(host);
});
afterAll(() => host?.stop());

/** What the kernel says of the things that `prepare` is about. */
const facts = async (): Promise<readonly string[]> =>
  (await host.ok("/bin/sh", ["-c", factsScript])).trim().split("\n");
const factsScript = `
echo "iommus $(ls /sys/class/iommu | wc -l)"
echo "isolated $(cat /sys/devices/system/cpu/isolated)"
for node in 0 1; do
  echo "node $node $(cat /sys/devices/system/node/node$node/hugepages/hugepages-2048kB/nr_hugepages)"
done
for device in /sys/bus/pci/devices/*; do
  [ "$(cat "$device/device")" = 0x11e8 ] || continue
  driver=$(readlink "$device/driver")
  [ -e "$device/iommu_group" ] && group=group || group='no group'
  echo "\${device##*/} \${driver##*/} $group"
done
`;
const devices = ["0000:21:00.0", "0000:31:00.0"] as const;
/** One VM of 192 MiB on a node takes more than half of one of 256 MiB. */
const pages = 96;

test("on a machine that is set for nothing it names all that is missing, and changes nothing", async () => {
  expect(lackingIn(bare)).toEqual([
    "iommu the host",
    "iommu-passthrough the host",
    ...devices.map((address) => `vfio-driver ${address}`),
    "hugepages node 0",
    "hugepages node 1",
    "isolated-cpus CPUs 1-3,5-7",
  ]);
  expect(bare.notes).toBe("");
  expect(bare.preparation).toMatchObject({
    prepared: false,
    room: [
      { flavor: "acc.1", vms: 2 },
      { flavor: "acc.2", vms: 1 },
    ],
    boot: {
      words: [
        "intel_iommu=on",
        "iommu=pt",
        "vfio-pci.ids=1234:11e8",
        "default_hugepagesz=2M",
        "hugepagesz=2M",
        `hugepages=0:${pages},1:${pages}`,
        "isolcpus=domain,managed_irq,1-3,5-7",
      ],
      instead: ["intel_iommu=off"],
    },
  });
  expect(await facts()).toEqual([
    "iommus 0",
    "isolated ",
    "node 0 0",
    "node 1 0",
    ...devices.map((address) => `${address}  no group`),
  ]);
});

test("what it prints can be typed as it is, and what needs no restart is there at once", async () => {
  const commands = printedCommands(bare);
  const { boot, needs } = bare.preparation;
  const all = [boot, ...needs].flatMap(({ remedy }) => remedy?.argv ?? []);
  expect(commands).toHaveLength(new Set(all.map((argv) => argv.join(" "))).size);
  await carriedOut(host, bare);
  expect((await facts()).slice(2, 4)).toEqual([`node 0 ${pages}`, `node 1 ${pages}`]);
  expect(lackingIn(await prepareOn(host)).map((one) => one.split(" ")[0])).toEqual([
    "iommu",
    "iommu-passthrough",
    "vfio-driver",
    "vfio-driver",
    "isolated-cpus",
  ]);
});

test("after the restart everything is there", async () => {
  setting = await settingOf(host);
  expect(setting.line).toBe(`${plainLine} ${bare.preparation.boot.words.join(" ")}`);
  expect(Object.keys(setting.files).toSorted()).toEqual([
    "/etc/default/grub",
    "/etc/default/grub.d/evenkeel.cfg",
    "/etc/modules-load.d/evenkeel-vfio.conf",
  ]);
  await host.stop();
  host = await bootSet(setting);
  expect((await host.read("/proc/cmdline")).trim()).toBe(setting.line);
  const said = await prepareOn(host);
  expect(lackingIn(said)).toEqual([]);
  expect(printedCommands(said).length).toBe(3);
  expect(said.preparation).toMatchObject({ prepared: true, room: bare.preparation.room });
  expect(said.text).toContain("is prepared");
  expect(said.notes).toMatch(/^note: CPUs 1-3,5-7 are left alone by the kernel's scheduler.*\n$/);
  const [iommus = "", ...rest] = await facts();
  expect(Number(/^iommus (\d+)$/.exec(iommus)?.[1])).toBeGreaterThan(0);
  expect(rest).toEqual([
    "isolated 1-3,5-7",
    `node 0 ${pages}`,
    `node 1 ${pages}`,
    ...devices.map((address) => `${address} vfio-pci group`),
  ]);
});

test("a VM of a flavor is placed on it, runs on what was set apart, and verifies", async () => {
  const path = await vmOf(host, "llm-a", "acc.2");
  const placed = await host.evenkeel(
    ...words("place", path, "--on", "live", "--output", "json"),
    ...byPolicy,
  );
  expect([placed.status, placed.status === 0 ? "" : placed.stderr]).toEqual([0, ""]);
  const plan: Plan = JSON.parse(placed.stdout);
  const answer = await runFile(host, path, byPolicy);
  expect(answer.plan).toEqual(plan);
  expect(answer.verdict).toMatchObject({ holds: true, findings: [] });
  const pid = await pidOf(host, "llm-a");
  expect(await guestPages(host, pid)).toEqual(plannedPages(plan));
  const vcpus = (await threadsOf(host, pid)).filter(({ name }) => name.startsWith("CPU "));
  expect(vcpus).toHaveLength(4);
  for (const { cpus } of vcpus) {
    expect(indices(setOf(cpus))).toHaveLength(1);
    expect(isSubset(setOf(cpus), setOf("1-3,5-7"))).toBe(true);
  }
  await stopVm(host, "llm-a");
});

test("where one thing is taken away it names that alone, and its command brings it back", async () => {
  const pool = "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages";
  await host.write(pool, `${pages - 1}`);
  const short = await prepareOn(host);
  expect(lackingIn(short)).toEqual(["hugepages node 1"]);
  expect(short.text).toContain(`needs ${pages} huge pages of 2 MiB; found: ${pages - 1} of 2 MiB`);
  const commands = printedCommands(short).filter((line) => line.includes("/sys/"));
  expect(commands).toHaveLength(1);
  await typed(host, commands);
  expect((await host.read(pool)).trim()).toBe(`${pages}`);

  await host.write("/sys/bus/pci/drivers/vfio-pci/unbind", devices[1]);
  expect(lackingIn(await prepareOn(host))).toEqual([`vfio-driver ${devices[1]}`]);
  await host.write("/sys/bus/pci/drivers/vfio-pci/bind", devices[1]);

  await host.ok("umount", ["/dev/hugepages"]);
  const unmounted = await prepareOn(host);
  expect(lackingIn(unmounted)).toEqual(["hugetlbfs pages of 2 MiB"]);
  await typed(
    host,
    printedCommands(unmounted).filter((line) => line.includes("/dev/hugepages")),
  );
  expect(lackingIn(await prepareOn(host))).toEqual([]);
});
