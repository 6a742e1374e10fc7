import { afterAll, beforeAll, expect, test } from "vitest";
import { bootHost, type Host } from "../machine/host.ts";
import { measureOn, placesIn, watchedCrews } from "../machine/measuring.ts";
import { twoByTwo } from "../machine/shape.ts";
import { words } from "../machine/words.ts";

/**
 * `evenkeel measure` on four nodes, in a cpuset smaller than a node, and while it is interrupted.
 */
let host: Host;
beforeAll(async () => {
  host = await bootHost(twoByTwo);
});
afterAll(() => host?.stop());

test("all sixteen pairs are where they say", async () => {
  const { calibration, seen } = await measureOn(host, words("--time", "240s"));
  const cpusOf = { 0: "0-1", 1: "2-3", 2: "4-5", 3: "6-7" };
  const nodes = [0, 1, 2, 3];
  expect(placesIn(calibration, cpusOf)).toEqual(
    nodes.flatMap((cpu) =>
      nodes.map((node) => ({ pair: `${cpu}-${node}`, cpus: true, nodes: [node] })),
    ),
  );
  expect(watchedCrews(seen)).toEqual({ nodes, mixed: [] });
});

test("in a cpuset, only its CPUs and its memory are measured, and the others are told of", async () => {
  const cpuset = "/sys/fs/cgroup/measured";
  const within = `
    mkdir -p ${cpuset}; echo +cpuset >/sys/fs/cgroup/cgroup.subtree_control
    echo 3,4 >${cpuset}/cpuset.cpus; echo 2 >${cpuset}/cpuset.mems; echo $$ >${cpuset}/cgroup.procs`;
  const { calibration } = await measureOn(host, words("--time", "60s"), within);
  expect(placesIn(calibration, { 1: "3", 2: "4" })).toEqual([
    { pair: "1-2", cpus: true, nodes: [2] },
    { pair: "2-2", cpus: true, nodes: [2] },
  ]);
  const told = calibration.warnings.join("\n");
  expect(told).toContain("memory of node 0 may not be used here");
  expect(told).toContain("1 of the 2 cores of node 1 may be used here");
});

test("without koffi, numactl binds, and the kernel says the same", async () => {
  const hidden = "mount -t tmpfs none /product/node_modules/koffi";
  const { calibration } = await measureOn(host, words("--time", "240s"), hidden);
  await host.ok("umount", ["/product/node_modules/koffi"]);
  const cpusOf = { 0: "0-1", 1: "2-3", 2: "4-5", 3: "6-7" };
  const places = placesIn(calibration, cpusOf);
  expect(places.length).toBe(16);
  expect(places).toEqual(
    calibration.memory.map(({ initiator, target }) => {
      return { pair: `${initiator}-${target}`, cpus: true, nodes: [target] };
    }),
  );
  expect(calibration.tool.method).toContain("bound by numactl");
});
