import { acceleratorsApart } from "./cause/fabric/accelerators-apart.ts";
import { acsRedirect } from "./cause/fabric/acs-redirect.ts";
import { atsOff } from "./cause/fabric/ats-off.ts";
import { barSmall } from "./cause/fabric/bar-small.ts";
import { chipsetLanes } from "./cause/fabric/chipset-lanes.ts";
import { hostDeviceNear } from "./cause/fabric/host-device-near.ts";
import { iommuTranslating } from "./cause/fabric/iommu-translating.ts";
import { linkSlow } from "./cause/fabric/link-slow.ts";
import { nicFar } from "./cause/fabric/nic-far.ts";
import { nvlinkInactive } from "./cause/fabric/nvlink-inactive.ts";
import { nvlinkMissing } from "./cause/fabric/nvlink-missing.ts";
import { partitionInactive } from "./cause/fabric/partition-inactive.ts";
import { relaxedOrderingOff } from "./cause/fabric/relaxed-ordering-off.ts";
import { linkErrors } from "./cause/fabric/link-errors.ts";
import { networkSlow } from "./cause/fabric/network-slow.ts";
import { readRequestsSmall } from "./cause/fabric/read-requests-small.ts";
import type { Cause } from "./subject/cause.ts";

/** What is between accelerators, NICs and processors. */
export const fabricCauses: readonly Cause[] = [
  linkSlow,
  linkErrors,
  chipsetLanes,
  acceleratorsApart,
  partitionInactive,
  nvlinkMissing,
  nvlinkInactive,
  nicFar,
  networkSlow,
  atsOff,
  acsRedirect,
  iommuTranslating,
  relaxedOrderingOff,
  barSmall,
  readRequestsSmall,
  hostDeviceNear,
];
