import { writeYaml } from "../../yaml/write.ts";
import { commentLines } from "../comment-lines.ts";
import type { KubevirtManifest } from "./manifest.ts";

/**
 * The manifest as YAML, with comments above it for the parts of the plan that it cannot express.
 */
export function kubevirtText(manifest: KubevirtManifest): string {
  const { virtualMachine, permittedHostDevices, untold } = manifest;
  const permitted = permittedHostDevices.map(
    ({ pciVendorSelector, resourceName, externalResourceProvider }) =>
      `  ${resourceName}: ${pciVendorSelector}` +
      (externalResourceProvider ? ", with externalResourceProvider: true" : ""),
  );
  const comments = [
    ...(permitted.length === 0
      ? []
      : ["The cluster's KubeVirt must permit, under permittedHostDevices.pciHostDevices:"]),
    ...permitted,
    "KubeVirt cannot express these parts of the plan:",
    ...untold.flatMap(({ what, planned, instead }) => [
      `  ${what}`,
      `    planned: ${planned}`,
      `    instead: ${instead}`,
    ]),
  ];
  return `${comments.flatMap(commentLines).join("\n")}\n${writeYaml(virtualMachine)}`;
}
