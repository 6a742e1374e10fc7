import type { Diagnosis } from "@evenkeel/core/explain/diagnosis.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  bootHost,
  evenkeelProgram,
  evenkeelWords,
  type Host,
  workerProgram,
} from "../machine/host.ts";
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

test("a command that stays where it is bound is found there, and one that is moved is not", async () => {
  const job = await startJob(host, words("--verify", "1s", "--verdict", "/tmp/verdict.json"));
  await host.ok("/bin/sh", ["-c", "while [ ! -s /tmp/verdict.json ]; do sleep 0.2; done"]);
  const verdict: unknown = JSON.parse(await host.ok("/bin/cat", ["/tmp/verdict.json"]));
  expect(verdict).toMatchObject({ vm: `process-${job.pid}`, holds: true, findings: [] });
  expect(await faultsOf(job.pid)).not.toContain("binding-left");
  await host.ok("taskset", ["-apc", "0", `${job.pid}`]);
  expect(await faultsOf(job.pid)).toContain("binding-left");
  await endJob(host, job);
});

/** The codes of what `evenkeel doctor` finds wrong with a process. */
async function faultsOf(pid: number): Promise<readonly string[]> {
  const doctor = [...evenkeelWords, "doctor", `${pid}`, "--output", "json"];
  const { stdout } = await host.run(evenkeelProgram, doctor, { timeoutMs: 300_000 });
  const diagnosis: Pick<Diagnosis, "subjects"> = JSON.parse(stdout);
  return diagnosis.subjects.flatMap(({ faults }) => faults.map(({ code }) => code));
}
