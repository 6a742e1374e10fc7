import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { codedError } from "@evenkeel/host/testing/expect-error.ts";
import { readPlatformDevices } from "@evenkeel/host/hypervisor/libvirt/platform-devices.ts";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const read = (inner: string) => readPlatformDevices(`<devices>${inner}</devices>`, "devices.xml");

/** What takes a device of the host, runs a program, or lets a guest fill the host's disk. */
test.each([
  ["<interface type='direct'><source dev='eth0' mode='passthrough'/></interface>"],
  ["<interface type='direct'><source dev='eth0' mode='bridge'/></interface>"],
  ["<interface type='ethernet'><script path='/tmp/evil'/></interface>"],
  ["<interface type='ethernet'><target dev='tap0' managed='no'/></interface>"],
  ["<interface type='bridge'><source bridge='br0'/><script path='/tmp/evil'/></interface>"],
  ["<interface type='bridge'><source bridge='br0'/><target dev='t' managed='no'/></interface>"],
  ["<interface type='network'><source network='x'/><teaming type='transient'/></interface>"],
  ["<interface type='user'><backend type='passt' logFile='/etc/passwd'/></interface>"],
  ["<interface type='vhostuser'><source type='unix' path='/x' mode='server'/></interface>"],
  ["<interface type='network'><source network='x'/><rom file='/etc/shadow'/></interface>"],
  ["<disk type='block' device='lun'><source dev='/dev/sda'/></disk>"],
  ["<disk type='block' device='disk' rawio='yes'><source dev='/dev/sda'/></disk>"],
  ["<disk type='block' sgio='unfiltered'><source dev='/dev/sda'/></disk>"],
  ["<disk type='vhostuser'><source type='unix' path='/x'/></disk>"],
  ["<disk type='vhostvdpa'><source dev='/dev/vhost-vdpa-0'/></disk>"],
  ["<disk type='dir'><source dir='/etc'/></disk>"],
  ["<disk type='block'><source dev='/dev/sda'><reservations managed='no'/></source></disk>"],
  ["<disk type='file'><source file='/a'/><mirror type='file' file='/etc/x'/></disk>"],
  ["<disk type='file'><source file='/a'><address type='pci' bus='0'/></source></disk>"],
  ["<serial type='file'><source path='/etc/cron.d/evil'/></serial>"],
  ["<serial type='file'><source path='/var/log/libvirt/qemu/../../../../etc/x'/></serial>"],
  ["<serial type='file'><source path='/var/log/libvirt/qemu/..'/></serial>"],
  ["<serial type='pty'><log file='/etc/cron.d/evil'/></serial>"],
  ["<serial type='dev'><source path='/dev/ttyS0'/></serial>"],
  ["<serial type='pipe'><source path='/tmp/pipe'/></serial>"],
  ["<serial type='tcp'><source mode='bind' host='0.0.0.0' service='1'/></serial>"],
  ["<console type='stdio'/>"],
  ["<channel type='unix'><source mode='bind' path='/run/libvirt/libvirt-sock'/></channel>"],
  ["<channel type='unix'><source mode='connect'/></channel>"],
  ["<input type='evdev'><source dev='/dev/input/event0'/></input>"],
  ["<input type='passthrough'><source evdev='/dev/input/event0'/></input>"],
  ["<graphics type='egl-headless'><gl rendernode='/dev/dri/renderD128'/></graphics>"],
  ["<graphics type='spice'><gl enable='yes' rendernode='/dev/dri/renderD128'/></graphics>"],
  ["<video><driver name='vhostuser'/><model type='virtio'/></video>"],
  ["<rng model='virtio'><backend model='random'>/dev/nvme0n1</backend></rng>"],
  ["<rng model='virtio'><backend model='egd' type='udp'/></rng>"],
  ["<tpm><backend type='passthrough'><device path='/dev/tpm0'/></backend></tpm>"],
  ["<watchdog model='i6300esb' action='dump'/>"],
  ["<constructor/>"],
  ["<sound model='ich9' constructor='x'/>"],
  ["<sound model='ich9'><toString/></sound>"],
])("%s is refused, with what is allowed", async (inner) => {
  const error = await codedError("devices-unsafe", () => read(inner));
  expect(error.where).toBe("devices.xml");
  expect(error.expected ?? "").not.toBe("");
});

/** What platforms add. */
test.each([
  ["<interface type='network'><mac address='52:54:00:00:00:01'/><source network='x'/></interface>"],
  ["<interface type='bridge'><source bridge='br0'/><model type='virtio'/></interface>"],
  ["<interface type='user'/>"],
  [
    "<disk type='block' device='disk'><driver name='qemu' type='raw' cache='none' io='native'/>" +
      "<source dev='/dev/vg/lv'/><target dev='vda' bus='virtio'/><serial>a</serial></disk>",
  ],
  [
    "<disk type='network' device='disk'><source protocol='rbd' name='pool/image'>" +
      "<host name='10.0.0.1' port='6789'/><auth username='a'><secret type='ceph' uuid='u'/></auth>" +
      "</source><target dev='vdb'/></disk>",
  ],
  ["<disk type='volume'><source pool='p' volume='v'/><target dev='vdc'/></disk>"],
  ["<serial type='pty'><log file='/var/log/libvirt/qemu/a.log' append='off'/></serial>"],
  ["<console type='pty'><target type='serial' port='0'/></console>"],
  [
    "<channel type='unix'><source mode='bind'/><target type='virtio' name='a'/>" +
      "<address type='virtio-serial' controller='0' bus='0' port='1'/></channel>",
  ],
  ["<channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>"],
  ["<graphics type='vnc' port='-1' autoport='yes'><listen type='address'/></graphics>"],
  ["<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"],
  ["<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"],
])("%s is taken", (inner) => {
  expect(read(inner)).toHaveLength(1);
});

const binary = join(import.meta.dirname, "../../packages/cli/bin/evenkeel.mjs");
const head = "apiVersion: evenkeel/v1\n";
const virsh = "virsh";
const hasVirsh = spawnSync(virsh, ["--connect", "test:///default", "version"]).status === 0;

/** libvirt's own test driver, with one network. */
function runWith(network: string, networkName = "lent") {
  const folder = scratchFolder();
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const devices = "<interface type='network'><source network='lent'/></interface>";
  const vm = write(
    "vm.yaml",
    `${head}kind: VirtualMachine\nmetadata: { name: tried }\n` +
      "spec: { vcpus: 1, memory: 128Mi, hugepages: none, isolation: shared }\n",
  );
  const policy = write(
    "policy.yaml",
    `${head}kind: HostPolicy\nreserved: { coresPerNode: 0, memoryPerNode: 0 }\n`,
  );
  const xml = write("devices.xml", `<devices>${devices}</devices>`);
  const node = write(
    "node.xml",
    `<node><network><name>${networkName}</name>${network}</network></node>`,
  );
  const env = { ...process.env, LIBVIRT_DEFAULT_URI: `test://${node}`, EVENKEEL_STATE: folder };
  const flags = ["--policy", policy, "--emulated", "--firmware", "bios", "--with", xml];
  const args = [binary, "run", vm, ...flags, "--dry-run"];
  return spawnSync(process.execPath, args, { env, encoding: "utf8" });
}

test.skipIf(!hasVirsh).each([
  ["hostdev", "<forward mode='hostdev' managed='yes'><pf dev='eth0'/></forward>"],
  ["passthrough", "<forward mode='passthrough'><interface dev='eth0'/></forward>"],
  ["macvtap", "<forward mode='bridge'><interface dev='eth0'/></forward>"],
])("a network that hands out devices of the host is refused: %s", (mode, network) => {
  const { status, stderr } = runWith(network);
  expect(stderr).toContain(`the network forwards by ${mode}`);
  expect(stderr).toContain("devices-unsafe");
  expect(status).toBe(2);
});

test.skipIf(!hasVirsh).each([
  ["isolated", "<bridge name='virbr7'/>"],
  ["nat", "<forward mode='nat'/><bridge name='virbr7'/><ip address='10.9.8.1'/>"],
  ["bridge", "<forward mode='bridge'/><bridge name='br0'/>"],
])("a network with a bridge is taken: %s", (_, network) => {
  expect(runWith(network).stderr).toBe("");
});

test.skipIf(!hasVirsh)("a network that cannot be looked up is refused", () => {
  const { status, stderr } = runWith("<bridge name='virbr7'/>", "another");
  expect(stderr).toContain("hypervisor-failed");
  expect(status).toBe(2);
});
