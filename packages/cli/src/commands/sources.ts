/** How a machine is named on the command line, for the help of every command that reads one. */
export const sourcesHelp =
  "SRC names a machine: live (this one), sysfs:DIR or sysfs:TAR (recorded; #NAME behind it chooses " +
  "one of several), hwloc:FILE (an export by lstopo FILE.xml), machine:NAME (a type from the " +
  'catalog), synthetic:"TEXT" (made up in one line), or a FILE that is any of these or a Topology.';

const plainSources = ["live", "sysfs:", "hwloc:", "synthetic:"] as const;

/** What may stand where a SRC is wanted, without the names of files. */
export async function proposeSources(): Promise<readonly string[]> {
  const { catalogNames } = await import("@evenkeel/core/topology/catalog/catalog.ts");
  return [...plainSources, ...catalogNames.map((name) => `machine:${name}`)];
}
