import { rmSync } from "node:fs";
import { join } from "node:path";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import { packPackages } from "./pack-packages.ts";

/** `npm run pack`: every package as a tarball in `out/packed/`. */
const folder = join(import.meta.dirname, "../out/packed");
rmSync(folder, { recursive: true, force: true });
for (const { filename, size, entryCount } of packPackages(folder)) {
  console.log(`${join(folder, filename)}: ${formatBytes(size)}, ${entryCount} files`);
}
