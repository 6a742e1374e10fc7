import { hexDigest } from "./checksums.ts";
import { npm } from "./pack-packages.ts";

/**
 * What the product consists of, as `npm sbom` lists it in the form of CycloneDX, without what
 * differs from one run to the next: the time, a random number, the name of the checkout's folder.
 *
 * @param epoch the time of the edition, in seconds.
 */
export function sbom(epoch: number): string {
  const printed = npm("sbom", "--sbom-format=cyclonedx", "--sbom-type=application", "--omit=dev");
  const bom: {
    readonly metadata: { readonly component: object };
    readonly serialNumber?: string;
  } = JSON.parse(printed);
  const { metadata, serialNumber: _, ...rest } = bom;
  const timestamp = new Date(epoch * 1000).toISOString();
  const component = { ...metadata.component, name: "evenkeel" };
  const same = { ...rest, metadata: { ...metadata, timestamp, component } };
  const hash = hexDigest("sha256", new TextEncoder().encode(JSON.stringify(same)));
  const [, a, b, c, d, e] = /^(.{8})(.{4}).(.{3}).(.{3})(.{12})/.exec(hash) ?? [];
  const serialNumber = `urn:uuid:${a}-${b}-8${c}-8${d}-${e}`;
  return `${JSON.stringify({ ...same, serialNumber }, null, 2)}\n`;
}
