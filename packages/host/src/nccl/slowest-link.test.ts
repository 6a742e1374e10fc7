import { expect, test } from "vitest";
import { slowestLink } from "./slowest-link.ts";

/** https://github.com/NVIDIA/nccl/issues/749, as far as it was shown. */
const injected = `<system version="1">
  <cpu numaid="0" affinity="ffff" arch="x86_64" vendor="GenuineIntel" familyid="6" modelid="106">
    <pci busid="ffff:ff:00.0" class="0x060400" vendor="0x104c" device="0x8232" subsystem_vendor="0x0000" subsystem_device="0x0000" link_speed="2.5 GT/s" link_width="1">
      <pci busid="0000:05:00.0" class="0x030200" vendor="0x10de" device="0x20b0" link_speed="16 GT/s" link_width="16">
        <gpu dev="0" sm="80" rank="0" gdr="0"/>
      </pci>
    </pci>
  </cpu>
</system>`;

test.each([
  ["a switch of QEMU's above the GPU", injected, { speedGTs: 2.5, width: 1 }],
  [
    "a true switch",
    injected.replace('2.5 GT/s" link_width="1"', '16.0 GT/s PCIe" link_width="16"'),
    { speedGTs: 16, width: 16 },
  ],
  [
    "a file made by hand, without <gpu>",
    '<system><cpu><pci busid="0000:01:00.0" class="0x030200" link_speed="8.0 GT/s PCIe" link_width="8"/></cpu></system>',
    { speedGTs: 8, width: 8 },
  ],
  [
    "a slow NIC beside",
    injected
      .replace(
        "</cpu>",
        '<pci busid="0:6:0.0" class="0x020000" link_speed="2.5 GT/s" link_width="1"><nic/></pci></cpu>',
      )
      .replace('2.5 GT/s" link_width="1"', '32 GT/s" link_width="16"'),
    { speedGTs: 16, width: 16 },
  ],
  ["nothing said", injected.replaceAll(/link_\w+="[^"]*"/g, ""), null],
  ["an unknown link", injected.replaceAll(/link_width="\d+"/g, 'link_width="0"'), null],
  ["no XML", "hello", null],
  ["XML that was cut", injected.slice(0, 400), null],
])("with %s, the slowest link is told", (_what, text, link) => {
  expect(slowestLink(text, "x")).toEqual(link);
});
