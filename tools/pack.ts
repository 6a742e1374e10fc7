import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import { writeChecksums } from "./checksums.ts";
import { editionEpoch } from "./edition.ts";
import { sbom } from "./sbom.ts";
import { packPackages } from "./pack-packages.ts";

/**
 * `npm run pack`: every package as a tarball in `out/packed/`, with the list of what they and their
 * dependencies are (SBOM), and the checksums of all.
 */
const folder = join(import.meta.dirname, "../out/packed");
rmSync(folder, { recursive: true, force: true });
for (const { filename, size, entryCount } of packPackages(folder)) {
  console.log(`${join(folder, filename)}: ${formatBytes(size)}, ${entryCount} files`);
}
writeFileSync(join(folder, "evenkeel.cdx.json"), sbom(editionEpoch()));
writeChecksums(folder);
