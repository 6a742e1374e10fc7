import { rmSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { findProgram } from "@evenkeel/host/exec/find-program.ts";
import { execWords, isRoot, StandIn } from "./stand-in.ts";

/**
 * `exec` behind launchers of MPI as their users have them, on a machine of two cores and two GPUs:
 * each rank finds its GPU by what the launcher really sets, and has a core for itself. A launcher
 * that is not installed is skipped; tools/debian-packages.ts installs Open MPI.
 */
const machine = new StandIn(2);
afterAll(() => rmSync(machine.folder, { recursive: true, force: true }));

const isHere = (name: string): boolean => findProgram(name, process.env["PATH"]).kind === "found";

interface Launcher {
  readonly name: string;
  readonly program: string;
  /** Up to the number of ranks. */
  readonly words: readonly string[];
  /** The same with the launcher's own binder. */
  readonly binding: readonly string[];
  readonly rank: string;
}

const asRoot = ["mpirun.openmpi", "--allow-run-as-root", "--oversubscribe"];
const launchers: readonly Launcher[] = [
  {
    name: "mpirun of Open MPI",
    program: "mpirun.openmpi",
    words: [...asRoot, "--bind-to", "none", "-n"],
    binding: [...asRoot, "-n"],
    rank: "OMPI_COMM_WORLD_LOCAL_RANK",
  },
  {
    name: "mpiexec of MPICH",
    program: "mpiexec.hydra",
    words: ["mpiexec.hydra", "-n"],
    binding: ["mpiexec.hydra", "-bind-to", "core", "-n"],
    rank: "MPI_LOCALRANKID",
  },
];

describe.each(launchers)("$name", ({ program, words, binding, rank }) => {
  const tests = test.skipIf(!isRoot || !isHere(program));
  const tell = `echo "$${rank} $(taskset -cp $$ | sed 's/.*: //') $EVENKEEL_BINDING"`;

  /** What the ranks say of themselves, in their order. */
  function run(launch: readonly string[], flags: readonly string[], line: string) {
    const ran = machine.run([...launch, "2", ...execWords, ...flags, "--", "sh", "-c", line]);
    const told = [...ran.stdout.matchAll(/^(\d) (\S+) (\{.*\})$/gm)]
      .map(([, number, cpus, text]) => [number, cpus, JSON.parse(text ?? "").accelerators])
      .toSorted(([a], [b]) => Number(a) - Number(b));
    return { ...ran, told };
  }

  tests("each rank has the core and the GPU of its number", () => {
    const { told, stderr } = run(words, ["--mode", "exclusive"], tell);
    expect(told, stderr).toEqual([
      ["0", "0", ["0000:00:10.0"]],
      ["1", "1", ["0000:00:11.0"]],
    ]);
    expect(stderr).not.toContain("its launcher left it");
  });

  tests("the launcher ends with the status of a rank", () => {
    expect(run(words, [], `exit $((${rank} * 5))`).status).toBe(5);
  });

  tests("what the launcher's own binder takes is said, with what switches it off", () => {
    const { told, stderr } = run(binding, [], tell);
    expect(told.map(([, cpus]) => cpus)).toEqual(["0", "1"]);
    for (const cpu of [0, 1]) expect(stderr).toContain(`its launcher left it CPUs ${cpu} of 0-1`);
    const refused = run(binding, ["--mode", "exclusive"], tell);
    expect([refused.told, refused.status]).toEqual([[], 125]);
    expect(refused.stderr).toMatch(/try +its launcher left it CPUs \d of 0-1/);
  });
});
