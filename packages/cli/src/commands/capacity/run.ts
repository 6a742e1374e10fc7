import {
  type Capacity,
  fleetCapacity,
  type CapacityRequest,
} from "@evenkeel/core/fleet/capacity-document.ts";
import { requestOfFlavor } from "@evenkeel/core/request/resolve.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import { flavorCount } from "../../input/flavor-count.ts";
import { refuseTwoStdins } from "../../input/read-text.ts";
import { capacityText } from "../../text/capacity-text.ts";
import { jsonText } from "../../text/json-text.ts";
import { readFlavors } from "../../input/read-documents.ts";
import { readProfiles } from "../../input/read-profiles.ts";
import { readHosts, refuseHosts } from "../../input/read-hosts.ts";
import type { CapacityFlags } from "./flags.ts";

export async function runCapacity(this: CliContext, flags: CapacityFlags): Promise<void> {
  const {
    on,
    fleet,
    taken,
    flavor: paths,
    profile,
    policy,
    state,
    restore,
    signatures,
    output,
  } = flags;
  const { surroundings } = this;
  refuseTwoStdins([...on, ...taken, ...paths, ...profile, policy ?? "", fleet ?? ""]);
  const skipUnreadable = flags["skip-unreadable"];
  refuseHosts({ on, fleet, policy, skipUnreadable });
  const flavors = await readFlavors(paths, surroundings);
  const profiles = await readProfiles(profile, surroundings);
  const requests = flavors.map((flavor) => requestOfFlavor(flavor, profiles));
  const wanted = restore.map((text): CapacityRequest => {
    const { flavor, count } = flavorCount(text, "--restore", requests);
    return { flavor, slots: count };
  });
  const asked = { on, fleet, skipUnreadable, taken, policy, state, vm: null };
  const hosts = await readHosts(asked, surroundings);
  const capacity = fleetCapacity(hosts, requests, wanted);
  if (capacity.restore.some(({ moves }) => moves === null)) this.finish(exitStatus.no);
  else if (hasUnknown(capacity)) this.finish(exitStatus.unknown);
  const view = { width: this.columns, paint: this.paint };
  surroundings.stdout.write(
    output === "json" ? jsonText(capacity) : capacityText(capacity, view, signatures),
  );
}

/** Whether some flavor is known to fit nowhere, and of some host too little is known to say so. */
function hasUnknown({ fleet, hosts }: Capacity): boolean {
  return fleet.some(
    ({ fits }, i) => fits === 0 && hosts.some(({ flavors }) => flavors[i]?.untold.some(() => true)),
  );
}
