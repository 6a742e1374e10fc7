import type { Binding } from "./binding.ts";
import type { Variables } from "./visible/variables.ts";

/** A variable that a library reads when the command starts. */
export interface LibraryVariable {
  readonly name: string;
  readonly value: string;
}

/** The number of threads that libraries start: OpenMP's, Intel MKL's, OpenBLAS's. */
const threadVariables = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"] as const;

/**
 * The variables that make libraries fit a binding, except those that the command has already.
 *
 * None of them binds threads (`OMP_PROC_BIND`, `GOMP_CPU_AFFINITY`, `KMP_AFFINITY`): that would
 * bind the main thread to one core, and with it every process that it starts, such as data loaders.
 *
 * @param ncclFile NCCL's topology file, where the contract promised one and it is there.
 */
export function libraryVariables(
  { cpus, threads, nics }: Binding,
  variables: Variables,
  ncclFile: string | null,
): readonly LibraryVariable[] {
  const wanted: LibraryVariable[] = [];
  if (cpus !== null && threads !== null) {
    wanted.push(...threadVariables.map((name) => ({ name, value: `${threads}` })));
  }
  if (ncclFile !== null) wanted.push({ name: "NCCL_TOPO_FILE", value: ncclFile });
  const named = (nics ?? []).filter(({ name }) => name !== null);
  if (named.length > 0) {
    const all = named.map(({ name, port }) => (port === null ? `${name}` : `${name}:${port}`));
    // `=` asks for these names, not for all that begin with them: mlx5_1 is not mlx5_10.
    wanted.push({ name: "NCCL_IB_HCA", value: `=${all.join(",")}` });
    // UCX wants the port with each name.
    if (named.every(({ port }) => port !== null)) {
      wanted.push({ name: "UCX_NET_DEVICES", value: all.join(",") });
    }
  }
  return wanted.filter(({ name }) => variables[name] === undefined);
}
