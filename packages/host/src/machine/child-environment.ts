/** Names and values, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * All that a program gets of the caller's environment: where programs and sockets are. The rest may
 * hold secrets, and variables that change what a program loads or does (`LD_PRELOAD`).
 */
const passedOn = ["PATH", "HOME", "LIBVIRT_DEFAULT_URI", "XDG_RUNTIME_DIR", "TERM"] as const;

/** The environment of every program that is started here, in the C locale, which readers expect. */
export function childEnvironment(caller: Environment): Record<string, string> {
  const kept = passedOn.flatMap((name) => {
    const value = caller[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), LC_ALL: "C", LANG: "C" };
}

/** The same for a program that may lie where only root looks. */
export function systemEnvironment(caller: Environment): Record<string, string> {
  return childEnvironment({ ...caller, PATH: `${caller["PATH"] ?? ""}:/usr/sbin:/sbin` });
}
