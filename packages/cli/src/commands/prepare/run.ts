import { prepare } from "@evenkeel/core/prepare/prepare.ts";
import { requestOfFlavor, resolveRequest } from "@evenkeel/core/request/resolve.ts";
import { readSetting, settingOfTopology } from "@evenkeel/host/prepare/read-setting.ts";
import type { Tree } from "@evenkeel/host/tree/tree.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import { flavorCount } from "../../input/flavor-count.ts";
import { readFlavorsAndVms } from "../../input/read-documents.ts";
import { readProfiles } from "../../input/read-profiles.ts";
import { readPolicies } from "../../input/read-policy.ts";
import { refuseTwoStdins } from "../../input/read-text.ts";
import { readTopology } from "../../input/read-topology.ts";
import { localHost } from "../../input/vm-host.ts";
import { jsonText } from "../../text/json-text.ts";
import { preparationText } from "../../text/preparation-text.ts";
import { writeNotes } from "../../text/notes-text.ts";
import { absentNamesNotes } from "../../text/policy-text.ts";
import type { PrepareFlags } from "./flags.ts";

export async function runPrepare(
  this: CliContext,
  flags: PrepareFlags,
  ...paths: readonly string[]
): Promise<void> {
  const { surroundings, columns: width, paint } = this;
  const { on, profile, policy, via, emulated } = flags;
  refuseTwoStdins([...paths, ...profile, on, policy ?? ""]);
  const { flavors, vms } = await readFlavorsAndVms(paths, surroundings);
  const profiles = await readProfiles(profile, surroundings);
  const requests = flavors.map((flavor) => requestOfFlavor(flavor, profiles));
  const counted = flags.vms.map((text) => flavorCount(text, "--vms", requests));
  const asked = {
    flavors: requests.filter((one) => !counted.some(({ flavor }) => flavor === one)),
    together: [
      ...vms.map((vm) => ({ request: resolveRequest(vm, flavors, profiles), vms: 1 })),
      ...counted.map(({ flavor, count }) => ({ request: flavor, vms: count })),
    ],
  };
  const policies = await readPolicies(policy, surroundings);
  const hostPolicy = on === "live" ? policies.here : policies.elsewhere;
  const host = localHost(surroundings);
  // This machine and recordings tell how they are set, other sources do not.
  let tree: Tree | null = on === "live" ? host.tree() : null;
  const recorded = (recording: Tree): void => void (tree = recording);
  const topology = await readTopology(on, surroundings, { recorded });
  writeNotes(surroundings.stderr, absentNamesNotes([{ topology, policy: hostPolicy }]));
  const setting =
    tree === null
      ? settingOfTopology(topology)
      : await readSetting(tree, topology, { via, libvirtUri: host.libvirtUri });
  const preparation = prepare(topology, hostPolicy, asked, setting, { via, emulated });
  if (preparation.prepared === false) this.finish(exitStatus.no);
  else if (preparation.prepared === null) this.finish(exitStatus.unknown);
  const json = flags.output === "json";
  surroundings.stdout.write(
    json ? jsonText(preparation) : preparationText(preparation, { width, paint }),
  );
}
