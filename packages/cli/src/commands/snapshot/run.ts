import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import { writeSnapshot } from "@evenkeel/host/snapshot/write.ts";
import { liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import type { NoFlags } from "../../command.ts";
import type { CliContext } from "../../context.ts";

export async function runSnapshot(this: CliContext, _flags: NoFlags, path: string): Promise<void> {
  const { bytes, files } = await writeSnapshot(liveTree(), path);
  this.world.stdout.write(
    `recorded ${files} files of this machine in ${path} (${formatBytes(bytes)})\n` +
      `read it anywhere as sysfs:${path}\n`,
  );
}
