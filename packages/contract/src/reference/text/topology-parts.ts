import type { Link, Partition, PcieLink } from "@evenkeel/core/topology/topology.ts";
import { type ObjectText, objectText } from "./object-text.ts";

/** Objects of a Topology that other documents have too. */

export const partitionText: ObjectText<Partition> = objectText<Partition>(
  "partition",
  "A set of accelerators that an NVSwitch fabric can connect to each other and to no others. Where " +
    "a host has partitions, a VM is given the accelerators of exactly one.",
  {
    id: ["Its number in the fabric manager.", 3, { unit: "an id" }],
    accelerators: ["The addresses of its accelerators.", ["0000:1b:00.0", "0000:43:00.0"]],
    active: ["Whether the fabric is cut so now.", false],
  },
);

export const pcieLinkText: ObjectText<PcieLink> = objectText<PcieLink>(
  "link",
  "A PCIe link: what it runs at, and what it could. Idle devices slow their link down to save " +
    "power; a link that stays below its maximum under load is a fault.",
  {
    speedGTs: ["The speed of a lane now. Gen 4 is 16 GT/s, Gen 5 is 32.", 32],
    width: ["The lanes in use.", 16, { unit: "lanes" }],
    maxSpeedGTs: ["The fastest that the device can do.", 32],
    maxWidth: ["The most lanes that the device has.", 16, { unit: "lanes" }],
  },
);

export const linkText: ObjectText<Link> = objectText<Link>(
  "direct link",
  "A direct connection of two accelerators beside PCIe, through an NVSwitch or not.",
  {
    a: ["The lower address of the two.", "0000:1b:00.0"],
    b: ["The higher address.", "0000:43:00.0"],
    kind: ["NVIDIA's, AMD's or Intel's.", "nvlink"],
    lanes: ["How many links are bundled: 18 is NV18.", 18, { unit: "links" }],
  },
);
