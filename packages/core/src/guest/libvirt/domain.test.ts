import * as fc from "fast-check";
import { expect, test } from "vitest";
import { GiB, MiB } from "../../unit/bytes.ts";
import { element } from "../../xml/element.ts";
import { render } from "../../render/render.ts";
import { generatedPlans } from "../../../testing/guest/generated-plans.ts";
import { planOf } from "../../../testing/guest/plan-of.ts";
import { limitsFor, parseVersions } from "../versions.ts";

const plan = planOf({
  vm: "llm-a",
  tenant: "acme",
  threadsPerCore: 2,
  distances: [
    [10, 21],
    [21, 10],
  ],
  cells: [
    {
      cores: 2,
      memory: [{ node: 0, bytes: 16 * GiB }],
      pageBytes: GiB,
      devices: [
        { address: "0000:1b:00.0", barBytes: [16 * MiB, 128 * GiB], companions: ["0000:1b:00.1"] },
        { address: "0000:1c:00.0", kind: "nic", barBytes: [32 * MiB] },
      ],
    },
    {
      cores: 2,
      memory: [{ node: 1, bytes: 16 * GiB }],
      pageBytes: GiB,
      devices: [{ address: "0000:9b:00.0", barBytes: [16 * MiB, 128 * GiB] }],
    },
  ],
});

test("a VM of two cells with GPUs and a NIC", () => {
  expect(render(plan, "libvirt")).toMatchInlineSnapshot(`
    "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
      <name>acme_llm-a</name>
      <uuid>8988f4f8-dd4f-807a-8932-1aaa5e2e3b71</uuid>
      <description>2 cells</description>
      <metadata>
        <evenkeel:plan xmlns:evenkeel='urn:evenkeel:v1' vm='llm-a' tenant='acme' host='host-1' signature='5f0c' topologyDigest='sha256:0000000000000000000000000000000000000000000000000000000000000000'>
          <evenkeel:note>how fast or wide the link of 0000:1b:00.0, 0000:1c:00.0, 0000:9b:00.0 can be is unknown: the root port says QEMU's own 16 GT/s or 32 lanes instead</evenkeel:note>
        </evenkeel:plan>
      </metadata>
      <memory unit='KiB'>33554432</memory>
      <memoryBacking>
        <hugepages>
          <page size='1048576' unit='KiB' nodeset='0-1'/>
        </hugepages>
        <nosharepages/>
        <allocation mode='immediate'/>
      </memoryBacking>
      <vcpu placement='static'>8</vcpu>
      <iothreads>1</iothreads>
      <iothreadids>
        <iothread id='1'/>
      </iothreadids>
      <cputune>
        <vcpupin vcpu='0' cpuset='2'/>
        <vcpupin vcpu='1' cpuset='3'/>
        <vcpupin vcpu='2' cpuset='4'/>
        <vcpupin vcpu='3' cpuset='5'/>
        <vcpupin vcpu='4' cpuset='502'/>
        <vcpupin vcpu='5' cpuset='503'/>
        <vcpupin vcpu='6' cpuset='504'/>
        <vcpupin vcpu='7' cpuset='505'/>
        <emulatorpin cpuset='0-1,500-501'/>
        <iothreadpin iothread='1' cpuset='0-1,500-501'/>
      </cputune>
      <numatune>
        <memory mode='strict' nodeset='0-1'/>
        <memnode cellid='0' mode='strict' nodeset='0'/>
        <memnode cellid='1' mode='strict' nodeset='1'/>
      </numatune>
      <os firmware='efi'>
        <type arch='x86_64' machine='q35'>hvm</type>
        <firmware>
          <feature enabled='no' name='secure-boot'/>
        </firmware>
      </os>
      <features>
        <acpi/>
        <apic/>
        <kvm>
          <hint-dedicated state='on'/>
        </kvm>
        <vmport state='off'/>
      </features>
      <cpu mode='host-passthrough' check='none' migratable='off'>
        <topology sockets='2' dies='1' cores='2' threads='2'/>
        <maxphysaddr mode='passthrough'/>
        <numa>
          <cell id='0' cpus='0-3' memory='16777216' unit='KiB'>
            <distances>
              <sibling id='0' value='10'/>
              <sibling id='1' value='21'/>
            </distances>
          </cell>
          <cell id='1' cpus='4-7' memory='16777216' unit='KiB'>
            <distances>
              <sibling id='0' value='21'/>
              <sibling id='1' value='10'/>
            </distances>
          </cell>
        </numa>
      </cpu>
      <clock offset='utc'>
        <timer name='hpet' present='no'/>
      </clock>
      <devices>
        <controller type='pci' index='0' model='pcie-root'>
          <pcihole64 unit='KiB'>536870912</pcihole64>
        </controller>
        <controller type='pci' index='1' model='pcie-expander-bus'>
          <model name='pxb-pcie'/>
          <target busNr='251'>
            <node>0</node>
          </target>
          <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>
        </controller>
        <controller type='pci' index='2' model='pcie-expander-bus'>
          <model name='pxb-pcie'/>
          <target busNr='254'>
            <node>1</node>
          </target>
          <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>
        </controller>
        <controller type='pci' index='3' model='pcie-root-port'>
          <model name='pcie-root-port'/>
          <target chassis='3' port='0x0' hotplug='off'/>
          <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
        </controller>
        <controller type='pci' index='4' model='pcie-root-port'>
          <model name='pcie-root-port'/>
          <target chassis='4' port='0x8' hotplug='off'/>
          <address type='pci' domain='0x0000' bus='0x01' slot='0x01' function='0x0'/>
        </controller>
        <controller type='pci' index='5' model='pcie-root-port'>
          <model name='pcie-root-port'/>
          <target chassis='5' port='0x0' hotplug='off'/>
          <address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>
        </controller>
        <controller type='usb' model='none'/>
        <hostdev mode='subsystem' type='pci' managed='yes'>
          <driver name='vfio'/>
          <source>
            <address domain='0x0000' bus='0x1b' slot='0x00' function='0x0'/>
          </source>
          <address type='pci' domain='0x0000' bus='0x03' slot='0x00' function='0x0' multifunction='on'/>
        </hostdev>
        <hostdev mode='subsystem' type='pci' managed='yes'>
          <driver name='vfio'/>
          <source>
            <address domain='0x0000' bus='0x1b' slot='0x00' function='0x1'/>
          </source>
          <address type='pci' domain='0x0000' bus='0x03' slot='0x00' function='0x1'/>
        </hostdev>
        <hostdev mode='subsystem' type='pci' managed='yes'>
          <driver name='vfio'/>
          <source>
            <address domain='0x0000' bus='0x1c' slot='0x00' function='0x0'/>
          </source>
          <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>
        </hostdev>
        <hostdev mode='subsystem' type='pci' managed='yes'>
          <driver name='vfio'/>
          <source>
            <address domain='0x0000' bus='0x9b' slot='0x00' function='0x0'/>
          </source>
          <address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/>
        </hostdev>
        <memballoon model='none'/>
      </devices>
      <qemu:commandline>
        <qemu:arg value='-fw_cfg'/>
        <qemu:arg value='name=opt/ovmf/X-PciMmio64Mb,string=524288'/>
        <qemu:arg value='-fw_cfg'/>
        <qemu:arg value='name=opt/evenkeel/contract,string={"apiVersion":"evenkeel/v1",,"kind":"GuestContract",,"vm":"llm-a",,"tenant":"acme",,"host":"host-1",,"signature":"5f0c",,"signatureText":"2 cells",,"isolation":"core",,"cells":[{"id":0,,"vcpus":"0-3",,"memoryBytes":17179869184,,"pageBytes":1073741824,,"hugepageBytes":1073741824,,"distances":[10,,21]},,{"id":1,,"vcpus":"4-7",,"memoryBytes":17179869184,,"pageBytes":1073741824,,"hugepageBytes":1073741824,,"distances":[21,,10]}],,"devices":[{"address":"0000:fc:00.0",,"hostAddress":"0000:1b:00.0",,"kind":"accelerator",,"model":null,,"cell":0,,"hostSwitches":[],,"link":null},,{"address":"0000:fc:00.1",,"hostAddress":"0000:1b:00.1",,"kind":"companion",,"model":null,,"cell":0,,"hostSwitches":[],,"link":null},,{"address":"0000:fd:00.0",,"hostAddress":"0000:1c:00.0",,"kind":"nic",,"model":null,,"cell":0,,"hostSwitches":[],,"link":null},,{"address":"0000:ff:00.0",,"hostAddress":"0000:9b:00.0",,"kind":"accelerator",,"model":null,,"cell":1,,"hostSwitches":[],,"link":null}],,"links":[],,"nccl":{"file":"/etc/evenkeel/nccl-topology.xml",,"sha256":"75eedfe4cced13717a0db034867f9a7af91dad288b3c2db50ab0f6c73a793667"},,"notes":[]}'/>
      </qemu:commandline>
    </domain>
    "
  `);
});

/** The lines of one rendering that another does not have, and the other way round. */
function changes(before: string, after: string): string {
  const [old, now] = [before.split("\n"), after.split("\n")];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ].join("\n");
}

const usual = render(plan, "libvirt");

test("emulated, a guest has no part that needs KVM, and an address width that holds the window", () => {
  expect(changes(usual, render(plan, "libvirt", { emulated: true }))).toMatchInlineSnapshot(`
    "-<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
    -    <kvm>
    -      <hint-dedicated state='on'/>
    -    </kvm>
    -  <cpu mode='host-passthrough' check='none' migratable='off'>
    -    <maxphysaddr mode='passthrough'/>
    +<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
    +  <cpu mode='maximum' check='none'>
    +    <maxphysaddr mode='emulate' bits='41'/>"
  `);
});

test("with a BIOS, nothing is said to UEFI firmware", () => {
  expect(changes(usual, render(plan, "libvirt", { firmware: "bios" }))).toMatchInlineSnapshot(`
    "-  <os firmware='efi'>
    -    <firmware>
    -      <feature enabled='no' name='secure-boot'/>
    -    </firmware>
    -    <qemu:arg value='name=opt/ovmf/X-PciMmio64Mb,string=524288'/>
    +  <os>"
  `);
});

test("a core's threads are shown on AMD, which takes a feature, and asked for nowhere else", () => {
  const rendered = (shape: Parameters<typeof planOf>[0], emulated = false): boolean =>
    render(planOf(shape), "libvirt", { emulated }).includes("topoext");
  const amd = {
    cells: [{ cores: 2 }],
    threadsPerCore: 2,
    cpuModel: "AMD EPYC 9654 96-Core Processor",
  };
  expect(rendered(amd)).toBe(true);
  expect(rendered(amd, true)).toBe(false);
  expect(rendered({ ...amd, threadsPerCore: 1 })).toBe(false);
  expect(rendered({ ...amd, cpuModel: "Intel(R) Xeon(R) Platinum 8480C" })).toBe(false);
});

test("features and devices are added as they are", () => {
  const disk = element("disk", { type: "file", device: "disk" });
  const more = render(plan, "libvirt", { cpuFeatures: ["invtsc"], devices: [disk] });
  expect(changes(usual, more)).toMatchInlineSnapshot(`
    "+    <feature policy='require' name='invtsc'/>
    +    <disk type='file' device='disk'/>"
  `);
});

test("on aarch64 there is what its machine has", () => {
  const arm = planOf({ ...plan, architecture: "aarch64", cells: [{ cores: 2 }, { cores: 2 }] });
  expect(render(arm, "libvirt")).toMatchInlineSnapshot(`
    "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
      <name>acme_llm-a</name>
      <uuid>8988f4f8-dd4f-807a-8932-1aaa5e2e3b71</uuid>
      <description>2 cells</description>
      <metadata>
        <evenkeel:plan xmlns:evenkeel='urn:evenkeel:v1' vm='llm-a' tenant='acme' host='host-1' signature='5f0c' topologyDigest='sha256:0000000000000000000000000000000000000000000000000000000000000000'/>
      </metadata>
      <memory unit='KiB'>8388608</memory>
      <memoryBacking>
        <nosharepages/>
        <allocation mode='immediate'/>
      </memoryBacking>
      <vcpu placement='static'>8</vcpu>
      <iothreads>1</iothreads>
      <iothreadids>
        <iothread id='1'/>
      </iothreadids>
      <cputune>
        <vcpupin vcpu='0' cpuset='2'/>
        <vcpupin vcpu='1' cpuset='3'/>
        <vcpupin vcpu='2' cpuset='4'/>
        <vcpupin vcpu='3' cpuset='5'/>
        <vcpupin vcpu='4' cpuset='502'/>
        <vcpupin vcpu='5' cpuset='503'/>
        <vcpupin vcpu='6' cpuset='504'/>
        <vcpupin vcpu='7' cpuset='505'/>
        <emulatorpin cpuset='0-1,500-501'/>
        <iothreadpin iothread='1' cpuset='0-1,500-501'/>
      </cputune>
      <numatune>
        <memory mode='strict' nodeset='0-1'/>
        <memnode cellid='0' mode='strict' nodeset='0'/>
        <memnode cellid='1' mode='strict' nodeset='1'/>
      </numatune>
      <os firmware='efi'>
        <type arch='aarch64' machine='virt'>hvm</type>
        <firmware>
          <feature enabled='no' name='secure-boot'/>
        </firmware>
      </os>
      <features>
        <acpi/>
        <gic version='3'/>
      </features>
      <cpu mode='host-passthrough' check='none'>
        <topology sockets='2' dies='1' cores='2' threads='2'/>
        <numa>
          <cell id='0' cpus='0-3' memory='4194304' unit='KiB'>
            <distances>
              <sibling id='0' value='10'/>
              <sibling id='1' value='21'/>
            </distances>
          </cell>
          <cell id='1' cpus='4-7' memory='4194304' unit='KiB'>
            <distances>
              <sibling id='0' value='21'/>
              <sibling id='1' value='10'/>
            </distances>
          </cell>
        </numa>
      </cpu>
      <clock offset='utc'/>
      <devices>
        <controller type='pci' index='0' model='pcie-root'/>
        <controller type='usb' model='none'/>
        <memballoon model='none'/>
      </devices>
      <qemu:commandline>
        <qemu:arg value='-fw_cfg'/>
        <qemu:arg value='name=opt/evenkeel/contract,string={"apiVersion":"evenkeel/v1",,"kind":"GuestContract",,"vm":"llm-a",,"tenant":"acme",,"host":"host-1",,"signature":"5f0c",,"signatureText":"2 cells",,"isolation":"core",,"cells":[{"id":0,,"vcpus":"0-3",,"memoryBytes":4294967296,,"pageBytes":4096,,"hugepageBytes":null,,"distances":[10,,21]},,{"id":1,,"vcpus":"4-7",,"memoryBytes":4294967296,,"pageBytes":4096,,"hugepageBytes":null,,"distances":[21,,10]}],,"devices":[],,"links":[],,"nccl":null,,"notes":[]}'/>
      </qemu:commandline>
    </domain>
    "
  `);
  expect(() => render(arm, "libvirt", { firmware: "bios" })).toThrow("no BIOS on aarch64");
});

test("on aarch64 a window beyond the machine's own is the machine's to open", () => {
  const cells = plan.devices.map(({ address }) => ({
    cores: 1,
    devices: [{ address, barBytes: [256 * GiB, MiB] }],
  }));
  const arm = planOf({ architecture: "aarch64", cells });
  expect(() => render(arm, "libvirt")).toThrow("needs a PCI window of");
  expect(render(arm, "libvirt", { limits: limitsFor(parseVersions("qemu=10.0")) })).toContain(
    "highmem-mmio-size=2048G",
  );
});

test("vCPUs beyond 255 bring an interrupt controller and an IOMMU for them", () => {
  const wide = render(planOf({ cells: [{ cores: 72 }, { cores: 72 }] }), "libvirt");
  expect(wide).toContain("<ioapic driver='qemu'/>");
  expect(wide).toContain("<driver intremap='on' caching_mode='on' eim='on'/>");
  expect(usual).not.toContain("iommu");
});

test("notes go with the domain", () => {
  const odd = planOf({ cells: [{ cores: 3 }, { cores: 2 }] });
  expect(render(odd, "libvirt")).toContain(
    "<evenkeel:note>cells of 3, 2 cores are no multiples of the smallest",
  );
});

test("texts are escaped, and those that no XML holds are refused", () => {
  expect(render({ ...plan, host: `a'b<c>&"d"` }, "libvirt")).toContain(
    `host='a&apos;b&lt;c&gt;&amp;"d"'`,
  );
  expect(() => render({ ...plan, signatureText: "\u001b[31m" }, "libvirt")).toThrow("U+001B");
});

test("the same plan gives the same bytes", () => {
  fc.assert(
    fc.property(generatedPlans, (generated) => {
      expect(render(structuredClone(generated), "libvirt")).toBe(render(generated, "libvirt"));
    }),
  );
});
