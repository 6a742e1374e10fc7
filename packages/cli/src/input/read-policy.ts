import { existsSync } from "node:fs";
import { hostPolicyOf } from "@evenkeel/contract/host-policy.ts";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { defaultHostPolicy, type HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { ownPolicyFile } from "../flags/placement.ts";
import { writeNotes } from "../text/notes-text.ts";
import { readText } from "./read-text.ts";

/** The policies of the hosts of a command: this machine has one of its own. */
export interface Policies {
  readonly here: HostPolicy;
  readonly elsewhere: HostPolicy;
}

/** The policy that `--policy` names, for all hosts; without it this machine's and the default. */
export async function readPolicies(
  path: string | undefined,
  surroundings: Surroundings,
): Promise<Policies> {
  if (path === undefined) {
    return { here: await readOwnPolicy(surroundings), elsewhere: defaultHostPolicy };
  }
  const given = await readPolicy(path, surroundings);
  return { here: given, elsewhere: given };
}

/**
 * The policy of this machine: the file that EVENKEEL_POLICY names, or else `ownPolicyFile` where it
 * is there. A note says so where it is another than the default, because nothing on the command
 * line does. If EVENKEEL_POLICY is empty, no file is read.
 */
async function readOwnPolicy(surroundings: Surroundings): Promise<HostPolicy> {
  const named = surroundings.env["EVENKEEL_POLICY"];
  const path = named ?? (existsSync(ownPolicyFile) ? ownPolicyFile : "");
  if (path === "") return defaultHostPolicy;
  const policy = await readPolicy(path, surroundings);
  if (JSON.stringify(policy) !== JSON.stringify(defaultHostPolicy)) {
    writeNotes(surroundings.stderr, [`this host's policy is ${path}`]);
  }
  return policy;
}

/** The policy in a file. */
export async function readPolicy(path: string, surroundings: Surroundings): Promise<HostPolicy> {
  const { text, where } = await readText(path, "a HostPolicy document", surroundings);
  return hostPolicyOf(readDocument(text, where, "HostPolicy"));
}
