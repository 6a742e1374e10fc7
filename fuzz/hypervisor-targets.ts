import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { Refused } from "@evenkeel/host/qmp/monitor.ts";
import { roomInMemory } from "@evenkeel/host/testing/scratch.ts";
import type { Random } from "./random.ts";
import { corpusTexts } from "./samples.ts";
import { chosen, type Target } from "./target.ts";
import { textTarget } from "./text-target.ts";
import { mutatedText } from "./mutate-text.ts";

/** Readers of what libvirt, QEMU and their clients write, and of what users ask libvirt for. */

const uuid = "11111111-2222-3333-4444-555555555555";

const hostdev = `<hostdev mode='subsystem' type='pci'><source>
<address domain='0x0000' bus='0x1b' slot='0x00' function='0x0'/></source>
<address type='pci' bus='0x02' slot='0x00' function='0x0'/></hostdev>`;

const domain = `<domstatus state='running' pid='4711'><domain type='kvm'><name>llm-a</name>
<sysinfo type='fwcfg'><entry name='opt/evenkeel/contract' file='/run/contract'/></sysinfo>
<numatune><memory mode='strict' nodeset='0-1'/>
<memnode cellid='0' mode='strict' nodeset='0'/>
<memnode cellid='1' mode='strict' nodeset='1'/></numatune>
<cputune><vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='3-4'/>
<emulatorpin cpuset='0-1'/><iothreadpin iothread='1' cpuset='0-1'/></cputune>
<cpu><numa>
<cell id='0' cpus='0' memory='2048' unit='KiB'><distances><sibling id='0' value='10'/>
<sibling id='1' value='21'/></distances></cell>
<cell id='1' cpus='1' memory='2048' unit='KiB'/></numa></cpu>
<devices><controller type='pci' index='1' model='pcie-expander-bus'><target busNr='250'><node>0</node></target></controller>
<controller type='pci' index='2' model='pcie-root-port'><address type='pci' bus='0x01' slot='0x00' function='0x0'/></controller>
${hostdev}
<interface type='hostdev'><source><address domain='0x0000' bus='0x1c' slot='0x00' function='0x0'/></source></interface>
</devices></domain></domstatus>
`;

const devices = `<devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/var/lib/a.img'/>
<target dev='vda' bus='virtio'/><address type='pci' domain='0x0000' bus='0x00' slot='0x1b' function='0x0'/></disk>
<interface type='network'><source network='default'/><model type='virtio'/></interface>
<serial type='file'><source path='/var/log/libvirt/qemu/tried-console.log'/></serial>
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
</devices>
`;

const networks: readonly string[] = [
  "<network><name>default</name><forward mode='nat'/><bridge name='virbr0'/></network>\n",
  "<network><name>pool</name><forward mode='bridge'><interface dev='eth0'/></forward></network>\n",
  "<network><name>lan</name><forward mode='bridge'/><bridge name='br0'/></network>\n",
];

/** What a monitor writes, whatever it is asked. */
const conversation = `{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": ["oob"]}}
{"return": {}}
{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "RESUME"}
{"return": [{"cpu-index": 0, "thread-id": 4711, "props": {"node-id": 0}}, {"cpu-index": 1, "thread-id": 4712, "props": {"node-id": 1}}]}
{"return": [{"id": "iothread1", "thread-id": 4713}]}
{"return": [{"id": "ram-node0", "size": 2097152, "policy": "bind", "host-nodes": [0]}, {"id": "ram-node1", "size": 2097152, "policy": "preferred", "host-nodes": [0, 1]}]}
{"return": "              Block Name    PSize              Offset               Used              Total                HVA  RO\\r\\n         ram-node0    4 KiB  0x0000000000000000 0x0000000000200000 0x0000000000200000 0x00007f5e00000000  rw\\r\\n"}
{"return": [{"name": "hostdev0", "type": "child<vfio-pci>"}, {"name": "pci.1", "type": "child<pxb-pcie>"}]}
{"return": "0000:1b:00.0"}
{"return": "/machine/peripheral/pci.2/pci.2"}
{"error": {"class": "GenericError", "desc": "Property 'pcie-root-port.numa_node' not found"}}
{"error": {"class": "DeviceNotFound", "desc": "Device not found"}}
{"return": "/machine/q35/pcie.0"}
{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}, "timestamp": {"seconds": 3, "microseconds": 4}}
{"return": []}
`;

const listed = ` ${uuid}   llm-a
 22222222-2222-3333-4444-555555555555   a name with blanks

`;

const version = `Compiled against library: libvirt 9.0.0
Using library: libvirt 9.0.0
Using API: QEMU 9.0.0
Running hypervisor: QEMU 7.2.22
error: Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied
error: authentication unavailable: no polkit agent available
`;

/** Serves a text at a unix socket, in pieces, for as long as the work takes. */
async function withServer(
  text: string,
  pieceLength: number,
  work: (path: string) => Promise<string>,
): Promise<string> {
  const folder = mkdtempSync(join(roomInMemory(), "evenkeel-fuzz-"));
  const server = createServer((socket) => {
    // A client that has enough closes the connection, whatever is left to write.
    socket.on("error", () => {});
    for (let at = 0; at < text.length; at += pieceLength) {
      socket.write(text.slice(at, at + pieceLength));
    }
    socket.end();
  });
  try {
    const path = join(folder, "monitor");
    await new Promise<void>((resolve) => void server.listen(path, resolve));
    return await work(path);
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The monitor of an emulator that a guest has taken over, over its real socket. */
const monitor: Target = {
  name: "monitor",
  async prepare() {
    const { withMonitor } = await import("@evenkeel/host/qmp/client.ts");
    const { readMonitor } = await import("@evenkeel/host/qmp/read.ts");
    const samples = [conversation];
    return (random: Random) => {
      const text = mutatedText(chosen(samples, random), samples, random);
      const pieceLength = Math.max(random.of([7, 1000, 65_536]), Math.ceil(text.length / 1000));
      // The client refuses by plain errors, which become what the evidence says is unreadable.
      const read = (path: string): Promise<string> =>
        withMonitor(path, readMonitor).then(() => "read", onlyRefused);
      return { read: () => withServer(text, pieceLength, read), input: () => text };
    };
  },
};

/** Takes what the client says about a monitor, and not a fault such as a TypeError. */
function onlyRefused(error: unknown): string {
  if (error instanceof Error && error.constructor === Error) return "refused";
  if (error instanceof Refused) return "refused";
  throw error;
}

export const hypervisorTargets: readonly Target[] = [
  monitor,
  textTarget("live-domain", async () => {
    const { readLiveDomain } = await import("@evenkeel/host/libvirt/live-domain.ts");
    return {
      samples: [domain, ...corpusTexts("libvirt-domain", /\.xml$/, 8)],
      read: (text) => {
        readLiveDomain(text, "mutated.xml");
        return null;
      },
    };
  }),
  textTarget("domain-list", async () => {
    const { listedDomains, passedFunctions } =
      await import("@evenkeel/host/hypervisor/libvirt/domains.ts");
    const { readXml } = await import("@evenkeel/host/xml/read-xml.ts");
    const { refusalIn, versionsIn } = await import("@evenkeel/host/preflight/read-versions.ts");
    const separator = "=====\n";
    return {
      samples: [
        listed,
        ["", version].join(separator),
        [listed, version, `<domain><devices>${hostdev}</devices></domain>`].join(separator),
      ],
      read: (text) => {
        const [names = "", versions = "", dump] = text.split(separator);
        listedDomains(names);
        versionsIn(versions);
        refusalIn(versions);
        if (dump !== undefined) passedFunctions(readXml(dump, "mutated"));
        return null;
      },
    };
  }),
  textTarget("platform-devices", async () => {
    const { readPlatformDevices } =
      await import("@evenkeel/host/hypervisor/libvirt/platform-devices.ts");
    const { refuseUnsafeNetwork } = await import("@evenkeel/host/hypervisor/libvirt/networks.ts");
    return {
      samples: [devices, ...networks],
      read: (text) => {
        if (text.startsWith("<network")) refuseUnsafeNetwork(text, "mutated");
        else readPlatformDevices(text, "mutated.xml");
        return null;
      },
    };
  }),
  textTarget("instance", async () => {
    const { parseInstance } = await import("@evenkeel/contract/instance.ts");
    const { guestName, guestUuid } = await import("@evenkeel/core/guest/name.ts");
    const plan = planOf({
      tenant: "acme",
      cells: [{ cores: 2, devices: [{ address: "0000:1b:00.0" }] }, { cores: 1 }],
    });
    const record = {
      apiVersion: "evenkeel/v1",
      kind: "Instance",
      name: guestName(plan.vm, plan.tenant),
      uuid: guestUuid(plan.vm, plan.tenant),
      plan,
      via: "qemu",
      uri: null,
      phase: "running",
      process: { pid: 4711, startTicks: 12, uid: 0, executable: "/usr/bin/qemu-system-x86_64" },
      adopted: false,
      startedAt: "2026-01-31T12:00:00.000Z",
      drivers: [{ address: "0000:1b:00.0", driver: "nvidia", override: null }],
    };
    const adopted = { ...record, uuid, via: "libvirt", uri: "qemu:///system", adopted: true };
    return {
      samples: [record, adopted].map((one) => JSON.stringify(one, null, 1)),
      read: (text) => {
        parseInstance(text, "mutated.json");
        return null;
      },
    };
  }),
];
