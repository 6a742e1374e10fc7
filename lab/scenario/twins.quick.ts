import { afterAll, beforeAll, test } from "vitest";
import type { Host } from "../machine/host.ts";
import { bootWithGoodTwin, expectTold, goodTwin, twinOf, type Twins } from "../machine/twins.ts";

/**
 * Pairs of VMs that others started, by virsh or QEMU alone, without a plan. One of two is in order,
 * the other is not, and `why` tells what was planted there and nothing else.
 */
let host: Host;
beforeAll(async () => {
  host = await bootWithGoodTwin();
});
afterAll(() => host?.stop());

const good = goodTwin;
const pairs: readonly Twins[] = [
  {
    name: "two in order",
    good,
    bad: twinOf({ via: "virsh" }),
    planted: [],
  },
  {
    name: "memory bound to the other node",
    good,
    bad: twinOf({ boundTo: "1" }),
    planted: ["memory-bound-elsewhere"],
  },
  {
    name: "memory first touched on the other node, and vCPUs that float",
    good,
    bad: twinOf({ boundTo: null, startsOn: "6-7", vcpus: ["0-11", "0-11"] }),
    planted: ["memory-unbound", "vcpus-float"],
  },
  {
    name: "memory interleaved, and the emulator on a vCPU's core",
    good,
    bad: twinOf({ via: "virsh", boundTo: "0-1", mode: "interleave", helpers: "0,3" }),
    planted: ["memory-interleaved", "helpers-on-worker-cores"],
  },
  {
    name: "vCPUs pinned to the other node, of the one that is given first",
    good,
    badFirst: true,
    bad: twinOf({ via: "virsh", vcpus: ["8", "9"] }),
    planted: ["vcpus-off-node"],
  },
];

test.each(pairs)("$name", (twins) => expectTold(host, twins));
