import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { defaultHostPolicy, type HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { resolveRequest } from "@evenkeel/core/request/resolve.ts";
import { workloadCalled } from "@evenkeel/core/request/workload-profile.ts";
import { untoldOf } from "@evenkeel/core/placement/untold/untold.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { drawExperiment } from "@evenkeel/simulate/draw/draw-experiment.ts";
import type { Experiment } from "@evenkeel/simulate/experiment/experiment.ts";
import { runExperiment } from "@evenkeel/simulate/experiment/run.ts";
import { twinRequest } from "@evenkeel/simulate/twins.ts";
import type { CliContext } from "../../command/context.ts";
import { readAsked } from "../../input/read-documents.ts";
import { readPolicies } from "../../input/read-policy.ts";
import { readProfiles } from "../../input/read-profiles.ts";
import { refuseTwoStdins } from "../../input/read-text.ts";
import { readTopology } from "../../input/read-topology.ts";
import { jsonText } from "../../text/json-text.ts";
import { writeNotes } from "../../text/notes-text.ts";
import { progressOn } from "../../command/progress.ts";
import { wholeNumber } from "../simulate/whole-number.ts";
import { experimentText } from "./experiment-text.ts";
import type { SimulateTwinsFlags } from "./flags.ts";

const STAND_IN = "machine:hgx-h100";
const COUNT_MAX = 100_000;
const SEED_MAX = 2 ** 31 - 1;

export async function runSimulateTwins(
  this: CliContext,
  flags: SimulateTwinsFlags,
  path?: string,
): Promise<void> {
  const { surroundings, columns: width, paint } = this;
  refuseTwoStdins([path ?? "", flags.on ?? "", ...flags.flavor, ...flags.profile]);
  const options = {
    count: wholeNumber(flags.count, "--count", 2, COUNT_MAX),
    seed: wholeNumber(flags.seed, "--seed", 0, SEED_MAX),
    load: shareOf(flags.load),
  };
  const { topology, policy } = await chosenMachine(flags, this);
  const request = await requestOn(topology, policy, flags, path, this);
  const progress = progressOn(surroundings.stderr);
  const experiment = runExperiment(topology, policy, request, {
    ...options,
    progress: (way, done) => progress.show(`way ${done + 1} of 4: ${way}`),
  });
  progress.clear();
  if (experiment === null) throw noRoom(topology, policy, request);
  surroundings.stdout.write(answer(experiment, flags.output, () => ({ width, paint })));
}

function answer(
  experiment: Experiment,
  output: SimulateTwinsFlags["output"],
  view: () => Parameters<typeof experimentText>[1],
): string {
  switch (output) {
    case "json":
      return jsonText({ apiVersion: "evenkeel/v1", kind: "Experiment", ...experiment });
    case "svg":
      return drawExperiment(experiment);
    case "text":
      return experimentText(experiment, view());
  }
}

/** The machine asked for; else this one where it has room for twins, or a stand-in. */
async function chosenMachine(
  { on, policy }: SimulateTwinsFlags,
  { surroundings }: CliContext,
): Promise<{ readonly topology: Topology; readonly policy: HostPolicy }> {
  const { here, elsewhere } =
    policy === undefined && on !== undefined && on !== "live"
      ? { here: defaultHostPolicy, elsewhere: defaultHostPolicy }
      : await readPolicies(policy, surroundings);
  if (on !== undefined) {
    return {
      topology: await readTopology(on, surroundings),
      policy: on === "live" ? here : elsewhere,
    };
  }
  const live = await readTopology("live", surroundings).catch(() => null);
  if (live !== null && twinRequest(live, here) !== null) return { topology: live, policy: here };
  const topology = await readTopology(STAND_IN, surroundings);
  const has = live === null ? "could not be read" : "holds no two VMs with GPUs";
  writeNotes(surroundings.stderr, [
    `this machine ${has}, so this is the catalog's ${topology.name}: --on names another`,
  ]);
  return { topology, policy: elsewhere };
}

/** The VM that is asked for, or a quarter of the machine. */
async function requestOn(
  topology: Topology,
  policy: HostPolicy,
  flags: SimulateTwinsFlags,
  path: string | undefined,
  { surroundings }: CliContext,
): Promise<Request> {
  const profiles = await readProfiles(flags.profile, surroundings);
  const named = (request: Request): Request =>
    flags.workload === undefined
      ? request
      : { ...request, workload: workloadCalled(flags.workload, profiles, "--workload") };
  if (path !== undefined) {
    const { vm, flavors } = await readAsked(path, flags.flavor, surroundings);
    return named(resolveRequest(vm, flavors, profiles));
  }
  const request = twinRequest(topology, policy);
  if (request === null) throw noGpus(topology);
  return named(request);
}

/** `50%`, `50 %` or `0.5`. */
function shareOf(text: string): number {
  const [, number = "", percent] = /^(\d+(?:\.\d+)?) ?(%?)$/.exec(text.trim()) ?? [];
  const share = percent === "%" ? Number(number) / 100 : Number(number);
  if (number !== "" && share <= 1) return share;
  throw new EvenkeelError("usage", `${JSON.stringify(text)} is no share`, {
    where: "--load",
    expected: "a share from 0% to 100%",
    remedy: "--load 50%, for example",
  });
}

/** The machine has nothing to make VMs of where none is given. */
function noGpus({ name }: Topology): EvenkeelError {
  return new EvenkeelError("request-invalid", "this machine has no two GPUs on known nodes", {
    where: name,
    expected: "two GPUs with cores and memory of their own, a VM for each; or a file with a VM",
    remedy: `evenkeel simulate twins VM.yaml --on SRC, or a machine of the catalog: --on ${STAND_IN}`,
  });
}

/** Two do not fit, or what is known of the machine does not say whether they do. */
function noRoom(topology: Topology, policy: HostPolicy, request: Request): EvenkeelError {
  const [fact] = untoldOf({ topology, taken: [], policy }, request);
  if (fact !== undefined) {
    return new EvenkeelError("request-invalid", "whether two equal VMs fit is not known", {
      where: topology.name,
      expected: "a machine of which the devices, cores and memory are told",
      remedy: fact.message,
    });
  }
  return new EvenkeelError("request-invalid", "this machine has no room for two equal VMs", {
    where: topology.name,
    expected: "a machine that holds two of them, with their devices, cores and memory",
    remedy: "ask for less; evenkeel capacity --on SRC --flavor FILE counts how many fit",
  });
}
