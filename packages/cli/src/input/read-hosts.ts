import { hostPolicyOf } from "@evenkeel/contract/host-policy.ts";
import {
  heldText,
  isOfKind,
  readDocument,
  readDocuments,
} from "@evenkeel/contract/read-document.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import { functionsOf, type Plan } from "@evenkeel/core/plan/plan.ts";
import { defaultHostPolicy, type HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { resolveRequest } from "@evenkeel/core/request/resolve.ts";
import type { Flavor, VirtualMachine } from "@evenkeel/core/request/virtual-machine.ts";
import { topologyDigest } from "@evenkeel/core/topology/digest.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readText } from "./read-text.ts";
import { readTopology } from "./read-topology.ts";
import type { Surroundings } from "../command/surroundings.ts";

/** What is asked for: the one VirtualMachine in its file, and every Flavor given. */
export interface Asked {
  readonly vm: VirtualMachine;
  readonly flavors: readonly Flavor[];
}

export async function readAsked(
  path: string,
  flavorPaths: readonly string[],
  surroundings: Surroundings,
): Promise<Asked> {
  const { text, where } = await readText(path, "a VirtualMachine document", surroundings);
  const documents = readDocuments(text, where);
  const vms = documents.filter((document) => isOfKind(document, "VirtualMachine"));
  const flavors = documents.filter((document) => isOfKind(document, "Flavor"));
  const [vm] = vms;
  if (vm === undefined || vms.length + flavors.length !== documents.length || vms.length > 1) {
    throw new EvenkeelError("document-invalid", heldText(documents), {
      where,
      expected: "one VirtualMachine, and Flavors if any",
    });
  }
  for (const flavorPath of flavorPaths)
    flavors.push(...(await readFlavors(flavorPath, surroundings)));
  return { vm, flavors };
}

/** Every Flavor in a file that holds nothing else. */
export async function readFlavors(path: string, surroundings: Surroundings): Promise<Flavor[]> {
  const { text, where } = await readText(path, "Flavor documents", surroundings);
  const documents = readDocuments(text, where);
  if (documents.some(({ kind }) => kind !== "Flavor")) {
    throw new EvenkeelError("document-invalid", heldText(documents), {
      where,
      expected: "Flavors and nothing else",
    });
  }
  return documents.filter((document) => isOfKind(document, "Flavor"));
}

/** The request of a VM that is a flavor's and says nothing of its own. */
export function requestOfFlavor(flavor: Flavor): Request {
  const { name } = flavor.metadata;
  const vm = { apiVersion: "evenkeel/v1", kind: "VirtualMachine", metadata: { name } } as const;
  return resolveRequest({ ...vm, spec: { flavor: name } }, [flavor]);
}

/** A flavor given twice would be counted twice, or be two things of one name. */
export function refuseFlavorTwins(flavors: readonly Flavor[], where: string): void {
  const names = flavors.map(({ metadata }) => metadata.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new EvenkeelError("usage", `the flavor ${JSON.stringify(twice)} is given twice`, {
    where,
    expected: "every flavor once",
    remedy: "leave out one of the two",
  });
}

export async function readPolicy(
  path: string | undefined,
  surroundings: Surroundings,
): Promise<HostPolicy> {
  if (path === undefined) return defaultHostPolicy;
  const { text, where } = await readText(path, "a HostPolicy document", surroundings);
  return hostPolicyOf(readDocument(text, where, "HostPolicy"));
}

/** A plan and the file that it is from. */
interface TakenPlan {
  readonly plan: Plan;
  readonly where: string;
}

/** The hosts to try, each with the plans that are on it already. */
export async function readHosts(
  sources: readonly string[],
  takenPaths: readonly string[],
  policy: HostPolicy,
  surroundings: Surroundings,
): Promise<readonly HostState[]> {
  const topologies: Topology[] = [];
  for (const source of sources) topologies.push(await readHost(source, surroundings));
  refuseNamesakes(topologies, sources);
  const plans: TakenPlan[] = [];
  for (const path of takenPaths) {
    const { text, where } = await readText(path, "a Plan document", surroundings);
    plans.push({ plan: readDocument(text, where, "Plan"), where });
  }
  refuseStrangers(plans, topologies);
  refuseOverlaps(plans);
  return topologies.map((topology) => ({
    topology,
    policy,
    taken: plans.filter(({ plan }) => plan.host === topology.name).map(({ plan }) => plan),
  }));
}

/** A host as `SRC` or `NAME=SRC`, which gives it another name than it has. */
async function readHost(source: string, surroundings: Surroundings): Promise<Topology> {
  const [, name, named] = /^([a-z0-9][a-z0-9.-]{0,62})=(.+)$/s.exec(source) ?? [];
  if (name === undefined || named === undefined) return readTopology(source, surroundings);
  return { ...(await readTopology(named, surroundings)), name };
}

/** Plans name their host, so no two hosts may have one name. */
function refuseNamesakes(topologies: readonly Topology[], sources: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const [i, { name }] of topologies.entries()) {
    const source = sources[i] ?? "";
    const earlier = seen.get(name);
    if (earlier !== undefined) {
      throw new EvenkeelError("usage", `two hosts have the name ${JSON.stringify(name)}`, {
        where: earlier === source ? `--on ${source}` : `--on ${earlier} and --on ${source}`,
        expected: "hosts of different names",
        remedy: "name them yourself: --on a=SRC --on b=SRC",
      });
    }
    seen.set(name, source);
  }
}

/** A plan for a host that is not there, or is another machine by now, would be counted wrongly. */
function refuseStrangers(plans: readonly TakenPlan[], topologies: readonly Topology[]): void {
  const digests = new Map(topologies.map((entry) => [entry.name, topologyDigest(entry)]));
  const names = [...digests.keys()];
  for (const { plan, where } of plans) {
    const digest = digests.get(plan.host);
    if (digest === undefined) {
      const near = didYouMean(plan.host, names);
      throw new EvenkeelError("usage", `the plan is for the host ${JSON.stringify(plan.host)}`, {
        where,
        expected: `one of the hosts tried: ${names.join(", ")}`,
        remedy:
          near === null
            ? "name that host with --on, or leave the plan out"
            : `did you mean ${near}?`,
      });
    }
    if (digest !== plan.topologyDigest) {
      throw new EvenkeelError("plan-inconsistent", `${plan.host} has changed since it was made`, {
        where,
        expected: `a plan for the machine that ${plan.host} is now`,
        remedy: "place its VM again",
      });
    }
  }
}

/** Plans that hold the same thing cannot both be in force. */
function refuseOverlaps(plans: readonly TakenPlan[]): void {
  const holders = new Map<string, string>();
  for (const { plan, where } of plans) {
    const pinned = plan.cells.flatMap(({ vcpus }) =>
      vcpus.flatMap((vcpu) => ("cpu" in vcpu ? [`CPU ${vcpu.cpu}`] : [])),
    );
    const devices = plan.devices.flatMap(functionsOf);
    for (const thing of [...pinned, ...devices]) {
      const key = `${thing} of ${plan.host}`;
      const other = holders.get(key);
      if (other !== undefined) {
        throw new EvenkeelError("plan-inconsistent", `${key} is held by ${other} already`, {
          where,
          expected: "plans that hold different things",
          remedy: "leave out the plan that is not in force",
        });
      }
      holders.set(key, `${plan.vm} (${where})`);
    }
  }
}
