import { type CatalogMachine, hugepagesAreConfiguration } from "./catalog-machine.ts";

export const hgxA100: CatalogMachine = {
  name: "hgx-a100",
  title:
    "HGX A100 40GB as in AWS p4d.24xlarge: two Xeon Platinum 8275CL, GPU pairs behind switches",
  synthetic: `
    package:2 core:24 thread:2 memory:576Gi hugepages:432x1Gi distances:10/21
    root*2[switch:pex880xx(link:3x16)[gpu:a100-sxm-40(link:3x16/4x16)*2 nic:efa]]
    nvlink:12
    cpu:"Intel(R) Xeon(R) Platinum 8275CL CPU @ 3.00GHz"`,
  sources: [
    {
      title: "NCCL topology of p4d.24xlarge",
      where: "aws/aws-ofi-nccl, topology/p4d-24xl-topo.xml",
      facts:
        "two nodes of 0-23,48-71 and 24-47,72-95, two switches a node, two A100 (10de:20b0) and one EFA each, 8 GT/s x16",
    },
    {
      title: "Amazon EC2 P4d instances",
      where: "https://aws.amazon.com/ec2/instance-types/p4/",
      facts: "1152 GiB of memory, 96 vCPUs, eight A100 40GB, 600 GB/s NVSwitch",
    },
  ],
  partitions: null,
  notes: [
    hugepagesAreConfiguration,
    "The instance is a whole machine seen through a hypervisor: its PCI addresses are virtual, so they are generated here, and the switch model is assumed.",
    "The distances are those of dual-socket Xeons; the instance itself shows no others.",
    "Module numbers are not published, so no fabric partitions are listed.",
  ],
};
