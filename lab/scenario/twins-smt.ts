import { afterAll, beforeAll, test } from "vitest";
import { bootHost, type Host } from "../machine/host.ts";
import { twoThreads } from "../machine/shape.ts";
import {
  allAccelerators,
  bindToVfio,
  startStranger,
  stopStranger,
  type Stranger,
} from "../machine/stranger.ts";
import { expectTold, goodTwin, twinOf, type Twins } from "../machine/twins.ts";

/** Pairs as in `twins.quick`, on a host whose cores run two threads: CPUs 2 and 3 are a core. */
let host: Host;
const good: Stranger = { ...goodTwin, vcpus: ["2"] };
const bad: Partial<Stranger> = { vcpus: ["4"] };

/** A VM of somebody else's that is given one CPU. */
const neighbour = (cpu: string): Stranger =>
  twinOf({ name: "neighbour", vcpus: [cpu], helpers: "1", startsOn: "1", devices: [], runs: true });

beforeAll(async () => {
  host = await bootHost(twoThreads);
  await bindToVfio(host, await allAccelerators(host));
  await startStranger(host, good);
});
afterAll(() => host?.stop());

const pairs: readonly Twins[] = [
  {
    name: "a neighbour on the other node",
    good,
    bad: twinOf(bad),
    before: (on) => startStranger(on, neighbour("8")),
    restore: (on) => stopStranger(on, neighbour("8")),
    planted: [],
  },
  {
    name: "a neighbour on the second thread of a core",
    good,
    bad: twinOf(bad),
    before: (on) => startStranger(on, neighbour("5")),
    restore: (on) => stopStranger(on, neighbour("5")),
    planted: ["smt-sibling-shared"],
  },
];

test.each(pairs)("$name", (twins) => expectTold(host, twins));
