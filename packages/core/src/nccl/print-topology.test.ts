import { expect, test } from "vitest";
import { EvenkeelError } from "../error/evenkeel-error.ts";
import { buildTopology } from "../topology/build.ts";
import { standInAddress } from "../topology/stand-in.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import type { PciDevice, Topology } from "../topology/topology.ts";
import { writeXml } from "../xml/write.ts";
import { ncclTopology } from "./print-topology.ts";
import { unknownSettings } from "../topology/unknown-settings.ts";

function printed(topology: Topology): string {
  return writeXml(ncclTopology(topology), '"');
}

test("a switch is one element, root ports and nodes without devices are left out", () => {
  const topology = syntheticTopology(
    `package:2 core:20 thread:2 memory:64Gi
     root(bus:15)[switch:pex890xx[gpu:h100-sxm nic:cx7 dev:nvme]]@1
     root(bus:26)[gpu:h100-sxm]@1
     nvlink:4 cpu:"Intel(R) Xeon(R) Platinum 8480+" arch:x86_64`,
  );
  expect(printed(topology)).toBe(`<system version="1">
  <cpu numaid="1" affinity="0000ffff,f00000ff,fff00000" arch="x86_64" vendor="GenuineIntel">
    <pci busid="0000:16:00.0" class="0x060400" vendor="0x1000" device="0xc030" link_speed="32.0 GT/s PCIe" link_width="16">
      <pci busid="0000:18:00.0" class="0x030200" vendor="0x10de" device="0x2330" link_speed="32.0 GT/s PCIe" link_width="16">
        <gpu dev="0">
          <nvlink target="0000:27:00.0" count="4" tclass="0x030200"/>
        </gpu>
      </pci>
      <pci busid="0000:19:00.0" class="0x020700" vendor="0x15b3" device="0x1021" link_speed="32.0 GT/s PCIe" link_width="16">
        <nic>
          <net name="mlx5_0"/>
        </nic>
      </pci>
    </pci>
    <pci busid="0000:27:00.0" class="0x030200" vendor="0x10de" device="0x2330" link_speed="32.0 GT/s PCIe" link_width="16">
      <gpu dev="1">
        <nvlink target="0000:18:00.0" count="4" tclass="0x030200"/>
      </gpu>
    </pci>
  </cpu>
</system>
`);
});

test("GPUs whose peers need more links than one has are on NVSwitches", () => {
  const links = (text: string): string[] =>
    printed(syntheticTopology(text)).match(/<nvlink[^>]*>/g) ?? [];
  const switched = links("package:1 core:4 root*3[gpu:h100-sxm] nvlink:18");
  expect(switched).toEqual(
    Array<string>(3).fill(`<nvlink target="fffffff:ff:ff.0" count="18" tclass="0x068000"/>`),
  );
  const direct = links("package:1 core:4 root*4[gpu:h100-sxm] nvlink:4");
  expect(direct).toHaveLength(12);
  expect(direct.join("")).not.toContain("0x068000");
  const seen = links("package:1 core:4 root*2[gpu:h100-sxm] root[dev:nvswitch] nvlink:18");
  expect(seen).toHaveLength(2);
  expect(seen.join("")).toContain("0x068000");
});

test("machines with AMD's accelerators are printed in RCCL's version, with XGMI links", () => {
  const text = printed(syntheticTopology("package:1 core:4 root*2[gpu:mi300x] xgmi:1"));
  expect(text).toContain(`<system version="2">`);
  expect(text.match(/<xgmi[^>]*>/g)?.[0]).toMatch(/count="1" tclass="0x120000"/);
});

test("devices of an unknown node come last, below the node -1", () => {
  const text = printed(syntheticTopology("package:1 core:4 root[gpu:l40s]@? root[gpu:l40s]@0"));
  expect(text.match(/numaid="[^"]*"/g)).toEqual([`numaid="0"`, `numaid="-1"`]);
});

const plain: PciDevice = {
  address: "0000:01:00.0",
  parent: null,
  root: "pci0000:00",
  class: "0302",
  vendor: "10de",
  device: null,
  node: null,
  iommuGroup: null,
  driver: null,
  link: null,
  barBytes: null,
  physicalFunction: null,
  ...unknownSettings,
};

function withOneGpu(pci: readonly PciDevice[], address: string): Topology {
  const gpu = { address, model: null, uuid: null, moduleId: null, memoryBytes: null };
  return buildTopology({ name: "made", source: "test", pci, accelerators: [gpu] });
}

test("unknown facts are left out, and bridges without an address get one", () => {
  const [upper, lower] = [standInAddress(0), standInAddress(1)];
  const topology = withOneGpu(
    [
      { ...plain, address: upper, class: "0604", vendor: null },
      { ...plain, address: lower, parent: upper, class: "", vendor: null },
      {
        ...plain,
        parent: lower,
        link: { speedGTs: 8, width: null, maxSpeedGTs: null, maxWidth: 4 },
      },
    ],
    plain.address,
  );
  expect(printed(topology)).toBe(`<system version="1">
  <cpu numaid="-1">
    <pci busid="ffff:ff:01.0" class="0x060400">
      <pci busid="0000:01:00.0" class="0x030200" vendor="0x10de" link_speed="8.0 GT/s PCIe" link_width="4">
        <gpu dev="0"/>
      </pci>
    </pci>
  </cpu>
</system>
`);
});

test.each([
  ["no devices", syntheticTopology("package:1 core:4"), "neither accelerators nor NICs"],
  [
    "devices without bus addresses",
    withOneGpu([{ ...plain, address: standInAddress(3) }], standInAddress(3)),
    "not known",
  ],
])("a machine with %s is refused", (_, topology, message) => {
  expect(() => ncclTopology(topology)).toThrow(EvenkeelError);
  expect(() => ncclTopology(topology)).toThrow(message);
});

test("virtual functions are left out, and the GPUs' numbers have no gaps", () => {
  const of = (attributes: string): string =>
    printed(syntheticTopology(`core:2 root[gpu:l40s${attributes} gpu:l40s] nvlink:4`));
  expect(of("(functions:3)")).toBe(of(""));
});
