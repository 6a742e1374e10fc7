import { afterAll, beforeAll, expect, test } from "vitest";
import { bootHost, type Host, workerProgram } from "../machine/host.ts";
import { oneAccelerator } from "../machine/shape.ts";
import { endJob, execWorker, startJob, toldIn, whereIn } from "../machine/worker.ts";
import { words } from "../machine/words.ts";

/**
 * `evenkeel exec` on a host whose only accelerator is not on its first node: what is taken for
 * unknown by a program that begins with node 0 would be wrong here. CPUs 0-1 and 2-3.
 */
let host: Host;
beforeAll(async () => {
  host = await bootHost(oneAccelerator);
});
afterAll(() => host?.stop());

test("threads, child and pages are beside the only GPU, whatever becomes of the threads", async () => {
  const outcome = await execWorker(host, ["--require"]);
  expect(whereIn(outcome)).toEqual({
    cpus: "2-3",
    policy: "bind:1",
    nodes: [1],
    afterLeaving: [1],
  });
  expect(toldIn(outcome)).toEqual({ cpus: "2-3", memory: "strict", memoryNodes: "1" });
});

test("the level that a seccomp profile leaves is the one that is told", async () => {
  const refusing = [workerProgram, "refuse", "errno", "set_mempolicy-bind,sched_setaffinity"];
  const outcome = await execWorker(host, [], refusing);
  expect(whereIn(outcome)).toMatchObject({ cpus: "0-3", policy: "prefer:1", nodes: [1] });
  expect(toldIn(outcome)).toEqual({ cpus: null, memory: "preferred", memoryNodes: "1" });
});

test("cores of a job that was killed are free again, and until then nobody's", async () => {
  const exclusive = words("--gpu", "0", "--mode", "exclusive");
  const job = await startJob(host, exclusive);
  expect(whereIn(job).cpus).toBe("2-3");
  expect((await execWorker(host, exclusive)).status).toBe(125);
  await endJob(host, job);
  expect(whereIn(await execWorker(host, exclusive)).cpus).toBe("2-3");
});
